"""How allauth is told our rules: nobody signs up without a link, and an invited address counts as verified."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from apps.accounts.joining import may_sign_up, pending_invitation
from apps.accounts.models import User


def display_name(user: User) -> str:
    """Names are sealed and belong to organisations; allauth's own pages show the address."""
    return user.email


class InvitedOnly(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return may_sign_up(request)

    def is_email_verified(self, request: HttpRequest, email: str) -> bool:
        """The invitation was sent to this address and its token came back: that is the proof a mail would give."""
        invitation = pending_invitation(request)
        if invitation and invitation.email.lower() == email.lower():
            return True
        return super().is_email_verified(request, email)

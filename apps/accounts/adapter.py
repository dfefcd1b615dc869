"""How allauth is told our rules: nobody signs up without a link, or by an invitation for somebody else."""

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from apps.accounts.joining import may_sign_up, pending_invitation
from apps.accounts.models import User


def display_name(user: User) -> str:
    """Names are sealed and belong to organisations; allauth's own pages show the address."""
    return user.email


class InvitedOnly(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return may_sign_up(request)

    def clean_email(self, email: str) -> str:
        """Whoever signs up by an invitation does so with the address it was made for."""
        invitation = pending_invitation(self.request) if self._signs_up() else None
        if invitation and invitation.email.lower() != email.lower():
            raise ValidationError(f"This invitation is for {invitation.email}. Use that address.")
        return super().clean_email(email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, object]) -> None:
        """After commit: a mail server may be slow, and signing up holds the audit log's head until then."""
        send = super().send_mail
        transaction.on_commit(lambda: send(template_prefix, email, context))

    def _signs_up(self) -> bool:
        place = self.request.resolver_match
        return place is not None and place.view_name == "account_signup"

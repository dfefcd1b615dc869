"""Carries a link's token from its page through sign-up, in the session."""

from allauth.account.adapter import get_adapter
from django.http import HttpRequest

from apps.accounts.errors import InvitationError
from apps.accounts.models import Invitation, User
from apps.accounts.services import accept_invitation, accept_join_link, find_invitation, find_join_link

INVITATION = "invitation_token"
JOIN_LINK = "join_token"


def remember_link(request: HttpRequest, *, key: str, token: str) -> None:
    """Keep the link this browser came with, in place of any it came with before."""
    for other in (INVITATION, JOIN_LINK):
        request.session.pop(other, None)
    request.session[key] = token


def pending_invitation(request: HttpRequest) -> Invitation | None:
    """The invitation this browser came with, while it is still open."""
    token = request.session.get(INVITATION)
    try:
        return find_invitation(token) if token else None
    except InvitationError:
        return None


def may_sign_up(request: HttpRequest) -> bool:
    """True for a browser that holds an open invitation or join link."""
    if pending_invitation(request):
        return True
    token = request.session.get(JOIN_LINK)
    try:
        return bool(token and find_join_link(token))
    except InvitationError:
        return False


def join_by_pending_link(request: HttpRequest, *, user: User, name: str) -> bool:
    """Join by whatever link the browser holds; False where there is none.

    Raises:
        InvitationError: the link went stale, or was meant for another address.
    """
    if token := request.session.pop(INVITATION, None):
        accept_invitation(token, user=user, name=name)
        # The invitation was made for this address and its token came back: that is the proof a mail would give.
        get_adapter().stash_verified_email(request, user.email)
        return True
    if token := request.session.pop(JOIN_LINK, None):
        accept_join_link(token, user=user, name=name)
        return True
    return False

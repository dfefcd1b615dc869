"""Who is behind a socket: the same session and the same checks as for a page, asked again while it stays open."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from types import SimpleNamespace
from uuid import UUID

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, get_user
from django.contrib.auth import SESSION_KEY as USER_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from apps.accounts.actors import Actor
from apps.accounts.enums import Role
from apps.accounts.middleware import SESSION_KEY
from apps.accounts.models import Membership, User
from apps.accounts.queries import actor_for


@dataclass(frozen=True)
class Visitor:
    """A signed-in person and the session they came with."""

    actor: Actor
    session_key: str


def session_key_of(cookie_header: str) -> str:
    """The session's key from a Cookie header; empty where there is none."""
    try:
        cookie = SimpleCookie(cookie_header).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return cookie.value if cookie else ""


def visitor_for(session_key: str) -> Visitor | None:
    """The visitor of a live session, or None: signed out, expired, password changed, or in no organisation."""
    if not session_key:
        return None
    session = SessionStore(session_key)
    user = get_user(SimpleNamespace(session=session))
    if not user.is_authenticated:
        return None
    chosen = session.get(SESSION_KEY)
    actor = actor_for(user, organisation_id=UUID(chosen) if chosen else None)
    return Visitor(actor, session_key) if actor else None


def gone(visitors: Collection[Visitor]) -> set[Visitor]:
    """Those whose session ended or whose password, account or roles changed: three queries for all of them."""
    sessions = {
        row.session_key: row.get_decoded()
        for row in Session.objects.filter(
            session_key__in={visitor.session_key for visitor in visitors}, expire_date__gt=timezone.now()
        )
    }
    ids = {visitor.actor.user_id for visitor in visitors}
    people = {user.pk: user for user in User.objects.filter(pk__in=ids, is_active=True)}
    roles: dict[tuple[UUID, UUID], set[Role]] = defaultdict(set)
    for user_id, organisation_id, role in Membership.objects.filter(user__in=ids).values_list(
        "user_id", "organisation_id", "role"
    ):
        roles[user_id, organisation_id].add(Role(role))
    return {visitor for visitor in visitors if not _stands(visitor, sessions, people, roles)}


def _stands(
    visitor: Visitor,
    sessions: Mapping[str, Mapping[str, object]],
    people: Mapping[UUID, User],
    roles: Mapping[tuple[UUID, UUID], set[Role]],
) -> bool:
    actor, session = visitor.actor, sessions.get(visitor.session_key, {})
    user = people.get(actor.user_id)
    if user is None or session.get(USER_KEY) != str(user.pk):
        return False
    if session.get(HASH_SESSION_KEY) != user.get_session_auth_hash():
        return False
    chosen = session.get(SESSION_KEY) or str(actor.organisation_id)
    return chosen == str(actor.organisation_id) and roles.get((user.pk, actor.organisation_id)) == actor.roles

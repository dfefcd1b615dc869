"""Who is behind a socket: the same session and the same checks as for a page, asked again while it stays open."""

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from types import SimpleNamespace
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore

from apps.accounts.actors import Actor
from apps.accounts.middleware import SESSION_KEY
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


def still(visitor: Visitor) -> bool:
    """False once the session ended or the person's roles changed."""
    return visitor_for(visitor.session_key) == visitor

"""Says who acts: puts an Actor on each request of a person who is signed in."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from apps.accounts.actors import Actor
from apps.accounts.queries import actor_for

SESSION_KEY = "organisation"


def actor_of(request: HttpRequest) -> Actor | None:
    """The actor of a request or of a socket's session; None when signed out or in no organisation."""
    if not request.user.is_authenticated:
        return None
    chosen = request.session.get(SESSION_KEY)
    return actor_for(request.user, organisation_id=UUID(chosen) if chosen else None)


class WhoActs:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = None
        if request.user.is_authenticated:
            request.actor = actor_of(request)
        return self.get_response(request)

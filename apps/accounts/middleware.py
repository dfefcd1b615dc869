"""Says who acts: puts an Actor on each request of a person who is signed in, but where a page is for everyone."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from apps.accounts.actors import Actor
from apps.accounts.queries import actor_for
from apps.core.for_everyone import View, is_for_everyone

SESSION_KEY = "organisation"


def actor_of(request: HttpRequest) -> Actor | None:
    """The actor of a request; None when signed out or in no organisation."""
    if not request.user.is_authenticated:
        return None
    chosen = request.session.get(SESSION_KEY)
    return actor_for(request.user, organisation_id=UUID(chosen) if chosen else None)


class WhoActs:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = None
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: object, kwargs: object) -> None:
        if not is_for_everyone(view):
            request.actor = actor_of(request)

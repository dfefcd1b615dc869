"""The gate before every view: who may come in, and as whom."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse

from apps.accounts.enums import Role
from apps.core.organisation import acting_for

View = Callable[..., HttpResponse]


def requires(*roles: Role) -> Callable[[View], View]:
    """Lets in people who are signed in and hold one of `roles`; the rest meet 404, as if nothing were there.

    The view runs inside `acting_for` the person's organisation.
    """

    def gate(view: View) -> View:
        @login_required
        @wraps(view)
        def inside(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            actor = request.actor
            if actor is None or not actor.has(*roles):
                raise Http404
            with acting_for(actor.organisation_id):
                return view(request, *args, **kwargs)

        return inside

    return gate

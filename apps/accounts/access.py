"""The gate before every view: who may come in, and as whom."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse

from apps.accounts.actors import Actor
from apps.accounts.enums import Role
from apps.audit import services as audit
from apps.audit.actions import Action
from apps.core.organisation import acting_for

View = Callable[..., HttpResponse]


def requires(*roles: Role) -> Callable[[View], View]:
    """Lets in people who are signed in and hold one of `roles`; the rest meet 404, as if nothing were there.

    The view runs inside `acting_for` the person's organisation. Whatever is not there for somebody who is signed in is
    written down as a denial: from outside, what does not exist and what one may not see are the same.
    """

    def gate(view: View) -> View:
        @login_required
        @wraps(view)
        def inside(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            actor = request.actor
            if actor is None:
                raise Http404
            try:
                if not actor.has(*roles):
                    raise Http404
                with acting_for(actor.organisation_id):
                    return view(request, *args, **kwargs)
            except Http404:
                record_denial(actor, kind=_kind(request), object_id=kwargs.get("pk"))
                raise

        return inside

    return gate


def record_denial(actor: Actor, *, kind: str, object_id: UUID | None) -> None:
    """Write down that something was not there for this person; call it outside `acting_for`."""
    audit.append_denial(
        Action.ACCESS_DENIED,
        actor_id=actor.user_id,
        organisation_id=actor.organisation_id,
        object_kind=kind,
        object_id=object_id,
        role=actor.role_words,
    )


def _kind(request: HttpRequest) -> str:
    """The page's name as a code word: `practice:encounter` is `practice_encounter`."""
    return request.resolver_match.view_name.replace(":", "_")

"""Pages about the API: an administrator's list of keys, and what the endpoints take and give."""

from datetime import timedelta
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.enums import Role
from apps.api.documentation import page
from apps.api.flagging import note_seen
from apps.api.forms import KeyForm
from apps.api.queries import listed_flags, listed_keys
from apps.api.services import MadeKey, create_key, revoke_key
from apps.audit import services as audit
from apps.audit.actions import Action
from apps.core.errors import RefusedError

administers = requires(Role.ADMINISTRATOR)
looks = requires(Role.REVIEWER, Role.SUPERVISOR, Role.ADMINISTRATOR)


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_variables("made")
@administers
def keys(request: HttpRequest) -> HttpResponse:
    """The organisation's keys; a key that is made is shown in the answer to the form, and never again."""
    form, made = KeyForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        made = _made(request, form)
        form = KeyForm() if made else form
    listed = listed_keys()
    answer = render(request, "api/keys.html", {"keys": listed, "form": form, "made": made})
    audit.append(
        Action.API_KEY_LISTED,
        actor_id=request.actor.user_id,
        organisation_id=request.actor.organisation_id,
        object_kind="organisation",
        object_id=request.actor.organisation_id,
        role=request.actor.role_words,
    )
    return answer


def _made(request: HttpRequest, form: KeyForm) -> MadeKey | None:
    """The key, which acts as whoever made it; None where the form now says why not."""
    try:
        return create_key(
            request.actor,
            scopes=form.cleaned_data["scopes"],
            by=request.actor,
            name=form.cleaned_data["name"],
            life=timedelta(days=form.cleaned_data["days"]),
        )
    except RefusedError as refused:
        form.add_error(None, refused.message)
        return None


@require_POST
@administers
def revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    if revoke_key(pk, by=request.actor) is None:
        raise Http404
    return redirect("api:keys")


@require_safe
@never_cache
@looks
def flags(request: HttpRequest) -> HttpResponse:
    """What came through a key and somebody should look at: a crisis first, by when."""
    answer = render(request, "api/flags.html", {"flags": listed_flags(at=timezone.now())})
    audit.append(
        Action.FLAG_LISTED,
        actor_id=request.actor.user_id,
        organisation_id=request.actor.organisation_id,
        object_kind="organisation",
        object_id=request.actor.organisation_id,
        role=request.actor.role_words,
    )
    return answer


@require_POST
@looks
def seen(request: HttpRequest, pk: UUID) -> HttpResponse:
    if note_seen(pk, by=request.actor) is None:
        raise Http404
    return redirect("api:flags")


@require_safe
def documentation(request: HttpRequest) -> HttpResponse:
    """For everyone: what the endpoints take and give, from the same schema that checks them."""
    return render(request, "api/documentation.html", page())

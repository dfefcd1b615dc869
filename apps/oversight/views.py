"""The models page: the adapters' cards side by side, and for engineers who of them speaks."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.enums import Role
from apps.core.errors import RefusedError
from apps.oversight.cards import cards
from apps.oversight.forms import PromoteForm
from apps.oversight.registry import registry_facts
from apps.oversight.services import note_look, promote_adapter, roll_back_adapter


@require_safe
@never_cache
@requires(Role.ENGINEER, Role.REVIEWER)
def models(request: HttpRequest) -> HttpResponse:
    facts = registry_facts()
    answer = render(
        request,
        "oversight/models.html",
        {
            "away": facts is None,
            "names": cards(facts or {}),
            "may_change": request.actor.has(Role.ENGINEER),
        },
    )
    note_look(by=request.actor)
    return answer


@require_POST
@requires(Role.ENGINEER)
def promote(request: HttpRequest, slug: str) -> HttpResponse:
    form = PromoteForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        made = promote_adapter(slug, form.cleaned_data["sha256"], by=request.actor)
    except RefusedError as refused:
        messages.error(request, refused.message)
        return redirect("oversight:models")
    if made.promoted:
        messages.success(request, f"The adapter speaks as {slug} from here on.")
    else:
        messages.warning(request, f"The gate held it back: {'; '.join(made.reasons)}.")
    return redirect("oversight:models")


@require_POST
@requires(Role.ENGINEER)
def roll_back(request: HttpRequest, slug: str) -> HttpResponse:
    try:
        made = roll_back_adapter(slug, by=request.actor)
    except RefusedError as refused:
        messages.error(request, refused.message)
        return redirect("oversight:models")
    who = made.speaks[:12] or "The bare model"
    if made.loaded:
        messages.success(request, f"{who} speaks as {slug} again.")
    else:
        messages.warning(
            request,
            f"{who} has the place of {slug} again, but the worker could not take it up. Until it is started anew, "
            "whoever spoke before may go on, or the bare model.",
        )
    return redirect("oversight:models")

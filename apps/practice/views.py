"""The practice pages. Each checks access, asks one function, and renders."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.enums import Role
from apps.accounts.remote_engine import standing_of
from apps.audit import services as audit
from apps.audit.actions import Action
from apps.encounters.access import encounter_for, readable_encounter_for
from apps.encounters.models import Encounter
from apps.encounters.services import end_encounter
from apps.practice import pages
from apps.practice.services import start_practice
from apps.practice.transcript import transcript_page
from apps.scenarios.models import ScenarioVersion
from apps.scenarios.queries import newest_version

practises = requires(Role.TRAINEE, Role.SUPERVISOR)


@require_safe
@practises
def library(request: HttpRequest) -> HttpResponse:
    page = pages.library_page(
        request.actor.organisation_id,
        person_id=request.actor.user_id,
        difficulty=set(request.GET.getlist("difficulty")),
        resistance=set(request.GET.getlist("resistance")),
    )
    return render(request, "practice/library.html", page)


@require_safe
@practises
def client(request: HttpRequest, slug: str) -> HttpResponse:
    page = pages.client_page(_version(request, slug), person_id=request.actor.user_id)
    return render(request, "practice/client.html", page | {"remote": standing_of(request.actor)})


@require_POST
@practises
def start(request: HttpRequest, slug: str) -> HttpResponse:
    encounter = start_practice(_version(request, slug), actor=request.actor)
    return redirect("practice:encounter", encounter.pk)


@require_safe
@never_cache
@practises
def encounter(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = encounter_for(request.actor, pk)
    page = render(request, "practice/encounter.html", pages.encounter_page(found))
    _record_view(request, found, Action.ENCOUNTER_VIEWED)
    return page


@require_POST
@practises
def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = encounter_for(request.actor, pk)
    end_encounter(found.pk, actor=request.actor)
    return redirect("practice:transcript", found.pk)


@require_safe
@never_cache
@practises
def transcript(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = readable_encounter_for(request.actor, pk)
    page = render(
        request, "practice/transcript.html", transcript_page(found, reader_id=request.actor.user_id)
    )
    _record_view(request, found, Action.TRANSCRIPT_VIEWED)
    return page


@require_safe
@practises
def sessions(request: HttpRequest) -> HttpResponse:
    return render(request, "practice/sessions.html", pages.sessions_page(request.actor.user_id))


def _version(request: HttpRequest, slug: str) -> ScenarioVersion:
    version = newest_version(request.actor.organisation_id, slug)
    if version is None:
        raise Http404
    return version


def _record_view(request: HttpRequest, encounter: Encounter, action: Action) -> None:
    """Who read what. Appended last; where it cannot be, the page is not shown."""
    audit.append(
        action,
        actor_id=request.actor.user_id,
        organisation_id=request.actor.organisation_id,
        object_kind="encounter",
        object_id=encounter.pk,
        role=request.actor.role_words,
        purpose="own" if encounter.person_id == request.actor.user_id else "supervision",
    )

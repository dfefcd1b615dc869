"""Starts an encounter from what a caller asks for: finds the client who fits."""

from collections.abc import Sequence

from django.urls import reverse

from apps.accounts.actors import Actor
from apps.api.errors import ForbiddenError, UnfitError
from apps.api.schemas import ClientOut, EncounterIn, EncounterOut
from apps.encounters.access import TAKES_PART
from apps.encounters.enums import Mode
from apps.practice.services import start_practice
from apps.practice.wording import opening_line
from apps.scenarios.case import RESISTANCE, Case
from apps.scenarios.models import ScenarioVersion
from apps.scenarios.queries import case_of, newest_versions

Offered = tuple[ScenarioVersion, Case]


def start(actor: Actor, body: EncounterIn) -> EncounterOut:
    """Call inside `acting_for`.

    Raises:
        UnfitError: mode_unavailable, session_type_unfit, resistance_unknown, client_unknown.
        ForbiddenError: the key's owner holds no role that takes part.
    """
    if body.mode == Mode.SUPPORT:
        raise UnfitError(
            "mode_unavailable", "Support sessions begin with a person's consent, on the page for it."
        )
    if body.session_type is not None:
        raise UnfitError(
            "session_type_unfit", "A practice session takes resistance_patterns or client_profile."
        )
    if not actor.has(*TAKES_PART[Mode.PRACTICE]):
        raise ForbiddenError("role_missing", "The key's owner is neither a trainee nor a supervisor.")
    version, case = chosen(
        [(version, case_of(version)) for version in newest_versions(actor.organisation_id)], body
    )
    encounter = start_practice(version, actor=actor)
    return EncounterOut(
        id=str(encounter.pk),
        mode=Mode.PRACTICE,
        client=_client(case),
        opening=opening_line(case, seed=encounter.seed).text,
        page=reverse("practice:encounter", args=[encounter.pk]),
        socket=f"/ws/encounters/{encounter.pk}/",
    )


def chosen(offered: Sequence[Offered], body: EncounterIn) -> Offered:
    """The client of the name, or of those who fit the one who resists in most of the ways, the easiest first."""
    wanted, profile = set(body.resistance_patterns), body.client_profile
    if wanted - set(RESISTANCE):
        raise UnfitError("resistance_unknown", f"resistance_patterns are of: {', '.join(RESISTANCE)}.")
    fitting = [
        (version, case)
        for version, case in offered
        if (profile.slug is None or case.slug == profile.slug)
        and (profile.difficulty is None or case.difficulty == profile.difficulty)
        and (not wanted or wanted & set(case.resistance))
    ]
    if not fitting:
        raise UnfitError("client_unknown", "Your organisation's library has no client who fits.")
    return min(
        fitting, key=lambda pair: (-len(wanted & set(pair[1].resistance)), pair[1].difficulty, pair[1].slug)
    )


def _client(case: Case) -> ClientOut:
    return ClientOut(
        slug=case.slug,
        name=case.person.name,
        difficulty=case.difficulty,
        resistance_patterns=list(case.resistance),
        brief=case.story.brief,
    )

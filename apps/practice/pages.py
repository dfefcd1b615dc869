"""What the practice pages show, as plain dictionaries: the library, a case, the live screen, a list of sessions.

Reads and words; changes nothing.
"""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from django.urls import reverse

from apps.encounters.enums import EncounterStatus
from apps.encounters.errors import MAX_CHARACTERS
from apps.encounters.models import Encounter
from apps.encounters.queries import turn_counts
from apps.practice.services import remote_engine_of
from apps.scenarios.case import DIMENSIONS, Case
from apps.scenarios.models import ScenarioVersion
from apps.scenarios.queries import case_of, newest_versions

RESISTANCE_WORDS = {
    "deflects": "changes the subject",
    "minimises": "makes little of it",
    "argues": "argues",
    "blames": "blames others",
    "intellectualises": "explains instead of feeling",
    "tests_boundaries": "tests your limits",
    "pleases": "agrees with everything",
    "withdraws": "goes quiet",
    "gives_up": "gives up",
}
DIFFICULTY_WORDS = {1: "Gentle", 2: "Guarded", 3: "Hard", 4: "Very hard"}
LABELS = {dimension: dimension.capitalize() for dimension in DIMENSIONS}
MOST_SESSIONS = 50

Page = dict[str, object]


def library_page(
    organisation_id: UUID, *, person_id: UUID, difficulty: set[str], resistance: set[str]
) -> Page:
    """Every client that fits the filters (an empty filter fits all), easiest first."""
    mine = list(_sessions_of(person_id)[:MOST_SESSIONS])
    counts = Counter(encounter.scenario_version.scenario_id for encounter in mine)
    pairs = [(version, case_of(version)) for version in newest_versions(organisation_id)]
    pairs.sort(key=lambda pair: (pair[1].difficulty, pair[1].person.name))
    return {
        "clients": [
            client_card(version, case) | {"sessions_count": counts[version.scenario_id]}
            for version, case in pairs
            if (not difficulty or str(case.difficulty) in difficulty)
            and (not resistance or resistance.intersection(case.resistance))
        ],
        "filters": _filters(pairs, difficulty, resistance),
        "live": session_rows(encounter for encounter in mine if encounter.status == EncounterStatus.LIVE),
    }


def _filters(pairs: list[tuple[ScenarioVersion, Case]], difficulty: set[str], resistance: set[str]) -> Page:
    """Only what some client has is offered."""
    levels = sorted({case.difficulty for _, case in pairs})
    ways = {way for _, case in pairs for way in case.resistance}
    return {
        "difficulty": [
            {"value": str(level), "label": DIFFICULTY_WORDS[level], "active": str(level) in difficulty}
            for level in levels
        ],
        "resistance": [
            {"value": way, "label": words, "active": way in resistance}
            for way, words in RESISTANCE_WORDS.items()
            if way in ways
        ],
    }


def client_card(version: ScenarioVersion, case: Case) -> Page:
    """A client as the library and the case page introduce them."""
    return {
        "slug": case.slug,
        "name": case.person.name,
        "age": case.person.age,
        "says": case.says,
        "setting": case.setting,
        "resistance_words": ", ".join(RESISTANCE_WORDS[way] for way in case.resistance),
        "difficulty": case.difficulty,
        "practise": case.practise,
        "content_notes": case.content_notes,
        "url": reverse("practice:client", args=[case.slug]),
        "version": version.number,
    }


def client_page(version: ScenarioVersion, *, person_id: UUID) -> Page:
    case = case_of(version)
    earlier = _sessions_of(person_id).filter(scenario_version__scenario_id=version.scenario_id)[
        :MOST_SESSIONS
    ]
    person = {"name": case.person.short, "age": case.person.age, "looks": case.person.looks}
    return {
        "client": client_card(version, case)
        | {"brief": case.story.brief, "goals": case.goals, "person": person, "show_ledger": case.show_ledger},
        "start_url": reverse("practice:start", args=[case.slug]),
        "sessions": session_rows(earlier),
    }


def sessions_page(person_id: UUID) -> Page:
    return {"sessions": session_rows(_sessions_of(person_id)[:MOST_SESSIONS])}


def _sessions_of(person_id: UUID):  # noqa: ANN202  (a queryset of Encounter)
    return (
        Encounter.objects.filter(person_id=person_id, scenario_version__isnull=False)
        .select_related("scenario_version__scenario")
        .order_by("-started_at")
    )


def session_rows(encounters: Iterable[Encounter]) -> list[Page]:
    """Sessions as rows of a list: two queries whatever their number."""
    rows = list(encounters)
    turns = turn_counts(rows)
    return [_session_row(encounter, turns.get(encounter.pk, 0)) for encounter in rows]


def _session_row(encounter: Encounter, turns: int) -> Page:
    live = encounter.status == EncounterStatus.LIVE
    name = "practice:encounter" if live else "practice:transcript"
    return {
        "url": reverse(name, args=[encounter.pk]),
        "client_name": case_of(encounter.scenario_version).person.name,
        "started": encounter.started_at,
        "turns": turns,
        "live": live,
        "status_words": encounter.get_status_display(),
    }


def encounter_page(encounter: Encounter) -> Page:
    """What the live screen's script starts from. The talk itself comes over the socket, from its first event on."""
    case = case_of(encounter.scenario_version)
    return {
        "page_data": {
            "encounter_id": str(encounter.pk),
            "ws_path": f"/ws/encounters/{encounter.pk}/",
            "last_seq": 0,
            "client": {
                "name": case.person.name,
                "short": case.person.short,
                "pronoun": case.person.pronoun,
                "age": case.person.age,
                "says": case.says,
            },
            "show_ledger": case.show_ledger,
            "goals": list(case.goals),
            "labels": LABELS,
            "max_chars": MAX_CHARACTERS,
            "end_url": reverse("practice:end", args=[encounter.pk]),
            "transcript_url": reverse("practice:transcript", args=[encounter.pk]),
            "live": encounter.status == EncounterStatus.LIVE,
            "started": encounter.started_at.isoformat(),
            "initial_state": dict(case.state) if case.show_ledger else None,
            "transcript": [],
        },
        "remote_engine": remote_engine_of(encounter) if encounter.status == EncounterStatus.LIVE else "",
    }

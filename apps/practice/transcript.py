"""The transcript of a practice encounter: every turn with its words, what it did to the client, and whose words the
reply was. Reads; changes nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.urls import reverse

from apps.encounters import queries
from apps.encounters.enums import EncounterStatus, Source, TurnStatus
from apps.encounters.models import Encounter, Turn
from apps.encounters.queries import Spoken
from apps.practice.models import Reaction
from apps.practice.pages import LABELS
from apps.safety.explain import explain, partial_words
from apps.scenarios.case import DIMENSIONS, Case
from apps.scenarios.queries import case_of
from inference.vocabulary import cues

WIDTH, TOP, BOTTOM = 600, 2, 38
STATUS_WORDS = {
    TurnStatus.STOPPED: "You stopped the reply here.",
    TurnStatus.FAILED: "This was not answered. It did not count.",
    TurnStatus.CANCELLED: "The session ended before this was answered.",
    TurnStatus.OPEN: "Being answered.",
}
SOURCE_WORDS = {
    Source.MODEL: "The model worded this reply.",
    Source.AUTHORED: "This reply is a line the author wrote.",
    Source.PROTOCOL: "This reply is fixed wording.",
}
VERSION_LABELS = {
    "scenario": "Case text",
    "rules": "Rules",
    "planner": "Planner",
    "vocabulary": "Vocabulary",
    "coder": "Coder",
    "policy": "Safety policy",
    "remote_engine": "Worded outside by",
    "model": "Model",
    "revision": "Model revision",
    "adapter": "Adapter",
    "card": "Adapter's card",
}

Page = dict[str, object]


def transcript_page(encounter: Encounter, *, reader_id: UUID) -> Page:
    """For this reader: whoever sat in it may go on while it lives."""
    case = case_of(encounter.scenario_version)
    turns = queries.all_turns(encounter)
    hidden = _hidden(encounter, case, reader_id)
    reactions = {} if hidden else {row.turn_id: row for row in Reaction.objects.filter(turn__in=turns)}
    branch = queries.current_branch(encounter)
    current = {turn.pk for turn in branch}
    entries = [_opening(encounter)]
    own = encounter.person_id == reader_id
    entries += [
        _turn_entry(said, reactions.get(said.turn.pk), current)
        | {"noticed": explain(said.turn.heard, text=said.said, own=own, known=_names(case))}
        for said in queries.spoken(turns)
    ]
    return {
        "encounter": _head(encounter, case.person.name, case.person.age, len(branch))
        | {"url": _way_back(encounter, reader_id)}
        | {"versions": _versions(encounter, turns)},
        "entries": entries,
        "shares": shares(turns),
        "half_read": sum(bool(partial_words(turn.heard)) for turn in turns),
        "timeline": timeline(case.state, [reactions[turn.pk] for turn in branch if turn.pk in reactions]),
    }


def _names(case: Case) -> tuple[str, ...]:
    """The people of the case, who exist nowhere else."""
    people = case.facts.get("people")
    return (case.person.name, case.person.short, *(people if isinstance(people, Mapping) else ()))


def _head(encounter: Encounter, name: str, age: int, turns: int) -> Page:
    ended = encounter.ended_at
    minutes = max(1, round((ended - encounter.started_at).total_seconds() / 60)) if ended else None
    return {
        "client_name": name,
        "age": age,
        "started": encounter.started_at,
        "ended": ended,
        "minutes": minutes,
        "turns_count": turns,
        "seed": encounter.seed,
    }


def _hidden(encounter: Encounter, case: Case, reader_id: UUID) -> bool:
    """A case that keeps its ledger until the end keeps it in the transcript too, from the one who practises."""
    live = encounter.status == EncounterStatus.LIVE
    return live and not case.show_ledger and encounter.person_id == reader_id


def _way_back(encounter: Encounter, reader_id: UUID) -> str:
    own_and_live = encounter.status == EncounterStatus.LIVE and encounter.person_id == reader_id
    return reverse("practice:encounter", args=[encounter.pk]) if own_and_live else ""


def _opening(encounter: Encounter) -> Page:
    text, cue = queries.opening_of(encounter)
    return {"kind": "opening", "n": 0, "you": None, "replies": [{"text": text, "cue": _cue_words(cue)}]}


def _turn_entry(said: Spoken, reaction: Reaction | None, current: set[UUID]) -> Page:
    turn = said.turn
    return {
        "kind": "turn",
        "n": turn.n,
        "you": {"text": said.said},
        "replies": [{"text": text, "cue": _cue_words(cue)} for text, cue in said.segments],
        "status": turn.status,
        "status_words": STATUS_WORDS.get(turn.status, ""),
        "source": turn.source,
        "source_words": SOURCE_WORDS.get(turn.source, ""),
        "ledger": reaction.ledger if reaction and turn.status in queries.CONTINUES else None,
        "branch": turn.pk not in current and turn.status in queries.CONTINUES,
    }


def _cue_words(cue_id: str) -> str:
    cue = cues().get(cue_id)
    return cue.text if cue else ""


def shares(turns: Sequence[Turn]) -> Page:
    """How many answered turns were the model's words, the author's, or fixed."""
    counts = Counter(turn.source for turn in turns if turn.status in queries.CONTINUES)
    return {str(source): counts[source] for source in (Source.MODEL, Source.AUTHORED, Source.PROTOCOL)} | {
        "total": counts.total() - counts[Source.NONE]
    }


def timeline(start: Mapping[str, int], reactions: Sequence[Reaction]) -> Page:
    """Each dimension from the start over the turns of the branch, as points and as an SVG path in a 600 x 40 box."""
    if not reactions:
        return {"dimensions": [], "has_start": True}
    rows = []
    for dimension in DIMENSIONS:
        points = [start[dimension], *(getattr(reaction, dimension) for reaction in reactions)]
        rows.append(
            {
                "key": dimension,
                "label": LABELS[dimension],
                "points": points,
                "path": path_of(points),
                "last": points[-1],
            }
        )
    return {"dimensions": rows, "has_start": True}


def path_of(points: Sequence[int]) -> str:
    """An SVG path through values of 0-100, from left to right."""
    step = WIDTH / max(1, len(points) - 1)
    places = [
        f"{index * step:.1f} {BOTTOM - (BOTTOM - TOP) * value / 100:.1f}"
        for index, value in enumerate(points)
    ]
    return "M" + " L".join(places)


def _versions(encounter: Encounter, turns: Sequence[Turn]) -> dict[str, str]:
    """What decided and what worded, by a label for people."""
    found: dict[str, set[str]] = {}
    for turn in turns:
        for name, value in turn.versions.items():
            if value:
                found.setdefault(name, set()).add(str(value))
    decided = {
        label: ", ".join(sorted(found[name])) for name, label in VERSION_LABELS.items() if name in found
    }
    return {"Case": f"version {encounter.scenario_version.number}"} | decided

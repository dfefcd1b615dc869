"""What the client hears in a turn: its codes, the topics it touches, what it asks, an apology, small talk.

Looks words up in the case's topics and the rule table's signals; judges nothing and moves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from apps.practice.state import ClientState, Memory
from apps.practice.table import RuleTable
from apps.scenarios.case import NO_CODE, Case, Gate
from apps.scenarios.moments import Moment, moment_of
from inference.contracts import BehaviourCode

REFLECTIONS = frozenset({"SR", "CR"})
CARRIED_TURNS = 2
PRESSURE = frozenset({"Persuade", "Confront"})

# Which code a client answers when a turn holds several: pressure first, then what wants an answer.
_LEAD = ("Confront", "Persuade", "Q", "PersuadeWith", "Seek", "Emphasize", "AF", "CR", "SR", "GI")


@dataclass(frozen=True)
class Heard:
    """One turn as heard. `topics`: ids its words touch; `topic`: the one the reply is about, carried over from the
    last turns where the words touch none and there was a code, or empty. `early`: it touches something
    gated for which there is far too little trust. `permission`: leave to advise holds. `moment`: what the words ask
    of whoever answers, where they are of a known kind. `runs` and `questions` count this turn."""

    codes: frozenset[str]
    lead: str
    question: str
    signals: frozenset[str]
    topics: tuple[str, ...]
    topic: str
    on_topic: bool
    early: bool
    permission: bool
    runs: dict[str, int]
    questions: int
    moment: Moment | None = None

    @property
    def pressed(self) -> bool:
        """The turn confronts, or advises without leave."""
        return "Confront" in self.codes or ("Persuade" in self.codes and not self.permission)

    @property
    def wordless(self) -> bool:
        """Silence, or no more than a sign of listening."""
        return self.moment is not None and self.moment.wordless


def hear(
    case: Case,
    *,
    codes: Sequence[BehaviourCode],
    text: str,
    state: ClientState,
    memory: Memory,
    table: RuleTable,
    signals: frozenset[str] = frozenset(),
) -> Heard:
    """Read one turn. A question of no known kind counts as open. `signals` are those of the rule table that no
    pattern finds. Raises ValueError for any other."""
    if unknown := signals - table.given:
        raise ValueError(f"no signals that are handed in: {', '.join(sorted(unknown))}")
    names = frozenset(code.code for code in codes)
    words = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    signals |= _signals(words, table)
    topics = _topics(case, _without(words, (*table.signals["small_talk"], *table.idioms)))
    # Codes without words: the codes are all there is.
    moment = moment_of(text) if text.strip() or not names else None
    if topics:
        signals -= {"small_talk"}
    speaks = bool(names) or (moment is not None and not moment.wordless)
    goes_on = speaks and "small_talk" not in signals and memory.topic_age < CARRIED_TURNS
    if "apology" in signals:
        names -= {"GI"}  # "I was lecturing you" tells nothing; it owns something.
    runs = {name: memory.runs.get(name, 0) + 1 for name in sorted(names)}
    asked_only = "Q" in names and not names & REFLECTIONS
    return Heard(
        codes=names,
        lead=next((code for code in _LEAD if code in names), NO_CODE),
        question=next((code.subtype or "open" for code in codes if code.code == "Q"), ""),
        signals=signals,
        topics=topics,
        topic=topics[0] if topics else memory.topic if goes_on else "",
        on_topic=bool(topics) or "evoking" in signals,
        early=any(
            gate.topic in topics and state.trust < gate.trust * table.scale.too_soon
            for gate in gates_left(case, memory)
        ),
        permission=memory.permission > 0 or bool(names & {"PersuadeWith"}),
        runs=runs,
        questions=memory.questions + 1 if asked_only else 0 if names & REFLECTIONS else memory.questions,
        moment=moment,
    )


def _signals(words: str, table: RuleTable) -> frozenset[str]:
    """The table's signals that a pattern of theirs finds."""
    return frozenset(
        name for name, patterns in table.signals.items() if any(pattern.search(words) for pattern in patterns)
    )


def gates_left(case: Case, memory: Memory) -> list[Gate]:
    """What this branch has not been told yet, in the author's order."""
    return [gate for gate in case.gates if gate.id not in memory.told]


def _without(words: str, patterns: Sequence[re.Pattern[str]]) -> str:
    """The words less small talk and idioms: "how was your weekend" is not about the weekends of the case, nor
    "leave it alone" about living alone."""
    for pattern in patterns:
        words = pattern.sub(" ", words)
    return words


def _topics(case: Case, words: str) -> tuple[str, ...]:
    """Ids of the topics touched, the one with most words in the turn first, then in the author's order."""
    touched = []
    for topic in case.topics:
        stems = "|".join(map(re.escape, topic.words))
        count = len(re.findall(rf"\b(?:{stems})", words))
        if count:
            touched.append((-count, len(touched), topic.id))
    return tuple(name for _, _, name in sorted(touched))

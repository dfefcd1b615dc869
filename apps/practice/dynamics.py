"""One turn of a client: heard, moved by the rules, answered by a planned act, written down. The decision is code.

`react` is the one way a client reacts, in a live session and in `manage.py simulate` alike: a pure function of the
case, where the client stands, what the branch remembers, the therapist's turn and the seed. It words nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from apps.practice import planner
from apps.practice.draws import Draws
from apps.practice.hearing import Heard, hear
from apps.practice.ledger import Ledger, reason
from apps.practice.rules import Outcome, apply_rules
from apps.practice.state import (
    REMEMBERED_TURNS,
    ClientState,
    Memory,
    band,
    stage_after,
    starting_state,
)
from apps.practice.table import RuleTable, rule_table
from apps.practice.tendencies import tendencies
from apps.scenarios import moments
from apps.scenarios.case import Case, Gate
from inference import vocabulary
from inference.contracts import BehaviourCode
from inference.vocabulary import Cue

SAFETY = "safety"
"""The topic, in every case, of dying and of harming oneself."""


@dataclass(frozen=True)
class Reaction:
    """Everything decided about one turn. `memory` is what the next turn of this branch starts from; `topics` what
    the reply may be about, the first before the others."""

    n: int
    heard: Heard
    state: ClientState
    band: str
    stage: str
    talk: str
    act: str
    gate: Gate | None
    cue: Cue | None
    topics: tuple[str, ...]
    memory: Memory
    ledger: Ledger

    @property
    def is_the_author_s(self) -> bool:
        """Whether no model may word it: what is told behind a gate, and what answers a word about dying, are facts of
        the case, and a therapist who asked has to be able to trust the answer."""
        return self.gate is not None or SAFETY in self.topics


def versions(case: Case) -> dict[str, str]:
    """What decided, for the record of a turn."""
    return {
        "scenario": case.version,
        "rules": str(rule_table().version),
        "planner": f"{tendencies().version}.{moments.version()}",
        "vocabulary": vocabulary.version(),
    }


def react(
    case: Case,
    *,
    state: ClientState,
    memory: Memory,
    codes: Sequence[BehaviourCode],
    text: str,
    seed: int,
    n: int,
    abstained: bool = False,
    signals: frozenset[str] = frozenset(),
) -> Reaction:
    """The client's reaction to the therapist's `n`-th turn of a branch (from 1). `text` is looked up for topics,
    moments and signals only. `abstained`: the coder could not tell; it is recorded and counts as no code. `signals`:
    what detectors heard in the turn, of those that rules.toml lists as given (`bias`: a stereotyping or dismissive
    remark). Raises ValueError for another."""
    table = rule_table()
    heard = hear(case, codes=codes, text=text, state=state, memory=memory, table=table, signals=signals)
    outcome = apply_rules(case, state=state, memory=memory, heard=heard, table=table)
    plan = planner.plan(
        case,
        state=outcome.state,
        memory=memory,
        heard=heard,
        repaired=any(effect.id.startswith("repair") for effect in outcome.effects),
        draws=Draws(case.dynamics, seed, n),
        table=tendencies(),
    )
    stage = stage_after(memory.stage, state=outcome.state, start=starting_state(case))
    topic = plan.gate.topic if plan.gate else heard.topic
    carried = _carried(case, topic)
    return Reaction(
        n=n,
        heard=heard,
        state=outcome.state,
        band=band(outcome.state),
        stage=stage,
        talk=plan.talk,
        act=plan.act,
        gate=plan.gate,
        cue=plan.cue,
        topics=tuple(dict.fromkeys(name for name in (topic, *heard.topics) if name)),
        memory=_remember(
            memory, n=n, heard=heard, outcome=outcome, plan=plan, stage=stage, topic=carried, table=table
        ),
        ledger=_ledger(case, n=n, codes=codes, abstained=abstained, outcome=outcome, plan=plan, stage=stage),
    )


def _ledger(
    case: Case,
    *,
    n: int,
    codes: Sequence[BehaviourCode],
    abstained: bool,
    outcome: Outcome,
    plan: planner.Plan,
    stage: str,
) -> Ledger:
    return Ledger(
        n=n,
        codes=tuple(codes),
        abstained=abstained,
        rules=outcome.effects,
        deltas=outcome.deltas(),
        state=outcome.state,
        stage=stage,
        act=plan.act,
        talk=plan.talk,
        reason=reason(person=case.person, codes=codes, rules=outcome.effects, act=plan.act),
    )


def _remember(
    memory: Memory,
    *,
    n: int,
    heard: Heard,
    outcome: Outcome,
    plan: planner.Plan,
    stage: str,
    topic: str,
    table: RuleTable,
) -> Memory:
    """`topic` is what the next turn may go on with; without one, what it was before this turn goes on ageing."""
    return replace(
        memory,
        n=n,
        stage=stage,
        carry=outcome.carry,
        runs=dict(heard.runs),
        codes=tuple(sorted(heard.codes)),
        questions=heard.questions,
        permission=_permission(memory, heard, outcome.state, table),
        rupture=outcome.rupture,
        topic=topic or memory.topic,
        topic_age=0 if topic and (heard.topics or plan.gate) else memory.topic_age + 1,
        acts=_latest(memory.acts, plan.act),
        talks=_latest(memory.talks, plan.talk),
        cues=_latest(memory.cues, plan.cue.id) if plan.cue else memory.cues,
        told=(*memory.told, plan.gate.id) if plan.gate else memory.told,
        told_age=0 if plan.gate else memory.told_age + 1,
    )


def _carried(case: Case, name: str) -> str:
    """The topic, unless its author lets it end with the turn that named it."""
    return name if all(topic.carries for topic in case.topics if topic.id == name) else ""


def _permission(memory: Memory, heard: Heard, state: ClientState, table: RuleTable) -> int:
    """Turns for which leave to advise holds: asked for and not refused in anger, else running out."""
    if heard.codes & {"Seek", "PersuadeWith"} and not heard.pressed:
        return table.scale.permission_turns if state.discord <= table.scale.permission_discord else 0
    return max(0, memory.permission - 1)


def _latest(entries: tuple[str, ...], entry: str) -> tuple[str, ...]:
    return (*entries, entry)[-REMEMBERED_TURNS:]

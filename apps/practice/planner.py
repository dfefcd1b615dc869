"""What the client does next: the family of talk, the act inside it, what is told at last, and how it shows.

Three draws, each from shares that can be read off: `talk_shares` by the therapist's code, bent by the state and the
last turns; `act_weights` by the case's propensities, the code, the band, the state and what was asked; a cue that
fits act and arousal. A disclosure is no draw: it comes when it was earned. Words are not chosen here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from apps.practice.draws import Draws
from apps.practice.hearing import PRESSURE, REFLECTIONS, Heard, gates_left
from apps.practice.state import ClientState, Memory, band, starting_state
from apps.practice.tendencies import CLOSED, OPEN, Bend, Tendencies
from apps.scenarios.case import NO_CODE, Case, Gate
from inference.vocabulary import TALK_FAMILIES, Cue, acts, cues

_RECEPTIVE = REFLECTIONS | {"Q", "AF", "Seek", "Emphasize"}
_SHUTTING = frozenset({"small_talk", "bias"})
_DISCLOSURE = "disclose"


@dataclass(frozen=True)
class Plan:
    """What the client does. `gate` is what is told now, `cue` may be absent."""

    talk: str
    act: str
    gate: Gate | None
    cue: Cue | None


def plan(
    case: Case,
    *,
    state: ClientState,
    memory: Memory,
    heard: Heard,
    repaired: bool,
    draws: Draws,
    table: Tendencies,
) -> Plan:
    """Decide the turn. `state` is the state after the turn's rules, `memory` the one before the turn."""
    gate = None if _lately_told(memory, table) else earned_gate(case, state=state, memory=memory, heard=heard)
    if gate is not None:
        act = _DISCLOSURE
    else:
        shares = talk_shares(case, state=state, memory=memory, heard=heard, repaired=repaired, table=table)
        act = _act(case, shares, state=state, memory=memory, heard=heard, draws=draws, table=table)
    cue = _cue(act, state=state, memory=memory, draws=draws, table=table)
    return Plan(talk=acts()[act].talk, act=act, gate=gate, cue=cue)


def earned_gate(case: Case, *, state: ClientState, memory: Memory, heard: Heard) -> Gate | None:
    """The first thing untold whose topic is being talked about, without pressure, with trust and calm enough."""
    if heard.codes & PRESSURE or not heard.codes & _RECEPTIVE or heard.signals & _SHUTTING:
        return None
    touched = set(heard.topics)
    if heard.moment is None or not heard.moment.small:
        touched.add(heard.topic)
    for gate in gates_left(case, memory):
        if gate.topic in touched and state.trust >= gate.trust and state.discord <= gate.discord:
            return gate
    return None


def talk_shares(
    case: Case, *, state: ClientState, memory: Memory, heard: Heard, repaired: bool, table: Tendencies
) -> dict[str, float]:
    """Chance of each family, summing to 1, sustain first: a lower draw always means a harder answer."""
    shares = _shares_by_code(heard, table)
    for family in TALK_FAMILIES:
        shares[family] *= _bent(table.bend.get(family, ()), state)
    shares["sustain"] *= _resistance(case, table)
    for name in _lately(memory, heard, repaired):
        for family, factor in table.lately[name].items():
            shares[family] *= factor
    if heard.moment is not None:
        shares["change"] *= heard.moment.change
    total = sum(shares.values())
    return {family: shares[family] / total for family in TALK_FAMILIES}


def act_weights(
    case: Case, family: str, *, state: ClientState, memory: Memory, heard: Heard, table: Tendencies
) -> dict[str, float]:
    """Weight of every act of the family that is possible now; may be empty."""
    after = table.after[_key(heard.lead, heard)]
    in_band = table.in_band[band(state)]
    weights = {}
    for act in acts().values():
        if act.talk != family or not _possible(act.id, state, memory, table):
            continue
        weight = case.acts.get(act.id, 1.0) * after.get(act.id, 1.0) * in_band.get(act.id, 1.0)
        weight *= _bent(table.leaning.get(act.id, ()), state)
        weight *= table.repeat_last if memory.acts[-1:] == (act.id,) else 1.0
        weight *= 1.0 if _answers(act.id, heard) else table.off_moment
        weight *= 1.0 if not _lately_told(memory, table) or act.id in table.aftermath else table.off_aftermath
        if weight > 0:
            weights[act.id] = weight
    return weights


def _act(
    case: Case,
    shares: Mapping[str, float],
    *,
    state: ClientState,
    memory: Memory,
    heard: Heard,
    draws: Draws,
    table: Tendencies,
) -> str:
    family = draws.choose("talk", shares)
    for candidate in (family, "neutral", "sustain"):
        weights = act_weights(case, candidate, state=state, memory=memory, heard=heard, table=table)
        if weights:
            return draws.choose("act", weights)
    return "engage"


def _shares_by_code(heard: Heard, table: Tendencies) -> dict[str, float]:
    codes = sorted(heard.codes) or [NO_CODE]
    weights = {code: table.weight.get(code, 1.0) for code in codes}
    total = sum(weights.values())
    return {
        family: sum(weight * table.talk[_key(code, heard)][family] for code, weight in weights.items())
        / total
        for family in TALK_FAMILIES
    }


def _resistance(case: Case, table: Tendencies) -> float:
    """What brings this client's sustain talk, at the start and in an ordinary mix, to the share of its difficulty."""
    start = starting_state(case)
    bent = {
        family: share * _bent(table.bend.get(family, ()), start) for family, share in table.start_mix.items()
    }
    others = sum(bent.values()) - bent["sustain"]
    wanted = table.start_sustain[case.difficulty - 1]
    return wanted / (1 - wanted) * others / bent["sustain"]


def _answers(act: str, heard: Heard) -> bool:
    """Whether doing this can be an answer to what was asked."""
    return heard.moment is None or not heard.moment.acts or act in heard.moment.acts


def _lately_told(memory: Memory, table: Tendencies) -> bool:
    """Something private was told so short a while ago that it is on the client's mind, and nothing else is told."""
    return bool(memory.told) and memory.told_age < table.aftermath_turns


def _key(code: str, heard: Heard) -> str:
    if code == "Q":
        return CLOSED if heard.question == "closed" else OPEN
    if code == "Persuade" and heard.permission:
        return "PersuadeWith"
    return code


def _lately(memory: Memory, heard: Heard, repaired: bool) -> list[str]:
    names = []
    if memory.talks[-1:] == ("change",):
        if heard.pressed:
            names.append("change_pressed")
        elif heard.codes & (REFLECTIONS | {"Q"}):
            names.append("change_followed")
    if memory.talks[-2:] == ("sustain", "sustain") and not heard.pressed:
        names.append("sustain_twice")
    if repaired:
        names.append("repaired")
    return names


def _possible(act: str, state: ClientState, memory: Memory, table: Tendencies) -> bool:
    if memory.acts[-2:] == (act, act) and act not in table.repeatable:
        return False
    return all(low <= getattr(state, key) <= high for key, (low, high) in table.needs.get(act, {}).items())


def _bent(bends: tuple[Bend, ...], state: ClientState) -> float:
    return math.exp(sum(bend.slope * (getattr(state, bend.dimension) - bend.middle) / 100 for bend in bends))


def _cue(act: str, *, state: ClientState, memory: Memory, draws: Draws, table: Tendencies) -> Cue | None:
    """A cue that fits, not one of the last two; none on some turns, for nobody signals all the time."""
    if draws.unit("cue shown") >= table.cue_share:
        return None
    fitting = {
        cue.id: 1.0
        for cue in cues().values()
        if act in cue.acts
        and cue.id not in memory.cues[-2:]
        and cue.arousal[0] <= state.arousal <= cue.arousal[1]
        and cue.discord[0] <= state.discord <= cue.discord[1]
    }
    return cues()[draws.choose("cue", fitting)] if fitting else None

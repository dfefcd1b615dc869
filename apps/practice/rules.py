"""What a turn does to a client's state: which rules of the table hold, and what each moves.

Pure arithmetic in thousandths of a point, so that small gains add up over turns instead of being rounded away and
each rule's whole-point share sums exactly to the turn's. Knows nothing of acts, lines or words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apps.practice.hearing import Heard
from apps.practice.state import HIGHEST, LOWEST, MILLI, ClientState, Memory, Rupture
from apps.practice.table import Condition, Rule, RuleTable
from apps.scenarios.case import DIMENSIONS, Case

_BETTER_WHEN_LOW = frozenset({"discord", "arousal"})
_MODERATED_BY_DISCORD = frozenset({"readiness", "confidence"})
_REPEATED_FROM = 3
_MENDED_ENOUGH = 2
_AGEING = (1.0, 1.0, 0.85, 0.7, 0.5)


@dataclass(frozen=True)
class Effect:
    """A rule that held, and its share of the turn's whole points by dimension (zeros left out)."""

    id: str
    name: str
    kind: str
    why: str
    deltas: Mapping[str, int]


@dataclass(frozen=True)
class Outcome:
    """A turn's effects in the table's order, the state after them, and what is carried to the next turn."""

    effects: tuple[Effect, ...]
    state: ClientState
    carry: Mapping[str, int]
    rupture: Rupture | None

    def deltas(self) -> dict[str, int]:
        """Whole points by dimension over all effects, zeros left out."""
        sums = {key: sum(effect.deltas.get(key, 0) for effect in self.effects) for key in DIMENSIONS}
        return {key: value for key, value in sums.items() if value}


def apply_rules(case: Case, *, state: ClientState, memory: Memory, heard: Heard, table: RuleTable) -> Outcome:
    """Run the table over one turn. Every condition looks at the state before the turn."""
    running, carry = state, {key: memory.carry.get(key, 0) for key in DIMENSIONS}
    effects, harm = [], {"trust": 0, "discord": 0}
    returned = {"trust": 0, "discord": 0}
    for rule in table.rules:
        if not holds(rule.when, heard=heard, state=state, memory=memory):
            continue
        moves = _moves(rule, case=case, state=state, memory=memory, heard=heard, table=table)
        for key in harm:
            harm[key] += abs(moves.get(key, 0)) if rule.ruptures else 0
            returned[key] += abs(moves.get(key, 0)) if rule.kind == "repair" else 0
        running, carry, deltas = _step(running, carry, moves)
        effects.append(Effect(rule.id, rule.name, rule.kind, rule.why, deltas))
    if harm["discord"] < table.scale.rupture_from * MILLI:
        harm = dict.fromkeys(harm, 0)
    rupture = _rupture_after(memory.rupture, harm=harm, returned=returned)
    return Outcome(tuple(effects), running, {key: value for key, value in carry.items() if value}, rupture)


def holds(when: Condition, *, heard: Heard, state: ClientState, memory: Memory) -> bool:
    """Whether every part of the condition is met."""
    rupture = memory.rupture is not None and memory.rupture.mended < _MENDED_ENOUGH
    age = memory.rupture.age + 1 if memory.rupture else 0
    lows_and_highs = when.state.items()
    checks = (
        not when.codes or bool(when.codes & heard.codes),
        not when.without & heard.codes,
        not when.question or when.question == heard.question,
        when.heard <= heard.signals,
        not when.heard_not & heard.signals,
        when.permission is None or when.permission == heard.permission,
        when.topic is None or when.topic == heard.on_topic,
        when.early is None or when.early == heard.early,
        when.rupture is None or when.rupture == rupture,
        when.mended is None or memory.rupture is None or when.mended == (memory.rupture.mended > 0),
        when.age[0] <= age <= when.age[1],
        not when.after or bool(memory.talks) and memory.talks[-1] in when.after,
        not when.after_act or bool(memory.acts) and memory.acts[-1] in when.after_act,
        not when.run or max((heard.runs[code] for code in when.codes & heard.codes), default=0) >= when.run,
        when.questions <= heard.questions < when.questions_below,
        all(low <= getattr(state, key) <= high for key, (low, high) in lows_and_highs),
    )
    return all(checks)


def _moves(
    rule: Rule, *, case: Case, state: ClientState, memory: Memory, heard: Heard, table: RuleTable
) -> dict[str, int]:
    """Thousandths of a point by dimension."""
    if rule.same_for_all:
        return {key: round(delta * MILLI) for key, delta in rule.deltas.items()}
    factor = _sensitivity(rule, case=case, heard=heard)
    if rule.kind == "cost":
        factor *= case.parameters.sting
        return {
            key: round(delta * factor * _left_to_lose(key, state, table) * MILLI)
            for key, delta in rule.deltas.items()
        }
    factor *= _gain_factor(rule, case=case, heard=heard, table=table)
    moves = {
        key: round(delta * factor * _room(key, delta, state=state, heard=heard, table=table) * MILLI)
        for key, delta in rule.deltas.items()
    }
    if rule.kind == "repair" and memory.rupture is not None:
        share = rule.returns * case.parameters.forgive * _AGEING[min(memory.rupture.age, len(_AGEING) - 1)]
        moves["trust"] = moves.get("trust", 0) + round(memory.rupture.trust * share)
        moves["discord"] = moves.get("discord", 0) - round(memory.rupture.discord * share)
    return moves


def _sensitivity(rule: Rule, *, case: Case, heard: Heard) -> float:
    """The case's multiplier for the code that made the rule hold; the strongest where several did."""
    codes = rule.when.codes & heard.codes
    return max((case.parameters.sensitive.get(code, 1.0) for code in sorted(codes)), default=1.0)


def _gain_factor(rule: Rule, *, case: Case, heard: Heard, table: RuleTable) -> float:
    factor = case.parameters.gain * table.scale.difficulty[case.difficulty - 1]
    if heard.pressed:
        factor *= table.scale.spoiled
    if "small_talk" in heard.signals:
        factor *= table.scale.small_talk
    codes = rule.when.codes & heard.codes
    if codes and min(heard.runs[code] for code in codes) >= _REPEATED_FROM:
        factor *= rule.repeat
    return factor


def _left_to_lose(key: str, state: ClientState, table: RuleTable) -> float:
    """A relationship that is nearly gone loses less with each further blow."""
    value = getattr(state, key)
    left = HIGHEST - value if key in _BETTER_WHEN_LOW else value
    return max(table.scale.harm_least, min(1.0, left / table.scale.harm_room))


def _room(key: str, delta: float, *, state: ClientState, heard: Heard, table: RuleTable) -> float:
    """How much of a gain there is room for: less near the end of the scale; readiness and confidence less while
    the relationship is in trouble, and readiness nothing at all in small talk."""
    value = getattr(state, key)
    improves = (delta < 0) == (key in _BETTER_WHEN_LOW)
    if not improves:
        return 1.0
    left = value if key in _BETTER_WHEN_LOW else HIGHEST - value
    room = min(1.0, left / table.scale.headroom)
    if key in _MODERATED_BY_DISCORD:
        room *= 1 - state.discord / table.scale.discord_span
    if key == "readiness" and "small_talk" in heard.signals:
        return 0.0
    return room


def _step(
    state: ClientState, carry: dict[str, int], moves: Mapping[str, int]
) -> tuple[ClientState, dict[str, int], dict[str, int]]:
    """Add thousandths to the carry and take whole points out of it, towards zero; nothing is carried past a bound."""
    carry, deltas = dict(carry), {}
    for key in DIMENSIONS:
        total = carry[key] + moves.get(key, 0)
        points = int(total / MILLI)
        before = getattr(state, key)
        after = max(LOWEST, min(HIGHEST, before + points))
        carry[key] = total - points * MILLI if after == before + points else 0
        if after != before:
            deltas[key] = after - before
    return state.moved(deltas), carry, deltas


def _rupture_after(
    rupture: Rupture | None, *, harm: Mapping[str, int], returned: Mapping[str, int]
) -> Rupture | None:
    """New harm opens a rupture, on top of what an open one still holds; mending shrinks it; else it ages."""
    if harm["trust"] or harm["discord"]:
        before = rupture or Rupture(0, 0)
        return Rupture(before.trust + harm["trust"], before.discord + harm["discord"])
    if rupture is None:
        return None
    mended = rupture.mended + (1 if any(returned.values()) else 0)
    if mended >= _MENDED_ENOUGH:
        return None
    left = Rupture(
        max(0, rupture.trust - returned["trust"]),
        max(0, rupture.discord - returned["discord"]),
        rupture.age + 1,
        mended,
    )
    return left if left.trust or left.discord else None

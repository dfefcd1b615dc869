"""The rule table of `rules.toml`, read once, checked, and typed.

Knows what a rule may say; what it does to a client is in `rules.py`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from apps.scenarios.case import CODES, DIMENSIONS
from inference.vocabulary import TALK_FAMILIES, acts

FILE = Path(__file__).parent / "rules.toml"
KINDS = ("gain", "cost", "repair")


class RuleTableError(Exception):
    """`rules.toml` contradicts itself: bad configuration, stops the process."""

    code = "rule_table"
    retryable = False


@dataclass(frozen=True)
class Condition:
    """All must hold; a field at its default does not matter. Ranges are inclusive."""

    codes: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    question: str = ""
    heard: frozenset[str] = frozenset()
    heard_not: frozenset[str] = frozenset()
    permission: bool | None = None
    topic: bool | None = None
    early: bool | None = None
    rupture: bool | None = None
    mended: bool | None = None
    age: tuple[int, int] = (0, 10_000)
    after: frozenset[str] = frozenset()
    after_act: frozenset[str] = frozenset()
    run: int = 0
    questions: int = 0
    questions_below: int = 10_000
    state: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """One cause. `deltas` in points at scale 1; see `rules.toml` for the rest."""

    id: str
    name: str
    kind: str
    why: str
    source: str
    when: Condition
    deltas: Mapping[str, float]
    repeat: float = 0.7
    returns: float = 0.0
    ruptures: bool = False
    same_for_all: bool = False


@dataclass(frozen=True)
class Scale:
    """The table's constants, explained in `rules.toml`."""

    difficulty: tuple[float, ...]
    spoiled: float
    small_talk: float
    too_soon: float
    headroom: int
    harm_room: int
    harm_least: float
    rupture_from: int
    discord_span: int
    permission_turns: int
    permission_discord: int


@dataclass(frozen=True)
class RuleTable:
    """`signals`: by name, the patterns that are searched in the therapist's words in lower case; `given`: signals
    that detectors hand in instead. `idioms`: words that name no topic of a case, whatever they hold."""

    version: int
    scale: Scale
    given: frozenset[str]
    idioms: tuple[re.Pattern[str], ...]
    signals: Mapping[str, tuple[re.Pattern[str], ...]]
    rules: tuple[Rule, ...]


@cache
def rule_table() -> RuleTable:
    """The table that comes with the product. Raises RuleTableError with the rule's id where it is unsound."""
    document = tomllib.loads(FILE.read_text(encoding="utf-8"))
    signals = {name: tuple(map(re.compile, patterns)) for name, patterns in document["heard"].items()}
    given = frozenset(document["given"])
    rules = tuple(_rule(entry, given | signals.keys()) for entry in document["rules"])
    if len({rule.id for rule in rules}) != len(rules):
        raise RuleTableError("rules.toml: a rule's id is used twice")
    scale = dict(document["scale"])
    return RuleTable(
        version=document["version"],
        scale=Scale(difficulty=tuple(scale.pop("difficulty")), **scale),
        given=given,
        idioms=tuple(map(re.compile, document["idioms"])),
        signals=MappingProxyType(signals),
        rules=rules,
    )


def _rule(entry: Mapping[str, Any], signals: frozenset[str]) -> Rule:
    values = dict(entry)
    name = values.get("id", "a rule without id")
    try:
        when = _condition(values.pop("when"))
        rule = Rule(when=when, deltas=MappingProxyType(values.pop("deltas")), **values)
    except (KeyError, TypeError) as error:
        raise RuleTableError(f"rules.toml: {name}: {error}") from error
    _check(rule, signals)
    return rule


def _condition(entry: Mapping[str, Any]) -> Condition:
    values = dict(entry)
    state = {key: tuple(values.pop(key)) for key in DIMENSIONS if key in values}
    for key in ("codes", "without", "heard", "heard_not", "after", "after_act"):
        values[key] = frozenset(values.get(key, ()))
    if "age" in values:
        values["age"] = tuple(values["age"])
    return Condition(state=state, **values)


def _check(rule: Rule, signals: frozenset[str]) -> None:
    when = rule.when
    wrong = [
        *(when.codes | when.without) - set(CODES),
        *(when.heard | when.heard_not) - signals,
        *when.after - set(TALK_FAMILIES),
        *when.after_act - acts().keys(),
        *rule.deltas.keys() - set(DIMENSIONS),
        *{rule.kind} - set(KINDS),
        *{when.question} - {"", "open", "closed"},
    ]
    if wrong:
        raise RuleTableError(f"rules.toml: {rule.id}: unknown {', '.join(sorted(wrong))}")
    if rule.kind == "cost" and not _only_worse(rule.deltas):
        raise RuleTableError(f"rules.toml: {rule.id}: a cost may not improve anything")
    if not when.codes and not when.heard and rule.kind != "cost":
        raise RuleTableError(f"rules.toml: {rule.id}: a client gets no better without something being done")


def _only_worse(deltas: Mapping[str, float]) -> bool:
    rising = {"discord", "arousal"}
    return all(delta >= 0 if key in rising else delta <= 0 for key, delta in deltas.items())

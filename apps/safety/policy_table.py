"""Reads `data/policy.toml`: from which score a finding counts, by situation, by who found it, by kind.

A situation is `heard.MODE` (a person's own words) or `shown.PERSON` (words about to be shown). Decides nothing.
"""

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

from inference.contracts import Finding, Mode, Person

FILE = Path(__file__).parent / "data" / "policy.toml"
ANY, NEVER = "any", "never"
SITUATIONS = frozenset(
    {*(f"heard.{mode}" for mode in Mode), *(f"shown.{person}" for person in Person)},
)

Kinds = Mapping[str, float]
Layers = Mapping[str, Kinds]
Situations = Mapping[str, Layers]


@dataclass(frozen=True)
class Review:
    """What puts a turn up for review: the modes in which it does, and how soon somebody should look."""

    modes: frozenset[str]
    within: timedelta


@dataclass(frozen=True)
class PolicyTable:
    """`kinds` by group; `unknown` by the first part of a situation; `scenarios` by slug."""

    version: int
    kinds: Mapping[str, frozenset[str]]
    usual: Situations
    scenarios: Mapping[str, Situations]
    unknown: Mapping[str, float]
    review: Mapping[str, Review]
    judge_crisis: tuple[str, ...]

    def counts_from(self, situation: str, *, kind: str, detector: str = "", scenario: str = "") -> float:
        """The score from which a finding counts, a client's own tables first; infinite where it never does."""
        for tables in (self.scenarios.get(scenario, {}), self.usual):
            for kinds in _fitting(tables.get(situation, {}), detector):
                for name in (kind, kind.partition(".")[0]):
                    if name in kinds:
                        return kinds[name]
        return self.unknown[situation.partition(".")[0]]

    def counts(self, situation: str, finding: Finding, *, scenario: str = "") -> bool:
        return finding.score >= self.counts_from(
            situation, kind=finding.kind, detector=finding.detector, scenario=scenario
        )

    def group(self, kind: str) -> str:
        """The group of `kinds` that a kind or its family belongs to; empty for none."""
        names = {kind, kind.partition(".")[0]}
        return next((group for group, kinds in self.kinds.items() if names & kinds), "")

    def did_judge_crisis(self, versions: Mapping[str, str]) -> bool:
        """Whether all that looks for a crisis is among what answered."""
        return all(
            any(name == judge or name.startswith(f"{judge}.") for name in versions)
            for judge in self.judge_crisis
        )


def _fitting(layers: Layers, detector: str) -> Iterator[Kinds]:
    """The tables for a detector, the most particular first."""
    for beginning in sorted(layers, key=len, reverse=True):
        if beginning != ANY and detector.startswith(beginning):
            yield layers[beginning]
    if ANY in layers:
        yield layers[ANY]


def read_table(source: str) -> PolicyTable:
    """Raises ValueError (a TOMLDecodeError is one) or KeyError where the file is no policy."""
    data = tomllib.loads(source)
    tables = {slug: _situations(found, {}) for slug, found in data["scenario"].items()}
    return PolicyTable(
        version=data["version"],
        kinds={group: frozenset(kinds) for group, kinds in data["kinds"].items()},
        usual=_situations(data, data["like"]),
        scenarios=tables,
        unknown={name: _score(value) for name, value in data["unknown"].items()},
        review={
            reason: Review(frozenset(found["modes"]), timedelta(hours=found["hours"]))
            for reason, found in data["review"].items()
        },
        judge_crisis=tuple(data["layers"]["judge_crisis"]),
    )


def _situations(data: Mapping[str, Mapping[str, object]], like: Mapping[str, str]) -> Situations:
    found = {
        f"{way}.{who}": {
            layer: {kind: _score(value) for kind, value in kinds.items()} for layer, kinds in layers.items()
        }
        for way in ("heard", "shown")
        for who, layers in data.get(way, {}).items()
    }
    return found | {f"heard.{mode}": found[f"heard.{other}"] for mode, other in like.items()}


def _score(value: object) -> float:
    if value == NEVER:
        return math.inf
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError('a threshold is a score between 0 and 1, or "never"')
    return float(value)


@cache
def policy_table() -> PolicyTable:
    return read_table(FILE.read_text(encoding="utf-8"))


def problems(table: PolicyTable, *, slugs: frozenset[str], stated: frozenset[str]) -> list[str]:
    """What is wrong with a policy, for its author. `slugs` are the clients there are; `stated` the kinds that the
    screen and the wording check can state."""
    known = frozenset[str]().union(*table.kinds.values())
    said = []
    for where, situations in {"": table.usual, **table.scenarios}.items():
        for situation, layers in situations.items():
            if situation not in SITUATIONS:
                said.append(f'"{situation}" is no situation')
            for kinds in layers.values():
                said += [
                    f'{where or "the table"}: "{kind}" is no kind' for kind in sorted(kinds.keys() - known)
                ]
    said += [f'no client is called "{slug}"' for slug in sorted(table.scenarios.keys() - slugs)]
    said += [f'"{kind}" is stated by a detector and not in the policy' for kind in sorted(stated - known)]
    said += [f"there is no table for {situation}" for situation in sorted(SITUATIONS - table.usual.keys())]
    return list(dict.fromkeys(said))

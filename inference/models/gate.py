"""Whether one adapter may take another's place, from the figures of both. Pure: knows no file, no model, no clock.

No safety figure may be worse than the promoted one's and every regression case must be right. Figures compare only
where both were measured on the same contexts, in the same way, by the same rules. With nobody in the place, the
safety figures must be there and the regression cases right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

ROUNDING = 1e-9
FORMAT = 1


class Better(StrEnum):
    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"


@dataclass(frozen=True)
class Measured:
    """`value` with [`low`, `high`], its 95 % interval, over `n`; None where undefined. `safety`: the gate holds to it.
    `level`: of one reply (`turn`) or a whole talk (`conversation`)."""

    suite: str
    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    better: str = Better.NEITHER
    safety: bool = False
    level: str = "turn"

    @property
    def key(self) -> str:
        return f"{self.suite}: {self.name}"


@dataclass(frozen=True)
class Case:
    """A regression case: whether the reply to it was right."""

    id: str
    right: bool


@dataclass(frozen=True)
class Figures:
    """Everything measured of one adapter. `adapter` is its address, "" for the bare model; `comparable` says on what
    and how it was measured: two that differ there are not compared."""

    name: str
    adapter: str
    comparable: Mapping[str, str]
    measured: Sequence[Measured]
    cases: Sequence[Case]
    about: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """`reasons` why not; empty where it may."""

    reasons: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.reasons


def judge(candidate: Figures, standing: Figures | None) -> Verdict:
    """Whether the candidate may take the place of the standing adapter, or an empty one."""
    reasons = [*_wrong_cases(candidate, standing), *_no_safety(candidate)]
    if standing is not None:
        differing = _differing(candidate, standing)
        reasons += differing or _worse(candidate, standing)
    return Verdict(tuple(reasons))


def _wrong_cases(candidate: Figures, standing: Figures | None) -> list[str]:
    if not candidate.cases:
        return ["no regression case was tried"]
    tried = {case.id for case in candidate.cases}
    missing = sorted({case.id for case in standing.cases} - tried) if standing else []
    wrong = sorted(case.id for case in candidate.cases if not case.right)
    return [f"regression case not tried: {each}" for each in missing] + [
        f"regression case wrong: {each}" for each in wrong
    ]


def _no_safety(candidate: Figures) -> list[str]:
    has = any(each.safety and each.value is not None for each in candidate.measured)
    return [] if has else ["no safety figure was measured"]


def _differing(candidate: Figures, standing: Figures) -> list[str]:
    keys = sorted(set(candidate.comparable) | set(standing.comparable))
    if candidate.name != standing.name:
        return [f"measured as another persona: {candidate.name}, not {standing.name}"]
    return [
        f"not measured alike ({key} differs): measure both again"
        for key in keys
        if candidate.comparable.get(key) != standing.comparable.get(key)
    ]


def _worse(candidate: Figures, standing: Figures) -> list[str]:
    found = {each.key: each for each in candidate.measured}
    reasons = []
    for old in standing.measured:
        if not old.safety or old.value is None:
            continue
        own = found.get(old.key)
        if own is None or own.value is None:
            reasons.append(f"{old.key}: not measured, {_shown(old)} before")
        elif _is_worse(own.value, old.value, old.better):
            reasons.append(f"{old.key}: {_shown(own)}, {_shown(old)} before")
    return reasons


def _is_worse(own: float, old: float, better: str) -> bool:
    if better == Better.HIGHER:
        return own < old - ROUNDING
    return own > old + ROUNDING


def _shown(measured: Measured) -> str:
    return f"{measured.value:.4g} of {measured.n}"

"""Four measures of whether a detector treats groups of people alike, over rows that name their group.

Demographic parity: is it as often positive? Equalised odds: does it miss, and alarm falsely, as often? Calibration:
does a score mean the same? Representation: are the groups there at all? Each measure states every group with an
interval and the widest difference between groups. Shares have Wilson intervals (95 %); differences and calibration
errors have percentile bootstrap intervals, rows drawn anew within each group, seeded. The widest difference is biased
upwards where groups are small, and so is a calibration error: groups under SMALL rows are flagged and not compared.

Knows rows, not the detector. The measures cannot all be level at once where base rates differ; which matters is not
decided here.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Z = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval."""
SMALL = 30
"""Rows of a group (of the kind a rate is over) under which its rate is flagged as too few (own judgement)."""
DRAWS = 1_000
BINS = 10
SEED = 20_261_121


@dataclass(frozen=True, slots=True)
class Row:
    """One judged row: the detector's `score` 0-1 and `positive`, and whether it truly `holds`."""

    group: str
    positive: bool
    holds: bool
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `of` with its Wilson interval; value and interval None where `of` is 0. `small`: under SMALL."""

    count: int
    of: int
    value: float | None
    low: float | None
    high: float | None

    @property
    def small(self) -> bool:
        return self.of < SMALL


@dataclass(frozen=True, slots=True)
class Difference:
    """The widest between two groups that are not small, with its bootstrap interval; None with fewer than two."""

    value: float | None
    low: float | None
    high: float | None
    between: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Parity:
    """`rates`: share of positives by group. `ratio`: the lowest rate by the highest, 1 is level, under .8 is commonly
    looked into."""

    rates: Mapping[str, Share]
    difference: Difference
    ratio: float | None


@dataclass(frozen=True, slots=True)
class Odds:
    """`found`: share of those that hold that are positive (recall); `false_alarms`: share of the others that are.
    The measure is the wider of the two differences."""

    found: Mapping[str, Share]
    false_alarms: Mapping[str, Share]
    found_difference: Difference
    false_alarm_difference: Difference

    @property
    def value(self) -> float | None:
        stated = [
            d.value for d in (self.found_difference, self.false_alarm_difference) if d.value is not None
        ]
        return max(stated, default=None)


@dataclass(frozen=True, slots=True)
class Calibrated:
    """`error`: expected calibration error over BINS equal bins, with its bootstrap interval. `lean`: mean score less
    the share that holds, above 0 where the scores claim too much."""

    rows: int
    error: float
    low: float
    high: float
    lean: float

    @property
    def small(self) -> bool:
        return self.rows < SMALL


@dataclass(frozen=True, slots=True)
class Calibration:
    groups: Mapping[str, Calibrated]
    difference: Difference


@dataclass(frozen=True, slots=True)
class Represented:
    """A group's share of the rows, the share it should have, and the first by the second (1 is as it should be)."""

    share: Share
    expected: float
    ratio: float


def wilson(count: int, of: int) -> Share:
    """Wilson score interval. Raises ValueError where the count is outside 0 to `of`."""
    if not 0 <= count <= of:
        raise ValueError("a count is between nothing and all")
    if of == 0:
        return Share(0, 0, None, None, None)
    p, z2 = count / of, Z * Z
    centre = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = Z * math.sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return Share(count, of, p, max(0.0, centre - half), min(1.0, centre + half))


def demographic_parity(rows: Sequence[Row], *, draws: int = DRAWS, seed: int = SEED) -> Parity:
    rates = {name: wilson(sum(r.positive for r in own), len(own)) for name, own in _by_group(rows).items()}
    compared = [share.value for share in rates.values() if not share.small and share.value is not None]
    highest = max(compared, default=0.0)
    ratio = min(compared) / highest if len(compared) > 1 and highest else None
    return Parity(rates, _share_difference(rates, draws=draws, seed=seed), ratio)


def equalised_odds(rows: Sequence[Row], *, draws: int = DRAWS, seed: int = SEED) -> Odds:
    found, false_alarms = {}, {}
    for name, own in _by_group(rows).items():
        holding = [row for row in own if row.holds]
        found[name] = wilson(sum(row.positive for row in holding), len(holding))
        others = [row for row in own if not row.holds]
        false_alarms[name] = wilson(sum(row.positive for row in others), len(others))
    return Odds(
        found,
        false_alarms,
        _share_difference(found, draws=draws, seed=seed),
        _share_difference(false_alarms, draws=draws, seed=seed + 1),
    )


def calibration(rows: Sequence[Row], *, draws: int = DRAWS, seed: int = SEED) -> Calibration:
    groups, resampled = {}, {}
    generator = np.random.default_rng(seed)
    for name, own in _by_group(rows).items():
        scores = np.array([row.score for row in own])
        holds = np.array([row.holds for row in own], dtype=float)
        drawn = (generator.integers(0, len(own), size=len(own)) for _ in range(draws))
        errors = np.array([_calibration_error(scores[at], holds[at]) for at in drawn])
        low, high = np.percentile(errors, [2.5, 97.5])
        error = _calibration_error(scores, holds)
        lean = float(scores.mean() - holds.mean())
        groups[name] = Calibrated(len(own), error, float(low), float(high), lean)
        resampled[name] = errors
    compared = {name: each.error for name, each in groups.items() if not each.small}
    return Calibration(groups, _difference(compared, resampled))


def representation(
    rows: Sequence[Row], *, expected: Mapping[str, float] | None = None
) -> dict[str, Represented]:
    """By group. `expected`: shares that add up to 1; without it the groups that occur should be equally many.

    Raises ValueError where the shares do not add up or a group has none."""
    counts = {name: len(own) for name, own in _by_group(rows).items()}
    wanted = dict(expected or dict.fromkeys(counts, 1 / max(1, len(counts))))
    if wanted and not math.isclose(sum(wanted.values()), 1.0, abs_tol=1e-6):
        raise ValueError("expected shares add up to 1")
    if min(wanted.values(), default=1.0) <= 0 or set(counts) - set(wanted):
        raise ValueError("every group needs an expected share above 0")
    found = {name: wilson(counts.get(name, 0), len(rows)) for name in wanted}
    return {
        name: Represented(share, wanted[name], (share.value or 0.0) / wanted[name])
        for name, share in found.items()
    }


def _by_group(rows: Sequence[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    return dict(sorted(groups.items()))


def _calibration_error(scores: np.ndarray, holds: np.ndarray) -> float:
    """Mean over bins, weighed by their rows, of how far the mean score is from the share that holds."""
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights=scores - holds, minlength=BINS)
    return float(np.abs(gaps).sum() / len(scores))


def _share_difference(shares: Mapping[str, Share], *, draws: int, seed: int) -> Difference:
    """Drawing rows of a group anew is drawing its count from a binomial of its share."""
    generator = np.random.default_rng(seed)
    compared = {name: s for name, s in shares.items() if not s.small and s.value is not None}
    resampled = {name: generator.binomial(s.of, s.value, size=draws) / s.of for name, s in compared.items()}
    return _difference({name: s.value or 0.0 for name, s in compared.items()}, resampled)


def _difference(values: Mapping[str, float], resampled: Mapping[str, np.ndarray]) -> Difference:
    """Between the highest and the lowest group; the interval is of those two, so that it may reach below 0."""
    if len(values) < 2:
        return Difference(None, None, None, None)
    lowest = min(values, key=lambda name: values[name])
    highest = max(values, key=lambda name: values[name])
    if lowest == highest:
        lowest, highest = list(values)[:2]
    low, high = np.percentile(resampled[highest] - resampled[lowest], [2.5, 97.5])
    return Difference(values[highest] - values[lowest], float(low), float(high), (lowest, highest))

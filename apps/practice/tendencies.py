"""The tables of `planner.toml`, read once and typed: what clients tend to do, before one client is looked at."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from apps.scenarios.case import BANDS, CODES, DIMENSIONS, NO_CODE
from inference.vocabulary import TALK_FAMILIES, acts

FILE = Path(__file__).parent / "planner.toml"
OPEN, CLOSED = "Q_open", "Q_closed"
KEYS = tuple(code for code in (*CODES, NO_CODE, OPEN, CLOSED) if code != "Q")


class TendencyError(Exception):
    """`planner.toml` names something there is not: bad configuration, stops the process."""

    code = "tendencies"
    retryable = False


@dataclass(frozen=True)
class Bend:
    """Odds are multiplied by exp(slope * (value - middle) / 100); value is a dimension, 0-100."""

    dimension: str
    slope: float
    middle: float


@dataclass(frozen=True)
class Tendencies:
    """See `planner.toml`; keys of `talk` and `after` are codes, with `Q_open` and `Q_closed` for Q."""

    version: int
    talk: Mapping[str, Mapping[str, float]]
    weight: Mapping[str, float]
    bend: Mapping[str, tuple[Bend, ...]]
    start_mix: Mapping[str, float]
    start_sustain: tuple[float, ...]
    lately: Mapping[str, Mapping[str, float]]
    after: Mapping[str, Mapping[str, float]]
    in_band: Mapping[str, Mapping[str, float]]
    leaning: Mapping[str, tuple[Bend, ...]]
    needs: Mapping[str, Mapping[str, tuple[int, int]]]
    repeat_last: float
    repeatable: frozenset[str]
    off_moment: float
    aftermath_turns: int
    aftermath: frozenset[str]
    off_aftermath: float
    cue_share: float


@cache
def tendencies() -> Tendencies:
    """The tables that come with the product. Raises TendencyError where a key is unknown."""
    document = tomllib.loads(FILE.read_text(encoding="utf-8"))
    _check(document)
    return Tendencies(
        version=document["version"],
        talk=document["talk"],
        weight=document["weight"],
        bend=_bends(document["bend"]),
        start_mix=document["start"]["mix"],
        start_sustain=tuple(document["start"]["sustain"]),
        lately=document["lately"],
        after=document["after"],
        in_band=document["in_band"],
        leaning=_bends(document["leaning"]),
        needs={
            act: {key: tuple(span) for key, span in needs.items()} for act, needs in document["needs"].items()
        },
        repeat_last=document["repeat"]["last"],
        repeatable=frozenset(document["repeat"]["repeatable"]),
        off_moment=document["moment"]["off"],
        aftermath_turns=document["aftermath"]["turns"],
        aftermath=frozenset(document["aftermath"]["acts"]),
        off_aftermath=document["aftermath"]["off"],
        cue_share=document["cue"]["share"],
    )


def _bends(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[Bend, ...]]:
    return {
        key: tuple(Bend(dimension, bend["slope"], bend["middle"]) for dimension, bend in bends.items())
        for key, bends in entries.items()
    }


def _check(document: Mapping[str, Any]) -> None:
    expected: list[tuple[str, set[str], set[str]]] = [
        ("talk", set(document["talk"]), set(KEYS)),
        ("after", set(document["after"]), set(KEYS)),
        ("weight", set(document["weight"]), set(CODES)),
        ("in_band", set(document["in_band"]), set(BANDS)),
        ("bend", set(document["bend"]), set(TALK_FAMILIES)),
        ("aftermath.acts", set(document["aftermath"]["acts"]), set(acts())),
    ]
    expected += [(f"after.{key}", set(entry), set(acts())) for key, entry in document["after"].items()]
    expected += [(f"in_band.{key}", set(entry), set(acts())) for key, entry in document["in_band"].items()]
    expected += [(f"talk.{key}", set(entry), set(TALK_FAMILIES)) for key, entry in document["talk"].items()]
    for section in ("leaning", "needs"):
        expected.append((section, set(document[section]), set(acts())))
        expected += [
            (f"{section}.{key}", set(entry), set(DIMENSIONS)) for key, entry in document[section].items()
        ]
    for name, found, known in expected:
        if found - known:
            raise TendencyError(f"planner.toml: [{name}] names {', '.join(sorted(found - known))}")
    if missing := set(KEYS) - set(document["talk"]):
        raise TendencyError(f"planner.toml: [talk] lacks {', '.join(sorted(missing))}")

"""What a client and a companion can do: acts, plans and cues, read once from the TOML files beside this module.

Knows words and families, not cases, states or rules: which act follows what is decided in `apps/practice`.
Torch-free; a mistake in a file stops the process at import of the tables with the file's name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from inference.vocabulary.errors import VocabularyError

TALK_FAMILIES = ("sustain", "neutral", "change")
CHANNELS = ("posture", "gaze", "voice", "pace", "face", "silence")
FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Act:
    """One thing a simulated client can do. `does`/`do` follow "he"/"they"; `instruction` is for a model."""

    id: str
    talk: str
    label: str
    does: str
    do: str
    instruction: str


@dataclass(frozen=True)
class Plan:
    """One thing the companion can do; `fixed` plans are spoken in reviewed words only."""

    id: str
    label: str
    instruction: str
    fixed: bool = False


@dataclass(frozen=True)
class Cue:
    """Body language or tone shown with words. Ranges are inclusive, 0-100; empty `acts` fits any act."""

    id: str
    channel: str
    text: str
    acts: frozenset[str]
    arousal: tuple[int, int]
    discord: tuple[int, int]


@cache
def acts() -> Mapping[str, Act]:
    """Every act by id, in the file's order."""
    return MappingProxyType({key: _act(key, entry) for key, entry in _entries("acts").items()})


@cache
def plans() -> Mapping[str, Plan]:
    """Every plan by id, in the file's order."""
    return MappingProxyType({key: _plan(key, entry) for key, entry in _entries("plans").items()})


@cache
def cues() -> Mapping[str, Cue]:
    """Every cue by id, in the file's order."""
    return MappingProxyType({key: _cue(key, entry) for key, entry in _entries("cues").items()})


@cache
def version() -> str:
    """The versions of the three files, as recorded with what they decided: `acts.1 plans.1 cues.1`."""
    return " ".join(f"{name}.{_document(name)['version']}" for name in ("acts", "plans", "cues"))


def _act(key: str, entry: Mapping[str, Any]) -> Act:
    _expect("acts", key, entry, required=("talk", "label", "does", "do", "instruction"))
    if entry["talk"] not in TALK_FAMILIES:
        raise VocabularyError(f"acts.toml: {key}.talk must be one of {', '.join(TALK_FAMILIES)}")
    return Act(id=key, **entry)


def _plan(key: str, entry: Mapping[str, Any]) -> Plan:
    _expect("plans", key, entry, required=("label", "instruction"), optional=("fixed",))
    return Plan(id=key, **entry)


def _cue(key: str, entry: Mapping[str, Any]) -> Cue:
    _expect("cues", key, entry, required=("text",), optional=("acts", "arousal", "discord"))
    channel = key.partition(".")[0]
    if channel not in CHANNELS:
        raise VocabularyError(f"cues.toml: {key}: the channel must be one of {', '.join(CHANNELS)}")
    unknown = set(entry.get("acts", ())) - acts().keys()
    if unknown:
        raise VocabularyError(f"cues.toml: {key}.acts names no act: {', '.join(sorted(unknown))}")
    return Cue(
        id=key,
        channel=channel,
        text=entry["text"],
        acts=frozenset(entry.get("acts", ())),
        arousal=_range(key, entry.get("arousal", (0, 100))),
        discord=_range(key, entry.get("discord", (0, 100))),
    )


def _range(key: str, bounds: Iterable[int]) -> tuple[int, int]:
    low, high = bounds
    if not 0 <= low <= high <= 100:
        raise VocabularyError(f"cues.toml: {key}: a range is [low, high] within 0-100")
    return low, high


def _expect(
    name: str,
    key: str,
    entry: Mapping[str, Any],
    *,
    required: tuple[str, ...],
    optional: tuple[str, ...] = (),
) -> None:
    missing = [field for field in required if field not in entry]
    unknown = sorted(entry.keys() - set(required) - set(optional))
    if missing or unknown:
        raise VocabularyError(f"{name}.toml: {key}: missing {missing}, unknown {unknown}")


@cache
def _document(name: str) -> Mapping[str, Any]:
    path = FOLDER / f"{name}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise VocabularyError(f"{path.name}: {error}") from error


def _entries(name: str) -> Mapping[str, Mapping[str, Any]]:
    return _document(name)[name]

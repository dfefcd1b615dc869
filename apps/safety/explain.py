"""What was noticed in a person's words, explained to a reader: from the stored facts, fixed sentences, and the words
themselves, which are quoted on the page and kept nowhere."""

import tomllib
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from apps.safety import policy
from apps.safety.cards import Measured, measured
from apps.safety.policy_table import policy_table
from apps.safety.turns import LEXICAL, WORKER
from inference.safety.screen import severity_of

FILE = Path(__file__).parent / "data" / "explanations.toml"
LONGEST_QUOTE = 160
_NAME = "pii.name"


@dataclass(frozen=True)
class Noticed:
    """One finding for a reader. `quote` is the person's own words, empty where the whole message was read."""

    kind: str
    noticed: str
    not_meant: str
    strength: str
    quote: str
    who: str
    version: str
    figures: tuple[Measured, ...]


@dataclass(frozen=True)
class Explained:
    """What was noticed in one message; `why` is what was done about it and why, `partial` and `disagree` what a reader
    should know of how it was read. Empty sentences say nothing."""

    why: str
    findings: tuple[Noticed, ...]
    partial: str
    disagree: str
    policy: str


def explain(
    facts: Mapping[str, object], *, text: str, own: bool, known: Collection[str] = ()
) -> Explained | None:
    """From a turn's stored facts; None where nothing was noticed. `own`: the reader wrote the words. `known`: names
    that give nobody away here, as those of an invented case. What a person says of themselves, and that they were
    offered help, is told to them alone."""
    if not own and facts.get("action") == policy.Action.OFFER_HELP:
        return None
    layers = facts.get("findings") or {}
    findings = _once([*layers.get(LEXICAL, ()), *layers.get(WORKER, ())])
    shown = [f for f in findings if own or policy_table().group(f["kind"]) != policy.ABOUT_SELF]
    shown = [f for f in shown if f["kind"] != _NAME or not _is_known(f, text, known)]
    if not shown:
        return None
    words = _words()
    return Explained(
        why=policy.WHY.get(str(facts.get("code")), ""),
        findings=tuple(_noticed(finding, text) for finding in shown),
        partial=partial_words(facts),
        disagree=words["disagree"]["words"] if facts.get("disagree") else "",
        policy=str(facts.get("policy", "")),
    )


def _is_known(finding: Mapping[str, object], text: str, known: Collection[str]) -> bool:
    """Also where a reader took only a part of the name for one, or the writer left out its accents."""
    start, end = finding["start"], finding["end"]
    if not _quote(text, start, end):
        return False
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    words = _plain(text[start:end]).split()
    return bool(words) and set(words) <= {word for name in known for word in _plain(name).split()}


def _plain(words: str) -> str:
    apart = unicodedata.normalize("NFKD", words.lower())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def partial_words(facts: Mapping[str, object]) -> str:
    """Why a message was read by the lexical layer alone; empty where both read it."""
    if not facts or not facts.get("partial"):
        return ""
    reasons = _words()["partial"]
    return reasons.get(facts.get("partial_why"), reasons["other"])


def _once(findings: Sequence[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """The gravest first; of one detector's findings of a kind at one place, one."""
    ranked = sorted(findings, key=lambda finding: -finding["score"])
    return list({(f["kind"], f["detector"], f["start"], f["end"]): f for f in reversed(ranked)}.values())[
        ::-1
    ]


def _noticed(finding: Mapping[str, object], text: str) -> Noticed:
    kind, detector = str(finding["kind"]), str(finding["detector"])
    words = _words()
    kinds = words["kind"]
    said = kinds.get(kind) or kinds.get(kind.partition(".")[0]) or words["other"]
    return Noticed(
        kind=kind,
        noticed=said["noticed"],
        not_meant=said["not_meant"],
        strength=_strength(kind, finding["score"]),
        quote=_quote(text, finding["start"], finding["end"]),
        who=_who(detector),
        version=str(finding["version"]),
        figures=measured(detector),
    )


def _strength(kind: str, score: float) -> str:
    if policy_table().group(kind) != policy.CRISIS:
        return ""
    return _words()["strength"].get(severity_of(score), "")


def _who(detector: str) -> str:
    layers = _words()["layer"]
    return layers[max((name for name in layers if detector.startswith(name)), key=len)]["who"]


def _quote(text: str, start: int | None, end: int | None) -> str:
    if start is None or end is None or not 0 <= start < end <= len(text):
        return ""
    quote = text[start:end].strip()
    if len(quote) <= LONGEST_QUOTE:
        return quote
    half = LONGEST_QUOTE // 2
    return f"{quote[:half].rstrip()} … {quote[-half:].lstrip()}"


@cache
def _words() -> Mapping[str, Mapping[str, object]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))

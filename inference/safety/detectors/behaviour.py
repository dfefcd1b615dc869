"""The coder of a therapist's turn from both sides: rules that know where, and heads that know more ways to say it.

Rules give spans. The head adds what it is sure of, takes away a rule's guess that it is sure against, and settles which
of two codes that exclude each other; a marked form (confidence SURE) stands. Where the head cannot tell either, the
manual's own ties hold: information before advice, simple before complex. Confidences are the mean of the sides that
agree, uncalibrated. Knows one volley and no state. A pure function of what it is given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from inference.contracts import BehaviourCode
from inference.insight.behaviour import SURE, UNSURE, Coding
from inference.insight.rising import declarative
from inference.insight.sentences import Sentence, sentences
from inference.safety.detectors.given import Reading
from inference.safety.detectors.thresholds import thresholds, thresholds_version

NAME = "behaviour"
VERSION = f"behaviour of both 1; {thresholds_version()}"
OPEN, CLOSED, OTHER = "question_open", "question_closed", "other"
FOUR: Mapping[str, tuple[str, ...]] = {
    "question": (OPEN, CLOSED),
    "reflection": ("simple", "complex"),
    "input": ("information", "advice", "negotiation"),
    OTHER: (OTHER,),
}
"""The four classes of the published collection and the head's labels in each."""
INPUTS, REFLECTIONS = ("GI", "Persuade"), ("SR", "CR")
"""Codes of which a stretch of words shows only one; the first stands where nobody can tell."""


def combine(coding: Coding, readings: Mapping[str, Reading], *, text: str = "") -> Coding:
    """What rules and heads come to; `coding` unchanged where no head read.

    `text`, the volley, gives a code that only the head saw the span of a sentence no rule took, else of everything."""
    if "codes" not in readings or "behaviour" not in readings:
        return coding
    scores, main = readings["codes"].scores, readings["behaviour"].scores
    by_rule = {code.code: code for code in coding.codes}
    if declarative(text):
        scores = _as_statement(scores)
    kept = {name: _agreed(code, scores) for name, code in by_rule.items() if _stands(code, scores)}
    for name, score in scores.items():
        if name not in kept and score >= thresholds(NAME)["add"]:
            kept[name] = _seen_by_head(name, score, coding.codes, text)
    for pair in (INPUTS, REFLECTIONS):
        _settle(kept, by_rule, scores, pair)
    _trump(kept)
    if "Q" in kept:
        kept["Q"] = replace(kept["Q"], subtype=_form(kept["Q"].subtype, main))
    codes = tuple(sorted(kept.values(), key=lambda code: (code.start, code.code)))
    unsure = main.get(OTHER, 0.0) < thresholds(NAME)["nothing"]
    version = f"{coding.version}; {VERSION}; {readings['codes'].version}"
    return Coding(codes, abstained=not codes and unsure, version=version)


def four_classes(
    readings: Mapping[str, Reading], *, ruled: str = "", text: str = ""
) -> tuple[str, str, float]:
    """(class of FOUR, the likeliest of the head's labels in it, its share of the weight). Raises KeyError without
    `behaviour`. `ruled`: the class the rules name, which weighs a little; `text`: the volley, in which a statement with
    a question mark counts for a reflection."""
    scores = readings["behaviour"].scores
    shares = {name: sum(scores.get(each, 0.0) for each in labels) for name, labels in FOUR.items()}
    if ruled:
        shares[ruled] += thresholds(NAME)["ruled"]
    if text and declarative(text):
        shares["question"] -= thresholds(NAME)["rising"]
        shares["reflection"] += thresholds(NAME)["rising"]
    best = max(shares, key=lambda name: shares[name])
    total = sum(max(0.0, share) for share in shares.values())
    return best, max(FOUR[best], key=lambda label: scores.get(label, 0.0)), min(1.0, shares[best] / total)


def _as_statement(scores: Mapping[str, float]) -> dict[str, float]:
    """A part of what speaks for a question speaks for a reflection, the likelier of the two."""
    moved = min(scores.get("Q", 0.0), thresholds(NAME)["rising"])
    reflection = max(REFLECTIONS, key=lambda name: scores.get(name, 0.0))
    changed = {"Q": scores.get("Q", 0.0) - moved, reflection: min(1.0, scores.get(reflection, 0.0) + moved)}
    return {**scores, **changed}


def _stands(code: BehaviourCode, scores: Mapping[str, float]) -> bool:
    return code.confidence >= SURE or scores.get(code.code, 0.0) >= thresholds(NAME)["remove"]


def _agreed(code: BehaviourCode, scores: Mapping[str, float]) -> BehaviourCode:
    if code.code not in scores:
        return code
    return replace(code, confidence=round((code.confidence + scores[code.code]) / 2, 3))


def _seen_by_head(name: str, score: float, taken: Sequence[BehaviourCode], text: str) -> BehaviourCode:
    cut = sentences(text)
    free = [each for each in cut if not any(c.start < each.end and each.start < c.end for c in taken)]
    at = _likely(name, free) if free else Sentence(text, 0, max(1, len(text)), False)
    return BehaviourCode(name, "", round(score, 3), at.start, at.end)


def _likely(name: str, free: Sequence[Sentence]) -> Sentence:
    """For a question the last sentence that asks; else the longest that does not."""
    asking = [each for each in free if each.asks]
    if name in ("Q", "Seek") and asking:
        return asking[-1]
    return max([each for each in free if not each.asks] or free, key=lambda each: each.end - each.start)


def _settle(
    kept: dict[str, BehaviourCode],
    by_rule: Mapping[str, BehaviourCode],
    scores: Mapping[str, float],
    pair: tuple[str, str],
) -> None:
    """Where the rules named one of two that exclude each other, keep one: the rules' or the head's."""
    ruled = [by_rule[name] for name in pair if name in by_rule]
    if not ruled or (pair == INPUTS and _both(pair, kept, ruled, scores)):
        return
    wanted = _wanted(ruled[0], scores, pair)
    source = next((kept[name] for name in (wanted, *pair) if name in kept), None)
    for name in pair:
        kept.pop(name, None)
    if source is not None:
        kept[wanted] = replace(source, code=wanted)


def _both(
    pair: tuple[str, str],
    kept: Mapping[str, BehaviourCode],
    ruled: Sequence[BehaviourCode],
    scores: Mapping[str, float],
) -> bool:
    """A volley may inform in one sentence and advise in another."""
    likely = all(scores.get(name, 0.0) >= thresholds(NAME)["add"] for name in pair)
    return likely or (len(ruled) == 2 and all(name in kept for name in pair))


def _wanted(ruled: BehaviourCode, scores: Mapping[str, float], pair: tuple[str, str]) -> str:
    """A marked form stands, and so does a rule's code where the head names neither; ties are the manual's."""
    first, second = (scores.get(name, 0.0) for name in pair)
    if ruled.confidence >= SURE or max(first, second) < UNSURE:
        return ruled.code
    if abs(first - second) < thresholds(NAME)["margin"]:
        return pair[0]
    likelier = pair[0] if first > second else pair[1]
    return likelier if max(first, second) >= thresholds(NAME)["add"] else ruled.code


def _trump(kept: dict[str, BehaviourCode]) -> None:
    """As the manual has it: Confront before Question, complex before simple, asked advice before unasked."""
    if "Confront" in kept:
        kept.pop("Q", None)
    if "CR" in kept:
        kept.pop("SR", None)
    if "PersuadeWith" in kept:
        kept.pop("Persuade", None)


def _form(ruled: str, main: Mapping[str, float]) -> str:
    total = main.get(OPEN, 0.0) + main.get(CLOSED, 0.0)
    limit = thresholds(NAME)["form"]
    if total and main.get(OPEN, 0.0) / total >= limit:
        return "open"
    if total and main.get(CLOSED, 0.0) / total >= limit:
        return "closed"
    return ruled or ("open" if main.get(OPEN, 0.0) > main.get(CLOSED, 0.0) else "closed")

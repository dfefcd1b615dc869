"""Checks the words written for a played person (a client, a companion) against what that person may say.

States findings, chooses and withholds nothing: the worker picks between candidates by them, and the web process
judges again before showing. Knows phrases, form and the case's facts, not whether a reply is good.

`score` is how sure a finding is that the words break the part, 0-1; rules written here start at .9, measures of
overlap give their share. Texts are segments of at most 2,000 characters; longer text is judged on those.
"""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from inference.contracts import MAX_SEGMENT_CHARACTERS, Finding, WordingLimits
from inference.safety.contradictions import contradictions
from inference.safety.lexicon import lexicon
from inference.safety.normalise import Word, words
from inference.safety.phrases import Matcher, steps
from inference.safety.repetition import echoes, repetitions

VERSION = "wording 1"
KINDS = frozenset(
    {
        "role_break",
        "assistant_speak",
        "therapist_speak",
        "other_speaker",
        "contradiction",
        "repetition",
        "echo",
        "too_long",
        "empty",
        "unfinished",
        "garbage",
        "markup",
        "stage_direction",
        "method_detail",
        "harmful_advice",
        "slur",
    }
)
"""Every kind that this check states."""
_RULES = Path(__file__).parent / "wording.toml"
_SPOKEN_BY = (
    "therapist",
    "counsellor",
    "counselor",
    "client",
    "patient",
    "assistant",
    "user",
    "system",
    "human",
    "ai",
)
_TELLING = frozenset({"said", "says", "saying", "told", "tells", "asks", "asked", "keeps", "goes"})
_STAGE = re.compile(r"\*[^*\n]{2,80}\*|\([^()\n]{2,80}\)|\[[^\[\]\n]{1,80}\]|<[^<>\n]{1,80}>")
_MARKUP = re.compile(r"(?m)^\s*(?:[-*•]\s+\S|\d{1,2}[.)]\s+\S|#{1,6}\s|>\s|```)|\*\*|__|```|https?://")
_ENDING = re.compile(r"[.!?…][\"'”’)\]]*\s*$|[–—-][\"'”’]?\s*$")


def wording_findings(text: str, *, limits: WordingLimits) -> tuple[Finding, ...]:
    """Return what the text shows, surest first. Offsets are characters of `text`; never raises for any text."""
    judged = text[:MAX_SEGMENT_CHARACTERS]
    if not any(character.isalnum() for character in judged):
        return (_finding("empty", 1.0, "nothing is said"),)
    spoken = words(judged, lexicon().vocabulary)
    findings = [
        *_phrases(judged, spoken, limits),
        *_labels(judged, limits),
        *_form(judged, limits),
        *_language(judged),
        *(_finding("contradiction", *fact) for fact in contradictions(judged, limits.facts)),
        *(_finding("repetition", *share) for share in repetitions(judged, limits.earlier)),
        *(_finding("echo", *share) for share in echoes(judged, limits.avoid)),
    ]
    return tuple(sorted(findings, key=lambda finding: -finding.score))


def _finding(kind: str, score: float, why: str, start: int | None = None, end: int | None = None) -> Finding:
    return Finding(
        kind=kind,
        score=round(min(1.0, max(0.0, score)), 3),
        why=why,
        start=start,
        end=end,
        detector=f"wording.{kind}",
        version=VERSION,
    )


@cache
def _matcher() -> tuple[Matcher, tuple[dict[str, object], ...]]:
    data = tomllib.loads(_RULES.read_text(encoding="utf-8"))
    matcher = Matcher(lexicon().barriers)
    for number, rule in enumerate(data["rule"]):
        for phrase in rule["phrases"]:
            matcher.add(steps(phrase, lexicon().classes), number)
    return matcher, tuple(data["rule"])


@cache
def _ordinary_words() -> frozenset[str]:
    return frozenset(tomllib.loads(_RULES.read_text(encoding="utf-8"))["ordinary"]["words"].split())


def _phrases(text: str, spoken: Sequence[Word], limits: WordingLimits) -> list[Finding]:
    matcher, rules = _matcher()
    seen: dict[int, Finding] = {}
    for number, first, stop in matcher.matches(spoken):
        rule = rules[number]
        if str(limits.person) not in rule["for"] or number in seen or _recounted(text, spoken, first, rule):
            continue
        start, end = spoken[first].start, spoken[stop - 1].end
        seen[number] = _finding(str(rule["kind"]), float(rule["score"]), str(rule["why"]), start, end)
    return list(seen.values())


def _recounted(text: str, spoken: Sequence[Word], first: int, rule: dict[str, object]) -> bool:
    """A client may quote what others tell him: "my sister keeps on, you should try yoga" is no therapist's speech."""
    if rule["kind"] not in ("therapist_speak", "assistant_speak"):
        return False
    if spoken[first].quoted:
        return True
    sentence = spoken[first].sentence
    around = {word.text for word in spoken[max(0, first - 6) : first + 10] if word.sentence == sentence}
    return bool(around & _TELLING)


def _labels(text: str, limits: WordingLimits) -> list[Finding]:
    findings = []
    own = limits.speaker.split()[0].lower() if limits.speaker.split() else ""
    others = {*_SPOKEN_BY, "helper", "me", "you", *(name.lower() for name in limits.other_names)}
    for match in re.finditer(
        r"(?m)(?:^|(?<=[.!?\"]\s))\s*\**([A-Za-z][A-Za-z' ]{0,40}?)\**\s*:(?=\s|\*|$)", text
    ):
        label = match.group(1).strip().lower()
        if label in others:
            findings.append(_finding("other_speaker", 1.0, "writes another speaker's line", *match.span(1)))
        elif own and label in (own, limits.speaker.lower()):
            findings.append(_finding("role_break", 0.9, "labels its own line", *match.span(1)))
    stage = _STAGE.search(text)
    if stage is not None:
        findings.append(_finding("stage_direction", 0.9, "writes a stage direction", *stage.span()))
    if own:
        narrated = re.search(
            rf"\b{re.escape(own)} (?:says?|said|sighs?|sighed|nods|looks|shrugs|pauses|replied|replies|smiles|leans)\b",
            text.lower(),
        )
        if narrated is not None:
            findings.append(
                _finding("stage_direction", 0.9, "tells of itself from outside", *narrated.span())
            )
    return findings


def _form(text: str, limits: WordingLimits) -> list[Finding]:
    findings = []
    count = len(text.split())
    if count > limits.max_words:
        share = min(1.0, 0.5 + (count - limits.max_words) / (2 * limits.max_words))
        findings.append(_finding("too_long", share, f"{count} words where {limits.max_words} are the most"))
    if not _ENDING.search(text):
        findings.append(_finding("unfinished", 0.6, "ends in the middle of a sentence"))
    markup = _MARKUP.search(text)
    if markup is not None:
        findings.append(_finding("markup", 0.9, "is written as a list or with markup", *markup.span()))
    symbol = next((at for at, character in enumerate(text) if _is_symbol(character)), None)
    if symbol is not None:
        findings.append(_finding("markup", 0.8, "holds a picture symbol", symbol, symbol + 1))
    return findings


def _is_symbol(character: str) -> bool:
    point = ord(character)
    return 0x1F000 <= point <= 0x1FAFF or 0x2600 <= point <= 0x27BF or point == 0xFE0F


def _language(text: str) -> list[Finding]:
    letters = [character for character in text if character.isalpha()]
    foreign = sum(1 for letter in letters if ord(letter) > 0x24F)
    if letters and foreign / len(letters) > 0.2:
        return [_finding("garbage", 1.0, "is not written in Latin letters")]
    if any(
        character == "\ufffd" or (ord(character) < 32 and character not in "\n\t\r") for character in text
    ):
        return [_finding("garbage", 1.0, "holds broken characters")]
    if re.search(r"[^\W\d_]{26}|([^\s.…-])\1{5}", text):
        return [_finding("garbage", 0.9, "holds a run of letters that is no word")]
    spoken = re.findall(r"[a-z]+(?:'[a-z]+)?", text.lower().replace("’", "'"))
    ordinary = sum(1 for word in spoken if word in _ordinary_words())
    if len(spoken) >= 8 and ordinary / len(spoken) < 0.15:
        return [_finding("garbage", 0.8, "does not read as English")]
    return []

"""Personal data in messages, by a table that was written before the rules."""

import re
import tomllib
from pathlib import Path

import pytest

from inference.contracts import Speaker
from inference.safety.detectors.given import Given, Tag
from inference.safety.detectors.pii import NAME, VERSION, detect

TABLE = tomllib.loads((Path(__file__).parent / "pii_cases.toml").read_text(encoding="utf-8"))
POSITIVES = [text for texts in TABLE["positives"].values() for text in texts]
NEGATIVES = [text for texts in TABLE["negatives"].values() for text in texts]
_MARK = re.compile(r"\{(\w+):([^{}]*)\}")


def _unmarked(marked: str) -> tuple[str, list[tuple[str, int, int]]]:
    """The text without its marks, and (kind, start, end) of what was marked."""
    text, spans, reached = "", [], 0
    for match in _MARK.finditer(marked):
        text += marked[reached : match.start()]
        spans.append((f"pii.{match[1]}", len(text), len(text) + len(match[2])))
        text += match[2]
        reached = match.end()
    return text + marked[reached:], spans


def _seen(text: str, tags: tuple[Tag, ...] = ()) -> list[tuple[str, str]]:
    found = detect(Given(text, Speaker.SEEKER, tags=tags)).findings
    return [(finding.kind, text[finding.start : finding.end]) for finding in found]


@pytest.mark.parametrize("marked", POSITIVES)
def test_detect_finds_what_a_positive_marks_and_nothing_beside_it(marked: str) -> None:
    text, marks = _unmarked(marked)
    found = detect(Given(text, Speaker.SEEKER)).findings

    for kind, start, end in marks:
        shared = sum(max(0, min(end, f.end or 0) - max(start, f.start or 0)) for f in found if f.kind == kind)
        assert 2 * shared >= end - start, (kind, text[start:end])
    for finding in found:
        assert any(
            finding.kind == kind and (finding.start or 0) < end and start < (finding.end or 0)
            for kind, start, end in marks
        ), finding


@pytest.mark.parametrize("text", NEGATIVES)
def test_detect_finds_nothing_in_a_negative(text: str) -> None:
    assert _seen(text) == []


def test_detect_says_what_it_found_and_by_which_version() -> None:
    (finding,) = detect(Given("mail me: sam@example.org", Speaker.SEEKER)).findings

    assert (finding.kind, finding.start, finding.end) == ("pii.email", 9, 24)
    assert (finding.detector, finding.version) == (NAME, VERSION)
    assert "sam@example.org" not in finding.why


def test_detect_takes_a_taggers_name_that_no_list_knows() -> None:
    text = "nobody but zorblat knows"

    assert _seen(text) == []
    assert _seen(text, (Tag("name", 11, 18, 0.9),)) == [("pii.name", "zorblat")]


def test_detect_drops_a_guess_that_the_tagger_reads_otherwise() -> None:
    text = "It was at the Zorblat again"

    assert _seen(text) == [("pii.name", "Zorblat")]
    assert _seen(text, (Tag("organisation", 14, 21, 0.9),)) == []


def test_detect_keeps_a_name_with_a_cue_whatever_the_tagger_reads() -> None:
    text = "My name is Zorblat"

    assert _seen(text, (Tag("place", 11, 18, 0.9),)) == [("pii.name", "Zorblat")]


def test_detect_takes_a_taggers_borders_for_its_own() -> None:
    text = "we met at 12 Acacia Avenue Reading yesterday"

    assert _seen(text, (Tag("address", 10, 26, 0.8),)) == [("pii.address", "12 Acacia Avenue")]

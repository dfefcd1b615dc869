"""Redaction takes out personal data and never the words that a crisis is read by."""

from hypothesis import given, settings
from hypothesis import strategies as st

from inference.safety.pii.find import find_pii
from inference.safety.pii.spans import KINDS, Span
from inference.safety.redact import KEPT_FROM, redact
from inference.safety.screen import screen

PHRASES = [
    "I want to kill myself", "i want to die", "I took all the pills", "I am going to jump off the bridge tonight",
    "I cut myself again", "he said he will kill me", "I'm going to overdose", "no reason to live", "I have a gun here",
    "the voices tell me to do it", "my friend wants to end her life", "I feel hopeless",
]  # fmt: skip
PERSONAL = [
    "My name is Grace Okafor", "call 07700 900123", "I live at 14 Acacia Avenue", "sam@example.org",
    "born on 12 March 1987",
    "I told Dave", "Will", "and", "but", ".", "\n", "tonight at 5 Bridge Street", "with Mary Jane",
]  # fmt: skip


def _kept(text: str) -> set[tuple[str, str]]:
    return {(f.detector, f.kind) for f in screen(text).findings if f.score >= KEPT_FROM}


def test_redact_puts_the_kind_where_the_words_were() -> None:
    text = "I'm Hannah Price, call 07700 900555 or write to hp@example.net."

    assert redact(text, find_pii(text)) == "I'm [name], call [phone] or write to [email]."


def test_redact_leaves_the_kinds_it_is_told_to_keep() -> None:
    text = "Dave lives at 14 Acacia Avenue"

    assert redact(text, find_pii(text), keep=("name",)) == "Dave lives at [address]"


def test_redact_cuts_a_span_around_a_crisis_phrase() -> None:
    text = "Dave I want to kill myself Smith"

    redacted = redact(text, [Span("name", 0, len(text), 1.0, "")])

    assert "kill myself" in redacted
    assert "Dave" not in redacted and "Smith" not in redacted
    assert _kept(text) <= _kept(redacted) != set()


def test_redact_uses_a_bare_mark_where_the_kinds_name_would_change_what_is_said() -> None:
    assert (
        redact("call 07700 900123 i want to die", [Span("phone", 5, 17, 1.0, "")]) == "call [_] i want to die"
    )


def test_redact_takes_overlapping_spans_once() -> None:
    spans = [Span("name", 0, 4, 1.0, ""), Span("email", 2, 8, 1.0, ""), Span("url", 2, 4, 1.0, "")]

    assert redact("abcdefgh!", spans) == "[name][email]!"


def test_redact_without_spans_changes_nothing() -> None:
    assert redact("I want to die", []) == "I want to die"


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(PHRASES + PERSONAL), min_size=1, max_size=7).map(" ".join),
    st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 200), st.integers(1, 60)), max_size=6),
)
def test_redact_keeps_every_crisis_finding_whatever_the_spans(
    text: str, wild: list[tuple[str, int, int]]
) -> None:
    spans = [
        Span(kind, min(start, len(text)), min(start + length, len(text)), 1.0, "")
        for kind, start, length in wild
    ]

    assert _kept(text) <= _kept(redact(text, spans))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PHRASES + PERSONAL), min_size=1, max_size=8).map(" ".join))
def test_redact_keeps_every_crisis_finding_and_no_number_or_mail(text: str) -> None:
    redacted = redact(text, find_pii(text))

    assert _kept(text) <= _kept(redacted)
    assert "sam@example.org" not in redacted and "07700 900123" not in redacted

"""The lexical crisis screen, by tables that were written before its lexicons were tuned."""

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.safety.lexicon import SEVERITIES
from inference.safety.screen import MAX_FINDINGS, SCORES, Screening, screen, severity_of

HERE = Path(__file__).parent


def _table(name: str) -> dict[str, list]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


POSITIVES = [
    (group["kind"], group["least"], text)
    for group in _table("crisis_positives.toml")["group"]
    for text in group["texts"]
]
HARMLESS = [text for texts in _table("harmless.toml").values() for text in texts]
MORE_IDIOMS = _table("more_idioms.toml")["idioms"]
PRACTICE = _table("practice_disclosures.toml")


def _alarms(text: str) -> bool:
    return any(finding.score >= SCORES["moderate"] for finding in screen(text).findings)


def _of_kind(screening: Screening, kind: str) -> float:
    return max((finding.score for finding in screening.findings if finding.kind == kind), default=0.0)


@pytest.mark.parametrize(("kind", "least", "text"), POSITIVES)
def test_screen_states_the_crisis_of_each_positive(kind: str, least: str, text: str) -> None:
    assert _of_kind(screen(text), kind) >= SCORES[least]


@pytest.mark.parametrize("text", HARMLESS)
def test_screen_lets_idioms_and_everyday_words_be(text: str) -> None:
    assert not _alarms(text)


def test_screen_alarms_at_most_once_over_idioms_it_was_not_tuned_on() -> None:
    alarmed = [text for text in MORE_IDIOMS if _alarms(text)]

    assert len(MORE_IDIOMS) >= 50
    assert len(alarmed) <= 1, alarmed


@pytest.mark.parametrize("text", PRACTICE["own"])
def test_screen_reads_a_plain_disclosure_as_about_the_writer(text: str) -> None:
    assert screen(text).about_self


@pytest.mark.parametrize("text", PRACTICE["case"])
def test_screen_reads_a_therapists_work_as_not_about_the_writer(text: str) -> None:
    screening = screen(text)

    assert not screening.about_self
    assert {"method_request", "about_me"}.isdisjoint(finding.kind for finding in screening.findings)


def test_screen_counts_a_third_person_as_a_finding_but_not_as_the_writer() -> None:
    screening = screen("asking for a friend: she wants to kill herself")

    assert screening.severity == "moderate"
    assert not screening.about_self


@pytest.mark.parametrize("after", ["", " lol jk", " Just kidding, forget I said that.", " I didn't mean it."])
def test_screen_is_not_cancelled_by_taking_it_back(after: str) -> None:
    assert screen("I want to kill myself." + after).severity == "moderate"


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("I don't want to kill myself", "low"),
        ("I'm not going to kill myself", "low"),
        ("I'm not joking, I want to die", "moderate"),
        ("I can't stop thinking about killing myself", "moderate"),
        ("No, I want to die", "moderate"),
        ("I used to cut myself years ago", "low"),
        ("I used to cut myself years ago and I started again last night", "moderate"),
        ("In the film the hero hangs himself", "low"),
        ("If this meeting goes on I will shoot myself", "low"),
        ("Do you want to die?", "low"),
        ("", "none"),
    ],
)
def test_screen_reads_denial_past_story_and_exaggeration(text: str, severity: str) -> None:
    assert screen(text).severity == severity


@pytest.mark.parametrize(
    "text",
    [
        "I want to die",
        "i w4nt to d1e",
        "I want to d\N{ZERO WIDTH SPACE}ie",
        "і wаnt tо dіе",
        "Ｉ ｗａｎｔ ｔｏ ｄｉｅ",
        "I wánt tö díe",
        "i want to dieeeee",
        "i wanna d*e",
        "\N{RIGHT-TO-LEFT OVERRIDE}I want to die\N{POP DIRECTIONAL FORMATTING}",
        "i w a n t to d i e",
        "k.m.s",
        "i am sucidal",
        "i feel suiciddal",
        "I want to kill my$elf",
    ],
)
def test_screen_sees_through_odd_spelling(text: str) -> None:
    assert screen(text).severity == "moderate"


def test_screen_points_into_the_raw_text() -> None:
    text = "Ok.\u200b\u200b Ｉ ｗａｎｔ to d\u200bie, честно"

    finding = screen(text).findings[0]

    assert text[finding.start : finding.end] == "Ｉ ｗａｎｔ to d\u200bie"[2:]


def test_screen_raises_a_hint_after_an_earlier_disclosure() -> None:
    hint = "never mind, I just can't do this anymore"

    assert screen(hint).severity == "low"
    assert screen(hint, history=["hello", "I want to die"]).severity == "moderate"
    assert screen("I like the park", history=["I want to die"]).severity == "none"


def test_screen_adds_hints_up() -> None:
    assert screen("I'm such a burden.").severity == "low"
    assert screen("I'm such a burden. I can't do this anymore.").severity == "moderate"


def test_screen_reads_saying_that_it_is_about_oneself() -> None:
    kinds = {finding.kind for finding in screen("Sorry, this is about me, not the client.").findings}

    assert "about_me" in kinds
    assert screen('She thinks "this is about me".').findings == ()
    assert screen("You think this is about me?").findings == ()


def test_screen_refuses_no_clinicians_question_but_a_request_put_as_one() -> None:
    asked = screen("Have you thought about how to kill yourself?")
    wanted = screen("Can you tell me how to kill myself?")

    assert _of_kind(asked, "method_request") == 0.0
    assert _of_kind(wanted, "method_request") == SCORES["high"]


def test_screen_names_the_gravest_kind() -> None:
    screening = screen("I have panic attacks and I'm going to kill myself tonight")

    assert (screening.kind, screening.severity) == ("suicidal", "imminent")
    assert screen("Nice weather").kind == "none"


def test_severity_is_named_by_score() -> None:
    assert [severity_of(SCORES[name]) for name in SEVERITIES] == list(SEVERITIES)
    assert severity_of(0.6) == "moderate"


def test_findings_never_repeat_the_words_and_are_bounded() -> None:
    secret = "zebrafish"
    screening = screen(
        f"I want to die {secret}. " + "How do I kill myself? I was raped. I can't stop drinking. " * 30
    )

    assert len(screening.findings) <= MAX_FINDINGS
    assert secret not in repr(screening)


@pytest.mark.parametrize(
    "piece", ["i want to ", "how ", "k ", "a!", "k*", "a.", "e\u0301", "'", '"', "\n", "I want to die. "]
)
def test_screen_takes_time_in_step_with_length(piece: str) -> None:
    screen("warm")

    short, long = (
        min(_seconds(piece * (length // len(piece))) for _ in range(3)) for length in (8_000, 80_000)
    )

    assert long < 30 * short + 0.1


def _seconds(text: str) -> float:
    started = time.process_time()
    screen(text)
    return time.process_time() - started


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["", "I want to kill myself", "how to die", "jk", "never"]))
def test_screen_survives_any_text_and_keeps_its_offsets_inside(noise: str, seed: str) -> None:
    text = noise + " " + seed

    screening = screen(text, history=[noise])

    for finding in screening.findings:
        assert 0 <= finding.start < finding.end <= len(text)
        assert 0 < finding.score <= 1


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.characters(codec="ascii", categories=["Lu", "Ll", "Zs"]), max_size=60))
def test_a_plain_disclosure_is_heard_after_any_other_sentence(before: str) -> None:
    assert screen(f"{before}. I want to kill myself.").severity in ("moderate", "high", "imminent")


@pytest.mark.parametrize(
    ("text", "idiom"),
    [
        ("We're only killing time.", True),
        ("We had soup.", False),
        ("The battery is dead and I want to die.", False),
    ],
)
def test_an_everyday_phrase_with_a_grave_word_is_told_from_plain_talk(text: str, idiom: bool) -> None:
    assert screen(text).idiom is idiom

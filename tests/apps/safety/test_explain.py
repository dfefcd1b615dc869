import re

import pytest

from apps.safety.asking import NOT_ASKED, Assessed
from apps.safety.explain import _words, explain, partial_words
from apps.safety.policy_table import policy_table
from apps.safety.turns import hear, hear_both
from inference.contracts import Assessment, Finding

SAID = "You people never change. I sometimes think of suicide, don't you?"
JUDGED = {"crisis": "1", "head.crisis.kind": "3"}


def heard(*findings: Finding, text: str = SAID, mode: str = "practice") -> dict[str, object]:
    answer = Assessment(findings, versions=JUDGED)
    return hear_both(hear(mode, text), Assessed(answer, "", 5)).facts


def test_a_finding_says_what_was_noticed_what_that_does_not_mean_and_who_noticed() -> None:
    bias = Finding("bias.age", 0.9, "", 0, 10, "head.bias", "bias 3")
    explained = explain(heard(bias), text=SAID, own=True)
    found = next(each for each in explained.findings if each.kind == "bias.age")
    assert found.quote == "You people"
    assert "age" in found.noticed
    assert "does not call you prejudiced" in found.not_meant
    assert "language model" in found.who
    assert found.version == "bias 3"
    assert explained.policy == f"policy {policy_table().version}"


def test_the_gravest_comes_first_and_one_place_is_told_once() -> None:
    again = [Finding("bias", score, "", 0, 10, "head.bias", "1") for score in (0.4, 0.8)]
    grave = Finding("suicidal", 0.95, "", None, None, "head.crisis", "1")
    found = explain(heard(*again, grave), text=SAID, own=True).findings
    assert [each.kind for each in found if each.who.startswith("Read by")] == ["suicidal", "bias"]
    assert found[0].strength == "Grave, and about this very moment."


@pytest.mark.parametrize(
    ("start", "end", "quote"),
    [(0, 3, "You"), (None, None, ""), (5, 5, ""), (-3, 4, ""), (3, 99_999, ""), (9, 4, "")],
)
def test_only_a_place_in_these_words_is_quoted(start: int | None, end: int | None, quote: str) -> None:
    facts = heard()
    finding = {"kind": "bias", "score": 0.9, "detector": "x", "version": "", "start": start, "end": end}
    facts["findings"] = {"lexical": [finding], "worker": []}
    assert explain(facts, text=SAID, own=True).findings[0].quote == quote


def test_a_long_quote_keeps_its_beginning_and_its_end() -> None:
    text = "Start " + "word " * 200 + "finish"
    facts = heard(Finding("bias", 0.9, "", 0, len(text), "head.bias", "1"), text=text)
    quote = explain(facts, text=text, own=True).findings[0].quote
    assert quote.startswith("Start") and quote.endswith("finish") and len(quote) < 170


def test_what_a_person_says_of_themselves_is_told_to_them_alone() -> None:
    said = "This is about me, not the exercise. I want to kill myself."
    facts = heard(text=said)
    assert explain(facts, text=said, own=True).why.startswith("I noticed words that sounded")
    assert explain(facts, text=said, own=False) is None


def test_nothing_noticed_is_nothing_to_explain() -> None:
    assert explain(heard(text="What brings you here?"), text="What brings you here?", own=True) is None
    assert explain({}, text=SAID, own=True) is None


def test_a_reading_by_one_layer_and_one_by_two_that_differ_are_said_to_be() -> None:
    alone = hear_both(hear("practice", "I want to die."), NOT_ASKED).facts
    assert "no language model here" in explain(alone, text="I want to die.", own=True).partial
    slow = hear_both(hear("practice", "Hello."), Assessed(None, "engine_deadline", 300)).facts
    assert "did not answer in time" in partial_words(slow)
    differ = explain(heard(text="I want to die."), text="I want to die.", own=True)
    assert "differ" in differ.disagree
    assert (differ.partial, partial_words({})) == ("", "")


def test_every_kind_of_the_policy_that_is_read_in_a_person_s_words_has_sentences() -> None:
    table = policy_table()
    wanted = {kind for group, kinds in table.kinds.items() if group != "wording" for kind in kinds}
    assert wanted <= _words()["kind"].keys()


def test_sentences_end_and_accuse_nobody() -> None:
    for entry in _words()["kind"].values():
        for sentence in (entry["noticed"], entry["not_meant"]):
            assert re.fullmatch(r"[A-Z].*\.", sentence), sentence
            assert not re.search(r"\byou (?:are|were) (?:biased|racist|dangerous|suicidal)", sentence.lower())


@pytest.mark.parametrize(
    ("kind", "quote", "told"),
    [("pii.name", "Marcus", False), ("pii.name", "marcus bell", False), ("pii.name", "Marcus Reed", True)],
)
def test_names_of_an_invented_case_give_nobody_away(kind: str, quote: str, told: bool) -> None:
    text = f"{quote}, what brings you here?"
    facts = heard(Finding(kind, 0.9, "", 0, len(quote), "pii", "1"), text=text)
    explained = explain(facts, text=text, own=True, known=("Marcus Bell", "Leah"))
    assert (explained is not None) is told


def test_a_number_is_told_whatever_names_are_known() -> None:
    facts = heard(Finding("pii.phone", 0.9, "", 0, 6, "pii", "1"), text="Marcus")
    assert explain(facts, text="Marcus", own=True, known=("Marcus Bell",)) is not None


@pytest.mark.parametrize(("written", "start"), [("Ines", 6), ("Ines", 8), ("Inês", 6)])
def test_a_client_s_name_without_its_accents_or_read_in_part_gives_nobody_away(
    written: str, start: int
) -> None:
    text = f"Hello {written}."
    facts = heard(Finding("pii.name", 0.9, "", start, 10, "head.pii", "1"), text=text)
    assert explain(facts, text=text, own=True, known=("Inês Carvalho",)) is None

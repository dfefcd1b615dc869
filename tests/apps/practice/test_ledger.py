import pytest

from apps.practice.dynamics import react
from apps.practice.ledger import Ledger, reason
from apps.practice.rules import Effect
from apps.practice.state import starting_memory, starting_state
from tests.clients import coded, tiny_case

CASE = tiny_case()


def ledger(*codes: str, text: str = "", abstained: bool = False) -> Ledger:
    return react(
        CASE,
        state=starting_state(CASE),
        memory=starting_memory(CASE),
        codes=coded(*codes),
        text=text,
        seed=1,
        n=1,
        abstained=abstained,
    ).ledger


def test_the_entry_of_a_turn_holds_what_people_are_shown() -> None:
    entry = ledger("Persuade").to_json()

    assert list(entry) == [
        *("n", "codes", "abstained", "rules", "deltas", "state", "stage"),
        *("act", "act_label", "talk", "reason"),
    ]
    assert entry["codes"] == [
        {
            "code": "Persuade",
            "subtype": "",
            "confidence": 1.0,
            "label": "advice without permission",
            "span": [0, 1],
        }
    ]
    assert entry["rules"] == [
        {
            "id": "advice-unasked",
            "why": "Advice nobody asked for invites the other side of the argument.",
            "deltas": {"trust": -2, "agreement": -1, "discord": 7, "arousal": 3},
        }
    ]
    assert entry["deltas"] == entry["rules"][0]["deltas"]
    assert entry["state"]["discord"] == CASE.state["discord"] + 7


def test_the_label_of_a_question_says_its_kind() -> None:
    assert [code["label"] for code in ledger("Q closed").to_json()["codes"]] == ["closed question"]
    assert [code["label"] for code in ledger("Q").to_json()["codes"]] == ["question"]


def test_abstention_is_recorded() -> None:
    assert ledger(abstained=True).to_json()["abstained"] is True


@pytest.mark.parametrize(
    ("pronoun", "expected"), [("he", "he argues"), ("she", "she argues"), ("they", "they argue")]
)
def test_the_reason_is_one_sentence_with_the_clients_pronoun(pronoun: str, expected: str) -> None:
    person = tiny_case(('pronoun = "she"', f'pronoun = "{pronoun}"')).person
    rule = Effect(
        "advice-unasked", "Advice without permission", "cost", "Because.", {"discord": 8, "trust": -2}
    )

    sentence = reason(person=person, codes=coded("Persuade"), rules=[rule], act="argue")

    assert sentence == f"Advice without permission: discord +8, trust \u22122, {expected}."


def test_the_reason_names_what_pulled_hardest_and_sums_what_pulled_the_same_way() -> None:
    rules = [
        Effect("a", "Asking too soon", "cost", "", {"arousal": 3}),
        Effect("b", "A reflection", "gain", "", {"trust": 2, "discord": -2}),
        Effect("c", "Rolling with it", "gain", "", {"discord": -1}),
    ]

    assert reason(person=CASE.person, codes=coded("SR"), rules=rules, act="engage") == (
        "A reflection: discord \u22123, trust +2, she goes along with it."
    )


def test_the_reason_of_a_turn_that_moved_nothing_says_so() -> None:
    closed = reason(person=CASE.person, codes=coded("Q closed"), rules=[], act="inform")
    nothing = reason(person=CASE.person, codes=(), rules=[], act="deflect")

    assert closed == "Closed question: nothing moves, she gives a plain answer."
    assert nothing == "Nothing there to weigh: nothing moves, she changes the subject."

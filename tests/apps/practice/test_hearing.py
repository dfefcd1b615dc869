import pytest

from apps.practice.hearing import Heard, hear
from apps.practice.state import Memory, starting_state
from apps.practice.table import rule_table
from tests.clients import coded, tiny_case

CASE = tiny_case()


def heard(text: str, *codes: str, memory: Memory | None = None) -> Heard:
    return hear(
        CASE,
        codes=coded(*codes),
        text=text,
        state=starting_state(CASE),
        memory=memory or Memory(n=0, stage="precontemplation"),
        table=rule_table(),
    )


def test_topics_are_found_at_the_start_of_words_with_the_most_touched_first() -> None:
    assert heard("Your sister says you smoke; is it cigarettes?", "Q").topics == ("smoking", "sister")
    assert heard("You were nonsmoking once", "SR").topics == ()


def test_the_topic_carries_over_until_something_else_is_talked_about() -> None:
    before = Memory(n=1, stage="precontemplation", topic="chest")

    assert heard("Tell me more.", "Q", memory=before).topic == "chest"
    assert heard("And Bea?", "Q", memory=before).topic == "sister"
    assert heard("Right.", memory=before).topic == ""


def test_a_topic_nobody_named_for_two_turns_is_dropped() -> None:
    stale = Memory(n=3, stage="precontemplation", topic="chest", topic_age=2)

    assert heard("Tell me more.", "Q", memory=stale).topic == ""


def test_an_apology_is_not_heard_as_information() -> None:
    assert heard("I'm sorry, I was lecturing you.", "GI").codes == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, I went too fast.",
        "I\u2019m really sorry.",
        "That was my mistake.",
        "Can we start again?",
        "I apologise.",
    ],
)
def test_owning_ones_part_is_heard(text: str) -> None:
    assert "apology" in heard(text).signals


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry to hear that.",
        "I'm sorry you feel that way.",
        "I'm sorry, but you need to stop.",
        "I'm sorry for your loss.",
    ],
)
def test_sympathy_and_half_apologies_are_no_repair(text: str) -> None:
    assert "apology" not in heard(text).signals


def test_small_talk_gives_way_to_a_topic_of_the_case() -> None:
    assert "small_talk" in heard("Terrible weather today.").signals
    assert "small_talk" not in heard("Do you smoke more in this weather?", "Q").signals


def test_words_of_small_talk_name_no_topic_of_the_case() -> None:
    case = tiny_case(('words = ["sister", "bea"]', 'words = ["sister", "bea", "weekend"]'))

    def topics(text: str) -> tuple[str, ...]:
        return hear(
            case,
            codes=coded("Q"),
            text=text,
            state=starting_state(case),
            memory=Memory(n=0, stage="precontemplation"),
            table=rule_table(),
        ).topics

    assert topics("How was your weekend?") == ()
    assert topics("What are weekends with Bea like?") == ("sister",)


def test_a_question_counts_as_open_unless_it_is_known_to_be_closed() -> None:
    assert heard("x", "Q").question == "open"
    assert heard("x", "Q closed").question == "closed"
    assert heard("x", "SR").question == ""


def test_pressure_leads_what_the_client_answers() -> None:
    assert heard("x", "SR", "Q", "Confront").lead == "Confront"
    assert heard("x", "SR", "Q").lead == "Q"
    assert heard("x").lead == "none"


def test_leave_to_advise_takes_the_pressure_out_of_advice() -> None:
    leave = Memory(n=1, stage="precontemplation", permission=2)

    assert heard("x", "Persuade").pressed is True
    assert heard("x", "Persuade", memory=leave).pressed is False
    assert heard("x", "Confront", memory=leave).pressed is True


def test_runs_count_turns_in_a_row_and_questions_until_a_reflection() -> None:
    before = Memory(n=2, stage="precontemplation", runs={"Q": 2, "SR": 1}, questions=2)

    asked, reflected = heard("x", "Q", memory=before), heard("x", "SR", "Q", memory=before)
    assert (asked.runs, asked.questions) == ({"Q": 3}, 3)
    assert (reflected.runs, reflected.questions) == ({"Q": 3, "SR": 2}, 0)
    assert heard("x", memory=before).questions == 2


def test_a_gated_topic_is_early_while_trust_is_far_below_its_gate() -> None:
    case = tiny_case(("trust = 30", "trust = 26"))
    far = hear(
        case,
        codes=coded("Q"),
        text="And your chest?",
        state=starting_state(case),
        memory=Memory(n=0, stage="precontemplation"),
        table=rule_table(),
    )

    assert far.early is True
    assert heard("And your chest?", "Q").early is False
    assert heard("And your sister?", "Q").early is False


def test_a_signal_is_handed_in_only_where_the_rules_know_it() -> None:
    def hearing(signal: str) -> Heard:
        return hear(
            CASE,
            codes=(),
            text="Right.",
            state=starting_state(CASE),
            memory=Memory(n=0, stage="precontemplation"),
            table=rule_table(),
            signals=frozenset({signal}),
        )

    assert hearing("bias").signals == {"bias"}
    with pytest.raises(ValueError, match="apology"):
        hearing("apology")


def test_idioms_name_no_topic() -> None:
    case = tiny_case(('"chest",', '"chest", "alone",'))
    arguments = {
        "state": starting_state(case),
        "memory": Memory(n=0, stage="precontemplation"),
        "table": rule_table(),
    }

    assert hear(case, codes=coded("CR"), text="You live alone.", **arguments).topics == ("chest",)
    assert (
        hear(case, codes=coded("CR"), text="You want to be left alone with that.", **arguments).topics == ()
    )


def test_what_is_asked_is_heard_with_the_codes() -> None:
    asked = heard("How long has it been like that?", "Q closed").moment

    assert asked is not None
    assert asked.id == "how_long"
    assert heard("Mm.").wordless

import pytest

from apps.api.companion import authored, companion_plan, lines, plan_name
from apps.api.personas import Persona
from apps.safety.turns import judge_segment
from inference.vocabulary import plans

TALK = [("I keep waking at four.", "What is four in the morning like?")]
EVERY_LINE = [line for entries in lines().values() for line in entries]


@pytest.mark.parametrize("line", EVERY_LINE)
def test_every_authored_line_is_fit_to_be_shown_and_asks_one_question_at_most(line: str) -> None:
    plan = companion_plan(
        Persona.EDUCATION, talk=[], text="Nobody calls any more.", seed=1, request_id="r", max_tokens=96
    )
    assert judge_segment(line, (), plan=plan).show
    assert line.count("?") <= 1
    assert "understand" not in line.lower() and "!" not in line


def test_every_plan_of_the_lines_is_one_the_vocabulary_knows() -> None:
    assert set(lines()) - {"explain"} <= set(plans())


def test_the_plan_follows_from_where_the_talk_stands() -> None:
    names = [plan_name(Persona.COMPANION, talk=TALK * n, text="And then.") for n in range(9)]
    assert names[:3] == ["ask", "reflect", "validate"] and names[8] == names[0]
    assert plan_name(Persona.COMPANION, talk=TALK, text="Thanks, that helped. Good night!") == "close"
    assert plan_name(Persona.EDUCATION, talk=TALK, text="What is CBT?") == "explain"


def test_a_line_is_not_said_twice_while_there_is_another() -> None:
    said: list[str] = []
    for _ in lines()["reflect"]:
        said.append(authored("reflect", earlier=said, seed=5))
    assert sorted(said) == sorted(lines()["reflect"])


def test_the_request_is_the_companions_and_ends_with_the_persons_words() -> None:
    plan = companion_plan(
        Persona.COMPANION, talk=TALK, text="It is quiet then.", seed=7, request_id="r", max_tokens=50
    )
    request = plan.request
    assert (request.persona, request.limits.person, request.max_tokens) == ("companion", "companion", 50)
    assert [message.role for message in request.messages] == ["system", "user", "assistant", "user"]
    assert request.messages[-1].text == "It is quiet then."


def test_the_bundled_models_words_must_stay_near_the_persons_and_a_larger_models_need_not(
    settings: object,
) -> None:
    def exemplars() -> tuple[str, ...]:
        plan = companion_plan(
            Persona.COMPANION, talk=[], text="It is quiet then.", seed=7, request_id="r", max_tokens=50
        )
        return plan.request.limits.exemplars

    settings.BUNDLED_MODEL = True
    assert exemplars() == ("It is quiet then.", *lines()["ask"])
    settings.BUNDLED_MODEL = False
    assert exemplars() == ()

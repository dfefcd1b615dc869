import pytest

from inference.contracts import Finding, WordingLimits
from inference.engine.judge import judge, refuses

LIMITS = WordingLimits("Marcus Bell", earlier=("So. Here I am. Talk.",))


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("It's a couple of cans after a shift, that's all.", False),
        ("As an AI language model, I cannot drink.", True),
        ("Therapist: How are you today?", True),
        ("", True),
        ("Some nights I think I'd be better off dead.", False),
    ],
)
def test_breaks_of_role_are_refused_and_a_client_s_despair_is_not(text: str, refused: bool) -> None:
    assert refuses(judge(text, LIMITS)) is refused


def test_a_question_for_methods_is_refused_whatever_its_score() -> None:
    assert refuses([Finding("method_request", 0.1, "asks how", detector="screen.method")])
    assert not refuses([Finding("suicidal", 0.95, "says so", detector="screen.suicidal")])
    assert not refuses([Finding("too_long", 0.3, "long", detector="wording.too_long")])

import pytest

from inference.contracts import Message, Speaker
from inference.evaluation.layers import Layer
from inference.evaluation.suites.support_strategy import prediction
from inference.safety.detectors.given import Given, Reading


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("How long have you felt that way?", "Questions"),
        ("You should see a doctor.", "Providing Suggestions"),
    ],
)
def test_the_rules_name_the_ways_that_codes_tell(text: str, label: str) -> None:
    given = Given(text, Speaker.COMPANION, (Message("user", "I feel low."),))
    assert prediction(given, Layer.LEXICAL) == {"label": label}


def test_the_head_decides_where_it_read() -> None:
    readings = {"strategy": Reading({"Questions": 0.2, "Self-disclosure": 0.8}, "h")}
    given = Given("How long was I like that?", Speaker.COMPANION, readings=readings)
    assert prediction(given, Layer.UNION) == {"label": "Self-disclosure"}

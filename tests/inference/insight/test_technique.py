import pytest

from inference.insight.technique import Technique, strategy_of, technique_of
from inference.safety.detectors.given import Reading


@pytest.mark.parametrize(
    ("scores", "technique"),
    [
        ({"cbt": 0.7, "none": 0.3}, Technique("cbt", 0.7)),
        ({"cbt": 0.5, "dbt": 0.1, "none": 0.4}, Technique("cbt", 0.5)),
        ({"cbt": 0.45, "dbt": 0.3, "none": 0.25}, None),
        ({"none": 0.9, "mi": 0.1}, None),
    ],
)
def test_a_technique_is_named_where_it_is_likely(
    scores: dict[str, float], technique: Technique | None
) -> None:
    assert technique_of({"technique": Reading(scores, "m1")}) == technique


def test_a_strategy_is_named_from_its_own_threshold() -> None:
    scores = {"Questions": 0.41, "Information": 0.3, "Other": 0.29}
    assert strategy_of({"strategy": Reading(scores, "m1")}) == Technique("Questions", 0.41)
    assert strategy_of({"strategy": Reading(scores | {"Questions": 0.35}, "m1")}) is None


def test_neither_is_known_without_its_head() -> None:
    assert (technique_of({}), strategy_of({})) == (None, None)

import pytest

from inference.contracts import Speaker
from inference.evaluation.layers import Layer
from inference.evaluation.suites.bias import prediction
from inference.safety.detectors.given import Given, Reading


def read(chance: float) -> Given:
    readings = {
        "bias": Reading({"no": 1 - chance, "yes": chance}, "h"),
        "bias.kinds": Reading({"gender": 0.8, "age": 0.1}, "h"),
    }
    return Given("They all drive like that.", Speaker.THERAPIST, readings=readings)


@pytest.mark.parametrize("layer", [Layer.UNION, Layer.MODEL])
def test_kinds_are_named_only_of_a_remark(layer: Layer) -> None:
    assert prediction(read(0.9), layer) == {"biased": True, "score": 0.9, "kinds": ["gender"]}
    assert prediction(read(0.2), layer) == {"biased": False, "score": 0.2, "kinds": []}


def test_the_phrases_alone_answer_without_heads() -> None:
    given = Given("The lorry was green.", Speaker.THERAPIST)
    assert prediction(given, Layer.UNION) == {"biased": False, "score": 0.0, "kinds": []}

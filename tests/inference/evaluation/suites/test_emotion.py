from inference.contracts import Speaker
from inference.evaluation.layers import Layer
from inference.evaluation.suites.emotion import figures, prediction
from inference.safety.detectors.given import Given, Reading


def labels_of(**scores: float) -> list[str]:
    return prediction(Given("Hm.", Speaker.SEEKER, readings={"emotion": Reading(scores, "h")}), Layer.UNION)[
        "labels"
    ]


def test_every_likely_emotion_is_named_and_the_likeliest_in_any_case() -> None:
    assert labels_of(grief=0.9, sadness=0.8, joy=0.1) == ["grief", "sadness"]
    assert labels_of(grief=0.1, neutral=0.2) == ["neutral"]


def test_macro_and_micro_f1_count_every_label() -> None:
    rows = [{"labels": ["grief", "sadness"]}, {"labels": ["grief"]}, {"labels": ["grief"]}]
    said = [{"labels": ["grief"]}, {"labels": ["grief"]}, {"labels": ["sadness"]}]
    found = {figure.name: (figure.value, figure.n) for figure in figures(rows, said)}
    assert found == {
        "macro-F1": (0.4, 3),
        "micro-F1": (round(4 / 7, 4), 3),
        "F1 grief": (0.8, 3),
        "F1 sadness": (0.0, 1),
    }

import pytest

from inference.evaluation.errors import EvaluationError
from inference.evaluation.layers import Layer
from inference.evaluation.suites import persona


def said(label: str, *, abstained: bool = False) -> dict[str, object]:
    return {"label": label, "confidence": 0.8, "abstained": abstained}


def test_accuracy_is_of_the_likeliest_and_apart_from_it_of_what_is_answered() -> None:
    rows = [
        {"persona": wanted} for wanted in ("companion", "client", "education", "education", "none", "none")
    ]
    predictions = [
        said("companion"),
        said("companion", abstained=True),
        said("education"),
        said("client"),
        said("client", abstained=True),
        said("education"),
    ]
    figures = {figure.name: (figure.value, figure.n) for figure in persona.figures(rows, predictions)}
    assert figures["accuracy"] == (0.5, 4)
    assert figures["abstention"] == (0.25, 4)
    assert figures["accuracy where it answers"] == (0.6667, 3)
    assert figures["accuracy where it answers, rows of none too"] == (0.5, 4)
    assert figures["abstention, none wanted"] == (0.5, 2)
    assert figures["companion wanted, another answered"] == (0.0, 1)
    assert figures["crisis, another than the companion answered"] == (None, 0)


def test_the_writers_earlier_messages_are_read_too() -> None:
    row = {
        "text": "and again please",
        "history": [
            {"speaker": "user", "text": "What is the difference between a simple and a complex reflection?"},
            {"speaker": "assistant", "text": "I feel you are drowning. I miss my mum."},
        ],
    }
    alone = persona.prediction(persona.given({"text": row["text"]}), Layer.LEXICAL)
    after = persona.prediction(persona.given(row), Layer.LEXICAL)
    assert alone["abstained"]
    assert (after["label"], after["abstained"]) == ("education", False)


def test_a_label_that_is_no_persona_is_refused() -> None:
    with pytest.raises(EvaluationError):
        persona.figures([{"persona": "friend"}], [said("client")])

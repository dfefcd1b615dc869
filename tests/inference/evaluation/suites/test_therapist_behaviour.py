from inference.contracts import Speaker
from inference.evaluation.layers import Layer
from inference.evaluation.suites.therapist_behaviour import FORMS, figures, prediction
from inference.safety.detectors.given import Given, Reading


def read(text: str, **scores: float) -> Given:
    reading = Reading(dict.fromkeys(FORMS, 0.0) | scores, "h")
    return Given(text, Speaker.THERAPIST, readings={"behaviour": reading})


def test_forms_of_one_label_count_together_and_the_rules_weigh_a_little() -> None:
    given = read("You are tired.", simple=0.35, complex=0.25, information=0.4)
    assert prediction(given, Layer.MODEL) == {
        "label": "reflection",
        "subtype": "simple",
        "confidence": 0.6923,
    }


def test_the_rules_alone_tell_an_open_question() -> None:
    said = prediction(read("What worries you most about it?", other=1.0), Layer.LEXICAL)
    assert (said["label"], said["subtype"]) == ("question", "open")


def test_a_turn_with_nothing_to_code_is_other() -> None:
    said = prediction(Given("Okay.", Speaker.THERAPIST), Layer.LEXICAL)
    assert said == {"label": "other", "subtype": None, "confidence": 0.0}


def test_the_subtype_counts_where_the_label_is_right() -> None:
    rows = [
        {"text": "a", "label": "question", "subtype": "open", "session": "s"},
        {"text": "b", "label": "question", "subtype": "closed", "session": "s"},
        {"text": "c", "label": "reflection", "subtype": "simple", "session": "t"},
        {"text": "d", "label": "other", "subtype": None, "session": "t"},
    ]
    said = [
        {"label": label, "subtype": form} for label, form in [("question", "open")] * 3 + [("other", None)]
    ]
    found = {f.name: (f.value, f.n) for f in figures(rows, said)}
    assert found["subtype right, where the label is"] == (0.5, 2)
    assert found["F1 question"] == (0.8, 2)
    assert found["F1 reflection"] == (0.0, 1)

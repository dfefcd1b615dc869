from inference.contracts import Speaker
from inference.evaluation.layers import Layer
from inference.evaluation.suites.pii import figures, prediction
from inference.safety.detectors.given import Given, Tag

TEXT = "Ask Priya Raman, priya@example.org"
NAME, EMAIL = {"start": 4, "end": 15, "type": "name"}, {"start": 17, "end": 34, "type": "email"}


def values(
    rows: list[dict[str, object]], spans: list[list[dict[str, object]]]
) -> dict[str, tuple[float | None, int]]:
    return {f.name: (f.value, f.n) for f in figures(rows, [{"spans": each} for each in spans])}


def test_types_of_either_naming_are_compared_and_types_we_do_not_look_for_left_out() -> None:
    theirs = [
        {"start": 4, "end": 15, "type": "PERSON"},
        {"start": 17, "end": 34, "type": "EMAIL_ADDRESS"},
        {"start": 0, "end": 3, "type": "GPE"},
    ]
    rows = [{"text": TEXT, "spans": theirs}, {"text": TEXT, "spans": [NAME, EMAIL]}]
    said = values(rows, [[NAME, EMAIL], [NAME, EMAIL]])
    assert (said["F2"], said["precision"], said["F2 email"]) == ((1.0, 4), (1.0, 4), (1.0, 2))


def test_a_miss_costs_more_than_a_false_find() -> None:
    rows = [{"text": TEXT, "spans": [NAME, EMAIL]}]
    assert (
        values(rows, [[NAME]])["F2"][0]
        < values(rows, [[NAME, EMAIL, {**NAME, "start": 0, "end": 3}]])["F2"][0]
    )


def test_dates_of_birth_are_counted_apart() -> None:
    birth = {"start": 0, "end": 10, "type": "date_of_birth"}
    rows = [{"text": TEXT, "spans": [NAME, birth]}]
    assert values(rows, [[NAME]])["F2"] == (1.0, 1)
    assert values(rows, [[NAME]])["F2 date_of_birth"] == (0.0, 1)
    assert values([{"text": TEXT, "spans": [NAME]}], [[NAME, birth]])["precision"] == (1.0, 1)


def test_the_model_layer_is_the_tagger_and_the_lexical_layer_the_rules() -> None:
    given = Given(TEXT, Speaker.SEEKER, tags=(Tag("name", 4, 15, 0.9), Tag("organisation", 0, 3, 0.9)))
    assert prediction(given, Layer.MODEL) == {"spans": [NAME]}
    assert prediction(given, Layer.UNION) == {"spans": [NAME, EMAIL]}
    assert EMAIL in prediction(Given(TEXT, Speaker.SEEKER), Layer.LEXICAL)["spans"]

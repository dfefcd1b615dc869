"""What holds for every suite, with heads and without."""

import io
from collections.abc import Callable, Mapping

import pytest
from rich.console import Console

from inference.evaluation import suites
from inference.evaluation.errors import EvaluationError
from inference.evaluation.layers import Layer
from inference.evaluation.predicting import answers, read
from inference.safety.detectors.given import Tag

Row = dict[str, object]
INPUT_FIELDS = frozenset({"text", "history", "seeker", "response"})
KINDS = {
    "none",
    "suicidal",
    "self_harm",
    "psychosis",
    "agitation",
    "substance",
    "depression",
    "panic",
    "violence",
}
SEVERITIES = {"none", "low", "moderate", "high", "imminent"}
SPAN_TYPES = {"email", "phone", "ssn", "credit_card", "address", "name", "date_of_birth", "ip", "url"}


def a_share(value: object) -> bool:
    return isinstance(value, float) and 0 <= value <= 1


def is_crisis(said: Mapping[str, object]) -> bool:
    return isinstance(said["crisis"], bool) and said["type"] in KINDS and said["severity"] in SEVERITIES


FORMS: Mapping[str, tuple[set[str], Callable[[Mapping[str, object]], bool]]] = {
    "crisis": (
        {"crisis", "type", "severity", "score"},
        lambda said: is_crisis(said) and a_share(said["score"]),
    ),
    "therapist_behaviour": (
        {"label", "subtype", "confidence"},
        lambda said: (
            said["label"] in {"question", "reflection", "input", "other"} and a_share(said["confidence"])
        ),
    ),
    "client_talk": (
        {"label", "confidence"},
        lambda said: said["label"] in {"change", "neutral", "sustain"} and a_share(said["confidence"]),
    ),
    "empathy": (
        {"emotional_reactions", "interpretations", "explorations"},
        lambda said: all(type(level) is int and 0 <= level <= 2 for level in said.values()),
    ),
    "support_strategy": ({"label"}, lambda said: isinstance(said["label"], str)),
    "bias": (
        {"biased", "score", "kinds"},
        lambda said: (
            isinstance(said["biased"], bool) and a_share(said["score"]) and isinstance(said["kinds"], list)
        ),
    ),
    "pii": (
        {"spans"},
        lambda said: all(
            set(span) == {"start", "end", "type"}
            and span["type"] in SPAN_TYPES
            and span["start"] < span["end"]
            for span in said["spans"]
        ),
    ),
    "toxicity": ({"label"}, lambda said: said["label"] in {"hate", "offensive", "none"}),
    "hatecheck": (
        {"hateful", "score"},
        lambda said: isinstance(said["hateful"], bool) and a_share(said["score"]),
    ),
    "persona": (
        {"label", "confidence", "abstained"},
        lambda said: (
            said["label"] in {"companion", "client", "education"}
            and a_share(said["confidence"])
            and isinstance(said["abstained"], bool)
        ),
    ),
    "emotion": ({"labels"}, lambda said: isinstance(said["labels"], list) and bool(said["labels"])),
}
FORMS = {**FORMS, "crisis_silver": FORMS["crisis"], "benign": FORMS["crisis"]}
EVERY_SUITE = sorted(FORMS)
READINGS = {
    "crisis.kind": {"none": 0.1, "panic": 0.9},
    "crisis.severity": {"none": 0.1, "low": 0.1, "moderate": 0.8, "high": 0.0, "imminent": 0.0},
    "bias": {"no": 0.05, "yes": 0.95},
    "bias.kinds": {"gender": 0.9, "age": 0.1},
    "hate": {"no": 0.3, "yes": 0.7},
    "toxicity": {"hate": 0.1, "offensive": 0.8, "none": 0.1},
    "emotion": {"grief": 0.8, "neutral": 0.1},
    "behaviour": {
        "other": 0.0,
        "question_open": 0.1,
        "question_closed": 0.1,
        "simple": 0.3,
        "complex": 0.2,
        "information": 0.3,
        "advice": 0.0,
        "negotiation": 0.0,
    },
    "talk": {"change": 0.8, "neutral": 0.1, "sustain": 0.1},
    "empathy.emotional_reactions": {"0": 0.1, "1": 0.2, "2": 0.7},
    "empathy.interpretations": {"0": 0.1, "1": 0.8, "2": 0.1},
    "empathy.explorations": {"0": 0.8, "1": 0.1, "2": 0.1},
    "strategy": {"Questions": 0.2, "Information": 0.8},
}


def predicted(
    name: str, rows: list[Row], heads: object, layer: Layer = Layer.UNION
) -> list[Mapping[str, object]]:
    quiet = Console(file=io.StringIO())
    suite = suites.load(name)
    return answers(suite, read(suite, rows, heads, quiet), layer, quiet)


@pytest.fixture
def reading_all(scripted: Callable[..., object], rows_of: Callable[[str], list[Row]]) -> object:
    """Heads that read the same into every row of every suite."""
    texts = [str(row.get("response", row.get("text"))) for name in EVERY_SUITE for row in rows_of(name)]
    return scripted(dict.fromkeys(texts, READINGS), dict.fromkeys(texts, (Tag("name", 0, 2, 0.9),)))


def test_every_suite_is_found_by_its_name() -> None:
    assert suites.names() == EVERY_SUITE
    assert [suites.load(name).NAME for name in EVERY_SUITE] == EVERY_SUITE


@pytest.mark.parametrize("name", EVERY_SUITE)
@pytest.mark.parametrize("with_heads", [True, False], ids=["heads", "rules"])
def test_predictions_have_the_documented_form(
    name: str, with_heads: bool, rows_of: Callable[[str], list[Row]], reading_all: object
) -> None:
    keys, holds = FORMS[name]
    for said in predicted(name, rows_of(name), reading_all if with_heads else None):
        assert set(said) == keys
        assert holds(said), said


@pytest.mark.parametrize("name", EVERY_SUITE)
@pytest.mark.parametrize("with_heads", [True, False], ids=["heads", "rules"])
def test_predictions_do_not_depend_on_labels(
    name: str, with_heads: bool, rows_of: Callable[[str], list[Row]], reading_all: object
) -> None:
    heads, rows = (reading_all if with_heads else None), rows_of(name)
    bare = [{key: value for key, value in row.items() if key in INPUT_FIELDS} for row in rows]
    others = [rows[at - 1] for at in range(len(rows))]
    changed = [dict(other) | kept for other, kept in zip(others, bare, strict=True)]
    flipped = [
        {key: not value if isinstance(value, bool) else value for key, value in row.items()}
        for row in changed
    ]
    told = predicted(name, rows, heads)
    assert bare != rows or name == "benign"
    assert predicted(name, bare, heads) == told
    assert predicted(name, flipped, heads) == told


@pytest.mark.parametrize("name", [name for name in EVERY_SUITE if name != "benign"])
def test_a_suite_refuses_rows_without_labels_when_it_is_to_count(
    name: str, rows_of: Callable[[str], list[Row]]
) -> None:
    bare = [{key: value for key, value in row.items() if key in INPUT_FIELDS} for row in rows_of(name)]
    with pytest.raises(EvaluationError):
        suites.load(name).figures(bare, predicted(name, bare, None))


@pytest.mark.parametrize("name", EVERY_SUITE)
def test_figures_lie_within_their_intervals(
    name: str, rows_of: Callable[[str], list[Row]], reading_all: object
) -> None:
    rows = rows_of(name)
    figures = suites.load(name).figures(rows, predicted(name, rows, reading_all))
    assert figures
    assert len({figure.name for figure in figures}) == len(figures)
    for figure in figures:
        assert figure.value is None or figure.low <= figure.value <= figure.high


@pytest.mark.parametrize("name", EVERY_SUITE)
def test_every_layer_a_suite_names_answers(
    name: str, rows_of: Callable[[str], list[Row]], reading_all: object
) -> None:
    rows = rows_of(name)
    for layer in suites.load(name).LAYERS:
        assert len(predicted(name, rows, reading_all, layer)) == len(rows)

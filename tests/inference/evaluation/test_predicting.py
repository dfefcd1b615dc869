import io
from collections.abc import Callable

import pytest
from rich.console import Console

from inference.evaluation import suites
from inference.evaluation.errors import EvaluationError
from inference.evaluation.layers import Layer
from inference.evaluation.predicting import BATCH, answers, read

TALK = {"talk": {"change": 0.7, "neutral": 0.2, "sustain": 0.1}}


@pytest.fixture
def quiet() -> Console:
    return Console(file=io.StringIO())


def test_heads_read_in_batches_and_rows_keep_their_order(
    scripted: Callable[..., object], quiet: Console
) -> None:
    heads = scripted({"row 70": TALK})
    suite = suites.load("client_talk")
    seen = read(suite, [{"text": f"row {at}"} for at in range(100)], heads, quiet)
    assert heads.sizes == [BATCH, 100 - BATCH]
    assert [each.text for each in seen.given] == [f"row {at}" for at in range(100)]
    labels = [each["label"] for each in answers(suite, seen, Layer.UNION, quiet)]
    assert labels == ["neutral"] * 70 + ["change"] + ["neutral"] * 29
    assert seen.versions == {"heads.scripted": "h1"}


def test_the_lexical_layer_sees_no_reading(scripted: Callable[..., object], quiet: Console) -> None:
    suite = suites.load("client_talk")
    seen = read(suite, [{"text": "I will."}], scripted({"I will.": TALK}), quiet)
    assert [each["label"] for each in answers(suite, seen, Layer.LEXICAL, quiet)] == ["neutral"]


def test_without_heads_rules_answer_and_the_model_layer_says_that_it_cannot(quiet: Console) -> None:
    suite = suites.load("crisis")
    seen = read(suite, [{"text": "I am going to kill myself tonight."}], None, quiet)
    assert answers(suite, seen, Layer.UNION, quiet)[0]["crisis"] is True
    with pytest.raises(EvaluationError, match="the trained heads are not here"):
        answers(suite, seen, Layer.MODEL, quiet)


def test_a_row_that_cannot_be_read_is_named_by_its_number(quiet: Console) -> None:
    with pytest.raises(EvaluationError, match="row 2: a row has no 'text' text"):
        read(suites.load("crisis"), [{"text": "Hello."}, {"words": "zqparrot"}], None, quiet)

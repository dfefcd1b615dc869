from typing import Any

import pytest

from apps.api.figures import BECAUSE, FIGURES, FIXED_WORDS, NO_WORKER, measured
from apps.api.service import api
from apps.safety.asking import Assessed
from inference.contracts import Assessment, Label

WHOLE = Assessment(
    labels=(Label("eq.overall_eq", "share", 0.4), Label("figure.safety_score", "share", 1.0)),
    versions={"measures": "2", "head.technique": "1"},
)
NO_HEADS = Assessment(labels=(Label("figure.safety_score", "share", 1.0),), partial=True)


def nulls(read: Assessed, **how: bool) -> dict[str, str]:
    return dict(measured(read, **({"eq": True, "metrics": True, "of_helper": True} | how)).nulls)


@pytest.mark.parametrize(
    ("read", "how", "name", "because"),
    [
        (Assessed(WHOLE, ""), {}, "therapeutic_effectiveness_score", "no_outcomes"),
        (Assessed(WHOLE, ""), {}, "technique_consistency", "too_few_replies"),
        (Assessed(WHOLE, ""), {}, "social_cognition", "not_read"),
        (Assessed(NO_HEADS, "partial"), {}, "technique_consistency", "not_read"),
        (Assessed(NO_HEADS, "partial"), {}, "bias_score", "not_read"),
        (Assessed(WHOLE, ""), {"of_helper": False}, "social_cognition", "not_a_helper"),
        (Assessed(WHOLE, ""), {"of_helper": False}, "technique_consistency", "not_a_helper"),
        (Assessed(WHOLE, ""), {"of_helper": False}, "bias_score", "not_read"),
        (Assessed(WHOLE, ""), {"eq": False}, "eq_scores", "not_wanted"),
        (Assessed(WHOLE, ""), {"metrics": False}, "safety_score", "not_wanted"),
        (FIXED_WORDS, {}, "safety_score", "fixed_words"),
        (FIXED_WORDS, {}, "therapeutic_effectiveness_score", "no_outcomes"),
        (NO_WORKER, {}, "overall_eq", "no_worker"),
        (Assessed(None, "engine_away"), {}, "confidence", "engine_away"),
    ],
)
def test_a_figure_that_is_null_says_why(
    read: Assessed, how: dict[str, bool], name: str, because: str
) -> None:
    assert nulls(read, **how)[name] == because


def test_a_figure_that_was_read_has_no_reason_to_be_null() -> None:
    found = measured(Assessed(WHOLE, ""), eq=True, metrics=True, of_helper=True)
    assert (found.eq["overall_eq"], found.figures["safety_score"]) == (0.4, 1.0)
    assert {"overall_eq", "safety_score"}.isdisjoint(found.nulls)
    assert set(found.figures) == set(FIGURES)


def nullable(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Every field of an answer that may be null: (object, field, its schema)."""
    return [
        (name, field, facts)
        for name, part in schema["components"]["schemas"].items()
        for field, facts in part.get("properties", {}).items()
        if {"type": "null"} in facts.get("anyOf", ()) and name not in TAKEN
    ]


TAKEN = {"InferIn", "BatchIn", "EncounterIn", "ProfileIn", "CompletionIn", "StreamOptions"}
"""Objects that callers send."""


def test_every_field_of_an_answer_that_may_be_null_says_when() -> None:
    schema = api.get_openapi_schema()
    objects = schema["components"]["schemas"]
    silent = [
        f"{name}.{field}"
        for name, field, facts in nullable(schema)
        if "null" not in (facts.get("description", "") + objects[name].get("description", "")).lower()
    ]
    assert len(nullable(schema)) > 10
    assert silent == []


def test_the_page_names_every_reason_why_a_figure_is_null() -> None:
    metadata = api.get_openapi_schema()["components"]["schemas"]["ConversationMetadata"]["properties"]
    assert all(code in metadata["null_because"]["description"] for code in BECAUSE)

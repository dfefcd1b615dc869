"""Forms that do not tell whose reply it is, and what becomes of the ratings."""

import json

import pytest

from inference.evaluation.adapters.blind import agreement, forms, kappa, results
from inference.evaluation.errors import EvaluationError


def rows(system: str, count: int) -> list[dict[str, object]]:
    return [
        {
            "id": f"d-{n}:1",
            "person": "client",
            "label": "deny" if n % 2 else "want",
            "talk": [{"heard": "Well?", "said": ""}],
            "who": "A widow.",
            "reply": f"Reply {n} of somebody.",
            "written": "x",
            "findings": [],
            "secret": system,
        }
        for n in range(count)
    ]


def test_a_form_tells_neither_whose_reply_it_is_nor_what_was_planned() -> None:
    made, keys = forms({"adapter": rows("adapter", 5), "bare": rows("bare", 5)}, most=3, seed="s")

    assert len(made) == len(keys) == 6
    assert len({key.form for key in keys}) == 6
    assert {key.system for key in keys} == {"adapter", "bare"}
    assert [form["form"] for form in made] == [key.form for key in keys]
    told = json.dumps(made)
    assert "secret" not in told and "bare" not in told and '"label"' not in told and '"d-' not in told
    assert "want" in made[0]["ask"]["act"] and "voice" in made[0]["ask"]["scores"]


def test_the_same_contexts_are_read_of_every_system_and_the_order_tells_nothing() -> None:
    _, keys = forms({"adapter": rows("adapter", 9), "bare": rows("bare", 7)}, most=50, seed="s")
    of = {system: {key.context for key in keys if key.system == system} for system in ("adapter", "bare")}

    assert of["adapter"] == of["bare"] and len(of["bare"]) == 7
    assert [key.system for key in keys] != sorted(key.system for key in keys)
    with pytest.raises(EvaluationError, match="no context in common"):
        forms({"adapter": rows("adapter", 1), "bare": []}, most=5, seed="s")


def test_ratings_become_figures_by_system() -> None:
    _, keys = forms({"adapter": rows("adapter", 4), "bare": rows("bare", 4)}, most=4, seed="s")
    ratings = [
        {
            "form": key.form,
            "rater": "r1",
            "act": key.planned if key.system == "adapter" else "engage",
            "scores": {"voice": 4 if key.system == "adapter" else 2},
        }
        for key in keys
    ]
    found = {
        system: {each.name: each.value for each in own} for system, own in results(keys, ratings).items()
    }

    assert found == {
        "adapter": {"read as planned": 1.0, "read as of its family": 1.0, "voice": 4.0},
        "bare": {"read as planned": 0.0, "read as of its family": 0.0, "voice": 2.0},
    }


@pytest.mark.parametrize(
    "rating",
    [
        {"form": "nothing", "rater": "r", "act": "", "scores": {}},
        {"form": "", "rater": "r", "act": "", "scores": {}},
        {"form": "FORM", "rater": "", "act": "", "scores": {}},
        {"form": "FORM", "rater": "r", "act": "", "scores": {"voice": 6}},
        {"form": "FORM", "rater": "r", "act": "", "scores": {"voice": 2.5}},
        {"form": "FORM", "rater": "r", "act": "", "scores": []},
    ],
)
def test_a_rating_that_fits_no_form_is_refused(rating: dict[str, object]) -> None:
    _, keys = forms({"a": rows("a", 1)}, most=1, seed="s")
    if rating["form"] == "FORM":
        rating = rating | {"form": keys[0].form}

    with pytest.raises(EvaluationError):
        results(keys, [rating])


@pytest.mark.parametrize(
    ("pairs", "weighted", "value"),
    [
        ([("a", "a"), ("b", "b")], False, 1.0),
        ([("a", "b"), ("b", "a")], False, -1.0),
        ([("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")], False, 0.0),
        ([("a", "a"), ("a", "a")], False, None),
        ([("a", "a")], False, None),
        ([(1, 1), (5, 5)], True, 1.0),
        ([(1, 2), (5, 4), (3, 3)], True, 0.8),
        ([(1, 5), (5, 1)], True, -1.0),
    ],
)
def test_kappa_is_agreement_beyond_chance(
    pairs: list[tuple[object, object]], weighted: bool, value: float | None
) -> None:
    assert kappa(pairs, weighted=weighted) == value


def test_agreement_is_the_mean_over_pairs_of_raters_on_what_both_rated() -> None:
    ratings = [
        {"form": form, "rater": rater, "act": act, "scores": {"voice": score}}
        for form, rater, act, score in (
            ("f1", "r1", "deny", 1),
            ("f1", "r2", "deny", 1),
            ("f2", "r1", "want", 5),
            ("f2", "r2", "want", 4),
            ("f3", "r2", "want", 3),
        )
    ]

    found = agreement(ratings)

    assert found["act"] == 1.0
    assert 0.8 < found["voice"] < 1.0
    assert agreement(ratings[:1]) == {"act": None, "voice": None}

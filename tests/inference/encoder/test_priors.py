"""Labels weighed by how common they are."""

import pytest

from inference.encoder.heads import ADAPTERS
from inference.encoder.priors import _read, weighed


def test_weighed_scores_add_up_to_one_and_keep_what_is_not_named() -> None:
    scores = weighed("empathy.emotional_reactions", {"0": 0.4, "1": 0.5, "2": 0.1})

    assert sum(scores.values()) == pytest.approx(1)
    assert scores["0"] > 0.4 > scores["1"]


def test_weighed_leaves_a_head_without_factors_as_it_is() -> None:
    assert weighed("no such head", {"a": 0.3, "b": 0.7}) == {"a": 0.3, "b": 0.7}


def test_every_factor_is_of_a_label_that_its_head_has() -> None:
    labels = {spec.name: spec.labels for specs in ADAPTERS.values() for spec in specs}

    assert all(set(factors) <= set(labels[head]) for head, factors in _read()[1].items())

from pathlib import Path

import pytest
import torch

from inference.encoder.network import Network
from inference.training.corpora import Example
from inference.training.held import macro_f1, measure

A, B, C, NONE = frozenset({0}), frozenset({1}), frozenset({2}), frozenset[int]()


def test_macro_f1_is_the_mean_over_labels_as_counted_by_hand() -> None:
    """a: 2 of 2 wanted, 3 said: 4/5. b: 1 of 2 wanted, 1 said: 2/3. c: said once, never wanted: 0."""
    pairs = [(A, A), (A, A), (B, A), (B, B), (NONE, C)]
    assert macro_f1(pairs) == pytest.approx((4 / 5 + 2 / 3 + 0) / 3)


@pytest.mark.parametrize(
    ("pairs", "wanted"),
    [
        ([(A, A), (B, B)], 1.0),
        ([(A, B), (B, A)], 0.0),
        ([(NONE, NONE)], 1.0),
        ([(A, NONE)], 0.0),
        ([(A | B, A), (B, B)], (1 + 2 / 3) / 2),
    ],
)
def test_macro_f1_at_its_ends(pairs: list[tuple[frozenset[int], frozenset[int]]], wanted: float) -> None:
    assert macro_f1(pairs) == pytest.approx(wanted)


def test_a_head_has_a_figure_where_rows_have_its_label(tiny_encoder: Path) -> None:
    torch.manual_seed(3)
    network = Network(tiny_encoder, "exchange", trained=True).eval()
    with torch.no_grad():
        network.heads["talk"].out.weight.zero_()
        network.heads["talk"].out.bias.copy_(torch.tensor([1.0, 0.0, 0.0]))
    labels = ["change"] * 30 + ["sustain"] * 10
    examples = [Example("exchange", f"It is {at}.", {"talk": label}) for at, label in enumerate(labels)]
    (figure,) = measure(network, examples, tiny_encoder, seed=1)
    assert (figure.head, figure.figure, figure.rows) == ("talk", "macro-F1", 40)
    assert figure.value == round((60 / 70 + 0) / 2, 3)
    assert 0.3 < figure.low < figure.value < figure.high < 0.5
    assert measure(network, examples, tiny_encoder, seed=1) == [figure]
    assert measure(network, [], tiny_encoder, seed=1) == []


def test_tags_are_counted_by_token_without_those_that_are_nothing(tiny_encoder: Path) -> None:
    network = Network(tiny_encoder, "tags", trained=True).eval()
    with torch.no_grad():
        for parameter in network.heads.parameters():
            parameter.zero_()
        network.heads["pii"].out.bias[1] = 1.0
    (figure,) = measure(
        network, [Example("tags", "it was it was", {"pii": ((0, 2, "name"),)})], tiny_encoder, seed=1
    )
    assert (figure.rows, figure.value) == (4, round(2 / 5, 3))

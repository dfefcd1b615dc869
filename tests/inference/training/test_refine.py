from pathlib import Path

import torch

from inference.encoder.heads import ADAPTERS
from inference.encoder.network import Network
from inference.encoder.tokens import reading_tokenizer
from inference.testing import SCRIPTED_LINES
from inference.training.corpora import Example
from inference.training.held import measure
from inference.training.prepared import prepare
from inference.training.refine import TAUGHT_ON, refine

SPECS = ADAPTERS["message"]


def rows() -> list[Example]:
    """Comments that one word tells apart, and one row that another head alone learns from."""
    feelings = [
        Example("message", f"{word} {word} {line[:9]} {word}", {"emotion": frozenset({feeling})})
        for line in SCRIPTED_LINES * 4
        for word, feeling in (("tired", "sadness"), ("better", "joy"))
    ]
    return [*feelings, Example("message", "It is so.", {"crisis.severity": "none"})]


def taught(base: Path, seed: int = 3) -> tuple[Network, dict[str, torch.Tensor]]:
    torch.manual_seed(1)
    network = Network(base, "message", trained=True)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    tokenizer = reading_tokenizer(base)
    refine(network, [prepare(tokenizer, row, SPECS) for row in rows()], SPECS, seed=seed)
    return network, before


def test_a_head_is_taught_on_until_it_tells_the_rows_apart(tiny_encoder: Path) -> None:
    network, _ = taught(tiny_encoder)
    figures = {figure.head: figure.value for figure in measure(network, rows(), tiny_encoder, seed=1)}
    assert figures["emotion"] > 0.9


def test_nothing_moves_but_the_heads_that_are_named_and_have_rows(tiny_encoder: Path) -> None:
    network, before = taught(tiny_encoder)
    moved = {name for name, tensor in network.state_dict().items() if not torch.equal(tensor, before[name])}
    assert "heads.emotion.out.weight" in moved
    assert {name.rpartition(".")[0] for name in moved} <= {"heads.emotion.attention", "heads.emotion.out"}


def test_the_same_seed_teaches_the_same(tiny_encoder: Path) -> None:
    one, _ = taught(tiny_encoder)
    again, _ = taught(tiny_encoder)
    other, _ = taught(tiny_encoder, seed=4)
    weight = "heads.emotion.out.weight"
    assert torch.equal(one.state_dict()[weight], again.state_dict()[weight])
    assert not torch.equal(one.state_dict()[weight], other.state_dict()[weight])


def test_what_is_taught_on_exists() -> None:
    for adapter, heads in TAUGHT_ON.items():
        assert set(heads) <= {spec.name for spec in ADAPTERS[adapter]}

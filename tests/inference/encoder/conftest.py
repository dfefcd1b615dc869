"""Adapters on the tiny random encoder, and one whose heads listen for a word: as good as trained, in no time."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import Tensor

from inference.encoder.heads import ADAPTERS, HIDDEN, MESSAGE, Head, TagHead, module_name
from inference.encoder.network import Network
from inference.encoder.reader import WEIGHTS_FILE, Heads
from inference.encoder.tokens import exchange, pad, reading_tokenizer, windows
from inference.testing import SCRIPTED_LINES

HEARD = ("tired", "leave", "hard", "home", "better", "week")
"""Words that heads can be made to listen for."""


@pytest.fixture(scope="session")
def tokenizer(tiny_encoder: Path) -> Tokenizer:
    return reading_tokenizer(tiny_encoder)


@pytest.fixture
def fresh(tiny_encoder: Path) -> Callable[[str], Network]:
    """An adapter with random low-rank weights and heads, the same each time."""

    def build(adapter: str) -> Network:
        torch.manual_seed(5)
        network = Network(tiny_encoder, adapter, trained=True)
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                if "lora_B" in name:
                    parameter.normal_(0, 0.05)
        return network.eval()

    return build


@pytest.fixture
def saved(tmp_path: Path, tiny_encoder: Path) -> Callable[..., Heads]:
    """The reader of these networks' weights, written as they are shipped."""

    def save(*networks: Network) -> Heads:
        for network in networks:
            (tmp_path / network.adapter).mkdir(exist_ok=True)
            save_file(network.small_state(), tmp_path / network.adapter / WEIGHTS_FILE)
        return Heads(tiny_encoder, tmp_path, [network.adapter for network in networks])

    return save


@pytest.fixture(scope="session")
def directions(tiny_encoder: Path, tokenizer: Tokenizer) -> dict[str, Tensor]:
    """By word what a token's state has of it, (HIDDEN,): about 1 where it is that word and 0 where it is another. A
    token's state is linear enough in its word to be solved for."""
    network = Network(tiny_encoder, MESSAGE)
    pairs = zip(SCRIPTED_LINES, SCRIPTED_LINES[1:], strict=False)
    lines = [f"{line} {word} {other}" for line, other in pairs for word in HEARD]
    pieces = [p for line in lines for p in (windows(tokenizer, line)[0], exchange(tokenizer, line, line))]
    pieces += windows(tokenizer, " ".join(f"{line} {word}" for line in SCRIPTED_LINES for word in HEARD))
    rows = pad(pieces)
    with torch.inference_mode():
        states = network.encoder(
            input_ids=rows.ids, attention_mask=rows.mask, token_type_ids=rows.kinds
        ).last_hidden_state
    real = rows.mask.flatten().bool()
    known, ids = states.flatten(0, 1)[real], rows.ids.flatten()[real]
    tokens = [tokenizer.encode(word, add_special_tokens=False).ids for word in HEARD]
    targets = torch.stack([(ids == token).float() for (token,) in tokens], 1)
    solved = torch.linalg.solve(known.T @ known + torch.eye(HIDDEN), known.T @ targets)
    return dict(zip(HEARD, solved.T, strict=True))


@pytest.fixture
def listening(tiny_encoder: Path, directions: dict[str, Tensor]) -> Callable[..., Network]:
    """An adapter whose heads say a label where a text has a word of HEARD, and their first label otherwise. `words`:
    by head, by label."""

    def build(adapter: str, words: dict[str, dict[str, str]]) -> Network:
        network = Network(tiny_encoder, adapter, trained=True).eval()
        for spec in ADAPTERS[adapter]:
            own = {label: directions[word] for label, word in words.get(spec.name, {}).items()}
            _listen(network.heads[module_name(spec.name)], spec.labels, own)
        return network

    return build


@torch.no_grad()
def _listen(head: Head | TagHead, labels: tuple[str, ...], words: dict[str, Tensor]) -> None:
    """Far from every threshold on both sides: 12 for the first label, 24 for a word that is there, 0 for one that is
    not."""
    for parameter in head.parameters():
        parameter.zero_()
    head.out.bias[0] = 12.0
    for unit, (label, direction) in enumerate(words.items()):
        at = labels.index(label)
        if isinstance(head, TagHead):
            head.mix.weight[unit, :HIDDEN], head.mix.bias[unit] = 20 * direction, -5.0
            head.out.weight[at, unit] = 1.6
        else:
            head.attention.weight += 60 * direction
            head.out.weight[at, :HIDDEN] = 24 * direction

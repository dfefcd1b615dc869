from collections.abc import Callable

import pytest
import torch
from tokenizers import Tokenizer
from torch.nn import functional

from inference.encoder.network import Network
from inference.encoder.swift import SwiftEncoder
from inference.encoder.tokens import STEP, Piece, exchange, pad, windows
from inference.testing import SCRIPTED_LINES

Fresh = Callable[[str], Network]


@pytest.fixture
def network(fresh: Fresh) -> Network:
    return fresh("exchange").merged()


@pytest.fixture
def pieces(tokenizer: Tokenizer) -> list[Piece]:
    """Rows of very different lengths, pairs among them."""
    return [
        windows(tokenizer, "It is hard.")[0],
        exchange(tokenizer, "What brings you here?", " ".join(SCRIPTED_LINES[:4])),
        windows(tokenizer, "")[0],
        *windows(tokenizer, " ".join(SCRIPTED_LINES)),
    ]


@torch.inference_mode()
def test_states_are_those_of_the_padded_encoder(network: Network, pieces: list[Piece]) -> None:
    rows = pad(pieces)
    wanted = network.encoder(
        input_ids=rows.ids, attention_mask=rows.mask, token_type_ids=rows.kinds
    ).last_hidden_state
    found = SwiftEncoder(network.encoder).states(pieces)

    assert [state.shape[0] for state in found] == [len(piece.ids) for piece in pieces]
    for state, row in zip(found, wanted, strict=True):
        assert state.dtype == torch.float32
        near = functional.cosine_similarity(state, row[: len(state)], dim=-1)
        assert float(near.min()) > 0.999


@torch.inference_mode()
def test_a_row_is_read_alike_alone_and_among_others(network: Network, pieces: list[Piece]) -> None:
    swift = SwiftEncoder(network.encoder)
    for piece, among in zip(pieces, swift.states(pieces), strict=True):
        (alone,) = swift.states([piece])
        torch.testing.assert_close(alone, among, atol=0.05, rtol=0.05)


@torch.inference_mode()
def test_words_that_two_encoders_have_alike_are_kept_once(network: Network, pieces: list[Piece]) -> None:
    first = SwiftEncoder(network.encoder)
    second = SwiftEncoder(network.encoder, beside=first)
    network.encoder.embeddings.word_embeddings.weight.data[7] += 1
    other = SwiftEncoder(network.encoder, beside=first)

    assert second._words is first._words
    assert other._words is not first._words
    for one, again in zip(first.states(pieces), second.states(pieces), strict=True):
        assert torch.equal(one, again)


@torch.inference_mode()
def test_it_reads_on_a_machine_without_fast_products(
    network: Network, pieces: list[Piece], monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = SwiftEncoder(network.encoder).states(pieces)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    plain = SwiftEncoder(network.encoder).states(pieces)

    for one, other in zip(packed, plain, strict=True):
        assert float(functional.cosine_similarity(one, other, dim=-1).min()) > 0.999


@torch.inference_mode()
@pytest.mark.parametrize("words", [STEP - 2, STEP - 1])
def test_rows_that_fill_a_step_and_rows_that_begin_one_are_read(
    network: Network, tokenizer: Tokenizer, words: int
) -> None:
    piece = windows(tokenizer, "rain " * words)[0]
    (state,) = SwiftEncoder(network.encoder).states([piece])
    assert state.shape[0] == len(piece.ids)
    assert bool(state.isfinite().all())

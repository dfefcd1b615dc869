"""Our loop against transformers' own, and rows that join and leave, on the tiny random model."""

from pathlib import Path

import pytest
import torch

from inference.contracts import Message
from inference.engine.generate import Batch, decode
from inference.engine.loader import LoadedModel, load
from inference.engine.prompt import Prompt, encode
from inference.engine.style import Sampling

GREEDY = Sampling(temperature=0, repetition_penalty=1.0)
FREE = Sampling(temperature=1.0, top_p=1.0, repetition_penalty=1.0)


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> LoadedModel:
    torch.set_num_threads(1)
    return load(str(tiny_model))


def prompt(model: LoadedModel, text: str) -> Prompt:
    return encode(model.tokenizer, (Message("user", text),), longest=500)


def run(batch: Batch, numbers: list[int], pieces: list, texts: dict[int, str]) -> dict[int, str]:
    """Steps until the rows `numbers` have ended; their texts."""
    going = set(numbers)
    while True:
        for piece in pieces:
            texts[piece.row] = texts.get(piece.row, "") + piece.text
            going -= {piece.row} if piece.ended else set()
        if not going:
            return texts
        pieces = batch.step()


def alone(model: LoadedModel, text: str, seed: int, sampling: Sampling = FREE, longest: int = 24) -> str:
    batch = Batch(model)
    numbers, pieces = batch.add(prompt(model, text), seeds=[seed], sampling=sampling, max_tokens=longest)
    said = run(batch, numbers, pieces, {})[numbers[0]]
    assert batch.rows == 0
    return said


@pytest.mark.parametrize("text", ["I know you.", "Maybe. It helps me, so what? " * 30])
def test_greedy_text_is_what_transformers_generates(text: str, model: LoadedModel) -> None:
    ids = torch.tensor([prompt(model, text).ids])
    theirs = model.network.generate(
        ids, do_sample=False, max_new_tokens=24, attention_mask=torch.ones_like(ids)
    )
    assert alone(model, text, 1, GREEDY) == decode(model.tokenizer, theirs[0, ids.shape[1] :].tolist())


def test_a_row_says_the_same_alone_and_among_others(model: LoadedModel) -> None:
    batch = Batch(model)
    first, pieces = batch.add(prompt(model, "I know you."), seeds=[1, 2, 3], sampling=FREE, max_tokens=24)
    texts = {piece.row: piece.text for piece in pieces}
    for piece in batch.step():
        texts[piece.row] += piece.text
    later, pieces = batch.add(
        prompt(model, "Other people. " * 20), seeds=[4, 5], sampling=FREE, max_tokens=12
    )
    run(batch, [*first, *later], pieces, texts)
    assert [texts[row] for row in first] == [alone(model, "I know you.", seed) for seed in (1, 2, 3)]
    assert [texts[row] for row in later] == [
        alone(model, "Other people. " * 20, seed, longest=12) for seed in (4, 5)
    ]


def test_a_dropped_row_leaves_the_others_as_they_were(model: LoadedModel) -> None:
    batch = Batch(model)
    rows, pieces = batch.add(prompt(model, "I know you."), seeds=[1, 2, 3], sampling=FREE, max_tokens=24)
    texts = {piece.row: piece.text for piece in pieces}
    batch.drop([rows[0]])
    batch.drop([rows[0]])
    assert batch.rows == 2
    run(batch, rows[1:], [], texts)
    assert [texts[row] for row in rows[1:]] == [alone(model, "I know you.", seed) for seed in (2, 3)]


def test_a_reply_is_no_longer_than_asked(model: LoadedModel) -> None:
    batch = Batch(model)
    _, pieces = batch.add(prompt(model, "I know."), seeds=[1], sampling=FREE, max_tokens=1)
    assert pieces[0].ended in ("length", "stop")
    assert batch.rows == 0
    assert batch.step() == []

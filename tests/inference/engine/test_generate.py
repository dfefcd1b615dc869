"""Our loop against transformers' own, and rows that join and leave, on the tiny random model."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from inference.contracts import Message
from inference.engine.arena import Room
from inference.engine.generate import Batch, rows_of
from inference.engine.linear import Kernel
from inference.engine.loader import LoadedModel, load, quicken
from inference.engine.prompt import Prompt, encode
from inference.engine.rows import LONGEST_REPLY, Rows, Start
from inference.engine.saying import decode
from inference.engine.style import Sampling
from inference.errors import ModelError

GREEDY = Sampling(temperature=0, repetition_penalty=1.0)
FREE = Sampling(temperature=1.0, top_p=1.0, repetition_penalty=1.0)


@pytest.fixture(scope="module")
def network(tiny_model: Path) -> LoadedModel:
    """In float32, so that its text is that of transformers to the letter."""
    torch.set_num_threads(1)
    model = load(str(tiny_model))
    return replace(model, network=model.network.float())


@pytest.fixture(scope="module", params=["borrowed", "exact", "whole", "static"])
def model(request: pytest.FixtureRequest, network: LoadedModel) -> LoadedModel:
    """The same model by transformers' forward, by our own step, by that in whole numbers, and as on a card."""
    if request.param == "borrowed":
        return network
    if request.param == "static":
        return replace(quicken(network, kernel=Kernel.EXACT), room=Room(12, 512, 1 << 20))
    return quicken(network, kernel=Kernel(request.param))


def prompt(model: LoadedModel, text: str) -> Prompt:
    return encode(model.tokenizer, (Message("user", text),), longest=500)


def run(batch: Batch, numbers: list[int], texts: dict[int, str] | None = None) -> dict[int, str]:
    """Steps until the rows `numbers` have ended; their texts."""
    going, texts = set(numbers), {} if texts is None else texts
    while going:
        for piece in batch.step():
            texts[piece.row] = texts.get(piece.row, "") + piece.text
            going -= {piece.row} if piece.ended else set()
    return texts


def alone(model: LoadedModel, text: str, seed: int, sampling: Sampling = FREE, longest: int = 24) -> str:
    batch = Batch(model)
    numbers = batch.add(prompt(model, text), seeds=[seed], sampling=sampling, max_tokens=longest)
    said = run(batch, numbers)[numbers[0]]
    assert batch.rows == 0
    return said


@pytest.mark.parametrize("text", ["I know you.", "Maybe. It helps me, so what? " * 30])
@pytest.mark.parametrize("kernel", [None, Kernel.EXACT])
def test_greedy_text_is_what_transformers_generates(
    text: str, kernel: Kernel | None, network: LoadedModel
) -> None:
    model = quicken(network, kernel=kernel) if kernel else network
    ids = torch.tensor([prompt(network, text).ids])
    theirs = network.network.generate(
        ids, do_sample=False, max_new_tokens=24, attention_mask=torch.ones_like(ids)
    )
    assert alone(model, text, 1, GREEDY) == decode(model.tokenizer, theirs[0, ids.shape[1] :].tolist())


def test_a_row_says_the_same_alone_and_among_others(model: LoadedModel) -> None:
    batch, texts = Batch(model), {}
    first = batch.add(prompt(model, "I know you."), seeds=[1, 2, 3], sampling=FREE, max_tokens=24)
    for piece in [*batch.step(), *batch.step()]:
        texts[piece.row] = texts.get(piece.row, "") + piece.text
    later = [
        *batch.add(prompt(model, "Other people. " * 20), seeds=[4, 5], sampling=FREE, max_tokens=12),
        *batch.add(prompt(model, "Other days. " * 20), seeds=[6], sampling=FREE, max_tokens=12),
    ]
    run(batch, [*first, *later], texts)
    assert [texts[row] for row in first] == [alone(model, "I know you.", seed) for seed in (1, 2, 3)]
    assert [texts[row] for row in later] == [
        *(alone(model, "Other people. " * 20, seed, longest=12) for seed in (4, 5)),
        alone(model, "Other days. " * 20, 6, longest=12),
    ]


def test_a_dropped_row_leaves_the_others_as_they_were(model: LoadedModel) -> None:
    batch = Batch(model)
    rows = batch.add(prompt(model, "I know you."), seeds=[1, 2, 3], sampling=FREE, max_tokens=24)
    texts = {piece.row: piece.text for piece in batch.step()}
    batch.drop([rows[0]])
    batch.drop([rows[0]])
    assert batch.rows == 2
    run(batch, rows[1:], texts)
    assert [texts[row] for row in rows[1:]] == [alone(model, "I know you.", seed) for seed in (2, 3)]


def test_rows_dropped_before_their_prompt_is_read_leave_nothing(model: LoadedModel) -> None:
    batch = Batch(model)
    gone = batch.add(prompt(model, "I know you."), seeds=[1, 2], sampling=FREE, max_tokens=24)
    half = batch.add(prompt(model, "I know you."), seeds=[3, 4], sampling=FREE, max_tokens=24)
    batch.drop([*gone, half[0]])
    assert run(batch, half[1:])[half[1]] == alone(model, "I know you.", 4)
    assert batch.rows == 0


def test_a_reply_is_no_longer_than_asked(model: LoadedModel) -> None:
    batch = Batch(model)
    batch.add(prompt(model, "I know."), seeds=[1], sampling=FREE, max_tokens=1)
    assert [piece.ended in ("length", "stop") for piece in batch.step()] == [True]
    assert batch.rows == 0
    assert batch.step() == []


def test_a_prompt_joins_only_where_there_is_memory(model: LoadedModel) -> None:
    asked = prompt(model, "I know.")
    assert Batch(model).fits(asked, candidates=4, max_tokens=100) is True
    assert (
        Batch(model, rows=rows_of(model, most_bytes=100_000)).fits(asked, candidates=4, max_tokens=1000)
        is False
    )


def test_memory_for_talks_is_what_was_set_and_enough_for_one_reply(network: LoadedModel) -> None:
    model = quicken(network, kernel=Kernel.EXACT)
    assert model.weights is not None
    position = model.weights.shape.position_bytes(model.dtype)
    long = Prompt(tuple(range(5, 45)) * 100)
    many = [Start((number, *long.ids), (number,), 200) for number in range(8)]

    def taken(rows: Rows) -> int:
        for number, start in enumerate(many):
            if not rows.fits(start):
                return number
            rows.start(start)
        return len(many)

    assert taken(rows_of(replace(model, talk_bytes=position))) == 1
    assert taken(rows_of(replace(model, talk_bytes=4 * LONGEST_REPLY * position))) == 3
    assert taken(rows_of(replace(model, talk_bytes=8 * LONGEST_REPLY * position))) == 7


def test_an_adapter_that_is_not_there_is_refused(model: LoadedModel) -> None:
    batch = Batch(model)
    with pytest.raises(ModelError):
        batch.add(prompt(model, "I."), seeds=[1], sampling=FREE, max_tokens=4, adapter="absent")
    assert batch.rows == 0

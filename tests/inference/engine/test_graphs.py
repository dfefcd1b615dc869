"""Sizes, filling up, and what is written where a recording reads it, with a recording that runs its step again."""

from collections.abc import Callable

import pytest
import torch

from inference.engine.graphs import MOST, Again, Inputs, Recording, Shared, Size, Steps, size_for
from inference.engine.lora import LowRank, Pair

NOBODYS = 99


@pytest.mark.parametrize(
    ("rows", "past", "size"),
    [
        (1, 1, Size(1, 256)),
        (3, 256, Size(4, 256)),
        (33, 257, Size(64, 512)),
        (65, 900, Size(100, 1000)),
        (101, 600, Size(120, 1000)),
        (120, 1000, Size(120, 1000)),
    ],
)
def test_a_size_is_the_next_that_was_agreed_or_the_whole_room(rows: int, past: int, size: Size) -> None:
    assert size_for(rows, past, most_rows=120, most_past=1000) == size


class Counting:
    """A step whose logits are its numbers, and how often it was recorded and run."""

    def __init__(self, fails: bool = False) -> None:
        self.recorded = self.ran = 0
        self.fails = fails
        self.seen: list[tuple[Inputs, int]] = []

    def run(self, inputs: Inputs, past: int) -> torch.Tensor:
        self.ran += 1
        self.seen.append((inputs, past))
        return inputs.numbers.t().float()

    def record(self, run: Callable[[], None]) -> Recording:
        if self.fails:
            raise RuntimeError("operation not permitted when stream is capturing")
        self.recorded += 1
        return Again(run)

    def steps(self) -> Steps:
        return Steps(
            self.run,
            record=self.record,
            device=torch.device("cpu"),
            most_rows=8,
            most_past=512,
            vocabulary=3,
            nobodys=NOBODYS,
        )


def test_rows_are_filled_up_with_rows_of_nobody() -> None:
    counting = Counting()
    given = counting.steps().step([5, 6, 7], [10, 11, 12], [None] * 3)
    assert given.tolist() == [[5, 10, 0], [6, 11, 1], [7, 12, 2]]
    inputs, past = counting.seen[0]
    assert inputs.numbers.tolist() == [[5, 6, 7, 0], [10, 11, 12, 0], [0, 1, 2, NOBODYS]]
    assert past == 256


def test_a_size_is_recorded_once_and_its_numbers_are_written_in_place() -> None:
    counting = Counting()
    steps = counting.steps()
    steps.step([5, 6, 7], [10, 11, 12], [None] * 3)
    again = steps.step([1, 2, 3, 4], [20, 21, 22, 23], [None] * 4)
    assert again.tolist() == [[1, 20, 0], [2, 21, 1], [3, 22, 2], [4, 23, 3]]
    assert counting.recorded == 1
    assert len({id(inputs.numbers) for inputs, _ in counting.seen}) == 1
    steps.step([1], [300], [None])
    assert steps.sizes == (Size(4, 256), Size(1, 512))


def test_a_step_that_cannot_be_recorded_runs_as_it_is_from_then_on() -> None:
    counting = Counting(fails=True)
    steps = counting.steps()
    for token in (1, 2):
        assert steps.step([token], [3], [None]).tolist() == [[token, 3, 0]]
    assert (steps.sizes, counting.ran) == ((), 2)


def adapter(checksum: str, factor: float) -> LowRank:
    pair = Pair(torch.ones(1, 2), torch.full((3, 1), factor))
    return LowRank(checksum, checksum, ({"out": pair},))


def test_the_longest_unused_recording_goes_first() -> None:
    counting = Counting()
    steps = counting.steps()
    for number in range(MOST + 1):
        steps.step([1], [1], [adapter(f"{number:03}", 1.0)])
        steps.step([1], [1], [adapter("000", 1.0)])
    assert len(steps.sizes) == MOST
    kept = {size.adapters for size in steps.sizes}
    assert ("000",) in kept
    assert ("001",) not in kept


def test_an_adapter_changes_its_own_rows_alone() -> None:
    shares = torch.tensor([[[1.0], [0.0], [0.0]], [[0.0], [1.0], [0.0]]])
    layer = Shared([adapter("a", 1.0), adapter("b", 10.0)], shares).of_layer(0)
    tokens, given = torch.ones(3, 2), torch.zeros(3, 3)
    assert layer.add("out", tokens, given)[:, 0].tolist() == [2.0, 20.0, 0.0]
    assert layer.add("down", tokens, torch.zeros(3, 3)).abs().sum() == 0


def test_whose_rows_an_adapter_changes_is_written_in_place_too() -> None:
    counting = Counting()
    steps, own, other = counting.steps(), adapter("a", 1.0), adapter("b", 2.0)
    steps.step([1, 1], [1, 1], [own, other])
    steps.step([1, 1], [1, 1], [other, own])
    inputs, _ = counting.seen[-1]
    assert counting.recorded == 1
    assert inputs.changes is not None
    assert inputs.changes.shares[:, :, 0].tolist() == [[0.0, 1.0], [1.0, 0.0]]

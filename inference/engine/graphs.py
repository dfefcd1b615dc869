"""One step of rows that speak, recorded once for each size and played again: a card then runs hundreds of small
operations without a processor that asks for each of them.

A recording has fixed shapes and addresses. So rows are filled up to the next of a few numbers, what they look back at
to the next power of two, and numbers are copied to where the recording reads them. Recordings are made when a size is
first met, and the longest unused goes when there are too many. Where one cannot be made the step runs as it is, from
then on. Knows sizes and numbers, no tokens and no weights. One thread uses it.

On a card nothing of this was measured, neither what a recording gains nor what it takes to make one.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from inference.engine.lora import LowRank, Pair

logger = logging.getLogger(__name__)

ROWS = (1, 2, 4, 8, 16, 32, 64, 100, 128, 256)
LEAST_PAST = 256
MOST = 64
"""Recordings kept."""


class Recording(Protocol):
    def play(self) -> None: ...


Record = Callable[[Callable[[], None]], Recording]
"""Keeps how a step runs; a RuntimeError where that cannot be recorded."""


class Again:
    """Plays by running the step again: a recording for a processor, which has none of its own."""

    def __init__(self, run: Callable[[], None]) -> None:
        self.play = run


class CardRecorder:
    """Recordings as CUDA graphs, in one pool of memory: they are never played at the same time."""

    def __init__(self) -> None:
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, run: Callable[[], None]) -> "CardGraph":
        return CardGraph(run, self._pool)


class CardGraph:
    def __init__(self, run: Callable[[], None], pool: tuple[int, int]) -> None:
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            run()  # libraries prepare themselves in the first run, which cannot be recorded
        torch.cuda.current_stream().wait_stream(aside)
        self._graph = torch.cuda.CUDAGraph()
        # Another thread may be loading a model: only this one's operations are held to the rules of recording.
        with torch.cuda.graph(self._graph, pool=pool, capture_error_mode="thread_local"):
            run()

    def play(self) -> None:
        self._graph.replay()


@dataclass(frozen=True)
class Size:
    """`adapters` are those that any of the rows has, by checksum."""

    rows: int
    past: int
    adapters: tuple[str, ...] = ()


def size_for(rows: int, past: int, *, most_rows: int, most_past: int, adapters: tuple[str, ...] = ()) -> Size:
    """The smallest size that holds so many rows and positions; beyond the last number of rows, and where they all fit
    no other, `most_rows`."""
    filled = next((each for each in ROWS if rows <= each < most_rows), most_rows)
    looked_at = LEAST_PAST
    while looked_at < past:
        looked_at *= 2
    return Size(filled, min(looked_at, most_past), adapters)


@dataclass(frozen=True)
class Shared:
    """Adapters' changes to a step of a fixed number of rows: each is worked out for all of them and added where
    `shares` `[adapters, rows, 1]` is 1 and not 0."""

    adapters: Sequence[LowRank]
    shares: torch.Tensor

    def of_layer(self, number: int) -> "SharedLayer":
        pairs = [adapter.layers[number] for adapter in self.adapters]
        return SharedLayer(tuple(zip(pairs, self.shares, strict=True)))


@dataclass(frozen=True)
class SharedLayer:
    own: Sequence[tuple[dict[str, Pair], torch.Tensor]]

    def add(self, name: str, tokens: torch.Tensor, given: torch.Tensor) -> torch.Tensor:
        """As `OfLayer.add`."""
        for pairs, share in self.own:
            if (pair := pairs.get(name)) is not None:
                change = (tokens.to(pair.first.dtype) @ pair.first.t()) * share.to(pair.first.dtype)
                given.add_(change @ pair.second.t())
        return given


@dataclass(frozen=True)
class Inputs:
    """Of a step of a fixed size: `numbers` `[3, rows]` are ids, positions and slots."""

    numbers: torch.Tensor
    changes: Shared | None


@dataclass(frozen=True)
class _Kept:
    inputs: Inputs
    recording: Recording


class Steps:
    """`run(inputs, past)` gives logits `[rows, vocabulary]` behind rows that look back at `past` positions; recordings
    of all sizes write them to one place. `nobodys` is the slot of rows that only fill up. `record` None runs every step
    as it is."""

    def __init__(
        self,
        run: Callable[[Inputs, int], torch.Tensor],
        *,
        record: Record | None,
        device: torch.device,
        most_rows: int,
        most_past: int,
        vocabulary: int,
        nobodys: int,
    ) -> None:
        self._run, self._record, self._device = run, record, device
        self._most_rows, self._most_past, self._nobodys = most_rows, most_past, nobodys
        self._kept: OrderedDict[Size, _Kept] = OrderedDict()
        size = (0 if record is None else most_rows, vocabulary)
        self._written = torch.empty(size, dtype=torch.float32, device=device)

    @property
    def sizes(self) -> tuple[Size, ...]:
        """Recorded, the longest unused first."""
        return tuple(self._kept)

    def step(
        self, ids: Sequence[int], positions: Sequence[int], adapters: Sequence[LowRank | None]
    ) -> torch.Tensor:
        """Logits `[rows, vocabulary]` of the rows in the first slots, good until the next step."""
        used = {each.checksum: each for each in adapters if each is not None}
        size = size_for(
            len(ids),
            max(positions) + 1,
            most_rows=self._most_rows,
            most_past=self._most_past,
            adapters=tuple(sorted(used)),
        )
        filling = size.rows - len(ids)
        numbers = torch.tensor(
            [
                [*ids, *[0] * filling],
                [*positions, *[0] * filling],
                [*range(len(ids)), *[self._nobodys] * filling],
            ]
        )
        ordered = [used[checksum] for checksum in size.adapters]
        shares = torch.tensor(
            [[float(each is own) for each in adapters] + [0.0] * filling for own in ordered]
        )
        logits = self._logits(size, numbers, ordered, shares[:, :, None] if ordered else shares)
        return logits[: len(ids)]

    def _logits(
        self, size: Size, numbers: torch.Tensor, adapters: Sequence[LowRank], shares: torch.Tensor
    ) -> torch.Tensor:
        kept = self._kept.get(size)
        if kept is None:
            inputs = Inputs(
                numbers.to(self._device), Shared(adapters, shares.to(self._device)) if adapters else None
            )
            return self._first(size, inputs)
        self._kept.move_to_end(size)
        kept.inputs.numbers.copy_(numbers)
        if kept.inputs.changes is not None:
            kept.inputs.changes.shares.copy_(shares)
        kept.recording.play()
        return self._written

    def _first(self, size: Size, inputs: Inputs) -> torch.Tensor:
        """A step of a size that was not met before: recorded if that can be done."""
        if self._record is None:
            return self._run(inputs, size.past)
        if len(self._kept) == MOST:
            self._kept.popitem(last=False)
        step, written = self._run, self._written[: size.rows]

        def run() -> None:
            written.copy_(step(inputs, size.past))

        try:
            recording = self._record(run)
        except RuntimeError as error:
            logger.warning("a step of %s rows cannot be recorded (%s)", size.rows, type(error).__name__)
            self._record = None
            return step(inputs, size.past)
        self._kept[size] = _Kept(inputs, recording)
        recording.play()
        return self._written

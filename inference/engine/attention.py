"""How the tokens of a step look back: rows at their prompt and at what they said, parts of a prompt at what is before.

Plain batched products. Measured on one core in bfloat16, 64 rows of 256 positions, 9 heads sharing 3: the products
1.1 ms a layer, `scaled_dot_product_attention` with the heads that share as its queries 6.7, with `enable_gqa` 31. For
128 positions of a prompt of 256: .74, 1.12 and, each head apart, 1.19.

Sizes go in steps (`inference.sizes`): in 300 answers to 100 chats the kernels of all others took 215 MB, and no end,
also when their products were dropped from oneDNN's cache. Knows blocks and shapes, no weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional

from inference.engine.blocks import Block, places_for
from inference.sizes import up_to

TOKENS_STEP, PAST_STEP = 32, 128


@dataclass(frozen=True)
class Seats:
    """Which rows sit at which prompt: `rows` `[groups, seats]` (row 0 where nobody sits); `group` and `seat`, `[rows]`,
    are a row's place in it."""

    rows: torch.Tensor
    group: torch.Tensor
    seat: torch.Tensor

    def gather(self, per_row: torch.Tensor) -> torch.Tensor:
        """`[rows, heads, queries, n]` to `[groups, heads, seats * queries, n]`."""
        return per_row[self.rows].transpose(1, 2).flatten(2, 3)

    def scatter(self, per_group: torch.Tensor) -> torch.Tensor:
        apart = per_group.unflatten(2, (self.rows.shape[1], -1))
        return apart[self.group, :, self.seat]


@dataclass(frozen=True)
class EvenSeats:
    """As `Seats` where each prompt has the same number `each` of rows and these follow one another, as they do while
    all candidates speak: nothing needs to be looked up."""

    each: int

    def gather(self, per_row: torch.Tensor) -> torch.Tensor:
        return per_row.unflatten(0, (-1, self.each)).transpose(1, 2).flatten(2, 3)

    def scatter(self, per_group: torch.Tensor) -> torch.Tensor:
        return per_group.unflatten(2, (self.each, -1)).transpose(1, 2).flatten(0, 1)


@dataclass(frozen=True)
class Speaking:
    """One block's rows: tokens [first, end) of the step, one a row, in the order of the block's rows. `position` is the
    token's among what its row said; `mask` `[rows, 1, 1, capacity + own positions]` is 0 or -inf. `seats` is None where
    row n sits alone at prompt n."""

    block: Block
    first: int
    end: int
    seats: Seats | EvenSeats | None
    place: torch.Tensor
    position: torch.Tensor
    mask: torch.Tensor

    def look(self, layer: int, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        """`query` `[rows, heads, queries, head]`, `key` and `value` `[rows, heads, head]`; what was seen, as query."""
        keys, values = self.block.own[layer]
        keys[self.place, :, self.position] = key
        values[self.place, :, self.position] = value
        prompt_keys, prompt_values = self.block.prompts[layer]
        scores = (self._of_prompts(query, prompt_keys.mT), by_places(query, keys.mT))
        shares = torch.cat(scores, dim=3).float().add_(self.mask).softmax(3).to(value.dtype)
        far, near = shares.split((self.block.capacity, keys.shape[2]), dim=3)
        return self._of_prompts(far, prompt_values).add_(by_places(near, values))

    def _of_prompts(self, per_row: torch.Tensor, prompts: torch.Tensor) -> torch.Tensor:
        if self.seats is None:
            return by_places(per_row, prompts)
        return self.seats.scatter(by_places(self.seats.gather(per_row), prompts))


@dataclass(frozen=True)
class Reading:
    """A part of one prompt: tokens [first, end) of the step are its positions from `start`; `mask` `[tokens,
    start + tokens]`, or more of both, which are nobody's. Its keys and values are at `place` of `layers[n]` `[2,
    places, heads, positions, head]`."""

    layers: Sequence[torch.Tensor]
    place: int
    first: int
    end: int
    start: int
    mask: torch.Tensor

    def look(self, layer: int, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        """As `Speaking.look`, a row being a position."""
        positions, heads, queries, _ = query.shape
        size, past = self.mask.shape
        keys, values = self.layers[layer][:, self.place, :, :past]
        end = self.start + positions
        keys[:, self.start : end] = key.transpose(0, 1)
        values[:, self.start : end] = value.transpose(0, 1)
        for left in (keys[:, end:], values[:, end:]):
            left.zero_()  # multiplied by nought, but what somebody left there may be no number
        asked = functional.pad(query.permute(1, 2, 0, 3), (0, 0, 0, size - positions)).flatten(1, 2)
        scores = (asked @ keys.mT).float().unflatten(1, (queries, size)).add_(self.mask)
        seen = scores.softmax(3).to(value.dtype).flatten(1, 2) @ values
        return seen.view(heads, queries, size, -1)[:, :, :positions].permute(2, 0, 1, 3)


def speaking(block: Block, first: int) -> Speaking:
    """What the block's rows, which begin at token `first` of the step, need to take one token each."""
    block.make_room()
    device = block.device
    lengths = torch.tensor([len(row.said) for row in block.rows], device=device)
    prompts = torch.tensor([len(row.group.ids) for row in block.rows], device=device)
    far = torch.arange(block.capacity, device=device)[None] < prompts[:, None]
    near = torch.arange(block.own_positions, device=device)[None] <= lengths[:, None]
    return Speaking(
        block=block,
        first=first,
        end=first + len(block.rows),
        seats=_seats(block),
        place=torch.arange(len(block.rows), device=device),
        position=lengths,
        mask=as_mask(torch.cat((far, near), dim=1))[:, None, None],
    )


def reading(layers: Sequence[torch.Tensor], place: int, *, first: int, start: int, tokens: int) -> Reading:
    """`tokens` tokens, from number `first` of the step, as the positions of a prompt from `start`."""
    device = layers[0].device
    past = min(up_to(start + tokens, PAST_STEP), layers[0].shape[3])
    own = torch.arange(start, start + up_to(tokens, TOKENS_STEP), device=device)
    seen = torch.arange(past, device=device)[None] <= own[:, None]
    return Reading(layers, place, first, first + tokens, start, as_mask(seen))


def as_mask(seen: torch.Tensor) -> torch.Tensor:
    """0 where `seen`, else -inf, in float32."""
    return torch.zeros(seen.shape, dtype=torch.float32, device=seen.device).masked_fill_(~seen, float("-inf"))


def _seats(block: Block) -> Seats | EvenSeats | None:
    place_of = {id(group): place for place, group in enumerate(block.groups)}
    taken: list[list[int]] = [[] for _ in block.groups]
    group, seat = [], []
    for number, row in enumerate(block.rows):
        at = place_of[id(row.group)]
        group.append(at)
        seat.append(len(taken[at]))
        taken[at].append(number)
    if group == list(range(len(block.groups))):
        return None
    most = max(map(len, taken))
    if [number for sitting in taken for number in sitting] == list(range(len(taken) * most)):
        return EvenSeats(most)
    rows = [sitting + [0] * (most - len(sitting)) for sitting in taken]
    device = block.device
    return Seats(*(torch.tensor(each, device=device) for each in (rows, group, seat)))


def by_places(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """As `product` with the first n of the places that `right` has."""
    count = len(left)
    size = places_for(count)
    padded = functional.pad(left, (0, 0, 0, 0, 0, 0, 0, size - count)) if size > count else left
    return product(padded, right[:size])[:count]


def product(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """`[n, heads, a, b]` by `[n, heads, b, c]`; `right` may be the transpose of what lies in memory."""
    product = torch.bmm(left.flatten(0, 1), right.flatten(0, 1))
    return product.unflatten(0, left.shape[:2])

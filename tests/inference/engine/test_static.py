"""The card's rows on a processor: their logits against `OwnRows`, which are held against transformers."""

import gc
import weakref

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from inference.engine.arena import READERS, Room, room_for
from inference.engine.graphs import Again, Record
from inference.engine.linear import Kernel
from inference.engine.lora import PARTS, LowRank, fold
from inference.engine.prefixes import PIECE
from inference.engine.rows import OwnRows, Rows, Start
from inference.engine.static import StaticRows
from inference.engine.weights import Weights, take_weights
from inference.errors import ModelError

ROOM = Room(rows=12, positions=512, prefix_bytes=1 << 20)


def weights(kernel: Kernel = Kernel.EXACT, device: str = "cpu") -> Weights:
    config = LlamaConfig(
        vocab_size=320,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=1024,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = LlamaForCausalLM(config).eval().requires_grad_(False)
        for own in network.parameters():
            own.data = own * (1 if own.dim() == 1 else 6)
    return take_weights(network, kernel=kernel, device=device)


def static(own: Weights, record: Record | None = Again, room: Room = ROOM) -> StaticRows:
    return StaticRows(own, dtype=torch.float32, room=room, record=record)


def ids(count: int, seed: int) -> tuple[int, ...]:
    return tuple(torch.randint(0, 320, (count,), generator=torch.Generator().manual_seed(seed)).tolist())


def adapter(own: Weights, name: str, seed: int) -> LowRank:
    chance = torch.Generator().manual_seed(seed)
    pairs = {
        (layer, part): (
            torch.randn(4, 64 if part == "mlp.down_proj" else 32, generator=chance),
            torch.randn(rows, 4, generator=chance) / 8,
        )
        for layer in range(2)
        for part, rows in (("self_attn.q_proj", 32), ("mlp.gate_proj", 64), ("mlp.down_proj", 32))
    }
    assert {part for _, part in pairs} <= {part for parts in PARTS.values() for part in parts}
    return fold(name, name * 8, pairs, own)


def talk(
    rows: Rows, adapters: tuple[LowRank | None, ...] = (None, None)
) -> dict[tuple[int, int], torch.Tensor]:
    """Logits by row and step, of rows that join and leave in groups and alone, and say what a script has them say."""
    heard: dict[tuple[int, int], torch.Tensor] = {}
    said: dict[int, int] = {}
    last: dict[int, int] = {}
    rows.start(Start(ids(300, 1), (0, 1, 2), 100, adapters[0]))
    rows.start(Start(ids(40, 2), (3,), 100, adapters[1]))
    for step in range(40):
        if step == 6:
            rows.remove(1)
            last.pop(1)
        if step == 9:
            rows.start(Start((*ids(300, 1)[:250], *ids(40, 2)), (4, 5), 100))
        if step == 15:
            for number in (0, 2):
                rows.remove(number)
                last.pop(number)
        numbers, logits = rows.step(last)
        last = {}
        for place, number in enumerate(numbers):
            assert logits is not None
            said[number] = said.get(number, -1) + 1
            heard[number, said[number]] = logits[place].clone()
            last[number] = (7 * number + 13 * said[number]) % 320
    for number in (3, 4, 5):
        rows.remove(number)
    return heard


def apart(one: dict[tuple[int, int], torch.Tensor], other: dict[tuple[int, int], torch.Tensor]) -> float:
    """The largest difference where both speak; they may read a prompt in different numbers of steps."""
    both = one.keys() & other.keys()
    assert len(both) > 120
    return max(float((one[each] - other[each]).abs().max()) for each in both)


@pytest.mark.parametrize("record", [Again, None], ids=["recorded", "as it is"])
def test_logits_are_those_of_our_own_step(record: Record | None) -> None:
    own = weights()
    rows = static(own, record)
    assert apart(talk(rows), talk(OwnRows(own, dtype=torch.float32))) < 1e-4
    assert bool(rows.steps.sizes) is (record is not None)


def test_adapters_of_different_rows_are_those_of_our_own_step() -> None:
    own = weights()
    adapters = (adapter(own, "a", 1), adapter(own, "b", 2))
    wanted = talk(OwnRows(own, dtype=torch.float32), adapters)
    rows = static(own)
    assert apart(talk(rows, adapters), wanted) < 1e-4
    assert apart(wanted, talk(OwnRows(own, dtype=torch.float32))) > 1e-2
    assert ("a" * 8, "b" * 8) in {size.adapters for size in rows.steps.sizes}


@pytest.mark.parametrize("kernel", [Kernel.WHOLE, Kernel.FOUR])
def test_weights_of_fewer_bits_are_spoken_with(kernel: Kernel) -> None:
    own = weights(kernel)
    assert apart(talk(static(own)), talk(OwnRows(own, dtype=torch.float32))) < 0.1


def test_recordings_are_few_though_rows_come_and_go() -> None:
    rows = static(weights())
    talk(rows)
    assert [(size.rows, size.past) for size in rows.steps.sizes] == [(8, 512), (4, 512)]


def test_a_prompt_that_begins_as_another_is_not_read_twice() -> None:
    rows = static(weights())
    rows.start(Start(ids(200, 1), (0,), 10))
    rows.step({})
    rows.start(Start((*ids(200, 1), *ids(30, 2)), (1,), 10))
    numbers, together = rows.step({0: 1})
    alone = static(weights())
    alone.start(Start((*ids(200, 1), *ids(30, 2)), (1,), 10))
    _, single = alone.step({})
    assert numbers == [0, 1]
    assert len(rows.prefixes) == 230 // PIECE
    assert together is not None and single is not None
    assert torch.allclose(together[1], single[0], atol=1e-4)


def test_what_does_not_fit_waits_or_is_too_long() -> None:
    rows = static(weights())
    assert rows.fits(Start(ids(500, 1), tuple(range(12)), 12)) is True
    assert rows.fits(Start(ids(500, 1), (0,), 13)) is False
    rows.start(Start(ids(50, 1), tuple(range(9)), 10))
    assert rows.fits(Start(ids(50, 1), (9, 10, 11), 10)) is True
    assert rows.fits(Start(ids(50, 1), (9, 10, 11, 12), 10)) is False


def test_more_prompts_than_can_be_read_at_once_all_speak_in_their_order() -> None:
    rows = static(weights(), room=Room(rows=40, positions=128, prefix_bytes=0))
    for number in range(READERS + 9):
        rows.start(Start(ids(20, number), (number,), 10))
    numbers, _ = rows.step({})
    assert numbers == list(range(READERS))
    numbers, _ = rows.step(dict.fromkeys(numbers, 1))
    assert numbers == list(range(READERS + 9))


def test_a_row_removed_before_its_prompt_is_read_frees_its_slot() -> None:
    rows = static(weights(), room=Room(rows=2, positions=700, prefix_bytes=0))
    rows.start(Start(ids(20, 1), (0,), 10))
    rows.step({})
    for number in range(1, READERS + 2):
        rows.start(Start(ids(600, 1), (number,), 10))
        assert rows.step({0: 1})[0] == [0]
        rows.remove(number)
    assert rows.fits(Start(ids(20, 1), (1,), 10)) is True
    rows.start(Start(ids(20, 1), (1,), 10))
    assert rows.step({0: 1})[0] == [0, 1]


@pytest.mark.parametrize("kernel", Kernel)
def test_every_number_of_a_step_is_made_where_the_weights_are(kernel: Kernel) -> None:
    """On a device that computes nothing and refuses what lies elsewhere, as a card would."""
    own = weights(kernel, device="meta")
    rows = static(own)
    rows.start(Start(ids(90, 1), (0, 1), 10, adapter(own, "a", 1)))
    rows.start(Start(ids(50, 2), (2,), 10))
    rows.step({})
    numbers, logits = rows.step(dict.fromkeys(range(3), 1))
    assert logits is not None
    assert (numbers, logits.device.type, logits.shape) == ([0, 1, 2], "meta", (3, 320))
    rows.remove(0)
    rows.start(Start((*ids(90, 1), 5), (3,), 10))
    assert rows.step({1: 1, 2: 1})[0] == [2, 1, 3]


def test_memory_goes_back_with_the_rows_and_waits_for_no_collector() -> None:
    gc.disable()
    try:
        rows = static(weights())
        talk(rows)
        arena = weakref.ref(rows._arena)
        del rows
        assert arena() is None
    finally:
        gc.enable()


def test_room_is_as_long_as_memory_allows_for_all_rows() -> None:
    shape = weights().shape
    each = shape.position_bytes(torch.bfloat16)
    slots = 32 + READERS + 1

    def room(positions: int, context: int = 4096) -> Room:
        free = int(positions * each * slots / 0.45 * 8 / 7) + 10_000
        return room_for(shape, torch.bfloat16, rows=32, context=context, free_bytes=free)

    assert (room(1000).positions, room(9000).positions) == (960, 4096)
    assert room(200, context=128).positions == 128
    with pytest.raises(ModelError, match="PIXELATED_WORKER_ROWS"):
        room(400)

"""Our own step against transformers' forward, token by token, on tiny random models of every family it knows."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from inference.engine.linear import Kernel
from inference.engine.prefixes import PIECE, Prefixes
from inference.engine.rows import OwnRows, Start
from inference.engine.weights import is_known, take_weights

SIZES = {
    "vocab_size": 320,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 1024,
}
SCALED_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 10_000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 512,
}
FAMILIES: dict[str, Callable[[], PreTrainedModel]] = {
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**SIZES, tie_word_embeddings=True)),
    "llama3": lambda: LlamaForCausalLM(LlamaConfig(**SIZES, rope_parameters=SCALED_ROPE)),
    "mistral": lambda: MistralForCausalLM(MistralConfig(**SIZES)),
    "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(**SIZES)),
    "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(**SIZES, head_dim=16)),
}


def network(family: str) -> PreTrainedModel:
    """Random, with norms and biases that are not all ones and noughts, and attention that prefers something."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = FAMILIES[family]().eval().requires_grad_(False)
        for own in made.parameters():
            own.data = own + 0.2 * torch.randn_like(own) if own.dim() == 1 else own * 6
    return made


def own_rows(made: PreTrainedModel, kernel: Kernel = Kernel.EXACT, **settings: object) -> OwnRows:
    return OwnRows(take_weights(made, kernel=kernel), dtype=torch.float32, **settings)  # type: ignore[arg-type]


class Talk:
    """Feeds rows what a script says, and holds their logits against transformers'."""

    def __init__(self, made: PreTrainedModel, rows: OwnRows) -> None:
        self.rows, self._network = rows, made
        self._ids: dict[int, list[int]] = {}
        self._last: dict[int, int] = {}
        self._chance = torch.Generator().manual_seed(1)
        self.worst, self.agreed, self.heard = 0.0, 0, 0

    def start(self, ids: tuple[int, ...], *numbers: int) -> None:
        self._ids |= {number: list(ids) for number in numbers}
        self.rows.start(Start(ids, numbers, room=100))

    def remove(self, number: int) -> None:
        self.rows.remove(number)
        self._last.pop(number, None)

    @torch.inference_mode()
    def step(self) -> None:
        numbers, logits = self.rows.step(self._last)
        self._last = {}
        for place, number in enumerate(numbers):
            assert logits is not None
            theirs = self._network(torch.tensor([self._ids[number]])).logits[0, -1]
            self.worst = max(self.worst, float((logits[place] - theirs).abs().max()))
            self.agreed += int(logits[place].argmax() == theirs.argmax())
            self.heard += 1
            token = int(torch.randint(0, 320, (), generator=self._chance))
            self._ids[number].append(token)
            self._last[number] = token


def ids(count: int, seed: int) -> tuple[int, ...]:
    return tuple(torch.randint(0, 320, (count,), generator=torch.Generator().manual_seed(seed)).tolist())


def crowd(made: PreTrainedModel, rows: OwnRows) -> Talk:
    """Long and short prompts, alone and in groups, that join and leave at different times; one begins as another."""
    talk = Talk(made, rows)
    talk.start(ids(300, 1), 0, 1, 2)
    talk.start(ids(40, 2), 3)
    for step in range(70):
        if step == 5:
            talk.remove(1)
        if step == 9:
            talk.start((*ids(300, 1)[:250], *ids(40, 2)), 4, 5)
        if step == 30:
            talk.start(ids(700, 4), 6)
        talk.step()
    return talk


def leave(talk: Talk) -> None:
    for number in (0, 2, 3, 4, 5, 6):
        talk.remove(number)


@pytest.mark.parametrize("family", FAMILIES)
def test_logits_are_those_of_transformers(family: str) -> None:
    made = network(family)
    talk = crowd(made, own_rows(made))
    assert talk.heard > 300
    assert talk.worst < 1e-4


@pytest.mark.parametrize("family", ["llama", "qwen2", "qwen3"])
def test_whole_numbers_stay_near_transformers(family: str) -> None:
    made = network(family)
    talk = crowd(made, own_rows(made, Kernel.WHOLE))
    assert talk.agreed / talk.heard > 0.9
    assert talk.worst < 0.3


def test_a_row_alone_and_in_a_crowd_has_the_same_logits_in_whole_numbers() -> None:
    made = network("llama")
    alone, among = own_rows(made, Kernel.WHOLE), own_rows(made, Kernel.WHOLE)
    among.start(Start(ids(50, 7), (1, 2), 100))
    for rows in (alone, among):
        rows.start(Start(ids(90, 8), (0,), 100))
    last: dict[int, int] = {}
    for token in range(20):
        _, single = alone.step({0: token} if last else {})
        numbers, both = among.step(last)
        assert single is not None and both is not None
        assert torch.allclose(both[numbers.index(0)], single[0], atol=1e-3)
        last = dict.fromkeys(numbers, token + 1)
        last[0] = token + 1


def test_kinds_of_models_that_are_not_known_are_refused() -> None:
    assert is_known(network("llama")) is True
    assert is_known(GPT2LMHeadModel(GPT2Config(n_embd=8, n_head=2, n_layer=1, vocab_size=10))) is False


def test_a_known_beginning_is_not_read_again_and_changes_nothing() -> None:
    made = network("llama")
    rows = own_rows(made)
    first = crowd(made, rows)
    known = len(rows.prefixes)
    assert known >= (300 + 40 + 40 + 700) // PIECE - 4
    leave(first)
    again = Talk(made, rows)
    again.start((*ids(300, 1)[:200], *ids(50, 9)), 50)
    found = rows.prefixes.find((*ids(300, 1)[:200], *ids(50, 9)))
    assert len(found) == 200 // PIECE
    for _ in range(10):
        again.step()
    assert max(first.worst, again.worst) < 1e-4
    assert again.heard == 10


def test_what_one_conversation_said_is_not_found_from_another() -> None:
    """The same piece of tokens behind another beginning has other keys and values, and must not be met there."""
    prefixes, secret = Prefixes(1 << 20), ids(PIECE, 3)
    beginning, other = ids(PIECE, 1), ids(PIECE, 2)
    prefixes.keep((*beginning, *secret), lambda first, end: torch.full((1, 2, 1, PIECE, 1), float(first)))
    assert len(prefixes.find((*beginning, *secret, 5))) == 2
    assert prefixes.find((*secret, *beginning, 5)) == []
    assert prefixes.find((*other, *secret, 5)) == []
    assert prefixes.find((*beginning, *secret, 5), adapter="a") == []
    assert len(prefixes.find((*beginning, *secret))) == 1


def test_memory_for_prefixes_is_bounded_and_the_oldest_go_first() -> None:
    piece_bytes = 2 * PIECE * 4
    prefixes = Prefixes(5 * piece_bytes)
    for seed in range(10):
        prefixes.keep(ids(2 * PIECE, seed), lambda first, end: torch.zeros(1, 2, 1, PIECE, 1))
        assert prefixes.bytes <= 5 * piece_bytes
    assert len(prefixes.find((*ids(2 * PIECE, 9), 1))) == 2
    assert prefixes.find((*ids(2 * PIECE, 0), 1)) == []


def test_what_was_read_before_has_what_the_blocks_do_not_take() -> None:
    made = network("llama")
    piece = PIECE * take_weights(made, kernel=Kernel.EXACT).shape.position_bytes(torch.float32)
    rows = own_rows(made, prefixes=Prefixes(2 * piece), most_bytes=40 * piece)
    talk = Talk(made, rows)
    for number in range(6):
        talk.start(ids(4 * PIECE, number), number)
        talk.step()
        talk.remove(number)
    alone = rows.prefixes.bytes
    assert alone == 24 * piece

    talk.start(ids(700, 8), 8)
    for _ in range(6):
        talk.step()
        assert rows.bytes + rows.prefixes.bytes <= 42 * piece
    assert 2 * piece <= rows.prefixes.bytes < alone


class Sizes(TorchDispatchMode):
    """The sizes of all batched products."""

    def __init__(self) -> None:
        super().__init__()
        self.met: set[tuple[tuple[int, ...], ...]] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is torch.ops.aten.bmm.default:
            self.met.add(tuple(tuple(each.shape) for each in args))
        return func(*args, **(kwargs or {}))


def test_products_have_few_sizes_however_many_prompts_have() -> None:
    """For each of them oneDNN keeps a kernel for good."""
    made = network("llama")
    rows = own_rows(made, prefixes=Prefixes(0))
    last: dict[int, int] = {}
    with Sizes() as sizes:
        for number in range(60):
            rows.start(Start(ids(40 + 3 * number, number), (number,), 64))
            heard, _ = rows.step(last)
            last = dict.fromkeys(heard, 1)
            if number >= 24 and number % 3:
                rows.remove(number - 24)
                last.pop(number - 24, None)
    assert len(last) > 24
    assert 20 < len(sizes.met) < 90


def test_memory_goes_back_when_rows_leave() -> None:
    made = network("llama")
    rows = own_rows(made)
    talk = crowd(made, rows)
    assert rows.bytes > 0
    leave(talk)
    assert rows.bytes == 0
    assert rows.step({}) == ([], None)


def test_a_long_prompt_does_not_keep_rows_from_speaking() -> None:
    made = network("llama")
    rows = own_rows(made)
    rows.start(Start(ids(20, 1), (0,), 100))
    numbers, _ = rows.step({})
    rows.start(Start(ids(900, 2), (1,), 100))
    spoken = 0
    while numbers == [0]:
        numbers, _ = rows.step({0: 1})
        spoken += 1
    assert numbers == [0, 1]
    assert spoken >= 6

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from inference.encoder.heads import ADAPTERS
from inference.encoder.network import Network
from inference.encoder.tokens import reading_tokenizer
from inference.testing import SCRIPTED_LINES
from inference.training.corpora import CorpusError, Example
from inference.training.heads import RECIPES, Recipe, _class_weights, drawn, train
from inference.training.held import measure
from inference.training.prepared import NONE, head_loss, prepare

TOY = Recipe(passes={}, default_passes=8.0, seed=9, rate=1e-3, smoothing=0.0)
BRIEF = replace(TOY, default_passes=2.0)
SPEC = {spec.name: spec for specs in ADAPTERS.values() for spec in specs}


def toy(adapter: str, label: Callable[[bool], dict[str, object]]) -> list[Example]:
    """Rows that one word tells apart."""
    rows = [(line, "tired") for line in SCRIPTED_LINES] + [(line, "better") for line in SCRIPTED_LINES]
    return [
        Example(
            adapter, f"{word} {word} {line[:9]} {word} {word}", label(word == "tired"), said, f"toy/{at % 2}"
        )  # type: ignore[arg-type]
        for at, (line, word) in enumerate(rows)
        for said in (SCRIPTED_LINES[at % 7], SCRIPTED_LINES[at % 5])
    ]


def talk(grim: bool) -> dict[str, object]:
    return {"talk": "sustain" if grim else "change"}


def codes(grim: bool) -> dict[str, object]:
    return {"codes": frozenset({"SR"} if grim else {"AF", "Q"})}


def crisis(grim: bool) -> dict[str, object]:
    return {"crisis.severity": "high" if grim else "none"}


def learned(base: Path, adapter: str, examples: list[Example]) -> tuple[Network, list[float]]:
    """The network and the loss of every step, which the running loss hides."""
    running: list[float] = []
    network = train(base, adapter, examples, recipe=TOY, tell=lambda step, steps, loss: running.append(loss))
    pairs = zip(running, running[1:], strict=False)
    return network, [running[0], *((after - 0.98 * before) / 0.02 for before, after in pairs)]


def falls(losses: list[float]) -> bool:
    first, last = losses[:4], losses[-4:]
    return sum(last) < 0.7 * sum(first)


@pytest.mark.parametrize(
    ("adapter", "label", "head"),
    [("exchange", talk, "talk"), ("exchange", codes, "codes"), ("message", crisis, "crisis.severity")],
)
def test_what_one_word_tells_apart_is_learned(
    adapter: str, label: Callable[[bool], dict[str, object]], head: str, tiny_encoder: Path
) -> None:
    examples = toy(adapter, label)
    network, losses = learned(tiny_encoder, adapter, examples)
    assert falls(losses)
    (figure,) = measure(network, examples[::3], tiny_encoder, seed=1)
    assert figure.head == head and figure.value > 0.9


def test_tags_are_learned(tiny_encoder: Path) -> None:
    examples = [
        Example("tags", f"{line} home home home", {"pii": ((len(line) + 1, len(line) + 15, "place"),)})
        for line in SCRIPTED_LINES * 3
    ]
    network, losses = learned(tiny_encoder, "tags", examples)
    (figure,) = measure(network, examples[:8], tiny_encoder, seed=1)
    assert falls(losses) and figure.value > 0.9


def test_the_same_seed_gives_the_same_weights_and_another_others(tiny_encoder: Path) -> None:
    examples = toy("exchange", talk)
    one, again = (train(tiny_encoder, "exchange", examples, recipe=BRIEF).small_state() for _ in range(2))
    other = train(tiny_encoder, "exchange", examples, recipe=replace(BRIEF, seed=10)).small_state()
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_only_the_small_state_is_trained(tiny_encoder: Path) -> None:
    before = Network(tiny_encoder, "exchange", trained=True).state_dict()
    after = train(tiny_encoder, "exchange", toy("exchange", talk)[:32], recipe=BRIEF)
    small = after.small_state()
    for name, tensor in after.state_dict().items():
        assert name in small or torch.equal(tensor, before[name]), name
    assert any(not torch.equal(small[name], before[name].bfloat16()) for name in small if "lora_B" in name)


def test_a_head_without_labels_learns_nothing(tiny_encoder: Path) -> None:
    one = train(tiny_encoder, "exchange", toy("exchange", talk)[:64], recipe=BRIEF)
    weight = one.heads["technique"].out.bias
    torch.manual_seed(BRIEF.seed)
    fresh = Network(tiny_encoder, "exchange", trained=True).heads["technique"].out.bias
    assert torch.equal(weight, fresh)


def test_nothing_to_learn_from_is_refused(tiny_encoder: Path) -> None:
    with pytest.raises(CorpusError, match="nothing to learn from"):
        train(tiny_encoder, "tags", [], recipe=TOY)


def test_a_source_is_seen_as_often_as_its_passes_say() -> None:
    sources = ["crisis/a"] * 100 + ["emotion"] * 1000 + ["other"] * 10
    examples = [Example("message", str(at), {}, "", source) for at, source in enumerate(sources)]
    recipe = Recipe(passes={"crisis/": 2.0, "emotion": 0.25}, default_passes=3.0)
    seen = Counter(example.source for example in drawn(examples, recipe, random.Random(1)))
    assert (seen["crisis/a"], seen["other"]) == (200, 30)
    assert 200 < seen["emotion"] < 300


def test_every_adapter_has_a_recipe() -> None:
    assert set(RECIPES) == set(ADAPTERS)


def test_an_example_becomes_numbers_by_head(tiny_encoder: Path) -> None:
    tokenizer = reading_tokenizer(tiny_encoder)
    alone = prepare(tokenizer, Example("message", "It is", crisis(True)), ADAPTERS["message"])
    assert set(alone.piece.kinds) == {0} and alone.shapes is None
    assert alone.targets["crisis.severity"] == 3 and alone.targets["hate"] is None
    after = prepare(tokenizer, Example("message", "It is", crisis(True), "hm"), ADAPTERS["message"])
    assert set(after.piece.kinds) == {0, 1}
    coded = prepare(tokenizer, Example("exchange", "It was", codes(True)), ADAPTERS["exchange"])
    assert coded.targets["codes"] == [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]


def test_a_tagged_stretch_becomes_a_tag_for_each_of_its_tokens(tiny_encoder: Path) -> None:
    text = "it was home week, +44"
    spans = ((7, 16, "address"), (18, 21, "phone"))
    prepared = prepare(
        reading_tokenizer(tiny_encoder), Example("tags", text, {"pii": spans}), ADAPTERS["tags"]
    )
    at = SPEC["pii"].labels.index("address")
    by_word = {
        text[start:end]: tag
        for (start, end), tag in zip(prepared.piece.spans, prepared.targets["pii"], strict=True)  # type: ignore[call-overload]
    }
    assert by_word == {"": NONE, "it": 0, "was": 0, "home": at, "week": at, ",": 0, "+": 0, "4": 0}
    assert prepared.shapes is not None and len(prepared.shapes) == len(prepared.piece.ids)


def test_rare_labels_weigh_more_and_all_together_as_before(tiny_encoder: Path) -> None:
    tokenizer = reading_tokenizer(tiny_encoder)
    rows = [Example("exchange", "It was", talk(at < 9)) for at in range(90)]
    prepared = [prepare(tokenizer, row, ADAPTERS["exchange"]) for row in rows]
    change, neutral, sustain = _class_weights(SPEC["talk"], prepared).tolist()
    assert neutral > sustain > 1 > change > 0
    assert (82 * change + 1 * neutral + 10 * sustain) / 93 == pytest.approx(1)


def test_tokens_without_words_count_for_nothing_in_the_loss() -> None:
    logits = torch.randn(1, 4, 7)
    whole = head_loss(SPEC["pii"], logits, [[NONE, 2, NONE, NONE]], None, smoothing=0.0)
    alone = torch.nn.functional.cross_entropy(logits[0, 1:2], torch.tensor([2]))
    torch.testing.assert_close(whole, alone)


def test_an_answer_that_may_be_one_of_several_costs_only_what_lies_outside_them() -> None:
    spec = SPEC["crisis.severity"]
    logits = torch.tensor([[4.0, 4.0, -9.0, -9.0, -9.0], [-9.0, 4.0, -9.0, 4.0, -9.0]])
    calm = head_loss(spec, logits[:1], [(0, 1)], None, smoothing=0.05)
    half = head_loss(spec, logits[1:], [(0, 1)], None, smoothing=0.05)
    exact = head_loss(spec, logits[1:], [1], None, smoothing=0.0)
    both = head_loss(spec, logits, [(0, 1), (0, 1)], None, smoothing=0.05)

    assert float(calm) == pytest.approx(0.0, abs=1e-4)
    assert float(half) == pytest.approx(0.6931, abs=1e-3)
    assert float(exact) == pytest.approx(float(half), abs=1e-3)
    assert float(both) == pytest.approx(float(half) / 2, abs=1e-3)


def test_rows_of_one_answer_and_of_several_teach_side_by_side() -> None:
    spec = SPEC["crisis.severity"]
    logits = torch.zeros(3, 5, requires_grad=True)
    head_loss(spec, logits, [3, (0, 1), 0], torch.ones(5), smoothing=0.0).backward()
    grown = -logits.grad
    assert grown[0].argmax() == 3
    assert grown[1, 0] == grown[1, 1] > 0 > grown[1, 2]
    assert grown[2].argmax() == 0

import pytest
import torch

from inference.encoder.heads import ADAPTERS, HIDDEN, SHAPES, Answer, Head, TagHead, build


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_every_head_has_a_name_labels_and_a_question_of_its_own(adapter: str) -> None:
    specs = ADAPTERS[adapter]
    everywhere = [spec.name for each in ADAPTERS.values() for spec in each]
    assert len(set(everywhere)) == len(everywhere)
    assert all(len(set(spec.labels)) == len(spec.labels) > 1 and spec.what for spec in specs)
    assert len(build(adapter)) == len(specs)


def test_a_head_does_not_read_what_is_masked() -> None:
    head = Head(3).eval()
    states = torch.randn(2, 5, HIDDEN)
    mask = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
    logits, weights = head(states, mask)
    other = states.clone()
    other[0, 3:] = 100.0
    again, _ = head(other, mask)
    assert torch.equal(logits, again)
    assert weights[0, 3:].tolist() == [0.0, 0.0] and weights.sum(-1).tolist() == pytest.approx([1, 1])


@torch.inference_mode()
def test_attention_lets_one_token_decide_among_many() -> None:
    head = Head(2).eval()
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.zero_()
        head.attention.weight[0, 0] = 50
        head.out.weight[1, 0] = 1
    states = torch.zeros(1, 190, HIDDEN)
    states[0, 170, 0] = 1
    logits, weights = head(states, torch.ones(1, 190))
    assert logits[0, 1] == pytest.approx(1, abs=0.01) and weights[0].argmax() == 170


def test_a_tag_depends_on_the_spelling_of_the_tokens_beside_it() -> None:
    head = TagHead(3).eval()
    states, plain = torch.zeros(1, 6, HIDDEN), torch.zeros(1, 6, SHAPES)
    capital = plain.clone()
    capital[0, 3, 0] = 1
    changed = (head(states, plain) != head(states, capital)).any(-1)[0]
    assert changed.tolist() == [False, False, True, True, True, False]


def test_a_tagging_head_stands_alone_in_its_adapter() -> None:
    for specs in ADAPTERS.values():
        assert len(specs) == 1 or all(spec.answer is not Answer.TAGS for spec in specs)

"""The product's engine as a speaker, on the tiny random model."""

from pathlib import Path

import pytest
import torch

from inference.errors import ModelError
from inference.evaluation.adapters.contexts import Context
from inference.evaluation.adapters.engine import EngineSpeaker, ModelScorer, loaded
from inference.evaluation.adapters.speaker import adapter_form, bare_form


def made_adapter(tiny_model: Path, folder: Path) -> Path:
    """Random weights that are not nothing."""
    from peft import LoraConfig, get_peft_model  # noqa: PLC0415 - takes seconds

    network = loaded(str(tiny_model), None)[1].network.float()
    torch.manual_seed(1)
    adapted = get_peft_model(network, LoraConfig(r=2, target_modules=["q_proj", "v_proj"]))
    for name, weights in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weights, std=0.5)
    adapted.save_pretrained(folder)
    return folder


def test_the_same_context_gets_the_same_reply_with_its_times(
    tiny_model: Path, client_contexts: list[Context]
) -> None:
    model, _ = loaded(str(tiny_model), None)
    with EngineSpeaker(model, bare_form, candidates=2) as speaker:
        first, again = (speaker.speak(client_contexts[0]) for _ in range(2))

    assert first.text == again.text != ""
    assert first.total_ms is not None and first.tokens > 0


def test_an_adapter_changes_what_is_said(
    tiny_model: Path, tmp_path: Path, client_contexts: list[Context]
) -> None:
    folder = made_adapter(tiny_model, tmp_path / "adapter")
    said = []
    for adapter in (None, folder):
        speaking, _ = loaded(str(tiny_model), adapter)
        with EngineSpeaker(speaking, adapter_form, candidates=1) as speaker:
            said.append([speaker.speak(context).text for context in client_contexts])

    assert said[0] != said[1]


def test_an_adapter_changes_what_the_author_is_expected_to_say(
    tiny_model: Path, tmp_path: Path, client_contexts: list[Context]
) -> None:
    bare = ModelScorer(loaded(str(tiny_model), None)[1], adapter_form).score(client_contexts[0])
    folder = made_adapter(tiny_model, tmp_path / "adapter")
    adapted = ModelScorer(loaded(str(tiny_model), folder)[1], adapter_form).score(client_contexts[0])

    assert bare.tokens == adapted.tokens > 1
    assert bare.nats > 0 and abs(bare.nats - adapted.nats) > 1e-3


def test_a_likelihood_is_the_sum_over_the_replys_own_tokens(
    tiny_model: Path, client_contexts: list[Context]
) -> None:
    scorer = ModelScorer(loaded(str(tiny_model), None)[1], adapter_form)
    short, long = scorer.score(client_contexts[1]), scorer.score(client_contexts[0])

    assert short.tokens < long.tokens
    assert short.nats / short.tokens == pytest.approx(long.nats / long.tokens, rel=0.5)


def test_a_folder_that_is_no_adapter_is_a_model_error(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="safetensors"):
        loaded(str(tiny_model), tmp_path)

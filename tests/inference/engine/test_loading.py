"""A model beside the one that speaks: when it may run, and what is said of one that cannot."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from inference.engine.gate import Gate
from inference.engine.loader import LoadedModel, load
from inference.engine.loading import loaded, spoken_of, warm_up
from inference.errors import ContractError, ModelError
from tests.inference.engine.workers import load_quietly

CANARY = "Zanzibar"


class WatchedGate(Gate):
    """Counts who passed behind."""

    passed = 0

    @contextlib.contextmanager
    def behind(self) -> Iterator[None]:
        with super().behind():
            self.passed += 1
            yield

    @property
    def is_ours(self) -> bool:
        return self._inside == threading.get_ident()


@pytest.fixture
def tiny(tiny_model: Path) -> LoadedModel:
    return load_quietly(str(tiny_model))


def test_every_run_of_a_warm_up_passes_the_gate(tiny_model: Path) -> None:
    gate, inside = WatchedGate(), []
    model = load(str(tiny_model))
    model.network.register_forward_pre_hook(lambda *given: inside.append(gate.is_ours))
    warm_up(model, gate)
    assert len(inside) >= 2 and all(inside)
    assert gate.passed >= len(inside)


def test_an_assessment_passes_between_two_steps_of_a_warm_up(tiny: LoadedModel) -> None:
    gate, passed_at = WatchedGate(), []

    def assess() -> None:
        with gate.ahead():
            passed_at.append(gate.passed)

    asking = threading.Thread(target=assess)
    warming = threading.Thread(target=warm_up, args=(tiny, gate))
    with gate.ahead():
        warming.start()
        asking.start()
    for thread in (asking, warming):
        thread.join(30)
    assert len(passed_at) == 1 and passed_at[0] < gate.passed


def test_reading_waits_for_the_gate_only_where_it_must(tiny: LoadedModel) -> None:
    gate, alone = WatchedGate(), []

    def load(source: str) -> LoadedModel:
        alone.append(gate.is_ours)
        return tiny

    assert loaded("any", load=load, gate=gate, alone=True) is tiny
    assert loaded("any", load=load, gate=gate, alone=False) is tiny
    assert alone == [True, False]


def test_whatever_keeps_a_model_from_loading_is_a_model_error(caplog: pytest.LogCaptureFixture) -> None:
    def load(source: str) -> LoadedModel:
        raise torch.OutOfMemoryError(CANARY)

    found = loaded("any", load=load, gate=Gate(), alone=False)
    assert isinstance(found, ModelError) and "OutOfMemoryError" in str(found)
    assert CANARY not in str(found) + caplog.text


def test_a_model_whose_template_refuses_everything_does_not_take_over(tiny: LoadedModel) -> None:
    tiny.tokenizer.chat_template = "{{ raise_exception('never') }}"
    with pytest.raises(ContractError):
        warm_up(tiny, Gate())
    assert isinstance(loaded("any", load=lambda source: tiny, gate=Gate(), alone=False), ModelError)


def test_what_is_told_of_a_model_is_its_name_and_its_device(tiny: LoadedModel) -> None:
    told = spoken_of(tiny)
    assert (told.ready, told.model, told.device, told.adapters) == (True, tiny.name, tiny.device.type, ())

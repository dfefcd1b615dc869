"""Loads a model beside the one that speaks, and runs it in each of its shapes before anybody waits for it.

By a thread of its own. Every run passes the gate, so that no two threads ever run models on one device at a time; and
loading itself waits for it where it must: it changes torch's default number format for every thread, which our own
step does not mind, as it names its formats, and transformers' forward does. Knows no queue.
"""

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from inference.contracts import Message, ModelName
from inference.engine.gate import Gate
from inference.engine.generate import Batch
from inference.engine.loader import LoadedModel
from inference.engine.memory import sparing
from inference.engine.prompt import encode
from inference.engine.protocol import AdapterName, EngineStatus, RefusedAdapter
from inference.engine.style import Sampling
from inference.errors import ContractError, InferenceError, ModelError
from inference.wordless import log_without_words

logger = logging.getLogger(__name__)

Load = Callable[[str], LoadedModel]
SENTENCES = (40, 90, 180)
"""Of the prompts that a model reads first: a client's has 200-600 tokens."""


@dataclass
class Loading:
    """`model` is there, or the reason why not, once it has been loaded."""

    source: str
    done: Callable[[ModelName | InferenceError], None]
    model: LoadedModel | ModelError | None = None


def loaded(source: str, *, load: Load, gate: Gate, alone: bool) -> LoadedModel | ModelError:
    """The model, warm, or why it cannot speak. `alone` keeps everybody else waiting while it is read."""
    try:
        with sparing(), gate.behind() if alone else contextlib.nullcontext():
            model = load(source)
        warm_up(model, gate)
    except Exception as error:  # whatever a model's files provoke, the caller must hear of it
        log_without_words(logger, "the model cannot be loaded", error)
        return as_model_error(error)
    return model


def warm_up(model: LoadedModel, gate: Gate) -> None:
    """The first run of each shape is slow; let it be ours and not a person's. Between two steps others may pass. A
    ContractError where the model's template refuses the simplest of messages."""
    encode(model.tokenizer, (Message("user", "Hello."),), longest=model.context)
    for sentences in SENTENCES:
        words = (Message("user", "Good morning. " * sentences),)
        try:
            prompt = encode(model.tokenizer, words, longest=model.context - 8)
        except ContractError:  # a model of a short context has no such shape
            break
        with gate.behind():
            batch = Batch(model)
            batch.add(prompt, seeds=(1, 2, 3, 4), sampling=Sampling(), max_tokens=4)
        while batch.rows:
            with gate.behind():
                batch.step()
        del batch  # on a card it holds the memory that the next one needs


def spoken_of(model: LoadedModel) -> EngineStatus:
    """What is told of it while it speaks."""
    return EngineStatus(
        ready=True,
        model=model.name,
        adapters=tuple(AdapterName(each.name, each.checksum, each.card) for each in model.adapters.values()),
        refused=tuple(RefusedAdapter(*each) for each in model.refused.items()),
        device=model.device.type,
    )


def as_model_error(error: Exception) -> ModelError:
    return (
        error
        if isinstance(error, ModelError)
        else ModelError(f"the model cannot run ({type(error).__name__})")
    )

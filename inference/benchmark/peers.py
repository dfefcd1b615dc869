"""What the processes run that are measured beside ours: transformers' `generate`, its own batching, llama.cpp's server.

`python -m inference.benchmark.peers NAME MODEL THREADS CHATS`. The first two read a request a line and write a piece of
an answer a line; llama.cpp writes the address of its server and serves until its input ends.
"""

import json
import os
import queue
import sys
import threading
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from inference.config import from_environment

if TYPE_CHECKING:
    from transformers import ContinuousBatchingManager
    from transformers.generation.continuous_batching.requests import GenerationOutput

    from inference.engine.loader import LoadedModel

_WAIT_S = 0.02
"""Those who ask at the same time are taken into one batch."""
_ROOM = 1024
"""Tokens a chat may have in the servers that set their room apart: talks of three turns take up to 400."""
_PAGE, _SPARE_PAGES = 256, 16
"""Tokens of a page of transformers' batching, and pages beside those of the chats: it keeps what was read before."""


def tell(**event: object) -> None:
    print(json.dumps(event), flush=True)


def requests() -> "queue.Queue[dict | None]":
    """What is asked, as it comes; None at the end."""
    asked: queue.Queue[dict | None] = queue.Queue()

    def read() -> None:
        for line in sys.stdin:
            asked.put(json.loads(line))
        asked.put(None)

    threading.Thread(target=read, daemon=True).start()
    return asked


def plain(model: "LoadedModel", asked: "queue.Queue[dict | None]") -> None:
    """Everybody who waits in one batch, padded on the left; who comes meanwhile waits for its end."""
    model.tokenizer.padding_side = "left"
    model.tokenizer.pad_token = model.tokenizer.pad_token or model.tokenizer.eos_token
    while (first := asked.get()) is not None:
        batch = [first]
        try:
            while (more := asked.get(timeout=_WAIT_S)) is not None:
                batch.append(more)
        except queue.Empty:
            pass
        try:
            _generate(model, batch)
        except Exception as error:  # an edge: who asked must hear of it, whatever it was
            for each in batch:
                tell(id=each["id"], error=type(error).__name__)


def _generate(model: "LoadedModel", batch: Sequence[dict]) -> None:
    import torch  # noqa: PLC0415 - the parent reads this module without it
    from transformers import StoppingCriteria, StoppingCriteriaList  # noqa: PLC0415 - as above

    texts = [
        model.tokenizer.apply_chat_template(each["messages"], tokenize=False, add_generation_prompt=True)
        for each in batch
    ]
    given = model.tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
    given = given.to(model.network.device)
    width = given["input_ids"].shape[1]

    class Telling(StoppingCriteria):
        def __init__(self) -> None:
            self.done = [False] * len(batch)

        def __call__(self, ids: torch.Tensor, scores: torch.Tensor, **settings: object) -> torch.Tensor:
            said = ids.shape[1] - width
            for row, each in enumerate(batch):
                if not self.done[row]:
                    token = int(ids[row, -1])
                    self.done[row] = token in model.ends or said >= each["max_tokens"]
                    tell(id=each["id"], tokens=[] if token in model.ends else [token], done=self.done[row])
            return torch.tensor(self.done, device=ids.device)

    model.network.generate(
        **given,
        do_sample=True,
        temperature=0.7,
        top_p=0.9,
        max_new_tokens=max(each["max_tokens"] for each in batch),
        stopping_criteria=StoppingCriteriaList([Telling()]),
        pad_token_id=model.tokenizer.pad_token_id,
    )


def continuous(model: "LoadedModel", asked: "queue.Queue[dict | None]", *, chats: int) -> None:
    """transformers' ContinuousBatchingManager, with as much room a chat as llama.cpp's server has: left to itself it
    takes 60 % of a processor's memory for the room alone."""
    from transformers import ContinuousBatchingConfig  # noqa: PLC0415 - as above

    settings = model.network.generation_config
    settings.do_sample, settings.temperature, settings.top_p = True, 0.7, 0.9
    room = ContinuousBatchingConfig(page_size=_PAGE, num_blocks=_pages(chats))
    manager = model.network.init_continuous_batching(
        generation_config=settings, continuous_batching_config=room
    )
    manager.start()
    threading.Thread(target=_deliver, args=(manager, model.ends), daemon=True).start()
    while (each := asked.get()) is not None:
        text = model.tokenizer.apply_chat_template(
            each["messages"], tokenize=False, add_generation_prompt=True
        )
        ids = model.tokenizer(text, add_special_tokens=False)["input_ids"]
        manager.add_request(
            ids, request_id=str(each["id"]), max_new_tokens=each["max_tokens"], streaming=True
        )
    manager.stop(block=True)


def _pages(chats: int) -> int:
    return chats * _ROOM // _PAGE + _SPARE_PAGES


def _deliver(manager: "ContinuousBatchingManager", ends: Collection[int]) -> None:
    """Until it stops; where it stops by itself, the process ends, by which whoever waits is told."""
    sent: dict[str, int] = {}
    while (result := manager.get_result(timeout=1.0)) is not None or manager.is_running():
        if result is not None:
            tell(**delivered(result, sent, ends))
    os._exit(1)


def delivered(result: "GenerationOutput", sent: dict[str, int], ends: Collection[int]) -> dict[str, object]:
    """What is told of a result: the tokens since the last one, of which `sent` keeps count, or why there are none."""
    number = int(result.request_id)
    if result.error is not None:
        return {"id": number, "error": result.error}
    fresh = result.generated_tokens[sent.get(result.request_id, 0) :]
    sent[result.request_id] = len(result.generated_tokens)
    spoken = [token for token in fresh if token not in ends]
    return {"id": number, "tokens": spoken, "done": bool(result.is_finished())}


def llama(model: str, threads: int, chats: int) -> None:
    import xllamacpp  # noqa: PLC0415 - an optional peer

    settings = xllamacpp.CommonParams()
    settings.model.path = model
    settings.n_parallel = chats
    settings.n_ctx = _ROOM * chats
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = threads
    settings.port, settings.n_gpu_layers = 0, 0
    server = xllamacpp.Server(settings)
    tell(address=server.listening_address)
    sys.stdin.read()


def main(name: str, source: str, threads: int, chats: int) -> None:
    if name == "llama.cpp":
        llama(source, threads, chats)
        return
    from inference.engine.loader import load, use_threads  # noqa: PLC0415 - torch takes seconds

    use_threads(threads)
    model = load(source, device=from_environment(port=0, host="", engine="model", model=None).device)
    tell(ready=True)
    if name == "generate":
        plain(model, requests())
    else:
        continuous(model, requests(), chats=chats)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))

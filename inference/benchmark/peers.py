"""What the processes run that are measured beside ours: transformers' `generate`, its own batching, llama.cpp's server.

`python -m inference.benchmark.peers NAME MODEL THREADS`. The first two read a request a line and write a piece of an
answer a line; llama.cpp writes the address of its server and serves until its input ends.
"""

import json
import queue
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from inference.config import from_environment

if TYPE_CHECKING:
    from inference.engine.loader import LoadedModel

_WAIT_S = 0.02
"""Those who ask at the same time are taken into one batch."""


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
        _generate(model, batch)


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


def continuous(model: "LoadedModel", asked: "queue.Queue[dict | None]") -> None:
    """transformers' ContinuousBatchingManager."""
    settings = model.network.generation_config
    settings.do_sample, settings.temperature, settings.top_p = True, 0.7, 0.9
    manager = model.network.init_continuous_batching(generation_config=settings)
    manager.start()
    sent: dict[str, int] = {}

    def deliver() -> None:
        while True:
            result = manager.get_result(timeout=1.0)
            if result is None:
                continue
            fresh = result.generated_tokens[sent.get(result.request_id, 0) :]
            sent[result.request_id] = len(result.generated_tokens)
            spoken = [token for token in fresh if token not in model.ends]
            tell(id=int(result.request_id), tokens=spoken, done=bool(result.is_finished()))

    threading.Thread(target=deliver, daemon=True).start()
    while (each := asked.get()) is not None:
        text = model.tokenizer.apply_chat_template(
            each["messages"], tokenize=False, add_generation_prompt=True
        )
        ids = model.tokenizer(text, add_special_tokens=False)["input_ids"]
        manager.add_request(
            ids, request_id=str(each["id"]), max_new_tokens=each["max_tokens"], streaming=True
        )
    manager.stop(block=True)


def llama(model: str, threads: int, chats: int) -> None:
    import xllamacpp  # noqa: PLC0415 - an optional peer

    settings = xllamacpp.CommonParams()
    settings.model.path = model
    settings.n_parallel = chats
    settings.n_ctx = 1024 * chats
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
    {"generate": plain, "transformers batching": continuous}[name](model, requests())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))

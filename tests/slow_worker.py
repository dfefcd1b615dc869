"""`python -m tests.slow_worker PORT TOKENS_PER_S`: an inference worker whose every reply comes in three pieces, at the
pace of a person. Behind the real server, without a model; the secret is PIXELATED_WORKER_SECRET."""

import os
import random
import sys
from collections.abc import AsyncIterator

import uvicorn

from inference.contracts import FinishedEvent, ReplyRequest, SegmentEvent
from inference.server import create_app
from inference.testing import SCRIPTED_LINES, ScriptedEngine

PIECES = 3


class SlowEngine(ScriptedEngine):
    """Chooses lines the session has not heard lately; the same request gives the same."""

    def reply(self, request: ReplyRequest) -> AsyncIterator[SegmentEvent | FinishedEvent]:
        fresh = [line for line in SCRIPTED_LINES if line not in " ".join(request.limits.earlier)]
        chance = random.Random(f"{request.seed}:{request.request_id}")
        lines = chance.sample(fresh if len(fresh) >= PIECES else SCRIPTED_LINES, k=PIECES)
        return ScriptedEngine(tokens_per_s=self.tokens_per_s, lines=lines).reply(request)


def main(port: int, tokens_per_s: float) -> None:
    app = create_app(SlowEngine(tokens_per_s=tokens_per_s), secret=os.environ["PIXELATED_WORKER_SECRET"])
    uvicorn.run(app, host="127.0.0.1", port=port, lifespan="off", log_level="warning", access_log=False)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))

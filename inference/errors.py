"""What can go wrong between a caller and the worker: a stable `code`, and whether trying again can help.

    InferenceError
    ├── ContractError               contract_broken      not in the agreed shape
    │   └── BodyTooLargeError       too_large            more than a request may have
    ├── ModelError                  model_unusable       not fetched, whole or loadable; says how to mend it
    └── EngineError                 engine_failed        the engine did not give the reply it was asked for
        ├── EngineUnavailableError  engine_unavailable   no worker there, or it went away in the middle
        │   └── EngineAwayError     engine_away          it was not there to begin with, or is not warm
        ├── EngineBusyError         engine_busy          its queue is full; `retry_after_s` says when to ask
        ├── EngineDeadlineError     engine_deadline      it took longer than the caller could wait
        ├── EngineRefusedError      engine_refused       a wrong secret, or a request not understood or not held
        │   └── EngineNotOfferedError  engine_not_offered  it has no remote engine, or another than was asked for
        └── EngineGarbageError      engine_garbage       what it sent cannot be read

A message here is for operators: it never holds what a person or a model wrote.
"""


class InferenceError(Exception):
    """Root of the tree; catch it only at an edge."""

    code = "inference_failed"
    retryable = False


class ContractError(InferenceError):
    """`field` is the path of the first field that is wrong, such as `messages[2].text`."""

    code = "contract_broken"

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field


class BodyTooLargeError(ContractError):
    code = "too_large"


class ModelError(InferenceError):
    code = "model_unusable"


class EngineError(InferenceError):
    code = "engine_failed"
    retryable = True


class EngineUnavailableError(EngineError):
    code = "engine_unavailable"


class EngineAwayError(EngineUnavailableError):
    """It took nothing of the request: not there, or not warm yet. The caller may answer in another way at once."""

    code = "engine_away"


class EngineBusyError(EngineError):
    """`retry_after_s` is at least 1."""

    code = "engine_busy"

    def __init__(self, message: str = "the engine's queue is full", *, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.retry_after_s = max(1, retry_after_s)


class EngineDeadlineError(EngineError):
    code = "engine_deadline"


class EngineRefusedError(EngineError):
    code = "engine_refused"
    retryable = False


class EngineNotOfferedError(EngineRefusedError):
    """Nobody else answers in its place: whoever agreed to one service did not agree to another."""

    code = "engine_not_offered"


class EngineGarbageError(EngineError):
    code = "engine_garbage"


_BY_CODE: dict[str, type[EngineError]] = {
    error.code: error
    for error in (
        EngineError,
        EngineUnavailableError,
        EngineAwayError,
        EngineBusyError,
        EngineDeadlineError,
        EngineRefusedError,
        EngineNotOfferedError,
        EngineGarbageError,
    )
} | {error.code: EngineRefusedError for error in (ContractError, BodyTooLargeError)}
"""A request that breaks the contract was not understood, whether its form said so or a model that cannot hold it."""


def engine_error(code: str) -> EngineError:
    """The error a worker named in its stream; an unknown code is a plain EngineError."""
    kind = _BY_CODE.get(code, EngineError)
    return kind() if kind is EngineBusyError else kind(f"the worker reported {kind.code}")

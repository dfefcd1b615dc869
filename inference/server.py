"""The worker over HTTP: who may ask, how much, and what an error looks like.

The routes are the files of `routes/`, each with a ROUTE; this module knows none of them. No access log, and nothing
that anybody wrote in any log.
"""

import hmac
import importlib
import logging
import pkgutil
import traceback

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inference import routes
from inference.assessing import Assessor
from inference.contracts import MAX_BODY_BYTES
from inference.engine.protocol import Engine
from inference.engine.remote import RemoteEngine
from inference.errors import BodyTooLargeError, InferenceError
from inference.metrics import Metrics
from inference.server_io import error_response, inference_error, not_found

logger = logging.getLogger(__name__)

OPEN_PATHS = frozenset({"/health"})
"""All that may be asked without the secret: whether the worker is ready."""


def create_app(
    engine: Engine, *, secret: str, assessor: Assessor | None = None, remote: RemoteEngine | None = None
) -> ASGIApp:
    """The application around engines that somebody else starts and drains; without an assessor, one that has no heads
    to read with."""
    app = Starlette(
        routes=_routes(),
        exception_handlers={InferenceError: inference_error, 404: not_found, 405: not_found},
    )
    app.state.engine = engine
    app.state.metrics = Metrics()
    app.state.assessor = assessor or Assessor()
    app.state.assessor.on_failure = app.state.metrics.detector_failed
    app.state.remote = remote
    if remote is not None:
        remote.service.on_attempt = app.state.metrics.remote.asked
    return _Guard(app, secret=secret)


def _routes() -> list[Route]:
    names = sorted(module.name for module in pkgutil.iter_modules(routes.__path__))
    return [importlib.import_module(f"{routes.__name__}.{name}").ROUTE for name in names]


class _Guard:
    """Outermost: the shared secret, the size a body declares, and no unexpected error's words in a log."""

    def __init__(self, app: ASGIApp, *, secret: str) -> None:
        self._app = app
        self._expected = f"Bearer {secret}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if scope["path"] not in OPEN_PATHS and not self._is_allowed(headers):
            await error_response(401, "unauthorised", "the shared secret is missing or wrong")(
                scope, receive, send
            )
            return
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            await _too_large()(scope, receive, send)
            return
        await self._call(scope, receive, send)

    def _is_allowed(self, headers: dict[bytes, bytes]) -> bool:
        return hmac.compare_digest(headers.get(b"authorization", b""), self._expected)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # the last line: uvicorn would log its message, which may hold words
            frames = "".join(traceback.format_tb(error.__traceback__))
            logger.error("%s failed: %s\n%s", scope["path"], type(error).__name__, frames)
            if not has_begun:
                await error_response(500, "internal", "the worker failed")(scope, receive, send)


def _too_large() -> Response:
    return error_response(413, BodyTooLargeError.code, f"a body may have {MAX_BODY_BYTES} bytes")

from collections.abc import Callable

import pytest
from django.db import OperationalError

from apps.api.parsing import MAX_BODY_BYTES
from tests.apps.api.conftest import Caller

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "nothing/here", 404, "not_found"),
        ("post", "nothing/here", 404, "not_found"),
        ("get", "", 404, "not_found"),
        ("get", "infer", 405, "method_not_allowed"),
        ("get", "batch-infer/not-an-id", 404, "not_found"),
        ("post", "infer", 401, "unauthorised"),
    ],
)
async def test_every_error_has_one_shape(
    engine: object, method: str, path: str, status: int, code: str
) -> None:
    answer = await getattr(Caller(), method)(path)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/json")
    error = answer.json()["error"]
    assert (error["code"], error["request_id"]) == (code, answer["X-Request-Id"])
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b'{"user_query": NaN}', 400),
        (b'{"user_query": "a", "user_query": "b"}', 400),
        (b'{"user_query": "' + b"a" * MAX_BODY_BYTES + b'"}', 413),
    ],
)
async def test_a_bad_body_is_refused_before_anything_reads_it(
    ada_calls: Caller, raw: bytes, status: int
) -> None:
    answer = await ada_calls.post("infer", raw=raw)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message", "request_id"}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(OperationalError("words"), 503, "unavailable"), (RuntimeError("zanzibarcanary"), 500, "internal")],
)
async def test_what_goes_wrong_here_is_told_without_its_words(
    ada_calls: Caller,
    engine: Callable,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    status: int,
    code: str,
) -> None:
    async def fails(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr("apps.api.inferring.prepare", fails)
    answer = await ada_calls.post("infer", {"user_query": "Hello there."})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "zanzibarcanary" not in answer.content.decode() + caplog.text


async def test_the_schema_is_plain_json_with_every_endpoint(engine: object) -> None:
    schema = (await Caller().get("openapi.json")).json()
    assert {path.removeprefix("/api/v1/") for path in schema["paths"]} == {
        "health",
        "status",
        "infer",
        "batch-infer",
        "batch-infer/{batch_id}",
        "chat/completions",
        "encounters",
        "reload-model",
    }

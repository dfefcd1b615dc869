"""Asks the worker what only an administrator may: how it stands, and to speak with another model."""

from collections.abc import Mapping
from typing import Any

import httpx
from django.conf import settings

from apps.api.errors import ApiError, AwayError, UnfitError

STATUS_S = 2.0
RELOAD_S = 630.0
"""Longer than the worker may load (600 s), so that it is the worker who says how it ended."""
_MOST_BYTES = 64 * 1024


async def worker_status() -> Mapping[str, Any] | None:
    """What the worker says of itself; None while it is away, or where there is none."""
    if settings.ENGINE != "worker":
        return None
    try:
        return _object(await _ask("GET", "/status", within_s=STATUS_S))
    except httpx.HTTPError:
        return None


async def reload_model(model: str) -> Mapping[str, Any]:
    """Have the worker speak with `model` ("" for the same again); what it says it speaks with then.

    Raises:
        UnfitError: model_not_allowed (the installation names those that are), model_unusable.
        AwayError: there is no worker that could, or it is loading another.
        ApiError: still_loading; how it ends is not known, and it may yet speak with the model.
    """
    if model and model not in settings.API_MODELS:
        raise UnfitError(
            "model_not_allowed", "The installation does not allow that model: see PIXELATED_API_MODELS."
        )
    if settings.ENGINE != "worker":
        raise AwayError("engine_away", "This installation speaks without a worker.", retry_after_s=60)
    try:
        answer = await _ask("POST", "/reload-model", json={"model": model}, within_s=RELOAD_S)
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise AwayError("engine_away", retry_after_s=5) from None
    except httpx.HTTPError:
        raise _still_loading() from None
    if answer.status_code == 422:
        raise UnfitError(
            "model_unusable", "The worker cannot speak with that model. It goes on with the one it has."
        )
    if answer.status_code in (429, 503):
        raise AwayError("engine_busy", retry_after_s=5)
    found = _object(answer)
    if found is None or not isinstance(found.get("model"), dict):
        raise _still_loading()
    return found["model"]


def _still_loading() -> ApiError:
    return ApiError(
        "still_loading", "The worker did not say how loading ended. See its model in /status.", status=504
    )


async def _ask(method: str, path: str, *, within_s: float, json: object = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {settings.WORKER_SECRET}"}
    async with httpx.AsyncClient(
        base_url=settings.INFERENCE_URL, headers=headers, timeout=within_s, trust_env=False
    ) as http:
        return await http.request(method, path, json=json)


def _object(answer: httpx.Response) -> dict[str, Any] | None:
    if answer.status_code != 200 or len(answer.content) > _MOST_BYTES:
        return None
    try:
        value = answer.json()
    except ValueError:
        return None
    return value if isinstance(value, dict) else None

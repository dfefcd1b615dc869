"""Asks the worker what its registry holds, and for changes of it. The web process has no adapters of its own."""

from collections.abc import Mapping
from typing import Any

import httpx
from django.conf import settings

from apps.core.errors import RefusedError

LOOK_S = 5.0
"""Every adapter's weights are hashed for the answer: ten megabytes each take some milliseconds."""
CHANGE_S = 60.0
"""A change answers when the model speaks with it."""
_MOST_BYTES = 4 * 1024 * 1024


def registry_facts() -> Mapping[str, Any] | None:
    """As `inference/models/facts.py` gives them; None while the worker is away, or where there is none."""
    if settings.ENGINE != "worker":
        return None
    try:
        answer = _ask("GET", "/adapters", within_s=LOOK_S)
    except httpx.HTTPError:
        return None
    return _object(answer) if answer.status_code == 200 else None


def ask_change(path: str, body: Mapping[str, str]) -> Mapping[str, Any]:
    """What the worker answers to `/adapters/promote` or `/adapters/roll-back`.

    Raises:
        RefusedError: worker_away, adapter_unusable, worker_busy.
    """
    away = RefusedError(
        "worker_away", "The worker is away. Look again in a minute, whether the change was made."
    )
    if settings.ENGINE != "worker":
        raise away
    try:
        answer = _ask("POST", path, within_s=CHANGE_S, json=body)
    except httpx.HTTPError:
        raise away from None
    if answer.status_code == 422:
        raise RefusedError(
            "adapter_unusable", "The worker cannot do that with this adapter. The place is whose it was."
        )
    if answer.status_code == 429:
        raise RefusedError("worker_busy", "The worker is loading a model. Look again in a minute.")
    found = _object(answer) if answer.status_code == 200 else None
    if found is None:
        raise away
    return found


def _ask(method: str, path: str, *, within_s: float, json: object = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {settings.WORKER_SECRET}"}
    with httpx.Client(
        base_url=settings.INFERENCE_URL, headers=headers, timeout=within_s, trust_env=False
    ) as http:
        return http.request(method, path, json=json)


def _object(answer: httpx.Response) -> dict[str, Any] | None:
    if len(answer.content) > _MOST_BYTES:
        return None
    try:
        value = answer.json()
    except ValueError:
        return None
    return value if isinstance(value, dict) else None

"""Health, status and reload-model, the worker being the real server around a scripted engine."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from apps.api.worker import RELOAD_S
from inference.contracts import ModelName
from inference.engine.worker import LOAD_DEADLINE_S
from inference.server import create_app
from inference.testing import ScriptedEngine
from tests.apps.api.conftest import Caller, audited, serving
from tests.cast import CastMember

pytestmark = [pytest.mark.django_db(transaction=True)]
SECRET = "a-secret-between-two"


@pytest.fixture
def worker(settings: object) -> Iterator[None]:
    with serving(create_app(ScriptedEngine(), secret=SECRET)) as address:
        settings.INFERENCE_URL, settings.WORKER_SECRET, settings.ENGINE = address, SECRET, "worker"
        yield


class LoadingEngine(ScriptedEngine):
    """Loads until it is told to go on, and fails then where it should."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on, self.fails = threading.Event(), threading.Event(), False

    async def reload(self, source: str) -> ModelName:
        self.begun.set()
        await asyncio.to_thread(self.go_on.wait, 10)
        if self.fails:
            raise TimeoutError
        return await super().reload(source)


@pytest.fixture
def loading(settings: object) -> Iterator[LoadingEngine]:
    engine = LoadingEngine()
    with serving(create_app(engine, secret=SECRET)) as address:
        settings.INFERENCE_URL, settings.WORKER_SECRET, settings.ENGINE = address, SECRET, "worker"
        yield engine
        engine.go_on.set()


async def how_it_went(member: CastMember) -> list[object]:
    return [entry["purpose"] for entry in await audited(member, "model.reloaded")]


@pytest.fixture
def no_worker(settings: object) -> None:
    settings.INFERENCE_URL, settings.ENGINE = "http://127.0.0.1:1", "worker"


async def test_health_is_open_and_names_what_is_missing(db: None, no_worker: None) -> None:
    answer = await Caller().get("health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "degraded", "database": True, "worker": False, "degraded": ["worker"]}


async def test_health_is_well_with_a_worker(db: None, worker: None) -> None:
    assert (await Caller().get("health")).json()["status"] == "ok"


async def test_status_tells_which_model_speaks_and_is_written_down(
    omar_calls: Caller, omar: CastMember, worker: None
) -> None:
    body = (await omar_calls.get("status")).json()
    assert body["worker"]["model"]["name"] == "scripted"
    assert body["versions"]["policy"].startswith("policy ")
    assert len(await audited(omar, "api.status_viewed")) == 1


async def test_status_without_a_worker_says_so(omar_calls: Caller, no_worker: None) -> None:
    answer = await omar_calls.get("status")
    assert (answer.status_code, answer.json()["worker"]) == (200, None)


async def test_a_model_is_loaded_again_and_that_is_written_down(
    omar_calls: Caller, omar: CastMember, worker: None
) -> None:
    answer = await omar_calls.post("reload-model", {})
    assert (answer.status_code, answer.json()["model"]["name"]) == (200, "scripted")
    entries = await audited(omar, "model.reloaded")
    assert [entry["purpose"] for entry in entries] == ["asked", "done"]


async def test_only_models_that_the_installation_names_can_be_loaded(
    omar_calls: Caller, worker: None, settings: object
) -> None:
    refused = await omar_calls.post("reload-model", {"model": "/etc/passwd"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "model_not_allowed")
    settings.API_MODELS = frozenset({"Qwen/Qwen3-8B"})
    assert (await omar_calls.post("reload-model", {"model": "Qwen/Qwen3-8B"})).status_code == 200


async def test_reloading_without_a_worker_is_a_503(
    omar_calls: Caller, omar: CastMember, no_worker: None
) -> None:
    answer = await omar_calls.post("reload-model", {})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert await how_it_went(omar) == ["asked", "engine_away"]


def test_the_worker_says_how_loading_ended_before_the_api_stops_waiting() -> None:
    assert RELOAD_S > LOAD_DEADLINE_S


async def test_where_the_worker_does_not_say_how_it_ended_neither_is_said_here(
    omar_calls: Caller, omar: CastMember, loading: "LoadingEngine"
) -> None:
    loading.fails = True
    loading.go_on.set()
    answer = await omar_calls.post("reload-model", {})
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "still_loading")
    assert await how_it_went(omar) == ["asked", "still_loading"]


async def test_a_caller_who_leaves_stops_no_loading_and_how_it_ended_is_written_down(
    omar_calls: Caller, omar: CastMember, loading: "LoadingEngine"
) -> None:
    asking = asyncio.create_task(omar_calls.post("reload-model", {}))
    await asyncio.to_thread(loading.begun.wait, 10)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert await how_it_went(omar) == ["asked"]
    loading.go_on.set()
    async with asyncio.timeout(10):
        while len(await how_it_went(omar)) < 2:  # noqa: ASYNC110 - the log has no event
            await asyncio.sleep(0.05)
    assert await how_it_went(omar) == ["asked", "done"]


async def test_a_key_without_the_scope_reloads_nothing(ada_calls: Caller, worker: None) -> None:
    assert (await ada_calls.post("reload-model", {})).status_code == 403
    assert (await ada_calls.get("status")).status_code == 403

"""Health, status and reload-model, the worker being the real server around a scripted engine."""

from collections.abc import Iterator

import pytest

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


async def test_reloading_without_a_worker_is_a_503(omar_calls: Caller, no_worker: None) -> None:
    answer = await omar_calls.post("reload-model", {})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


async def test_a_key_without_the_scope_reloads_nothing(ada_calls: Caller, worker: None) -> None:
    assert (await ada_calls.post("reload-model", {})).status_code == 403
    assert (await ada_calls.get("status")).status_code == 403

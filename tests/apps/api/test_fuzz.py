"""Whatever fits the schema, and much that does not, is answered by the API without a 5xx and in its own shapes.

Schemathesis makes requests from the OpenAPI schema, with a fixed seed. `PIXELATED_HYPOTHESIS=explore` makes many more.
The worker is the real server: around a scripted engine, which answers anything, and around the tiny random model.
"""

import os
from collections.abc import Iterator

import pytest
import schemathesis
from django.core.cache import cache
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from apps.core.organisation import acting_for
from apps.scenarios.services import publish_library
from inference.server import create_app
from inference.testing import ScriptedEngine
from pixelated.asgi import application
from tests.apps.api.conftest import a_key, serving
from tests.cast import build_cast
from tests.tiny_worker import SECRET, running_tiny_worker

EXAMPLES = 400 if os.environ.get("PIXELATED_HYPOTHESIS") == "explore" else 20
ENDPOINTS = (
    ("POST", "/api/v1/infer"),
    ("POST", "/api/v1/batch-infer"),
    ("GET", "/api/v1/batch-infer/{batch_id}"),
    ("POST", "/api/v1/chat/completions"),
    ("POST", "/api/v1/encounters"),
    ("POST", "/api/v1/reload-model"),
    ("GET", "/api/v1/status"),
    ("GET", "/api/v1/health"),
)

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def keys(db: None) -> dict[str, str]:
    """A key for every scope, and a library."""
    cast = build_cast()
    with acting_for(cast["ada"].organisation.pk):
        publish_library(cast["ada"].organisation.pk)
    ada, omar = a_key(cast["ada"], "infer", "encounters").text, a_key(cast["omar"], "admin").text
    return {"reload-model": omar, "status": omar, "": ada}


@pytest.fixture(scope="module")
def scripted() -> Iterator[str]:
    with serving(create_app(ScriptedEngine(), secret=SECRET)) as address:
        yield address


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_tiny_worker(tmp_path_factory.mktemp("tiny")) as address:
        yield address


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_an_endpoint_answers_anything_without_a_server_error(
    keys: dict[str, str], scripted: str, settings: object, method: str, path: str
) -> None:
    settings.INFERENCE_URL, settings.WORKER_SECRET, settings.ENGINE = scripted, SECRET, "worker"
    answers_anything(keys, method, path, examples=EXAMPLES)


@pytest.mark.parametrize("path", ["/api/v1/infer", "/api/v1/chat/completions"])
def test_so_it_does_where_a_small_model_words_the_replies(
    keys: dict[str, str], tiny: str, settings: object, path: str
) -> None:
    settings.INFERENCE_URL, settings.WORKER_SECRET, settings.ENGINE = tiny, SECRET, "worker"
    answers_anything(keys, "POST", path, examples=EXAMPLES // 4)


def answers_anything(keys: dict[str, str], method: str, path: str, *, examples: int) -> None:
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", application)
    operation = schema[path][method]
    key = keys.get(path.rsplit("/", 1)[-1], keys[""])
    modes = schemathesis.GenerationMode
    answered = []

    @seed(20261121)
    @hypothesis_settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case) -> None:
        cache.clear()  # The limits of a minute begin again.
        response = case.call(headers={"Authorization": f"Bearer {key}"})
        answered.append(response.status_code)
        case.validate_response(
            response,
            checks=[not_a_server_error, content_type_conformance, response_schema_conformance],
        )

    takes_anything = operation.body or operation.path_parameters
    for mode in (modes.POSITIVE, modes.NEGATIVE) if takes_anything else (modes.POSITIVE,):
        given(case=operation.as_strategy(generation_mode=mode))(ask)()
    assert answered and max(answered) < 500

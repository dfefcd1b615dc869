"""Whatever fits the schema, and much that does not, is answered by the API without a 5xx and in its own shapes.

Schemathesis makes requests from the OpenAPI schema, with a fixed seed. `PIXELATED_HYPOTHESIS=explore` makes many more.
"""

import os
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from apps.api import limits
from apps.core.organisation import acting_for
from apps.scenarios.services import publish_library
from inference.server import create_app
from inference.testing import ScriptedEngine
from pixelated.asgi import application
from tests.apps.api.conftest import a_key, serving
from tests.cast import build_cast

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
def keys(db: None, monkeypatch: pytest.MonkeyPatch, settings: object) -> Iterator[dict[str, str]]:
    """A key for every scope, limits out of the way, a library, and a worker that always answers."""
    cast = build_cast()
    with acting_for(cast["ada"].organisation.pk):
        publish_library(cast["ada"].organisation.pk)
    fake = ScriptedEngine()
    for module in ("answering", "exchange", "inferring", "endpoints.health"):
        monkeypatch.setattr(f"apps.api.{module}.reply_source", lambda: fake)
    for table in (limits.PER_KEY, limits.PER_ROLE):
        for name in table:
            monkeypatch.setitem(table, name, 10**9)
    ada, omar = a_key(cast["ada"], "infer", "encounters").text, a_key(cast["omar"], "admin").text
    with serving(create_app(ScriptedEngine(), secret="between-two")) as address:
        settings.INFERENCE_URL, settings.WORKER_SECRET, settings.ENGINE = address, "between-two", "worker"
        yield {"reload-model": omar, "status": omar, "": ada}


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_an_endpoint_answers_anything_without_a_server_error(
    keys: dict[str, str], method: str, path: str
) -> None:
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", application)
    operation = schema[path][method]
    key = keys.get(path.rsplit("/", 1)[-1], keys[""])
    modes = schemathesis.GenerationMode
    answered = []

    @seed(20261121)
    @hypothesis_settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case) -> None:
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

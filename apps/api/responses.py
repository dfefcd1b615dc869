"""What every endpoint may answer with when it does not do what was asked: for the OpenAPI page."""

from apps.api.schemas import ErrorAnswer

WITH_ERRORS = dict.fromkeys((400, 401, 403, 404, 413, 422, 429, 500, 503), ErrorAnswer)

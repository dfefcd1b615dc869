"""The API's page as plain rows, read from its OpenAPI schema. Knows the schema's form, not the endpoints."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from apps.api.service import api
from apps.api.webhooks import SIGNATURE

Schema = Mapping[str, Any]
_LIMITS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "from {}",
    "maximum": "to {}",
    "minItems": "at least {}",
    "maxItems": "at most {}",
}


@cache
def page() -> dict[str, object]:
    schema = api.get_openapi_schema()
    parts: Mapping[str, Schema] = schema["components"]["schemas"]
    return {
        "title": schema["info"]["title"],
        "about": schema["info"]["description"],
        "signature": SIGNATURE,
        "endpoints": [
            _endpoint(method.upper(), path, operation, parts)
            for path, methods in schema["paths"].items()
            for method, operation in methods.items()
        ],
        "objects": [
            {"name": name, "about": _plain(part), "fields": list(_fields(part))}
            for name, part in sorted(parts.items())
        ],
    }


def _endpoint(method: str, path: str, operation: Schema, parts: Mapping[str, Schema]) -> dict[str, object]:
    return {
        "id": operation["operationId"],
        "method": method,
        "path": path,
        "summary": operation["summary"],
        "about": _plain(operation),
        "takes": _content(operation.get("requestBody", {})),
        "gives": [
            {"status": status, "object": _content(answer)}
            for status, answer in operation["responses"].items()
            if int(status) < 300
        ],
        "errors": ", ".join(str(status) for status in operation["responses"] if int(status) >= 400),
    }


def _plain(described: Schema) -> str:
    """A description without the marks that readers of the schema set code by."""
    return str(described.get("description", "")).replace("`", "")


def _content(body: Schema) -> str:
    """The name of the object in a body; empty for none."""
    return _type(body["content"]["application/json"]["schema"]) if body.get("content") else ""


def _fields(part: Schema) -> Iterator[dict[str, object]]:
    required = set(part.get("required", ()))
    for name, field in part.get("properties", {}).items():
        notes = [words.format(field[limit]) for limit, words in _LIMITS.items() if limit in field]
        yield {
            "name": name,
            "type": _type(field),
            "required": name in required,
            "about": _plain(field),
            "limits": ", ".join(notes),
        }


def _type(field: Schema) -> str:
    """A type in a few words."""
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_type(each) for each in field["anyOf"]))
    if "enum" in field or "const" in field:
        return " | ".join(f'"{value}"' for value in field.get("enum", [field.get("const")]))
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    return str(field.get("type", "anything"))

"""Which of the registry's adapters may speak on a model: sound ones, made for that model and for the form we ask in.

An adapter on other weights, or asked in words it never learned, says worse things than the model without it, so that
what does not fit stays out and is told of. Torch-free; whether the weights can be put on is seen when they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from inference.contracts import ModelName
from inference.errors import ModelError
from inference.models.adapter import Adapter
from inference.models.registry import Registry
from inference.persona import FORM_VERSION
from inference.strict_json import Json


@dataclass(frozen=True)
class Base:
    """The model that is to speak. `sha256`: of its file; empty where that is not known, and then no adapter fits."""

    name: ModelName
    sha256: str = ""


@dataclass(frozen=True)
class Chosen:
    """By the adapter's name: those that may speak, and why each other one may not."""

    adapters: Mapping[str, Adapter]
    refused: Mapping[str, str]


def choose(registry: Registry, base: Base) -> Chosen:
    """What speaks by the registry's word, as far as it fits. One that is not sound is refused beside the others."""
    adapters: dict[str, Adapter] = {}
    refused: dict[str, str] = {}
    for name in registry.names():
        try:
            adapter = registry.served(name)
        except ModelError as error:
            refused[name] = str(error)
            continue
        if adapter is None:
            continue
        why = misfit(adapter.card, base)
        if why:
            refused[name] = f"{adapter.version}: {why}"
        else:
            adapters[name] = adapter
    return Chosen(adapters, refused)


def misfit(card: Mapping[str, Json], base: Base) -> str:
    """Why an adapter of this card may not speak on the model; "" where it may."""
    if card.get("form") != FORM_VERSION:
        return (
            f"was trained on form {card.get('form', 'unknown')}, and this release asks in form {FORM_VERSION}"
        )
    made_for = card["base"]
    name, sha256 = made_for["name"], made_for.get("sha256", "")
    if name != base.name.name:
        return f"was made for {name}, and {base.name.name} speaks"
    if not sha256 or sha256 != base.sha256:
        return f"was made for another file of {name} than the one that speaks"
    revision = made_for.get("revision", base.name.revision)
    if revision != base.name.revision:
        return f"was made for {name} at {revision}, and it speaks at {base.name.revision}"
    return ""

"""The fixed words that stand beside a session, read once from `data/panels.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from apps.safety.resources import resources_for

FILE = Path(__file__).parent / "data" / "panels.toml"


@dataclass(frozen=True)
class Words:
    """One panel. `reply` is said in the conversation itself where a message is refused; else empty."""

    title: str
    text: str
    reply: str = ""


@cache
def _document() -> Mapping[str, object]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def version() -> str:
    return f"panels {_document()['version']}"


@cache
def words_of(panel: str) -> Words:
    """Raises KeyError for a panel that is not in the file."""
    return Words(**_document()[panel])


def panel_frame(facts: Mapping[str, object]) -> dict[str, object]:
    """The body of a `crisis.panel` frame for the panel and country (ISO 3166) an event names."""
    name = str(facts["panel"])
    words = words_of(name)
    return {
        "panel": name,
        "title": words.title,
        "text": words.text,
        "actions": actions_for(str(facts.get("country", ""))),
    }


def actions_for(country: str) -> list[dict[str, str]]:
    """At most three: the country's first line to call, its first to text, and the page with everyone."""
    said = _document()["action_words"]
    actions = []
    for kind in ("call", "text"):
        line = next((line for line in resources_for(country).lines if line.channel.startswith(kind)), None)
        if line:
            words = said["keyword" if line.keyword else kind]
            label = words.format(name=line.name, number=line.number, keyword=line.keyword)
            actions.append({"label": label, "href": line.href, "kind": kind})
    return [*actions, {"label": said["page"], "href": "/help-now", "kind": "page"}]

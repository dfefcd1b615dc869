"""Rows that tests need, made through the product's own services wherever there is one."""

from uuid import UUID

from apps.scenarios.library import FOLDER
from apps.scenarios.models import ScenarioVersion
from apps.scenarios.services import publish

CLIENT = "marcus-bell"


def a_version(organisation_id: UUID, slug: str = CLIENT) -> ScenarioVersion:
    """A client of the library as the organisation holds them. Call inside `acting_for`."""
    return publish(organisation_id, slug=slug, source=(FOLDER / f"{slug}.toml").read_text(encoding="utf-8"))

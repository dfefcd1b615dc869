"""Publishes authored clients to an organisation. A text that changed becomes a new version; nothing is overwritten."""

from hashlib import sha256
from pathlib import Path
from uuid import UUID

from apps.scenarios.format import read_case
from apps.scenarios.library import FOLDER
from apps.scenarios.models import Scenario, ScenarioVersion


def publish(organisation_id: UUID, *, slug: str, source: str) -> ScenarioVersion:
    """The version of this text, made where it does not exist. Call inside `acting_for`.

    Raises:
        CaseFormatError: the text is no case.
    """
    read_case(source, file=f"{slug}.toml")
    scenario, _ = Scenario.objects.get_or_create(organisation_id=organisation_id, slug=slug)
    digest = sha256(source.encode()).hexdigest()
    known = scenario.versions.filter(digest=digest).first()
    if known:
        return known
    newest = scenario.versions.order_by("-number").first()
    return ScenarioVersion.objects.create(
        organisation_id=organisation_id,
        scenario=scenario,
        number=newest.number + 1 if newest else 1,
        digest=digest,
        source=source,
    )


def publish_library(organisation_id: UUID, *, folder: Path = FOLDER) -> int:
    """Publish every client of the library; returns how many there are. Safe to repeat."""
    files = sorted(folder.glob("*.toml"))
    for file in files:
        publish(organisation_id, slug=file.stem, source=file.read_text(encoding="utf-8"))
    return len(files)

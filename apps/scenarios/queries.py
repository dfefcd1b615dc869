"""Questions about an organisation's clients. Parsed cases are kept by digest: a version never changes."""

from functools import lru_cache
from uuid import UUID

from apps.scenarios.case import Case
from apps.scenarios.format import read_case
from apps.scenarios.models import ScenarioVersion


def case_of(version: ScenarioVersion) -> Case:
    return _parsed(version.digest, version.scenario.slug, version.source)


@lru_cache(maxsize=256)
def _parsed(digest: str, slug: str, source: str) -> Case:
    return read_case(source, file=f"{slug}.toml")


def newest_versions(organisation_id: UUID) -> list[ScenarioVersion]:
    """The newest version of each client on offer, by slug: one query."""
    return list(
        ScenarioVersion.objects.filter(organisation_id=organisation_id, scenario__withdrawn_at__isnull=True)
        .select_related("scenario")
        .order_by("scenario__slug", "-number")
        .distinct("scenario__slug")
    )


def newest_version(organisation_id: UUID, slug: str) -> ScenarioVersion | None:
    return (
        ScenarioVersion.objects.filter(
            organisation_id=organisation_id, scenario__slug=slug, scenario__withdrawn_at__isnull=True
        )
        .select_related("scenario")
        .order_by("-number")
        .first()
    )

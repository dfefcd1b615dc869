import pytest
from django.db import InternalError, transaction
from django.db.utils import DatabaseError

from apps.core.organisation import acting_for
from apps.scenarios import queries, services
from apps.scenarios.errors import CaseFormatError
from apps.scenarios.library import FOLDER, slugs
from apps.scenarios.models import ScenarioVersion
from tests.cast import CastMember

SOURCE = (FOLDER / "marcus-bell.toml").read_text(encoding="utf-8")


def publish(ada: CastMember, source: str) -> ScenarioVersion:
    with acting_for(ada.actor.organisation_id):
        return services.publish(ada.actor.organisation_id, slug="marcus-bell", source=source)


def test_the_same_text_is_one_version_and_another_text_the_next(ada: CastMember) -> None:
    first, again = publish(ada, SOURCE), publish(ada, SOURCE)
    changed = publish(ada, SOURCE.replace("difficulty = 2", "difficulty = 3", 1))
    back = publish(ada, SOURCE)
    assert (first.pk, first.number, changed.number, back.pk) == (again.pk, 1, 2, first.pk)
    with acting_for(ada.actor.organisation_id):
        newest = queries.newest_version(ada.actor.organisation_id, "marcus-bell")
        assert newest and queries.case_of(newest).difficulty == 3


def test_a_text_that_is_no_case_is_not_published(ada: CastMember) -> None:
    with pytest.raises(CaseFormatError, match="marcus-bell.toml:"):
        publish(ada, SOURCE.replace("difficulty = 2", "difficulty = 9", 1))
    with acting_for(ada.actor.organisation_id):
        assert not ScenarioVersion.objects.exists()


def test_the_database_keeps_a_version_as_it_was(ada: CastMember) -> None:
    version = publish(ada, SOURCE)
    with (
        acting_for(ada.actor.organisation_id),
        pytest.raises((InternalError, DatabaseError)),
        transaction.atomic(),
    ):
        ScenarioVersion.objects.filter(pk=version.pk).update(source="changed")


def test_the_whole_library_is_published_once_however_often(ada: CastMember) -> None:
    with acting_for(ada.actor.organisation_id):
        counts = [services.publish_library(ada.actor.organisation_id) for _ in range(2)]
        versions = queries.newest_versions(ada.actor.organisation_id)
    assert counts == [len(slugs())] * 2
    assert [version.scenario.slug for version in versions] == list(slugs())


def test_another_organisation_has_its_own_library(ada: CastMember, mallory: CastMember) -> None:
    publish(ada, SOURCE)
    with acting_for(mallory.actor.organisation_id):
        assert queries.newest_versions(mallory.actor.organisation_id) == []
        assert queries.newest_version(ada.actor.organisation_id, "marcus-bell") is None

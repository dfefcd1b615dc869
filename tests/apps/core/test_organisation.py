from uuid import uuid4

import pytest
from django.apps import apps as registry
from django.db import ProgrammingError, connection, transaction

from apps.core.errors import CrossedWallError
from apps.core.organisation import acting_for, acting_organisation
from apps.vault.models import DataKey
from tests.cast import CastMember

# Sign-in must read these before anyone acts; everything else of ours stands behind a wall.
OUTSIDE = {
    "accounts_user",
    "accounts_organisation",
    "accounts_membership",
    "accounts_invitation",
    "accounts_joinlink",
}
OURS = ("vault", "scenarios", "encounters", "safety", "practice", "chat", "accounts")


def own_tables() -> set[str]:
    models = [
        model for app in OURS for model in registry.get_app_config(app).get_models() if model._meta.managed
    ]
    return {model._meta.db_table for model in models} - OUTSIDE


def rows(sql: str, *values: object) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def test_tests_run_as_the_role_that_cannot_step_round_a_wall(db: None) -> None:
    assert rows("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user") == [
        ("pixelated_app", False, False)
    ]


def test_every_domain_table_is_walled_even_for_its_owner(db: None) -> None:
    found = rows(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relforcerowsecurity"
    )
    walled = {name for (name,) in found}
    assert own_tables(), "there is nothing to check"
    assert own_tables() <= walled


def test_a_walled_table_is_empty_to_whoever_acts_for_nobody(ada: CastMember) -> None:
    with acting_for(ada.actor.organisation_id):
        assert DataKey.objects.exists(), "there is nothing that could leak"
    assert rows("SELECT count(*) FROM vault_datakey") == [(0,)]


def test_raw_sql_sees_the_rows_of_one_organisation_alone(ada: CastMember, mallory: CastMember) -> None:
    for member in (ada, mallory):
        with acting_for(member.actor.organisation_id):
            seen = rows("SELECT DISTINCT organisation_id FROM vault_datakey")
            assert seen == [(member.actor.organisation_id,)]


def test_a_row_cannot_be_written_for_another_organisation(ada: CastMember, mallory: CastMember) -> None:
    with acting_for(ada.actor.organisation_id):
        tenant_key = rows("SELECT tenant_key_id FROM vault_datakey LIMIT 1")[0][0]
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            DataKey.objects.create(
                id=uuid4(),
                organisation_id=mallory.actor.organisation_id,
                purpose="x",
                subject_id=uuid4(),
                tenant_key_id=tenant_key,
                wrapped=b"x",
            )


def test_acting_for_the_same_organisation_inside_itself_is_a_savepoint(ada: CastMember) -> None:
    with acting_for(ada.actor.organisation_id), acting_for(ada.actor.organisation_id):
        assert acting_organisation() == ada.actor.organisation_id


def test_acting_for_another_organisation_inside_is_refused(ada: CastMember, mallory: CastMember) -> None:
    inner = acting_for(mallory.actor.organisation_id)
    with acting_for(ada.actor.organisation_id), pytest.raises(CrossedWallError), inner:
        pytest.fail("the wall was crossed")


@pytest.mark.django_db(transaction=True)
def test_the_setting_ends_with_its_transaction(ada: CastMember) -> None:
    with acting_for(ada.actor.organisation_id):
        pass
    assert rows("SELECT coalesce(current_setting('pixelated.organisation', true), '')") == [("",)]
    assert acting_organisation() is None

import threading
from datetime import timedelta

import pytest
from django.db import connection

from apps.api.models import ApiKey
from apps.api.services import MOST_KEYS, create_key, revoke_key, signing_secret
from apps.core.errors import RefusedError
from apps.core.organisation import acting_for
from tests.cast import CastMember

pytestmark = [pytest.mark.django_db]


def test_nothing_that_is_kept_gives_a_key_away(ada: CastMember) -> None:
    made = create_key(ada.actor, scopes=["infer"], by=ada.actor)
    with acting_for(ada.organisation.pk):
        row = ApiKey.objects.values().get()
        assert signing_secret(ApiKey.objects.get()) == made.signing
    kept = str(row | {"signing_sealed": bytes(row["signing_sealed"])})
    assert made.text not in kept and made.text[-32:] not in kept and made.signing not in kept


def test_keys_stand_behind_their_organisations_wall(ada: CastMember, mallory: CastMember) -> None:
    made = create_key(ada.actor, scopes=["infer"], by=ada.actor)
    with acting_for(mallory.organisation.pk):
        assert not ApiKey.objects.exists()
    assert not ApiKey.objects.exists()
    assert revoke_key(made.row.pk, by=mallory.actor) is None


@pytest.mark.parametrize(
    ("who", "scopes", "code"),
    [
        ("ada", ["admin"], "scope_not_allowed"),
        ("sam", ["encounters"], "scope_not_allowed"),
        ("omar", ["encounters"], "scope_not_allowed"),
        ("ada", [], "scope_unknown"),
        ("ada", ["infer", "everything"], "scope_unknown"),
    ],
)
def test_a_scope_needs_a_role_of_its_owner(
    cast: dict[str, CastMember], who: str, scopes: list[str], code: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        create_key(cast[who].actor, scopes=scopes, by=cast[who].actor)
    assert refused.value.code == code


@pytest.mark.parametrize("life", [timedelta(0), timedelta(days=-1), timedelta(days=367)])
def test_a_key_ends_within_a_year(ada: CastMember, life: timedelta) -> None:
    with pytest.raises(RefusedError):
        create_key(ada.actor, scopes=["infer"], by=ada.actor, life=life)


def test_revoking_again_changes_nothing(ada: CastMember) -> None:
    made = create_key(ada.actor, scopes=["infer"], by=ada.actor)
    first = revoke_key(made.row.pk, by=ada.actor)
    second = revoke_key(made.row.pk, by=ada.actor)
    assert first.revoked_at == second.revoked_at is not None


@pytest.mark.django_db(transaction=True)
def test_two_who_make_the_last_key_at_once_do_not_both_get_one(ada: CastMember, grace: CastMember) -> None:
    for _ in range(MOST_KEYS - 1):
        create_key(ada.actor, scopes=["infer"], by=ada.actor)
    refused: list[str] = []

    def make_another() -> None:
        try:
            create_key(grace.actor, scopes=["infer"], by=grace.actor)
        except RefusedError as error:
            refused.append(error.code)
        finally:
            connection.close()

    other = threading.Thread(target=make_another)
    with acting_for(ada.organisation.pk):
        create_key(ada.actor, scopes=["infer"], by=ada.actor)
        other.start()
        other.join(0.5)
    other.join(10)
    assert refused == ["too_many_keys"]
    with acting_for(ada.organisation.pk):
        assert ApiKey.objects.count() == MOST_KEYS

"""Keys are made, wrapped, kept for a while, and bound to their rows."""

from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, connections, transaction
from pytest_django import DjangoAssertNumQueries, Settings

from apps.core.organisation import acting_for
from apps.vault.cache import KeyCache
from apps.vault.errors import ErasedError, KeyServiceError, RetiredKeyError, SealBrokenError
from apps.vault.keyring import Keyring
from apps.vault.models import DataKey, TenantKey


class Clock:
    """Stands still until told."""

    def __init__(self) -> None:
        self.instant = 0.0

    def __call__(self) -> float:
        return self.instant


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keyring(clock: Clock) -> Keyring:
    return Keyring(data_keys=KeyCache(clock=clock), tenant_keys=KeyCache(clock=clock))


@pytest.fixture
def acting(db: None) -> Iterator[UUID]:
    organisation_id = uuid4()
    with acting_for(organisation_id):
        yield organisation_id


def make(keyring: Keyring, organisation_id: UUID) -> DataKey:
    return keyring.make_data_key(organisation_id, purpose="transcript", subject_id=uuid4())


def test_a_made_key_opens_to_the_same_bytes_in_every_process(keyring: Keyring, acting: UUID) -> None:
    data_key = make(keyring, acting)

    here = keyring.open_data_key(data_key.id, organisation_id=acting)
    elsewhere = Keyring().open_data_key(data_key.id, organisation_id=acting)

    assert here == elsewhere
    assert len(here.secret) == 32


def test_keys_of_one_organisation_share_its_key_and_no_two_are_equal(keyring: Keyring, acting: UUID) -> None:
    made = [make(keyring, acting) for _ in range(3)]

    assert TenantKey.objects.count() == 1
    assert len({keyring.open_data_key(one.id, organisation_id=acting).secret for one in made}) == 3


def test_no_unwrapped_key_is_stored(keyring: Keyring, acting: UUID) -> None:
    data_key = make(keyring, acting)

    secret = keyring.open_data_key(data_key.id, organisation_id=acting).secret

    assert secret not in bytes(DataKey.objects.get().wrapped) + bytes(TenantKey.objects.get().wrapped)


def test_a_cached_key_opens_without_a_query(
    keyring: Keyring, acting: UUID, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    data_key = make(keyring, acting)
    keyring.open_data_key(data_key.id, organisation_id=acting)

    with django_assert_num_queries(0):
        keyring.open_data_key(data_key.id, organisation_id=acting)


def test_a_cached_key_does_not_open_for_another_organisation(keyring: Keyring, acting: UUID) -> None:
    data_key = make(keyring, acting)
    keyring.open_data_key(data_key.id, organisation_id=acting)

    with pytest.raises(SealBrokenError):
        keyring.open_data_key(data_key.id, organisation_id=uuid4())


def test_a_key_does_not_open_for_an_organisation_that_is_not_its_own(keyring: Keyring, acting: UUID) -> None:
    data_key = make(keyring, acting)

    with pytest.raises(SealBrokenError):
        keyring.open_data_key(data_key.id, organisation_id=uuid4())


@pytest.mark.django_db
def test_another_organisation_s_key_is_behind_its_wall(keyring: Keyring) -> None:
    organisation_id = uuid4()
    with acting_for(organisation_id):
        data_key = make(keyring, organisation_id)
        assert DataKey.objects.count() == 1

    with acting_for(uuid4()), pytest.raises(SealBrokenError, match="wall"):
        assert DataKey.objects.count() == 0
        keyring.open_data_key(data_key.id, organisation_id=organisation_id)


@pytest.mark.parametrize(
    "change",
    [{"subject_id": uuid4()}, {"purpose": "person"}, {"wrapped": bytes(108)}, {"wrapped": b""}],
    ids=["subject", "purpose", "wrapped", "empty"],
)
def test_a_wrapped_key_opens_in_its_own_row_alone(
    keyring: Keyring, acting: UUID, change: dict[str, object]
) -> None:
    data_key = make(keyring, acting)
    DataKey.objects.update(**change)

    with pytest.raises(SealBrokenError):
        keyring.open_data_key(data_key.id, organisation_id=acting)


def test_a_wrapped_key_copied_to_another_row_does_not_open(keyring: Keyring, acting: UUID) -> None:
    one, other = make(keyring, acting), make(keyring, acting)
    DataKey.objects.filter(pk=other.pk).update(wrapped=one.wrapped)

    with pytest.raises(SealBrokenError):
        keyring.open_data_key(other.id, organisation_id=acting)


def test_a_key_copied_under_another_organisation_s_key_does_not_open(keyring: Keyring, db: None) -> None:
    first, second = uuid4(), uuid4()
    with acting_for(first):
        stolen = make(keyring, first)
        tenant = TenantKey.objects.get()
    with acting_for(second):
        make(keyring, second)
        TenantKey.objects.update(wrapped=tenant.wrapped)
        DataKey.objects.update(wrapped=stolen.wrapped)

        with pytest.raises(SealBrokenError):
            Keyring().open_data_key(DataKey.objects.get().id, organisation_id=second)


def test_a_cached_key_works_for_five_minutes_while_the_root_key_is_away(
    keyring: Keyring, clock: Clock, acting: UUID, settings: Settings, tmp_path: Path
) -> None:
    settings.ROOT_KEY_FILE = str(tmp_path / "root.json")
    data_key = make(keyring, acting)
    opened = keyring.open_data_key(data_key.id, organisation_id=acting)
    Path(settings.ROOT_KEY_FILE).unlink()

    clock.instant = 299.0
    assert keyring.open_data_key(data_key.id, organisation_id=acting) == opened
    clock.instant = 300.0
    with pytest.raises(KeyServiceError) as away:
        keyring.open_data_key(data_key.id, organisation_id=acting)

    assert away.value.retryable


def test_without_a_root_key_no_key_is_made(
    keyring: Keyring, acting: UUID, settings: Settings, tmp_path: Path
) -> None:
    settings.PRODUCTION = True
    settings.ROOT_KEY_FILE = str(tmp_path / "root.json")

    with pytest.raises(KeyServiceError):
        make(keyring, acting)

    assert (TenantKey.objects.count(), DataKey.objects.count()) == (0, 0)


def test_shredding_elsewhere_is_noticed_within_five_seconds(
    keyring: Keyring, clock: Clock, acting: UUID
) -> None:
    data_key = make(keyring, acting)
    keyring.open_data_key(data_key.id, organisation_id=acting)
    DataKey.objects.update(wrapped=None, shredded_at=data_key.made_at)

    clock.instant = 4.9
    keyring.open_data_key(data_key.id, organisation_id=acting)
    clock.instant = 5.0
    for _ in range(2):
        with pytest.raises(ErasedError):
            keyring.open_data_key(data_key.id, organisation_id=acting)


def test_a_key_seen_to_exist_is_not_looked_up_again_at_once(
    keyring: Keyring, clock: Clock, acting: UUID, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    data_key = make(keyring, acting)
    keyring.open_data_key(data_key.id, organisation_id=acting)
    clock.instant = 5.0

    with django_assert_num_queries(1):
        keyring.open_data_key(data_key.id, organisation_id=acting)
        keyring.open_data_key(data_key.id, organisation_id=acting)


def test_a_newer_version_wraps_and_may_retire_the_older(keyring: Keyring, acting: UUID) -> None:
    old = make(keyring, acting)
    first = TenantKey.objects.get()
    second = keyring._make_tenant_key(acting)
    assert second == first

    newer = TenantKey.objects.create(
        organisation_id=acting, version=2, wrapped=b"", root_provider="local_file", root_version=1
    )
    assert keyring.open_data_key(old.id, organisation_id=acting)
    keyring.forget(old.id)
    newer.min_decrypt_version = 2
    newer.save()

    with pytest.raises(RetiredKeyError):
        keyring.open_data_key(old.id, organisation_id=acting)


@pytest.mark.parametrize(
    "change",
    [
        {"min_decrypt_version": 0},
        {"min_decrypt_version": 2},
    ],
)
def test_the_least_version_lies_within_the_versions(
    keyring: Keyring, acting: UUID, change: dict[str, int]
) -> None:
    make(keyring, acting)

    with pytest.raises(IntegrityError), transaction.atomic():
        TenantKey.objects.update(**change)


@pytest.mark.parametrize("change", [{"wrapped": None}, {"shredded_at": "2026-01-01T00:00Z"}])
def test_a_key_is_whole_or_shredded_and_nothing_between(
    keyring: Keyring, acting: UUID, change: dict[str, object]
) -> None:
    make(keyring, acting)

    with pytest.raises(IntegrityError), transaction.atomic():
        DataKey.objects.update(**change)


def test_the_application_cannot_delete_a_key(keyring: Keyring, acting: UUID) -> None:
    make(keyring, acting)

    for table in ("vault_datakey", "vault_tenantkey"):
        with pytest.raises(Exception, match="permission denied"), transaction.atomic():
            connection.cursor().execute(f"DELETE FROM {table}")


@pytest.mark.django_db(transaction=True)
def test_two_first_keys_at_once_share_one_organisation_key(keyring: Keyring) -> None:
    organisation_id, ready = uuid4(), Barrier(2, timeout=10)
    made: list[DataKey] = []

    def first_key() -> None:
        with acting_for(organisation_id):
            assert not TenantKey.objects.exists()
            ready.wait()
            made.append(make(keyring, organisation_id))
        connections.close_all()

    threads = [Thread(target=first_key) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    with acting_for(organisation_id):
        assert TenantKey.objects.count() == 1
        opened = {Keyring().open_data_key(one.id, organisation_id=organisation_id).secret for one in made}
    assert len(opened) == 2

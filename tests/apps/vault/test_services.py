"""What other apps do with the vault."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction

from apps.core.organisation import acting_for
from apps.vault import services as vault
from apps.vault.errors import ErasedError, LegalHoldError, SealBrokenError
from apps.vault.models import DataKey
from apps.vault.sealing import Place


@pytest.fixture
def acting(db: None) -> Iterator[UUID]:
    organisation_id = uuid4()
    with acting_for(organisation_id):
        yield organisation_id


@pytest.fixture
def place(acting: UUID) -> Place:
    return Place(organisation=acting, table="encounters_turn", column="text_sealed", row=uuid4())


@pytest.fixture
def data_key_id(acting: UUID) -> UUID:
    return vault.create_data_key(acting, purpose="transcript", subject_id=uuid4())


def test_what_is_sealed_unseals(place: Place, data_key_id: UUID) -> None:
    blob = vault.seal("I drank again.", data_key_id=data_key_id, place=place)

    assert vault.unseal(blob, place=place) == "I drank again."
    assert b"drank" not in blob


def test_a_blob_unseals_as_the_database_gives_it(place: Place, data_key_id: UUID) -> None:
    blob = memoryview(vault.seal("I drank again.", data_key_id=data_key_id, place=place))

    assert vault.unseal(blob, place=place) == "I drank again."


def test_every_changed_byte_is_one_kind_of_error(place: Place, data_key_id: UUID) -> None:
    blob = vault.seal("I drank again.", data_key_id=data_key_id, place=place)
    assert vault.unseal(blob, place=place) == "I drank again."

    for index in range(len(blob)):
        changed = bytearray(blob)
        changed[index] ^= 0x10
        with pytest.raises(SealBrokenError):
            vault.unseal(bytes(changed), place=place)


def test_an_older_revision_does_not_replay(place: Place, data_key_id: UUID) -> None:
    blob = vault.seal("First words.", data_key_id=data_key_id, place=place)

    with pytest.raises(SealBrokenError):
        vault.unseal(blob, place=replace(place, revision=1))


def test_sealing_for_another_organisation_with_this_key_is_refused(place: Place, data_key_id: UUID) -> None:
    with pytest.raises(SealBrokenError):
        vault.seal("Words.", data_key_id=data_key_id, place=replace(place, organisation=uuid4()))


def test_after_shredding_words_are_erased_and_nothing_more_is_sealed(place: Place, data_key_id: UUID) -> None:
    blob = vault.seal("Forget this.", data_key_id=data_key_id, place=place)
    other_key_id = vault.create_data_key(place.organisation, purpose="transcript", subject_id=uuid4())
    kept = vault.seal("Keep this.", data_key_id=other_key_id, place=place)

    vault.shred(data_key_id)
    vault.shred(data_key_id)

    with pytest.raises(ErasedError):
        vault.unseal(blob, place=place)
    with pytest.raises(ErasedError):
        vault.seal("More.", data_key_id=data_key_id, place=place)
    assert DataKey.objects.get(pk=data_key_id).wrapped is None
    assert vault.unseal(kept, place=place) == "Keep this."


@pytest.mark.django_db(transaction=True)
def test_shredding_that_is_rolled_back_leaves_the_words() -> None:
    organisation_id = uuid4()
    place = Place(organisation=organisation_id, table="t", column="c", row=uuid4())
    with acting_for(organisation_id):
        data_key_id = vault.create_data_key(organisation_id, purpose="transcript", subject_id=uuid4())
        blob = vault.seal("Still here.", data_key_id=data_key_id, place=place)

    with pytest.raises(LookupError), acting_for(organisation_id):
        vault.shred(data_key_id)
        raise LookupError

    with acting_for(organisation_id):
        assert vault.unseal(blob, place=place) == "Still here."
        vault.shred(data_key_id)
    with acting_for(organisation_id), pytest.raises(ErasedError):
        vault.unseal(blob, place=place)


def test_a_legal_hold_blocks_shredding_until_it_is_released(place: Place, data_key_id: UUID) -> None:
    blob = vault.seal("Evidence.", data_key_id=data_key_id, place=place)
    vault.hold(data_key_id)
    held_at = DataKey.objects.get(pk=data_key_id).held_at
    vault.hold(data_key_id)

    with pytest.raises(LegalHoldError):
        vault.shred(data_key_id)
    assert vault.unseal(blob, place=place) == "Evidence."
    assert DataKey.objects.get(pk=data_key_id).held_at == held_at

    vault.release(data_key_id)
    vault.shred(data_key_id)
    with pytest.raises(ErasedError):
        vault.unseal(blob, place=place)


def test_the_database_too_refuses_to_shred_what_is_held(data_key_id: UUID) -> None:
    vault.hold(data_key_id)

    with pytest.raises(IntegrityError), transaction.atomic():
        DataKey.objects.update(wrapped=None, shredded_at="2026-01-01T00:00Z")


def test_a_shredded_key_cannot_be_held(data_key_id: UUID) -> None:
    vault.shred(data_key_id)

    with pytest.raises(ErasedError):
        vault.hold(data_key_id)


@pytest.mark.parametrize("change", [vault.shred, vault.hold, vault.release])
@pytest.mark.django_db
def test_another_organisation_s_key_cannot_be_changed(change: object) -> None:
    owner = uuid4()
    with acting_for(owner):
        data_key_id = vault.create_data_key(owner, purpose="transcript", subject_id=uuid4())

    with acting_for(uuid4()), pytest.raises(SealBrokenError):
        change(data_key_id)

    with acting_for(owner):
        assert DataKey.objects.get().wrapped is not None

"""What other apps do with the vault: make a key, seal, unseal, shred, hold. Knows ids, not people.

All of it runs inside the caller's `acting_for`. The caller appends the audit event in the same transaction. Sealing
with a key that is cached costs no query.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.vault.errors import ErasedError, LegalHoldError, SealBrokenError
from apps.vault.keyring import Keyring
from apps.vault.models import DataKey
from apps.vault.sealing import Place, key_id_of, seal_text, unseal_text

_keyring = Keyring()


def create_data_key(organisation_id: UUID, *, purpose: str, subject_id: UUID) -> UUID:
    """Make the key of one encounter or one person's record; keep its id in that row as a foreign key.

    Raises:
        KeyServiceError: the root key is away.
    """
    return _keyring.make_data_key(organisation_id, purpose=purpose, subject_id=subject_id).id


def seal(text: str, *, data_key_id: UUID, place: Place) -> bytes:
    """The text as a blob that opens at `place` alone.

    Raises:
        UnsealableError: the text holds a lone surrogate.
        ErasedError, KeyServiceError, RetiredKeyError, SealBrokenError: the key does not open.
    """
    key = _keyring.open_data_key(data_key_id, organisation_id=place.organisation)
    return seal_text(text, key=key, place=place)


def unseal(blob: bytes | memoryview, *, place: Place) -> str:
    """The text a blob holds.

    Raises:
        SealBrokenError: moved, replayed from another revision, cut or changed in any way.
        ErasedError: its key was shredded.
        KeyServiceError: the root key is away and the blob's key is not cached.
        RetiredKeyError: its key is wrapped by a version that may no longer be used.
    """
    sealed = bytes(blob)
    key = _keyring.open_data_key(key_id_of(sealed), organisation_id=place.organisation)
    return unseal_text(sealed, key=key, place=place)


def shred(data_key_id: UUID) -> None:
    """Forget a key for good: what it sealed can never be read again. Again is without effect.

    Raises:
        LegalHoldError: the key is held.
        SealBrokenError: no key of that id behind this wall.
    """
    with transaction.atomic():
        data_key = _locked(data_key_id)
        if data_key.held_at is not None:
            raise LegalHoldError
        if data_key.shredded_at is None:
            data_key.wrapped, data_key.shredded_at = None, timezone.now()
            data_key.save(update_fields=["wrapped", "shredded_at"])
        # Twice: this transaction must not read on; and until it commits another thread may still cache the key.
        _keyring.forget(data_key_id)
        transaction.on_commit(lambda: _keyring.forget(data_key_id))


def hold(data_key_id: UUID) -> None:
    """Put a key under legal hold; already held, it stays held since then.

    Raises:
        ErasedError: it was shredded before.
        SealBrokenError: no key of that id behind this wall.
    """
    with transaction.atomic():
        data_key = _locked(data_key_id)
        if data_key.shredded_at is not None:
            raise ErasedError
        if data_key.held_at is None:
            data_key.held_at = timezone.now()
            data_key.save(update_fields=["held_at"])


def release(data_key_id: UUID) -> None:
    """End a legal hold; without one, without effect."""
    with transaction.atomic():
        data_key = _locked(data_key_id)
        data_key.held_at = None
        data_key.save(update_fields=["held_at"])


def _locked(data_key_id: UUID) -> DataKey:
    data_key = DataKey.objects.select_for_update().filter(pk=data_key_id).first()
    if data_key is None:
        raise SealBrokenError("No such key behind this wall, or the caller acts for no organisation.")
    return data_key

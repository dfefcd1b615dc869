"""Seals a text to its place. Pure: knows neither the database nor where keys come from.

    blob = format (1) | algorithm (1) | data key id (16) | locked
    locked = salt (16) | commitment (32) | nonce (12) | ciphertext | tag (16)    (`envelope`)

The associated data is a list of items, each behind its length (`envelope.listed`), in this order:
"pixelated-empathy", the format and algorithm bytes, organisation, table, column, row, encounter, position, author
role, revision, data key id. Ids are their 16 bytes (an absent encounter is empty), numbers 8 bytes signed big-endian,
words UTF-8. So a blob that is moved to another row, replayed from an older revision, cut or changed does not open.
The text is UTF-8, then 0x80, then zeros up to a multiple of 64 bytes: a reader of the table learns its length in steps
of 64. `tests/apps/vault/vectors.json` is for a second implementation.
"""

import os
from dataclasses import dataclass, field
from uuid import UUID

from apps.vault.envelope import OVERHEAD_BYTES, RandomBytes, listed, lock, unlock
from apps.vault.errors import SealBrokenError, UnsealableError

PRODUCT = b"pixelated-empathy"
FORMAT = 1
AES_256_GCM_HKDF_SHA256 = 1
PADDED_TO_BYTES = 64
_KIND = bytes([FORMAT, AES_256_GCM_HKDF_SHA256])
_HEADER_BYTES = len(_KIND) + 16
_END = b"\x80"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed text lives. Unsealing needs the very same place; a later revision is another place."""

    organisation: UUID
    table: str
    column: str
    row: UUID
    encounter: UUID | None = None
    position: int = 0
    author_role: str = ""
    revision: int = 0


@dataclass(frozen=True, slots=True)
class SealingKey:
    """An unwrapped data key: 32 bytes that never leave this process."""

    id: UUID
    secret: bytes = field(repr=False)


def seal_text(text: str, *, key: SealingKey, place: Place, random: RandomBytes = os.urandom) -> bytes:
    """Seal; the blob is 94 bytes longer than the padded text.

    Raises:
        UnsealableError: the text holds a lone surrogate.
    """
    locked = lock(_padded(text), secret=key.secret, associated=_associated(place, key.id), random=random)
    return _KIND + key.id.bytes + locked


def unseal_text(blob: bytes, *, key: SealingKey, place: Place) -> str:
    """Undo `seal_text`.

    Raises:
        SealBrokenError: not this blob, this key or this place.
    """
    if key_id_of(blob) != key.id:
        raise SealBrokenError
    return _unpadded(unlock(blob[_HEADER_BYTES:], secret=key.secret, associated=_associated(place, key.id)))


def key_id_of(blob: bytes) -> UUID:
    """The data key a blob says it was sealed with; proven only by unsealing.

    Raises:
        SealBrokenError: too short, or of a kind this version does not know.
    """
    if len(blob) < _HEADER_BYTES + OVERHEAD_BYTES + PADDED_TO_BYTES or not blob.startswith(_KIND):
        raise SealBrokenError
    return UUID(bytes=bytes(blob[len(_KIND) : _HEADER_BYTES]))


def _associated(place: Place, key_id: UUID) -> bytes:
    return listed(
        PRODUCT,
        _KIND,
        place.organisation.bytes,
        place.table.encode(),
        place.column.encode(),
        place.row.bytes,
        place.encounter.bytes if place.encounter else b"",
        place.position.to_bytes(8, "big", signed=True),
        place.author_role.encode(),
        place.revision.to_bytes(8, "big", signed=True),
        key_id.bytes,
    )


def _padded(text: str) -> bytes:
    # Raised after the handler: a UnicodeError carries the text, and would hang on an error raised within.
    try:
        plain = text.encode()
    except UnicodeEncodeError:
        plain = None
    if plain is None:
        raise UnsealableError("The text holds a character that is half of a pair and cannot be stored.")
    length = (len(plain) // PADDED_TO_BYTES + 1) * PADDED_TO_BYTES
    return (plain + _END).ljust(length, b"\x00")


def _unpadded(padded: bytes) -> str:
    plain, end, zeros = padded.rpartition(_END)
    if not end or zeros.strip(b"\x00") or len(padded) % PADDED_TO_BYTES:
        raise SealBrokenError
    try:
        return plain.decode()
    except UnicodeDecodeError:
        pass
    raise SealBrokenError

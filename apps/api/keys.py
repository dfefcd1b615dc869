"""What a key looks like. Pure: makes, reads and hashes; knows no rows.

`px_` eight letters to know it by `_` 64 letters: 16 bytes that name the organisation, whose wall the key stands
behind, and 32 random bytes that nobody can guess. Naming another organisation leads to a row that is not there.
"""

import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

SECRET_BYTES = 32
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_KEY = re.compile(r"(px_[a-z2-7]{8})_([A-Za-z0-9_-]{64})")


@dataclass(frozen=True)
class NewKey:
    """`text` is shown once and kept nowhere."""

    text: str
    prefix: str
    secret_hash: str


@dataclass(frozen=True)
class ReadKey:
    organisation_id: UUID
    secret_hash: str


def make_key(organisation_id: UUID) -> NewKey:
    prefix = "px_" + "".join(secrets.choice(_LETTERS) for _ in range(8))
    body = urlsafe_b64encode(organisation_id.bytes + secrets.token_bytes(SECRET_BYTES)).decode()
    text = f"{prefix}_{body}"
    return NewKey(text, prefix, hash_of(text))


def read_key(text: str) -> ReadKey | None:
    """What a caller sent; None where it cannot be a key."""
    found = _KEY.fullmatch(text)
    if found is None:
        return None
    return ReadKey(UUID(bytes=urlsafe_b64decode(found[2])[:16]), hash_of(text))


def hash_of(text: str) -> str:
    """SHA-256 in hex: enough for 256 random bits, which no list of likely secrets can hold."""
    return sha256(text.encode()).hexdigest()

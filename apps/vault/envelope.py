"""Locks bytes so that they open in one place only. Pure: knows neither keys' owners nor where bytes are kept.

    locked = salt (16) | commitment (32) | nonce (12) | ciphertext | tag (16)

HKDF-SHA256(secret, salt, info=associated) gives 64 bytes: an AES-256-GCM key and the commitment. GCM alone lets one
ciphertext open under two keys; the commitment, compared in constant time, rules that out. A salt for each locking
gives each its own key, so the 2^32 limit of random nonces under one key is never near. `associated` goes into both the
derivation and the tag.
"""

import os
from collections.abc import Callable
from hmac import compare_digest

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from apps.vault.errors import SealBrokenError

SECRET_BYTES = 32
SALT_BYTES = 16
COMMITMENT_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
OVERHEAD_BYTES = SALT_BYTES + COMMITMENT_BYTES + NONCE_BYTES + TAG_BYTES
_NONCE_AT = SALT_BYTES + COMMITMENT_BYTES
_CIPHERTEXT_AT = _NONCE_AT + NONCE_BYTES

RandomBytes = Callable[[int], bytes]


def listed(*items: bytes) -> bytes:
    """Items joined so that no two lists give the same bytes: each behind its length, four bytes, big-endian."""
    return b"".join(len(item).to_bytes(4, "big") + item for item in items)


def lock(plain: bytes, *, secret: bytes, associated: bytes, random: RandomBytes = os.urandom) -> bytes:
    """Encrypt under a key used this once. `secret` is 32 bytes; `random` is replaced by test vectors alone."""
    salt = random(SALT_BYTES)
    nonce = random(NONCE_BYTES)
    key, commitment = _row_key(secret, salt, associated)
    return salt + commitment + nonce + AESGCM(key).encrypt(nonce, plain, associated)


def unlock(locked: bytes, *, secret: bytes, associated: bytes) -> bytes:
    """Undo `lock`.

    Raises:
        SealBrokenError: for any other secret, associated bytes or a single changed bit.
    """
    if len(locked) < OVERHEAD_BYTES:
        raise SealBrokenError
    key, commitment = _row_key(secret, locked[:SALT_BYTES], associated)
    if not compare_digest(commitment, locked[SALT_BYTES:_NONCE_AT]):
        raise SealBrokenError
    try:
        return AESGCM(key).decrypt(locked[_NONCE_AT:_CIPHERTEXT_AT], locked[_CIPHERTEXT_AT:], associated)
    except InvalidTag:
        raise SealBrokenError from None


def _row_key(secret: bytes, salt: bytes, associated: bytes) -> tuple[bytes, bytes]:
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"A secret is {SECRET_BYTES} bytes.")
    derived = HKDF(SHA256(), SECRET_BYTES + COMMITMENT_BYTES, salt, associated).derive(secret)
    return derived[:SECRET_BYTES], derived[SECRET_BYTES:]

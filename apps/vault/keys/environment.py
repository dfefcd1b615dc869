"""The root key in the environment, put there by whatever keeps secrets for the deployment.

PIXELATED_ROOT_KEYS holds all versions, `1:BASE64,2:BASE64`, 32 bytes each; PIXELATED_ROOT_MIN_DECRYPT_VERSION the least
that may still unwrap (1 where unset). `openssl rand -base64 32` makes one.
"""

import os
from base64 import b64decode
from collections.abc import Mapping

from apps.vault.envelope import SECRET_BYTES
from apps.vault.errors import KeyServiceError
from apps.vault.held_root import HeldRootKey

KEYS = "PIXELATED_ROOT_KEYS"
LEAST = "PIXELATED_ROOT_MIN_DECRYPT_VERSION"


def root_key() -> HeldRootKey:
    return parsed(os.environ)


def parsed(environment: Mapping[str, str]) -> HeldRootKey:
    """The root key a set of variables holds.

    Raises:
        KeyServiceError: unset or malformed. The message shows no part of a key.
    """
    try:
        pairs = (item.split(":", 1) for item in environment.get(KEYS, "").split(","))
        versions = {int(version): b64decode(encoded, validate=True) for version, encoded in pairs}
        least = int(environment.get(LEAST) or 1)
    except ValueError:
        versions, least = {}, 1
    if not versions or any(
        version < 1 or len(secret) != SECRET_BYTES for version, secret in versions.items()
    ):
        raise KeyServiceError(f"Set {KEYS} to VERSION:BASE64 pairs of 32 bytes, separated by commas.")
    return HeldRootKey(versions, least)

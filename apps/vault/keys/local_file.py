"""The root key in a JSON file of mode 0600, for development and for a single machine.

    {"format": 1, "made_for": "development", "min_decrypt_version": 1, "versions": {"1": "<32 bytes, base64>"}}

It is read again at each use, so that a key taken away is away. In development the first use makes the file; a
production key is made by `manage.py root_key`, on a volume that is not backed up together with the database.
"""

import json
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from apps.vault.envelope import SECRET_BYTES
from apps.vault.errors import KeyServiceError
from apps.vault.held_root import HeldRootKey
from apps.vault.keys import Wrapped

FORMAT = 1
DEVELOPMENT = "development"
PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """What a key file says."""

    made_for: str
    held: HeldRootKey


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A root key read from `path`; `may_make` lets wrapping make a development key where there is no file."""

    path: Path
    may_make: bool

    def wrap(self, secret: bytes, *, bound_to: bytes) -> Wrapped:
        if self.may_make and not self.path.exists():
            add_version(self.path, made_for=DEVELOPMENT)
        return read_key_file(self.path).held.wrap(secret, bound_to=bound_to)

    def unwrap(self, wrapped: Wrapped, *, bound_to: bytes) -> bytes:
        return read_key_file(self.path).held.unwrap(wrapped, bound_to=bound_to)


def root_key() -> LocalFile:
    return LocalFile(Path(settings.ROOT_KEY_FILE), may_make=not settings.PRODUCTION)


def read_key_file(path: Path) -> KeyFile:
    """The file's content.

    Raises:
        KeyServiceError: absent, open to others, or not a key file; says how to mend it.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise KeyServiceError(f"The root key file {path} is open to others. Run: chmod 600 {path}")
        said = json.loads(path.read_bytes())
        if said["format"] != FORMAT:
            raise KeyServiceError(f"The root key file {path} is of a format this version does not know.")
        versions = {int(version): _secret(encoded) for version, encoded in said["versions"].items()}
        if not versions:
            raise ValueError
        return KeyFile(str(said["made_for"]), HeldRootKey(versions, int(said["min_decrypt_version"])))
    except OSError:
        message = f"The root key file {path} cannot be read. Restore it, or set PIXELATED_ROOT_KEY_FILE."
        raise KeyServiceError(message) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        pass  # Raised below: a JSON error carries the text, and the text is keys.
    raise KeyServiceError(f"The root key file {path} is damaged. Restore it from its own backup.")


def add_version(path: Path, *, made_for: str) -> int:
    """Add a version, which then wraps; makes the file if there is none. Returns the version.

    Two processes may make the first version at once: one file wins, for both.
    """
    if path.exists():
        here = read_key_file(path)
        made_for, held = here.made_for, here.held
        version = max(held.versions) + 1
        _write(path, made_for, {**held.versions, version: os.urandom(SECRET_BYTES)}, held.min_decrypt_version)
        return version
    _write(path, made_for, {1: os.urandom(SECRET_BYTES)}, 1, only_if_absent=True)
    return 1


def _write(
    path: Path,
    made_for: str,
    versions: dict[int, bytes],
    min_decrypt_version: int,
    *,
    only_if_absent: bool = False,
) -> None:
    encoded = {str(version): b64encode(secret).decode() for version, secret in sorted(versions.items())}
    said = {
        "format": FORMAT,
        "made_for": made_for,
        "min_decrypt_version": min_decrypt_version,
        "versions": encoded,
    }
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(said, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        if only_if_absent:
            _link_if_absent(written, path)
        else:
            written.replace(path)
    finally:
        written.unlink(missing_ok=True)


def _link_if_absent(written: Path, path: Path) -> None:
    """A link, unlike a rename, never replaces the key another process has just made."""
    try:
        path.hardlink_to(written)
    except FileExistsError:
        return


def _secret(encoded: str) -> bytes:
    secret = b64decode(encoded, validate=True)
    if len(secret) != SECRET_BYTES:
        raise ValueError
    return secret

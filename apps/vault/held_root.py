"""A root key whose versions this process holds in memory, read from a file or the environment. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.vault.envelope import listed, lock, unlock
from apps.vault.errors import KeyServiceError, RetiredKeyError
from apps.vault.keys import Wrapped


@dataclass(frozen=True, slots=True)
class HeldRootKey:
    """`versions` maps a version, from 1, to its 32 bytes; the highest wraps."""

    versions: Mapping[int, bytes] = field(repr=False)
    min_decrypt_version: int = 1

    def wrap(self, secret: bytes, *, bound_to: bytes) -> Wrapped:
        version = max(self.versions)
        return Wrapped(
            version, lock(secret, secret=self.versions[version], associated=_bound(bound_to, version))
        )

    def unwrap(self, wrapped: Wrapped, *, bound_to: bytes) -> bytes:
        if wrapped.version < self.min_decrypt_version:
            raise RetiredKeyError(f"Version {wrapped.version} of the root key may no longer be used.")
        if wrapped.version not in self.versions:
            raise KeyServiceError(f"Version {wrapped.version} of the root key is not here. Restore it.")
        associated = _bound(bound_to, wrapped.version)
        return unlock(wrapped.blob, secret=self.versions[wrapped.version], associated=associated)


def _bound(bound_to: bytes, version: int) -> bytes:
    return listed(b"root", version.to_bytes(8, "big"), bound_to)

"""Where the root key is kept: one module per kind of place, named by the setting ROOT_KEY_PROVIDER.

A module here offers `root_key() -> RootKey`. A key service (transit, KMS) is another module beside these and nothing
else: wrapping happens in the service, and the version is the service's own number for the key that wrapped.
"""

from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol

from django.conf import settings

from apps.vault.errors import KeyServiceError


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A key wrapped by version `version` of the root key."""

    version: int
    blob: bytes = field(repr=False)


class RootKey(Protocol):
    """What wraps the organisations' keys. `bound_to` names the row a key is kept in; both calls need the same."""

    def wrap(self, secret: bytes, *, bound_to: bytes) -> Wrapped:
        """Wrap with the current version.

        Raises:
            KeyServiceError: the key is away.
        """

    def unwrap(self, wrapped: Wrapped, *, bound_to: bytes) -> bytes:
        """Undo `wrap`.

        Raises:
            KeyServiceError: the key is away.
            RetiredKeyError: the version is below the least that may still be used.
            SealBrokenError: not wrapped by this key, or for another row.
        """


def provider_names() -> tuple[str, ...]:
    return tuple(sorted(module.name for module in iter_modules(__path__)))


def root_key(provider: str = "") -> RootKey:
    """The root key at `provider`, by default the one new keys are wrapped with.

    Raises:
        KeyServiceError: there is no such provider.
    """
    name = provider or settings.ROOT_KEY_PROVIDER
    if name not in provider_names():
        raise KeyServiceError(
            f"Set PIXELATED_ROOT_KEY_PROVIDER to one of {', '.join(provider_names())}; not {name!r}."
        )
    return import_module(f"{__name__}.{name}").root_key()

"""Makes, wraps and unwraps keys: root wraps an organisation's key, that wraps data keys. Knows no texts.

Every call runs inside `acting_for`: the wall hides other organisations' keys. A wrapped key is bound to its row, so one
copied into another row does not open. Shredding in another process is noticed within `cache.RECHECK_S` seconds, and the
wrapped key then lives on only in what the database keeps of its past: write-ahead log, dead rows until vacuum, backups.
"""

import os
from uuid import UUID

from django.conf import settings

from apps.vault.cache import KeyCache
from apps.vault.envelope import SECRET_BYTES, listed, lock, unlock
from apps.vault.errors import ErasedError, RetiredKeyError, SealBrokenError
from apps.vault.keys import Wrapped, root_key
from apps.vault.models import DataKey, TenantKey
from apps.vault.sealing import SealingKey


class Keyring:
    """One for each process; each cache is bounded and forgets after five minutes."""

    def __init__(self, *, data_keys: KeyCache | None = None, tenant_keys: KeyCache | None = None) -> None:
        self._data_keys = KeyCache() if data_keys is None else data_keys
        self._tenant_keys = KeyCache() if tenant_keys is None else tenant_keys

    def make_data_key(self, organisation_id: UUID, *, purpose: str, subject_id: UUID) -> DataKey:
        """A saved data key; the organisation's key is made with its first.

        Raises:
            KeyServiceError: the root key is away and the organisation's key is not cached.
        """
        tenant_key = _newest(organisation_id) or self._make_tenant_key(organisation_id)
        data_key = DataKey(
            organisation_id=organisation_id, purpose=purpose, subject_id=subject_id, tenant_key=tenant_key
        )
        data_key.wrapped = lock(
            os.urandom(SECRET_BYTES), secret=self._tenant_secret(tenant_key), associated=_data_row(data_key)
        )
        data_key.save(force_insert=True)
        return data_key

    def open_data_key(self, data_key_id: UUID, *, organisation_id: UUID) -> SealingKey:
        """The key, unwrapped.

        Raises:
            SealBrokenError: no key of that id behind this wall, or its wrapping was changed.
            ErasedError: it was shredded.
            RetiredKeyError: wrapped by a version that may no longer be used.
            KeyServiceError: the root key is away and the key is not cached.
        """
        cached = self._data_keys.get(data_key_id)
        if cached is None:
            return self._unwrap(data_key_id, organisation_id)
        if cached.organisation_id != organisation_id:
            raise SealBrokenError
        if cached.due:
            self._recheck(data_key_id)
        return SealingKey(data_key_id, cached.secret)

    def forget(self, data_key_id: UUID) -> None:
        self._data_keys.drop(data_key_id)

    def _unwrap(self, data_key_id: UUID, organisation_id: UUID) -> SealingKey:
        data_key = _whole(data_key_id)
        if data_key.organisation_id != organisation_id:
            raise SealBrokenError
        newest = _newest(organisation_id)
        if newest is None or data_key.tenant_key.version < newest.min_decrypt_version:
            raise RetiredKeyError
        tenant_secret = self._tenant_secret(data_key.tenant_key)
        secret = unlock(bytes(data_key.wrapped), secret=tenant_secret, associated=_data_row(data_key))
        self._data_keys.put(data_key_id, organisation_id=organisation_id, secret=secret)
        return SealingKey(data_key_id, secret)

    def _recheck(self, data_key_id: UUID) -> None:
        """Another process may have shredded it since it was cached."""
        try:
            _whole(data_key_id)
        except (ErasedError, SealBrokenError):
            self.forget(data_key_id)
            raise
        self._data_keys.confirm(data_key_id)

    def _make_tenant_key(self, organisation_id: UUID) -> TenantKey:
        """Two transactions may both find none: the second waits for the first and takes its key."""
        tenant_key = TenantKey(organisation_id=organisation_id, root_provider=settings.ROOT_KEY_PROVIDER)
        wrapped = root_key().wrap(os.urandom(SECRET_BYTES), bound_to=_tenant_row(tenant_key))
        tenant_key.wrapped, tenant_key.root_version = wrapped.blob, wrapped.version
        TenantKey.objects.bulk_create([tenant_key], ignore_conflicts=True)
        return TenantKey.objects.get(organisation_id=organisation_id, version=tenant_key.version)

    def _tenant_secret(self, tenant_key: TenantKey) -> bytes:
        cached = self._tenant_keys.get(tenant_key.id)
        if cached is not None:
            return cached.secret
        secret = root_key(tenant_key.root_provider).unwrap(
            Wrapped(tenant_key.root_version, bytes(tenant_key.wrapped)), bound_to=_tenant_row(tenant_key)
        )
        self._tenant_keys.put(tenant_key.id, organisation_id=tenant_key.organisation_id, secret=secret)
        return secret


def _newest(organisation_id: UUID) -> TenantKey | None:
    return TenantKey.objects.filter(organisation_id=organisation_id).order_by("-version").first()


def _whole(data_key_id: UUID) -> DataKey:
    data_key = DataKey.objects.select_related("tenant_key").filter(pk=data_key_id).first()
    if data_key is None:
        raise SealBrokenError("No such key behind this wall, or the caller acts for no organisation.")
    if data_key.wrapped is None:
        raise ErasedError
    return data_key


def _tenant_row(tenant_key: TenantKey) -> bytes:
    return listed(
        b"vault_tenantkey",
        tenant_key.organisation_id.bytes,
        tenant_key.id.bytes,
        tenant_key.version.to_bytes(8, "big"),
    )


def _data_row(data_key: DataKey) -> bytes:
    return listed(
        b"vault_datakey",
        data_key.organisation_id.bytes,
        data_key.id.bytes,
        data_key.purpose.encode(),
        data_key.subject_id.bytes,
        data_key.tenant_key_id.bytes,
    )

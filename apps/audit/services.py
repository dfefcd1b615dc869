"""Writes the log. Knows ids, not people, and no way to change what is written.

An append locks the log's head until its transaction ends: call `append` LAST in a transaction, or two transactions that
go on to lock each other's rows would wait for each other. The wait for the head ends after two seconds.
"""

from datetime import UTC, datetime
from typing import Required, TypedDict, Unpack
from uuid import UUID, uuid4

from django.db import Error, connection, transaction
from psycopg_pool import PoolTimeout

from apps.audit.actions import Action
from apps.audit.body import Event, canonical
from apps.audit.context import current_context
from apps.audit.errors import AuditUnavailableError
from apps.core.organisation import after_acting


class Facts(TypedDict, total=False):
    """`role`, `purpose` and `object_kind` are code words; `detail` is sealed already."""

    actor_id: Required[UUID | None]
    organisation_id: Required[UUID | None]
    object_kind: Required[str]
    object_id: Required[UUID | None]
    role: str
    purpose: str
    allowed: bool
    detail: bytes


def append(action: str, **facts: Unpack[Facts]) -> int:
    """Record an `Action` in the caller's transaction; returns its place in the log.

    A roll-back undoes it, and leaves no gap.

    Raises:
        AuditUnavailableError: it could not be written; what it records must not happen.
        ValueError: not an `Action`, or a field holds more than code words.
    """
    return _write(_body(action, facts), facts["organisation_id"])


def append_denial(action: str, **facts: Unpack[Facts]) -> None:
    """Record that something was refused, in a transaction of its own that no roll-back undoes.

    Inside `acting_for` it is written as soon as the outermost block is over, kept or rolled back; else at once.
    A second connection would be sooner, but a request that holds one and waits for another starves the pool.

    Raises:
        AuditUnavailableError: it could not be written (inside `acting_for`: raised where that block ends).
        ValueError: not an `Action`, or a field holds more than code words.
        RuntimeError: in a transaction that is not `acting_for`'s; call it after that one.
    """
    body = _body(action, {**facts, "allowed": False})
    organisation_id = facts["organisation_id"]
    after_acting(lambda: _write_alone(body, organisation_id))


def _body(action: str, facts: Facts) -> bytes:
    context = current_context()
    event = Event(
        id=uuid4(),
        at=datetime.now(UTC),
        action=Action(action),
        address_hash=context.address_hash,
        request_id=context.request_id,
        **facts,
    )
    return canonical(event)


def _write(body: bytes, organisation_id: UUID | None) -> int:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT audit.append(%s, %s)", [body, organisation_id])
            return cursor.fetchone()[0]
    except (Error, PoolTimeout) as problem:
        raise AuditUnavailableError from problem


def _write_alone(body: bytes, organisation_id: UUID | None) -> None:
    try:
        with transaction.atomic(durable=True):
            _write(body, organisation_id)
    except (Error, PoolTimeout) as problem:
        raise AuditUnavailableError from problem

"""The one seam to rows that belong to an organisation.

`acting_for` opens a transaction and tells PostgreSQL whose rows it may see; the policies made by
`apps.core.walls` do the rest. Outside it, walled tables are empty and refuse writes: forgetting the seam
shows nothing rather than everything. It does not know who acts or whether they may: that is `access.py`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection, transaction

from apps.core.errors import CrossedWallError


@dataclass(frozen=True)
class _Block:
    """The outermost `acting_for` of a thread, and what is to be done when it is over."""

    organisation_id: UUID
    afterwards: list[Callable[[], None]] = field(default_factory=list)


_acting: ContextVar[_Block | None] = ContextVar("acting_for", default=None)


@contextmanager
def acting_for(organisation_id: UUID) -> Iterator[None]:
    """Run a block in one transaction that sees only this organisation's rows.

    Inside itself for the same organisation it is a savepoint.

    Raises:
        CrossedWallError: inside a block for another organisation.
    """
    current = _acting.get()
    if current is None:
        yield from _outermost(_Block(organisation_id))
        return
    if current.organisation_id != organisation_id:
        raise CrossedWallError
    with transaction.atomic():
        yield


def _outermost(block: _Block) -> Iterator[None]:
    token = _acting.set(block)
    try:
        with transaction.atomic():
            _see(str(block.organisation_id))
            yield
        if connection.in_atomic_block:  # Within somebody's transaction the setting would outlive this block.
            _see("")
    finally:
        _acting.reset(token)
        for effect in block.afterwards:
            effect()


def _see(organisation: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pixelated.organisation', %s, true)", [organisation])


def after_acting(effect: Callable[[], None]) -> None:
    """Do `effect` once the outermost `acting_for` is over, its transaction kept or rolled back; outside one, at once.

    For what must outlive a roll-back. An error of the effect leaves that block in place of its own.
    """
    block = _acting.get()
    if block is None:
        effect()
    else:
        block.afterwards.append(effect)


def acting_organisation() -> UUID | None:
    """Whose rows this block sees; None outside `acting_for`."""
    block = _acting.get()
    return None if block is None else block.organisation_id

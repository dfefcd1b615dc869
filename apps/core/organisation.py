"""The one seam to rows that belong to an organisation.

`acting_for` opens a transaction and tells PostgreSQL whose rows it may see; the policies made by
`apps.core.walls` do the rest. Outside it, walled tables are empty and refuse writes: forgetting the seam
shows nothing rather than everything. It does not know who acts or whether they may: that is `access.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.db import connection, transaction

from apps.core.errors import CrossedWallError

_acting: ContextVar[UUID | None] = ContextVar("acting_for", default=None)


@contextmanager
def acting_for(organisation_id: UUID) -> Iterator[None]:
    """Run a block in one transaction that sees only this organisation's rows.

    Inside itself for the same organisation it is a savepoint.

    Raises:
        CrossedWallError: inside a block for another organisation.
    """
    current = _acting.get()
    if current is not None and current != organisation_id:
        raise CrossedWallError
    token = _acting.set(organisation_id)
    try:
        with transaction.atomic():
            if current is None:
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT set_config('pixelated.organisation', %s, true)", [str(organisation_id)]
                    )
            yield
    finally:
        _acting.reset(token)


def acting_organisation() -> UUID | None:
    """Whose rows this block sees; None outside `acting_for`."""
    return _acting.get()

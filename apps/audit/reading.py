"""Reads the whole log, across organisations, to verify it.

Only `pixelated_owner` may: the application's role is shown one organisation's entries and no head. So this is for
commands and for the process that signs checkpoints, over a connection of the owner, never for a request.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any, Protocol

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.audit.chain import GENESIS, ChainEntry, Fault, Link, faults

PAGE_ENTRIES = 2000
MOST_FAULTS = 1000

_PAGE = """
SELECT seq, at, organisation_id, body, prev, hash FROM audit.entry
WHERE seq > %s ORDER BY seq LIMIT %s
"""


class Connection(Protocol):
    """Django's connection, or psycopg's own."""

    def cursor(self) -> AbstractContextManager[Any]: ...


def read_head(connection: Connection) -> Link:
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, hash FROM audit.head")
        seq, digest = cursor.fetchone()
    return Link(seq, bytes(digest))


def read_entries(connection: Connection, *, after_seq: int = 0) -> Iterator[ChainEntry]:
    """All entries after a number, a page at a time."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_PAGE, [after_seq, PAGE_ENTRIES])
            rows = cursor.fetchall()
        for seq, at, organisation_id, body, prev, digest in rows:
            yield ChainEntry(seq, at, organisation_id, bytes(body), bytes(prev), bytes(digest))
        if len(rows) < PAGE_ENTRIES:
            return
        after_seq = rows[-1][0]


def verify_log(connection: BaseDatabaseWrapper, *, after: Link = GENESIS) -> tuple[Link, tuple[Fault, ...]]:
    """The head and the first thousand faults of everything behind `after`, as of one instant while appends go on.

    Opens a transaction that only reads, so it must not be inside another.
    """
    with transaction.atomic(using=connection.alias, durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        head = read_head(connection)
        entries = read_entries(connection, after_seq=after.seq)
        found = tuple(islice(faults(entries, after=after, head=head), MOST_FAULTS))
    return head, found

"""Connections of each role to the test database, outside Django: what they write is committed."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest

from apps.audit.body import Event, canonical
from pixelated.supervise.postgres import Addresses

Connection = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def connect(django_db_setup: None) -> Iterator[Callable[[str], Connection]]:
    """Opens an autocommit connection to a URL; all are closed after the test."""
    opened: list[Connection] = []

    def open_one(url: str) -> Connection:
        opened.append(psycopg.connect(url, autocommit=True))
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.close()


@pytest.fixture
def app(connect: Callable[[str], Connection], database_addresses: Addresses) -> Connection:
    return connect(database_addresses.app_url)


@pytest.fixture
def owner(connect: Callable[[str], Connection], database_addresses: Addresses) -> Connection:
    return connect(database_addresses.owner_url)


@pytest.fixture
def superuser(connect: Callable[[str], Connection], database_addresses: Addresses) -> Connection:
    return connect(database_addresses.admin_url)


def body_of(organisation_id: UUID | None = None) -> bytes:
    """A plausible entry."""
    return canonical(
        Event(
            id=uuid4(),
            at=datetime.now(UTC),
            action="transcript.viewed",
            actor_id=uuid4(),
            organisation_id=organisation_id,
            object_kind="encounter",
            object_id=uuid4(),
        )
    )


@pytest.fixture
def write() -> Callable[..., int]:
    """Appends an entry over a connection; returns its number."""

    def write_one(connection: Connection, organisation_id: UUID | None = None) -> int:
        row = connection.execute(
            "SELECT audit.append(%s, %s)", [body_of(organisation_id), organisation_id]
        ).fetchone()
        return row[0]

    return write_one

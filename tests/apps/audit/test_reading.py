"""The whole log is read by the owner, a page at a time, as of one instant."""

from collections.abc import Callable
from uuid import uuid4

import psycopg
import pytest
from django.db import connections

from apps.audit.chain import Link
from apps.audit.reading import PAGE_ENTRIES, read_entries, read_head, verify_log

Connection = psycopg.Connection[tuple[object, ...]]


def test_entries_come_in_order_across_pages(
    app: Connection, owner: Connection, write: Callable[..., int]
) -> None:
    before = read_head(owner)
    with app.transaction():
        for _ in range(PAGE_ENTRIES + 1):
            write(app)

    numbers = [entry.seq for entry in read_entries(owner, after_seq=before.seq)]

    assert numbers == list(range(before.seq + 1, before.seq + PAGE_ENTRIES + 2))


def test_the_application_s_role_reads_no_head_and_not_the_whole_log(
    app: Connection, write: Callable[..., int]
) -> None:
    write(app, uuid4())

    assert list(read_entries(app)) == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        read_head(app)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_log_verifies_from_its_start_and_from_a_kept_link(
    app: Connection, owner: Connection, write: Callable[..., int]
) -> None:
    kept = read_head(owner)
    number = write(app)

    head, found = verify_log(connections["owner"])
    later_head, later_found = verify_log(connections["owner"], after=kept)

    assert (head.seq, found) == (number, ())
    assert (later_head, later_found) == (head, ())


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_log_that_does_not_follow_a_kept_link_is_faulty(
    app: Connection, owner: Connection, write: Callable[..., int]
) -> None:
    kept = read_head(owner)
    number = write(app)

    _, found = verify_log(connections["owner"], after=Link(kept.seq, bytes(31) + b"\x01"))

    assert [(fault.seq, fault.kind) for fault in found] == [(number, "previous")]

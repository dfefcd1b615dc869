"""A chain shows what was changed, taken out, put in or moved."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.body import Event, canonical
from apps.audit.chain import GENESIS, ChainEntry, Fault, FaultKind, Link, entry_hash, faults

START = datetime(2026, 3, 1, tzinfo=UTC)


def chain_of(length: int) -> list[ChainEntry]:
    entries: list[ChainEntry] = []
    last = GENESIS
    for seq in range(1, length + 1):
        at, organisation_id = START + timedelta(seconds=seq), UUID(int=seq) if seq % 2 else None
        event = Event(
            id=UUID(int=seq),
            at=at,
            action="encounter.viewed",
            actor_id=None,
            organisation_id=organisation_id,
            object_kind="encounter",
            object_id=None,
        )
        body = canonical(event)
        entry = ChainEntry(seq, at, organisation_id, body, last.hash, entry_hash(last.hash, seq, body))
        last = Link(seq, entry.hash)
        entries.append(entry)
    return entries


def head_of(entries: list[ChainEntry]) -> Link:
    return Link(entries[-1].seq, entries[-1].hash) if entries else GENESIS


@given(length=st.integers(0, 12), cut=st.integers(0, 12))
def test_a_whole_chain_and_any_later_part_of_it_are_sound(length: int, cut: int) -> None:
    entries = chain_of(length)
    after = head_of(entries[:cut])

    assert list(faults(entries, head=head_of(entries))) == []
    assert list(faults(entries[cut:], after=after, head=head_of(entries))) == []


def test_the_hash_is_the_one_described() -> None:
    assert entry_hash(bytes(32), 1, b"{}").hex() == (
        "1bad765d926feacace97a8ddcd329a1f4254c208affc1ba86b3c7d59e8fba83e"
    )


CHANGES: dict[str, tuple[Callable[[ChainEntry], ChainEntry], set[FaultKind]]] = {
    "body": (lambda entry: replace(entry, body=entry.body.replace(b"viewed", b"listed")), {FaultKind.HASH}),
    "prev": (lambda entry: replace(entry, prev=bytes(32)), {FaultKind.PREVIOUS, FaultKind.HASH}),
    "hash": (lambda entry: replace(entry, hash=bytes(32)), {FaultKind.HASH, FaultKind.PREVIOUS}),
    "time": (lambda entry: replace(entry, at=START), {FaultKind.COLUMNS}),
    "organisation": (lambda entry: replace(entry, organisation_id=UUID(int=99)), {FaultKind.COLUMNS}),
    "number up": (lambda entry: replace(entry, seq=9), {FaultKind.GAP, FaultKind.HASH, FaultKind.ORDER}),
    "number down": (lambda entry: replace(entry, seq=2), {FaultKind.ORDER, FaultKind.HASH, FaultKind.GAP}),
    "not json": (lambda entry: replace(entry, body=b"\xff"), {FaultKind.HASH, FaultKind.COLUMNS}),
    "deep json": (lambda entry: replace(entry, body=b"[" * 60_000), {FaultKind.HASH, FaultKind.COLUMNS}),
    "other json": (lambda entry: replace(entry, body=b"[]"), {FaultKind.HASH, FaultKind.COLUMNS}),
    "number body": (
        lambda entry: replace(entry, body=b'{"at":1,"organisation":1}'),
        {FaultKind.HASH, FaultKind.COLUMNS},
    ),
}


@pytest.mark.parametrize(("change", "kinds"), CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_entry_is_found_where_it_is(
    change: Callable[[ChainEntry], ChainEntry], kinds: set[FaultKind]
) -> None:
    entries = chain_of(5)
    entries[2] = change(entries[2])

    found = list(faults(entries, head=head_of(entries)))

    assert {fault.kind for fault in found} == kinds
    assert {fault.seq for fault in found} <= {entries[2].seq, 4}


def test_an_entry_re_hashed_after_a_change_still_breaks_the_next() -> None:
    entries = chain_of(5)
    body = entries[2].body.replace(b"viewed", b"listed")
    entries[2] = replace(entries[2], body=body, hash=entry_hash(entries[2].prev, 3, body))

    assert list(faults(entries, head=head_of(entries))) == [Fault(4, FaultKind.PREVIOUS)]


def test_a_missing_entry_is_a_gap() -> None:
    entries = chain_of(5)
    del entries[2]

    assert list(faults(entries)) == [Fault(4, FaultKind.GAP), Fault(4, FaultKind.PREVIOUS)]


def test_a_doubled_or_moved_entry_is_out_of_order() -> None:
    doubled, moved = chain_of(3), chain_of(3)
    doubled.insert(1, doubled[0])
    moved.reverse()

    for entries in (doubled, moved):
        assert FaultKind.ORDER in {fault.kind for fault in faults(entries)}


def test_a_cut_tail_is_seen_only_by_a_head_kept_elsewhere() -> None:
    entries = chain_of(5)

    assert list(faults(entries[:3])) == []
    assert list(faults(entries[:3], head=head_of(entries))) == [Fault(3, FaultKind.HEAD)]


def test_a_chain_rewritten_from_the_start_is_seen_only_from_a_link_kept_elsewhere() -> None:
    kept, rewritten = chain_of(5), chain_of(7)[2:]
    kept_link = Link(2, kept[0].hash)

    assert FaultKind.PREVIOUS in {fault.kind for fault in faults(rewritten, after=kept_link)}


def test_an_empty_log_whose_head_moved_is_faulty() -> None:
    assert list(faults([], head=Link(3, bytes(32)))) == [Fault(0, FaultKind.HEAD)]

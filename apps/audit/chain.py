"""Checks that a run of entries is whole, in order and unchanged. Pure standard library: entries come from outside.

    hash = SHA-256(previous hash (32) | seq (8, big-endian) | body)        the first entry's previous hash is 32 zeros

What it cannot see: a tail that was cut off together with the head, or a chain rewritten from some entry on. Those need
a head kept elsewhere, given as `after` or `head`.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Link:
    """A point in the chain: the entry's number and its hash."""

    seq: int
    hash: bytes


GENESIS = Link(0, bytes(32))


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """A row of the log as it is stored."""

    seq: int
    at: datetime
    organisation_id: UUID | None
    body: bytes
    prev: bytes
    hash: bytes


class FaultKind(StrEnum):
    GAP = "gap"  # numbers are missing before this entry
    ORDER = "order"  # the number does not rise
    PREVIOUS = "previous"  # does not name the hash of the entry before
    HASH = "hash"  # the hash is not that of the body
    COLUMNS = "columns"  # time or organisation are not what the body says
    HEAD = "head"  # the log does not end where its head says


@dataclass(frozen=True, slots=True)
class Fault:
    seq: int
    kind: FaultKind


def entry_hash(previous: bytes, seq: int, body: bytes) -> bytes:
    return sha256(previous + seq.to_bytes(8, "big", signed=True) + body).digest()


def faults(
    entries: Iterable[ChainEntry], *, after: Link = GENESIS, head: Link | None = None
) -> Iterator[Fault]:
    """Every fault, in order, read as a stream; none means sound.

    `after` is the last entry already checked; `head` is where the log says it ends. Each entry is then measured against
    the one before as stored, so that one change gives one place and not a fault for every entry after it.
    """
    last = after
    for entry in entries:
        yield from (Fault(entry.seq, kind) for kind in _faults_of(entry, last))
        last = Link(entry.seq, entry.hash)
    if head is not None and head != last:
        yield Fault(last.seq, FaultKind.HEAD)


def _faults_of(entry: ChainEntry, last: Link) -> Iterator[FaultKind]:
    if entry.seq <= last.seq:
        yield FaultKind.ORDER
    if entry.seq > last.seq + 1:
        yield FaultKind.GAP
    if entry.prev != last.hash:
        yield FaultKind.PREVIOUS
    if entry.hash != entry_hash(entry.prev, entry.seq, entry.body):
        yield FaultKind.HASH
    if not _columns_agree(entry):
        yield FaultKind.COLUMNS


def _columns_agree(entry: ChainEntry) -> bool:
    try:
        said = json.loads(entry.body)
        at = datetime.fromisoformat(said["at"])
        organisation_id = UUID(said["organisation"]) if said["organisation"] else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    return (at, organisation_id) == (entry.at, entry.organisation_id)

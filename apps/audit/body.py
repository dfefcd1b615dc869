"""The bytes an entry is made of: canonical JSON (RFC 8785 for the values used here). Pure standard library.

Keys are sorted, nothing is spaced, text is UTF-8. Ids are lower-case UUIDs, `at` is UTC to the microsecond, `detail` is
sealed bytes in base64: the hash is over the ciphertext, so shredding its key does not break the chain. The words of a
person have no field but `detail`; `checked_words` keeps sentences out of the others.
"""

import json
import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

FORMAT = 1
MAX_BODY_BYTES = 65_536
_WORDS = re.compile(r"[a-z0-9_.:-]{1,60}([ ,][a-z0-9_.:-]{1,60}){0,9}|")


@dataclass(frozen=True, slots=True)
class Event:
    """Who did what to what; `allowed` False is a denial."""

    id: UUID
    at: datetime
    action: str
    actor_id: UUID | None
    organisation_id: UUID | None
    object_kind: str
    object_id: UUID | None
    role: str = ""
    purpose: str = ""
    allowed: bool = True
    address_hash: str = ""
    request_id: str = ""
    detail: bytes = b""


def canonical(event: Event) -> bytes:
    """The event as the bytes that are hashed.

    Raises:
        ValueError: a name, role or purpose is no code word; `at` has no zone; or the body is over 64 kB.
    """
    if event.at.tzinfo is None:
        raise ValueError("An event's time needs a zone.")
    said = {
        "action": checked_words(event.action),
        "actor": _id(event.actor_id),
        "address": event.address_hash,
        "allowed": event.allowed,
        "at": written_time(event.at),
        "detail": b64encode(event.detail).decode(),
        "format": FORMAT,
        "id": str(event.id),
        "object": _id(event.object_id),
        "object_kind": checked_words(event.object_kind),
        "organisation": _id(event.organisation_id),
        "purpose": checked_words(event.purpose),
        "request": event.request_id,
        "role": checked_words(event.role),
    }
    body = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    if len(body) > MAX_BODY_BYTES:
        raise ValueError("An entry's detail is too long.")
    return body


def written_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def checked_words(text: str) -> str:
    """The text, when it is empty or up to ten code words.

    Raises:
        ValueError: it could be something a person wrote; the message does not repeat it.
    """
    if not _WORDS.fullmatch(text):
        raise ValueError(
            "The audit log takes code words (a-z, 0-9, _ . : -); put a person's words into `detail`, sealed."
        )
    return text


def _id(value: UUID | None) -> str | None:
    return None if value is None else str(value)

"""The bytes an entry is made of."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.body import Event, canonical, checked_words

EVENT = Event(
    id=UUID(int=1),
    at=datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC),
    action="transcript.viewed",
    actor_id=UUID(int=2),
    organisation_id=UUID(int=3),
    object_kind="encounter",
    object_id=UUID(int=4),
    role="supervisor",
    purpose="supervision",
    allowed=True,
    address_hash="ab" * 16,
    request_id="cd" * 16,
    detail=b"\x00\xff",
)


def test_a_body_is_these_very_bytes() -> None:
    assert canonical(EVENT) == (
        b'{"action":"transcript.viewed","actor":"00000000-0000-0000-0000-000000000002",'
        b'"address":"abababababababababababababababab","allowed":true,"at":"2026-03-01T12:00:00.000005Z",'
        b'"detail":"AP8=","format":1,"id":"00000000-0000-0000-0000-000000000001",'
        b'"object":"00000000-0000-0000-0000-000000000004","object_kind":"encounter",'
        b'"organisation":"00000000-0000-0000-0000-000000000003","purpose":"supervision",'
        b'"request":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd","role":"supervisor"}'
    )


def test_absent_ids_are_null() -> None:
    said = json.loads(canonical(replace(EVENT, actor_id=None, organisation_id=None, object_id=None)))

    assert (said["actor"], said["organisation"], said["object"]) == (None, None, None)


@given(offset_hours=st.integers(-12, 14))
def test_time_is_written_in_utc_whatever_zone_it_came_in(offset_hours: int) -> None:
    at = EVENT.at.astimezone(timezone(timedelta(hours=offset_hours)))

    assert canonical(replace(EVENT, at=at)) == canonical(EVENT)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        canonical(replace(EVENT, at=datetime(2026, 1, 1)))


@pytest.mark.parametrize(
    "words", ["", "supervisor", "supervisor trainee", "trainee,supervisor", "session.started"]
)
def test_code_words_pass(words: str) -> None:
    assert checked_words(words) == words


@pytest.mark.parametrize(
    "words",
    ["I drank again", "ada@example.org", "ø", "a  b", " drank", "a\n", "a" * 61, " ".join("abcdefghijk")],
)
@pytest.mark.parametrize("field", ["action", "object_kind", "role", "purpose"])
def test_what_a_person_may_have_written_is_refused_and_not_repeated(field: str, words: str) -> None:
    with pytest.raises(ValueError, match="code words") as refused:
        canonical(replace(EVENT, **{field: words}))

    assert words not in str(refused.value)


def test_a_detail_that_is_too_long_is_refused() -> None:
    assert len(canonical(replace(EVENT, detail=bytes(48_000)))) < 65_536

    with pytest.raises(ValueError, match="too long"):
        canonical(replace(EVENT, detail=bytes(49_200)))

"""Writing the log through Django."""

import json
from collections.abc import Callable
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, transaction

from apps.audit import services as audit
from apps.audit.actions import Action
from apps.audit.chain import faults
from apps.audit.context import audit_context
from apps.audit.errors import AuditUnavailableError
from apps.audit.models import Entry
from apps.audit.reading import read_entries, read_head
from apps.core.organisation import acting_for

Connection = psycopg.Connection[tuple[object, ...]]


def viewed(organisation_id: UUID | None, **facts: object) -> int:
    return audit.append(
        Action.TRANSCRIPT_VIEWED,
        **{"actor_id": None, "object_kind": "encounter", "object_id": None} | facts,
        organisation_id=organisation_id,
    )


def denied(organisation_id: UUID) -> None:
    audit.append_denial(
        Action.ACCESS_DENIED,
        actor_id=None,
        organisation_id=organisation_id,
        object_kind="encounter",
        object_id=None,
    )


def bodies_of(organisation_id: UUID) -> list[dict[str, object]]:
    with acting_for(organisation_id):
        return [json.loads(bytes(entry.body)) for entry in Entry.objects.all()]


@pytest.mark.django_db
def test_an_entry_says_who_did_what_in_which_request() -> None:
    actor_id, organisation_id, object_id = uuid4(), uuid4(), uuid4()

    with audit_context("203.0.113.9") as context, acting_for(organisation_id):
        seq = viewed(
            organisation_id,
            actor_id=actor_id,
            object_id=object_id,
            role="supervisor",
            purpose="supervision",
            detail=b"sealed",
        )
        entry = Entry.objects.get()

    said = json.loads(bytes(entry.body))
    assert (entry.seq, entry.organisation_id, said.pop("at")[:19]) == (
        seq,
        organisation_id,
        entry.at.isoformat()[:19],
    )
    assert UUID(said.pop("id"))
    assert said == {
        "action": "transcript.viewed",
        "actor": str(actor_id),
        "address": context.address_hash,
        "allowed": True,
        "detail": "c2VhbGVk",
        "format": 1,
        "object": str(object_id),
        "object_kind": "encounter",
        "organisation": str(organisation_id),
        "purpose": "supervision",
        "request": context.request_id,
        "role": "supervisor",
    }


@pytest.mark.django_db
def test_an_unknown_action_is_refused() -> None:
    with pytest.raises(ValueError, match="transcript.glanced"):
        audit.append(
            "transcript.glanced", actor_id=None, organisation_id=None, object_kind="encounter", object_id=None
        )


@pytest.mark.django_db(transaction=True)
def test_an_append_is_undone_with_its_transaction_without_a_gap(owner: Connection) -> None:
    before = read_head(owner)

    with pytest.raises(LookupError), acting_for(uuid4()):
        viewed(None)
        raise LookupError

    assert read_head(owner) == before
    assert viewed(None) == before.seq + 1
    assert list(faults(read_entries(owner, after_seq=before.seq), after=before, head=read_head(owner))) == []


@pytest.mark.django_db(transaction=True)
def test_a_denial_outlives_the_roll_back_of_the_block_it_was_found_in(owner: Connection) -> None:
    organisation_id = uuid4()

    with pytest.raises(LookupError), acting_for(organisation_id), acting_for(organisation_id):
        viewed(organisation_id)
        denied(organisation_id)
        raise LookupError

    [said] = bodies_of(organisation_id)
    assert (said["action"], said["allowed"]) == ("access.denied", False)


@pytest.mark.django_db(transaction=True)
def test_a_denial_is_written_once_when_its_block_is_kept_too() -> None:
    organisation_id = uuid4()

    with acting_for(organisation_id):
        denied(organisation_id)
        viewed(organisation_id)

    assert [said["action"] for said in bodies_of(organisation_id)] == ["transcript.viewed", "access.denied"]


@pytest.mark.django_db(transaction=True)
def test_a_denial_outside_any_block_is_written_at_once(owner: Connection) -> None:
    before = read_head(owner)

    denied(uuid4())

    assert read_head(owner).seq == before.seq + 1


@pytest.mark.django_db(transaction=True)
def test_a_denial_in_a_transaction_that_could_undo_it_is_refused() -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        denied(uuid4())


@pytest.mark.django_db
def test_a_denial_in_a_test_s_own_transaction_needs_no_second_connection() -> None:
    organisation_id = uuid4()
    viewed(organisation_id)

    with pytest.raises(LookupError), acting_for(organisation_id):
        denied(organisation_id)
        raise LookupError

    assert [said["allowed"] for said in bodies_of(organisation_id)] == [True, False]


@pytest.mark.django_db(transaction=True)
def test_a_log_that_cannot_be_written_is_unavailable_and_undoes_what_it_would_record(
    app: Connection, write: Callable[..., int]
) -> None:
    organisation_id = uuid4()
    with app.transaction():
        write(app)

        with pytest.raises(AuditUnavailableError) as away, acting_for(organisation_id):
            viewed(organisation_id)
        with pytest.raises(AuditUnavailableError), acting_for(organisation_id):
            denied(organisation_id)

    assert away.value.retryable
    assert bodies_of(organisation_id) == []


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_makes_the_log_unavailable(superuser: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()

        superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

        with pytest.raises(AuditUnavailableError):
            viewed(None)
    connection.close()

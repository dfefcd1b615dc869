import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.api import tasks
from apps.api.flagging import note_seen, pseudonym
from apps.api.models import FlaggedRequest
from apps.audit.errors import AuditUnavailableError
from apps.core.organisation import acting_for
from apps.safety.models import Flag
from inference.contracts import Assessment, Finding
from tests.apps.api.conftest import Caller, a_key, audited, in_thread
from tests.cast import CastMember
from tests.factories import CLIENT, a_version

pytestmark = [pytest.mark.django_db(transaction=True)]
CANARY = "zanzibarcanary"
CRISIS = {"user_query": f"I want to kill myself tonight, {CANARY}.", "user_id": f"{CANARY}@example.org"}


async def flagged(member: CastMember) -> list[dict[str, object]]:
    def read() -> list[dict[str, object]]:
        with acting_for(member.organisation.pk):
            rows = FlaggedRequest.objects.order_by("flag__due_at")
            return list(rows.values("flag_id", "flag__reason", "key__name", "request_id", "user", "facts"))

    return await in_thread(read)


async def test_a_crisis_is_put_up_for_people_of_the_organisation(ada_calls: Caller, ada: CastMember) -> None:
    answer = (await ada_calls.post("infer", CRISIS)).json()
    [row] = await flagged(ada)
    assert (row["flag__reason"], row["key__name"]) == ("crisis", "tests")
    assert row["request_id"] == answer["request_id"]
    assert row["user"] == pseudonym(ada.organisation.pk, CRISIS["user_id"])
    [told] = answer["conversation_metadata"]["flags"]
    assert (told["id"], told["reason"]) == (str(row["flag_id"]), "crisis")
    due = datetime.fromisoformat(told["due_at"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < due < timedelta(minutes=61)
    assert len(await audited(ada, "flag.raised")) == 1


async def test_a_crisis_in_a_batch_is_put_up_and_counted(ada_calls: Caller, ada: CastMember) -> None:
    plain = {"user_query": "I feel flat these days."}
    batch = (await ada_calls.post("batch-infer", {"requests": [plain, CRISIS, CRISIS]})).json()
    assert batch["flagged"] == 2
    rows = await flagged(ada)
    assert {row["request_id"] for row in rows} == {
        entry["result"]["request_id"] for entry in batch["results"][1:]
    }
    assert len({row["user"] for row in rows}) == 1


async def test_a_crisis_in_a_batch_left_for_later_is_put_up_at_once_and_once(
    ada_calls: Caller, ada: CastMember
) -> None:
    plain = {"user_query": "I feel flat these days."}
    left = (await ada_calls.post("batch-infer", {"requests": [plain, CRISIS], "asynchronous": True})).json()
    assert left["flagged"] == 1
    [row] = await flagged(ada)
    await in_thread(tasks.answer_batches)
    done = (await ada_calls.get(f"batch-infer/{left['batch_id']}")).json()
    assert (done["flagged"], await flagged(ada)) == (1, [row])
    answer = done["results"][1]["result"]
    assert answer["request_id"] == row["request_id"]
    assert [flag["id"] for flag in answer["conversation_metadata"]["flags"]] == [str(row["flag_id"])]
    assert len(await audited(ada, "flag.raised")) == 1


async def test_what_the_worker_hears_in_a_batch_is_put_up_when_it_is_answered(
    ada_calls: Caller, engine: Callable, ada: CastMember
) -> None:
    seen = Finding("suicidal", 0.95, "", detector="head.crisis", version="1")
    engine(assessment=Assessment(findings=(seen,), versions={"crisis": "1"}))
    quiet = {"user_query": "The bridge looked calm this morning."}
    left = (await ada_calls.post("batch-infer", {"requests": [quiet], "asynchronous": True})).json()
    assert (left["flagged"], await flagged(ada)) == (0, [])
    await in_thread(tasks.answer_batches)
    assert (await ada_calls.get(f"batch-infer/{left['batch_id']}")).json()["flagged"] == 1
    assert len(await flagged(ada)) == 1


async def test_a_crisis_over_the_openai_protocol_is_put_up(ada_calls: Caller, ada: CastMember) -> None:
    messages = [{"role": "user", "content": CRISIS["user_query"]}]
    body = {"model": "pixelated", "messages": messages, "user": CRISIS["user_id"], "stream": True}
    answer = await ada_calls.post("chat/completions", body)
    said = b"".join([piece async for piece in answer.streaming_content]).decode()
    [row] = await flagged(ada)
    assert str(row["flag_id"]) in said and row["user"]


async def test_no_word_and_no_name_stands_in_what_is_kept_or_logged(
    ada_calls: Caller, ada: CastMember, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await ada_calls.post("infer", CRISIS)
    kept = str(await flagged(ada)) + str(await audited(ada, "flag.raised"))
    assert "suicidal" in kept
    assert CANARY not in kept and CANARY not in caplog.text


async def test_a_crisis_named_in_a_case_is_the_work_and_flags_nothing(
    ada_calls: Caller, ada: CastMember
) -> None:
    def publish() -> None:
        with acting_for(ada.organisation.pk):
            a_version(ada.organisation.pk)

    await in_thread(publish)
    asked = {
        "user_query": "Have you thought of killing yourself?",
        "context_type": f"practice:{CLIENT}",
    }
    await ada_calls.post("infer", asked)
    assert await flagged(ada) == []


async def test_layers_that_disagree_are_put_up(ada_calls: Caller, engine: Callable, ada: CastMember) -> None:
    seen = Finding("suicidal", 0.95, "", detector="head.crisis", version="1")
    engine(assessment=Assessment(findings=(seen,), versions={"crisis": "1", "head.crisis": "1"}))
    answer = (await ada_calls.post("infer", {"user_query": "The bridge looked calm this morning."})).json()
    assert [row["flag__reason"] for row in await flagged(ada)] == ["crisis", "layers_disagree"]
    assert len(answer["conversation_metadata"]["flags"]) == 2


async def test_generated_prejudice_that_was_kept_back_is_put_up(
    ada_calls: Caller, engine: Callable, ada: CastMember
) -> None:
    engine(findings=(Finding("bias.age", 0.95, "", detector="head.bias", version="1"),))
    answer = (await ada_calls.post("infer", {"user_query": "I feel flat these days."})).json()
    assert answer["conversation_metadata"]["source"] == "authored"
    [row] = await flagged(ada)
    assert (row["flag__reason"], row["facts"]["withheld"]) == ("withheld_bias", "bias.age")
    assert [flag["reason"] for flag in answer["conversation_metadata"]["flags"]] == ["withheld_bias"]


async def test_another_organisation_sees_none_of_it(
    ada_calls: Caller, ada: CastMember, mallory: CastMember
) -> None:
    await ada_calls.post("infer", CRISIS)
    [row] = await flagged(ada)
    assert await flagged(mallory) == []

    def look() -> FlaggedRequest | None:
        with acting_for(mallory.organisation.pk):
            return note_seen(row["flag_id"], by=mallory.actor)

    assert await in_thread(look) is None


async def test_the_first_who_looks_is_kept_and_written_down_once(
    ada_calls: Caller, grace: CastMember, omar: CastMember
) -> None:
    await ada_calls.post("infer", CRISIS)
    [row] = await flagged(grace)

    def look(member: CastMember) -> FlaggedRequest | None:
        with acting_for(member.organisation.pk):
            return note_seen(row["flag_id"], by=member.actor)

    assert (await in_thread(look, grace)).seen_by_id == grace.user.pk
    assert (await in_thread(look, omar)).seen_by_id == grace.user.pk
    assert len(await audited(grace, "flag.seen")) == 1


async def test_nobody_in_particular_cannot_have_looked(ada_calls: Caller, ada: CastMember) -> None:
    await ada_calls.post("infer", CRISIS)

    def forge() -> None:
        with acting_for(ada.organisation.pk), transaction.atomic():
            FlaggedRequest.objects.update(seen_at=datetime.now(UTC))

    with pytest.raises(IntegrityError, match="flagged_seen_by_somebody"):
        await in_thread(forge)


async def test_words_that_could_not_be_put_up_are_not_answered(
    ada_calls: Caller, ada: CastMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(flags: object) -> None:
        raise AuditUnavailableError

    monkeypatch.setattr("apps.api.flagging.write_down", away)
    assert (await ada_calls.post("infer", CRISIS)).status_code == 503

    def count() -> int:
        with acting_for(ada.organisation.pk):
            return Flag.objects.count()

    assert await in_thread(count) == 0


def test_a_pseudonym_is_the_same_within_an_organisation_and_another_elsewhere(
    ada: CastMember, mallory: CastMember
) -> None:
    own = pseudonym(ada.organisation.pk, "u-1")
    assert own == pseudonym(ada.organisation.pk, "u-1") != pseudonym(mallory.organisation.pk, "u-1")
    assert (len(own), pseudonym(ada.organisation.pk, "")) == (32, "")


def test_a_key_that_flagged_something_cannot_be_deleted(ada: CastMember) -> None:
    made = a_key(ada)
    with acting_for(ada.organisation.pk):
        flag = Flag.objects.create(
            organisation_id=ada.organisation.pk, reason="crisis", due_at=datetime.now(UTC)
        )
        FlaggedRequest.objects.create(
            flag=flag, organisation_id=ada.organisation.pk, key=made.row, request_id="r"
        )
        with pytest.raises(Exception, match="protected"):
            made.row.delete()

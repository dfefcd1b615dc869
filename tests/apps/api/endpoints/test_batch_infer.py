import hmac
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.utils import timezone

from apps.accounts.models import Organisation
from apps.api import limits, tasks
from apps.api.models import Attempt, Batch, Delivery
from apps.api.services import MadeKey, revoke_key
from apps.api.webhooks import SIGNATURE
from apps.core.organisation import acting_for
from inference.errors import EngineAwayError
from tests.apps.api.conftest import COMPANION_LINES, Caller, a_key, audited, in_thread
from tests.cast import CastMember

pytestmark = [pytest.mark.django_db(transaction=True)]
ASKED = {"user_query": "I feel flat since my sister moved out.", "context_type": "support"}
CRISIS = {"user_query": "I want to kill myself tonight.", "context_type": "support"}


@pytest.fixture
def hook(settings: object) -> Iterator["Hook"]:
    settings.CALLBACKS_PUBLIC_ONLY = False
    hook = Hook()
    yield hook
    hook.stop()


class Hook:
    """Another system's end: keeps what was posted, answers with `statuses` in turn, then 204."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        end = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                end.taken.append((dict(self.headers), body))
                self.send_response(end.statuses.pop(0) if end.statuses else 204)
                self.end_headers()

            def log_message(self, *words: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/in?from=us"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


async def walled(member: CastMember, ask: Callable[[], object]) -> object:
    def work() -> object:
        with acting_for(member.organisation.pk):
            return ask()

    return await in_thread(work)


async def leave(caller: Caller, **more: object) -> str:
    answer = await caller.post("batch-infer", {"requests": [ASKED, CRISIS], "asynchronous": True} | more)
    assert answer.status_code == 202, answer.content
    return answer.json()["batch_id"]


async def test_each_entry_is_answered_in_its_place(ada_calls: Caller) -> None:
    body = (await ada_calls.post("batch-infer", {"requests": [ASKED, CRISIS, ASKED]})).json()
    assert (body["count"], body["failed"]) == (3, 0)
    sources = [entry["result"]["conversation_metadata"]["source"] for entry in body["results"]]
    assert sources == ["model", "protocol", "model"]


async def test_one_entrys_failure_is_its_own(ada_calls: Caller, engine: Callable) -> None:
    engine(fail_with=EngineAwayError("x"))
    body = (await ada_calls.post("batch-infer", {"requests": [ASKED, CRISIS]})).json()
    assert body["failed"] == 1
    assert body["results"][0]["error"]["code"] == "engine_away" and body["results"][0]["result"] is None
    assert body["results"][1]["result"]["conversation_metadata"]["verdict"] == "crisis"


async def test_an_entry_that_breaks_something_of_ours_fails_alone_and_without_its_words(
    ada_calls: Caller, engine: Callable, caplog: pytest.LogCaptureFixture
) -> None:
    engine(fail_with=ValueError("zanzibarcanary"))
    answer = await ada_calls.post("batch-infer", {"requests": [ASKED, CRISIS]})
    assert answer.status_code == 200
    broken, sound = answer.json()["results"]
    assert (broken["error"]["code"], broken["result"]) == ("internal", None)
    assert sound["result"]["conversation_metadata"]["verdict"] == "crisis"
    assert "ValueError" in caplog.text
    assert "zanzibarcanary" not in answer.content.decode() + caplog.text


async def test_a_batch_that_cannot_be_read_costs_another_organisation_nothing(
    ada_calls: Caller, ada: CastMember, mallory: CastMember
) -> None:
    both = [(ada, ada_calls), (mallory, Caller((await in_thread(a_key, mallory)).text))]
    first = await in_thread(lambda: Organisation.objects.values_list("pk", flat=True)[0])
    (broken, breaks), (_, goes_on) = sorted(both, key=lambda each: each[0].organisation.pk != first)
    batch_id, other_id = await leave(breaks), await leave(goes_on)
    await walled(broken, lambda: Batch.objects.filter(pk=batch_id).update(asked_sealed=b"not sealed"))
    assert await in_thread(tasks.answer_batches) == 1
    assert (await goes_on.get(f"batch-infer/{other_id}")).json()["status"] == "finished"
    assert (await breaks.get(f"batch-infer/{batch_id}")).json()["status"] == "waiting"


@pytest.mark.parametrize("count", [0, 33])
async def test_a_batch_has_1_to_32_entries(ada_calls: Caller, count: int) -> None:
    assert (await ada_calls.post("batch-infer", {"requests": [ASKED] * count})).status_code == 422


async def test_a_batch_counts_as_many_requests_as_it_has(
    ada_calls: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.PER_KEY, "infer", 5)
    first = await ada_calls.post("batch-infer", {"requests": [CRISIS] * 4})
    assert (first.status_code, first["RateLimit-Remaining"]) == (200, "1")
    assert (await ada_calls.post("batch-infer", {"requests": [CRISIS] * 4})).status_code == 429


async def test_a_batch_left_for_later_is_answered_by_the_sweep_and_read_by_its_owner(
    ada_calls: Caller, ada: CastMember, mallory: CastMember
) -> None:
    batch_id = await leave(ada_calls)
    waiting = (await ada_calls.get(f"batch-infer/{batch_id}")).json()
    assert (waiting["status"], waiting["results"]) == ("waiting", None)
    assert await in_thread(tasks.answer_batches) == 1
    assert await in_thread(tasks.answer_batches) == 0
    done = (await ada_calls.get(f"batch-infer/{batch_id}")).json()
    assert (done["status"], done["failed"]) == ("finished", 0)
    assert done["results"][0]["result"]["response"] == " ".join(COMPANION_LINES)
    stranger = Caller((await in_thread(a_key, mallory)).text)
    assert (await stranger.get(f"batch-infer/{batch_id}")).status_code == 404
    assert len(await audited(ada, "api.batch_read")) == 1


async def test_what_a_batch_holds_is_sealed_and_shredded_after_its_day(
    ada_calls: Caller, ada: CastMember
) -> None:
    batch_id = await leave(ada_calls)
    await in_thread(tasks.answer_batches)
    row = await walled(ada, lambda: Batch.objects.get(pk=batch_id))
    assert b"sister" not in bytes(row.asked_sealed) + bytes(row.answered_sealed)
    past = timezone.now() - timedelta(seconds=1)
    await walled(ada, lambda: Batch.objects.filter(pk=batch_id).update(forget_at=past))
    assert await in_thread(tasks.forget) == 1
    assert (await ada_calls.get(f"batch-infer/{batch_id}")).status_code == 404
    row = await walled(ada, lambda: Batch.objects.get(pk=batch_id))
    assert (row.status, bytes(row.asked_sealed), bytes(row.answered_sealed)) == ("expired", b"", b"")
    assert len(await audited(ada, "key.shredded")) == 1


async def test_a_batch_whose_key_was_revoked_is_not_answered(ada: CastMember, engine: Callable) -> None:
    fake = engine()
    made: MadeKey = await in_thread(a_key, ada)
    batch_id = await leave(Caller(made.text))
    await in_thread(lambda: revoke_key(made.row.pk, by=ada.actor))
    await in_thread(tasks.answer_batches)
    other = Caller((await in_thread(a_key, ada)).text)
    done = (await other.get(f"batch-infer/{batch_id}")).json()
    assert [entry["error"]["code"] for entry in done["results"]] == ["key_revoked"] * 2
    assert fake.requests == []


async def test_a_batch_that_is_interrupted_too_often_ends(ada_calls: Caller, ada: CastMember) -> None:
    batch_id = await leave(ada_calls)
    await walled(ada, lambda: Batch.objects.filter(pk=batch_id).update(tries=3))
    await in_thread(tasks.answer_batches)
    done = (await ada_calls.get(f"batch-infer/{batch_id}")).json()
    assert [entry["error"]["code"] for entry in done["results"]] == ["interrupted"] * 2


async def test_a_finished_batch_is_told_of_by_a_signed_webhook_without_words(
    ada: CastMember, engine: Callable, hook: Hook
) -> None:
    made: MadeKey = await in_thread(a_key, ada)
    batch_id = await leave(Caller(made.text), callback_url=hook.url)
    assert await in_thread(tasks.send_webhooks) == 0  # nothing is finished
    await in_thread(tasks.answer_batches)
    assert await in_thread(tasks.send_webhooks) == 1
    [(headers, body)] = hook.taken
    at, _, mac = headers[SIGNATURE].partition(",v1=")
    expected = hmac.digest(
        made.signing.encode(), at.removeprefix("t=").encode() + b"." + body, "sha256"
    ).hex()
    assert mac == expected
    said = json.loads(body)
    assert (said["type"], said["batch_id"], said["count"], said["failed"]) == (
        "batch.finished",
        batch_id,
        2,
        0,
    )
    assert said["flagged"] == 1
    assert "sister" not in body.decode()
    assert await in_thread(tasks.send_webhooks) == 0
    assert len(await audited(ada, "webhook.delivered")) == 1


async def test_what_nobody_took_is_sent_again_later_and_the_log_holds_codes(
    ada_calls: Caller, ada: CastMember, hook: Hook
) -> None:
    hook.statuses = [500, 302]
    batch_id = await leave(ada_calls, callback_url=hook.url)
    await in_thread(tasks.answer_batches)
    for _ in range(3):
        await in_thread(tasks.send_webhooks)
        delivery = await walled(ada, lambda: Delivery.objects.get(batch_id=batch_id))
        if delivery.due_at:
            assert delivery.due_at > timezone.now() + timedelta(seconds=5)
        await walled(ada, lambda: Delivery.objects.filter(due_at__isnull=False).update(due_at=timezone.now()))
    attempts = await walled(ada, lambda: list(Attempt.objects.values_list("outcome", "http_status")))
    assert attempts == [("refused", 500), ("refused", 302), ("taken", 204)]


async def test_a_webhook_is_given_up_after_its_tries_or_where_it_is_gone(
    ada_calls: Caller, ada: CastMember, hook: Hook
) -> None:
    hook.statuses = [410]
    await leave(ada_calls, callback_url=hook.url)
    await in_thread(tasks.answer_batches)
    await in_thread(tasks.send_webhooks)
    statuses = await walled(ada, lambda: list(Delivery.objects.values_list("status", flat=True)))
    assert statuses == ["given_up"]
    assert len(await audited(ada, "webhook.given_up")) == 1


async def test_where_a_name_leads_is_looked_at_again_when_it_is_called(
    ada_calls: Caller, ada: CastMember, hook: Hook, settings: object
) -> None:
    await leave(ada_calls, callback_url=hook.url)
    await in_thread(tasks.answer_batches)
    settings.CALLBACKS_PUBLIC_ONLY = True
    await in_thread(tasks.send_webhooks)
    outcomes = await walled(ada, lambda: list(Attempt.objects.values_list("outcome", flat=True)))
    assert (outcomes, hook.taken) == (["unfit"], [])


@pytest.mark.parametrize("url", ["http://example.org/", "https://127.0.0.1/", "https://[::1]/", "nonsense"])
async def test_an_unfit_callback_is_refused_at_once(ada_calls: Caller, settings: object, url: str) -> None:
    settings.CALLBACKS_PUBLIC_ONLY = True
    body = {"requests": [ASKED], "asynchronous": True, "callback_url": url}
    answer = await ada_calls.post("batch-infer", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "callback_unfit")


async def test_one_entry_that_does_not_fit_refuses_the_batch(ada_calls: Caller) -> None:
    body = {"requests": [ASKED, ASKED | {"context_type": "astrology"}]}
    answer = await ada_calls.post("batch-infer", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "context_unknown")

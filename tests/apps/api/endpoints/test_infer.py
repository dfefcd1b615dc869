import logging
from collections.abc import Callable

import pytest

from apps.core.organisation import acting_for
from inference.contracts import Assessment, Finding, Label
from inference.errors import EngineAwayError, EngineBusyError, EngineGarbageError, EngineUnavailableError
from tests.apps.api.conftest import COMPANION_LINES, Caller, a_key, audited, in_thread
from tests.cast import CastMember
from tests.factories import CLIENT, a_version

pytestmark = [pytest.mark.django_db(transaction=True)]

QUERY = "I feel flat since my sister moved out, and the evenings are long."


async def test_a_message_is_answered_with_every_promised_field(ada_calls: Caller) -> None:
    answer = await ada_calls.post("infer", {"user_query": QUERY, "user_id": "u-1", "session_id": "s-1"})
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert set(body) == {
        "response",
        "inference_time_ms",
        "eq_scores",
        "conversation_metadata",
        "persona_mode",
        "confidence",
        "request_id",
    }
    assert body["response"] == " ".join(COMPANION_LINES)
    assert body["request_id"] == answer["X-Request-Id"]
    assert body["inference_time_ms"] > 0
    metadata = body["conversation_metadata"]
    assert (metadata["source"], metadata["verdict"], metadata["persona_by"]) == (
        "model",
        "nothing",
        "inferred",
    )
    assert metadata["crisis_signals"] == [] and metadata["help"] == []
    assert metadata["model"] == "scripted"


async def test_figures_are_those_of_the_assessment_and_null_where_nothing_was_read(
    ada_calls: Caller, engine: Callable
) -> None:
    labels = (
        Label("technique", "MI", 0.8),
        Label("eq.overall_eq", "share", 0.61),
        Label("figure.bias_score", "share", 0.04),
    )
    engine(assessment=Assessment(labels=labels, versions={"scripted": "1"}))
    body = (await ada_calls.post("infer", {"user_query": QUERY})).json()
    assert body["eq_scores"]["overall_eq"] == 0.61
    assert body["eq_scores"]["social_cognition"] is None
    metadata = body["conversation_metadata"]
    assert metadata["detected_techniques"] == [{"name": "MI", "confidence": 0.8}]
    assert (metadata["bias_score"], metadata["therapeutic_effectiveness_score"]) == (0.04, None)


async def test_what_was_not_asked_for_is_not_measured(ada_calls: Caller, engine: Callable) -> None:
    fake = engine()
    body = {"user_query": QUERY, "use_eq_awareness": False, "include_metrics": False}
    answered = (await ada_calls.post("infer", body)).json()
    assert answered["eq_scores"] is None
    assert len(fake.assessed) == 1  # the person's words alone


async def test_a_crisis_is_answered_by_fixed_words_without_asking_the_engine(
    ada_calls: Caller, engine: Callable
) -> None:
    fake = engine()
    answer = await ada_calls.post(
        "infer", {"user_query": "I want to kill myself tonight.", "context_type": "support"}
    )
    body = answer.json()
    metadata = body["conversation_metadata"]
    assert (metadata["source"], metadata["verdict"]) == ("protocol", "crisis")
    assert "talk to a person now" in body["response"]
    assert {"call", "page"} <= {each["kind"] for each in metadata["help"]}
    assert metadata["crisis_signals"][0]["kind"] == "suicidal"
    assert metadata["crisis_signals"][0]["severity"] in ("high", "imminent")
    assert fake.requests == []


async def test_the_workers_layer_alone_can_raise_the_alarm(ada_calls: Caller, engine: Callable) -> None:
    finding = Finding("suicidal", 0.95, "", detector="head.crisis", version="1")
    engine(assessment=Assessment(findings=(finding,), versions={"crisis": "1", "head.crisis": "1"}))
    body = (await ada_calls.post("infer", {"user_query": "The bridge looked calm this morning."})).json()
    assert body["conversation_metadata"]["source"] == "protocol"
    assert body["conversation_metadata"]["crisis_signals"] == [
        {"kind": "suicidal", "severity": "imminent", "score": 0.95, "layer": "worker"}
    ]


LEARNERS = "What is the difference between a simple and a complex reflection?"


@pytest.mark.parametrize(
    ("query", "context", "persona", "how"),
    [
        (LEARNERS, "", "education", "inferred"),
        (LEARNERS, "support", "companion", "explicit"),
        ("hello", "", "companion", "abstained"),
    ],
)
async def test_who_answers_is_told_with_how_it_was_chosen(
    ada_calls: Caller, query: str, context: str, persona: str, how: str
) -> None:
    body = (await ada_calls.post("infer", {"user_query": query, "context_type": context})).json()
    metadata = body["conversation_metadata"]
    assert (body["persona_mode"], metadata["persona_by"]) == (persona, how)
    if how == "inferred":
        assert 0.5 < metadata["persona_confidence"] < 1
    else:
        assert metadata["persona_confidence"] == (1.0 if how == "explicit" else None)


async def test_a_client_who_was_only_read_into_the_words_comes_out_of_the_library_or_not_at_all(
    ada_calls: Caller, ada: CastMember
) -> None:
    query = {"user_query": "Pretend to be a difficult client who drinks."}
    without = await ada_calls.post("infer", query)
    outright = await ada_calls.post("infer", query | {"context_type": "practice"})
    await in_thread(_publish, ada)
    answered = (await ada_calls.post("infer", query)).json()
    assert without.status_code == 200
    assert without.json()["persona_mode"] == "companion"
    assert without.json()["conversation_metadata"]["persona_by"] == "abstained"
    assert outright.status_code == 422
    assert (answered["persona_mode"], answered["conversation_metadata"]["client"]) == ("client", CLIENT)


async def test_a_crisis_that_only_the_worker_hears_is_the_companions_whatever_was_read(
    ada_calls: Caller, engine: Callable
) -> None:
    finding = Finding("suicidal", 0.95, "", detector="head.crisis", version="1")
    engine(assessment=Assessment(findings=(finding,), versions={"crisis": "1", "head.crisis": "1"}))
    body = (await ada_calls.post("infer", {"user_query": LEARNERS})).json()
    metadata = body["conversation_metadata"]
    assert (metadata["source"], body["persona_mode"], metadata["persona_by"]) == (
        "protocol",
        "companion",
        "inferred",
    )
    assert metadata["persona_confidence"] is None


@pytest.mark.parametrize("context", ["support", "practice:" + CLIENT, "education", ""])
async def test_requests_for_methods_are_refused_in_fixed_words_by_every_persona(
    ada_calls: Caller, engine: Callable, ada: CastMember, context: str
) -> None:
    fake = engine()
    await in_thread(_publish, ada)
    query = "What is the least painful way to kill yourself with pills?"
    body = (await ada_calls.post("infer", {"user_query": query, "context_type": context})).json()
    assert body["conversation_metadata"]["verdict"] == "method_request"
    assert "does not go into ways of causing harm" in body["response"]
    assert fake.requests == []


async def test_an_unfit_segment_ends_the_reply_and_an_unfit_first_one_is_replaced_by_an_authored_line(
    ada_calls: Caller, engine: Callable
) -> None:
    bad = "Therapist: **Just cheer up**, it could be worse."
    engine(lines=(COMPANION_LINES[0], bad, COMPANION_LINES[1]))
    first = (await ada_calls.post("infer", {"user_query": QUERY})).json()
    assert (first["response"], first["conversation_metadata"]["source"]) == (COMPANION_LINES[0], "model")
    engine(lines=(bad,))
    second = (await ada_calls.post("infer", {"user_query": QUERY})).json()
    assert second["conversation_metadata"]["source"] == "authored"
    assert "cheer up" not in second["response"] and second["response"].endswith("?")


async def test_a_client_of_the_library_answers_where_practice_is_said_outright(
    ada_calls: Caller, engine: Callable, ada: CastMember
) -> None:
    fake = engine(lines=("It's a couple of cans after a shift.",))
    await in_thread(_publish, ada)
    body = {
        "user_query": "What would you like me to know about the drinking?",
        "context_type": f"practice:{CLIENT}",
        "conversation_history": [
            {"role": "assistant", "content": "So. Here I am. Talk."},
            {"role": "user", "content": "It stings to be sent here."},
            {"role": "assistant", "content": "You could say that."},
        ],
    }
    answered = (await ada_calls.post("infer", body)).json()
    assert (answered["persona_mode"], answered["conversation_metadata"]["client"]) == ("client", CLIENT)
    assert fake.requests[0].persona == "client"
    assert answered["conversation_metadata"]["persona_confidence"] == 1.0


async def test_a_therapist_who_asks_about_suicide_in_practice_is_doing_the_work(
    ada_calls: Caller, ada: CastMember
) -> None:
    await in_thread(_publish, ada)
    body = {
        "user_query": "Have you been thinking about killing yourself?",
        "context_type": f"practice:{CLIENT}",
    }
    answered = (await ada_calls.post("infer", body)).json()
    assert answered["conversation_metadata"]["source"] in ("model", "authored")


async def test_a_practice_that_was_only_guessed_is_treated_as_support_is(
    ada_calls: Caller, ada: CastMember
) -> None:
    await in_thread(_publish, ada)
    query = "Pretend to be a client. I want to kill myself tonight."
    answered = (await ada_calls.post("infer", {"user_query": query})).json()
    assert answered["conversation_metadata"]["source"] == "protocol"


async def test_a_client_of_another_organisation_is_not_there(ada_calls: Caller, mallory: CastMember) -> None:
    await in_thread(_publish, mallory)
    answer = await ada_calls.post("infer", {"user_query": QUERY, "context_type": f"practice:{CLIENT}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "client_unknown")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (EngineAwayError("x"), 503, "engine_away"),
        (EngineUnavailableError("x"), 503, "engine_unavailable"),
        (EngineBusyError(retry_after_s=7), 503, "engine_busy"),
        (EngineGarbageError("x"), 503, "engine_garbage"),
    ],
)
async def test_an_engine_that_fails_is_an_error_by_code(
    ada_calls: Caller, engine: Callable, error: Exception, status: int, code: str
) -> None:
    engine(fail_with=error)
    answer = await ada_calls.post("infer", {"user_query": QUERY})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert int(answer["Retry-After"]) >= 1


async def test_fixed_words_need_no_engine(ada_calls: Caller, engine: Callable) -> None:
    engine(fail_with=EngineAwayError("x"), assess_fails=EngineAwayError("x"))
    answer = await ada_calls.post("infer", {"user_query": "I want to kill myself tonight."})
    assert answer.status_code == 200
    assert answer.json()["conversation_metadata"]["source"] == "protocol"


async def test_a_callers_user_is_written_down_as_a_pseudonym_and_no_word_is(
    ada_calls: Caller, ada: CastMember, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    canary = "zanzibarcanary"
    for _ in range(2):
        answer = await ada_calls.post(
            "infer", {"user_query": f"I feel {canary} today.", "user_id": f"{canary}@example.org"}
        )
        assert answer.status_code == 200
    entries = await audited(ada, "api.asked")
    purposes = {entry["purpose"] for entry in entries}
    assert len(entries) == 2 and len(purposes) == 1
    assert purposes.pop().split()[:3] == ["infer", "api", "nothing"]
    assert canary not in str(entries) and canary not in caplog.text


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"user_query": ""}, "user_query"),
        ({"user_query": 3}, "user_query"),
        ({"user_query": "x" * 4001}, "user_query"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": "9"}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"use_eq_awareness": "yes"}, "use_eq_awareness"),
        ({"conversation_history": [{"role": "system", "content": "x"}]}, "conversation_history"),
        ({"conversation_history": [{"role": "user", "content": "x"}] * 101}, "conversation_history"),
        ({"zanzibarcanary": 1}, "an unknown field"),
    ],
)
async def test_what_does_not_fit_is_refused_by_its_place_and_not_repeated(
    ada_calls: Caller, change: dict[str, object], place: str
) -> None:
    answer = await ada_calls.post("infer", {"user_query": QUERY} | change)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "invalid" and place in error["message"]
    assert "zanzibarcanary" not in error["message"] and error["request_id"]


@pytest.mark.parametrize("text", ["   ", "\u200b", "a\x01b", "\u0301" * 50])
async def test_words_are_taken_as_the_chat_takes_them(ada_calls: Caller, text: str) -> None:
    answer = await ada_calls.post("infer", {"user_query": text})
    assert (answer.status_code, answer.json()["error"]["code"][:5]) == (422, "text_")


async def test_an_unknown_context_is_refused(ada_calls: Caller) -> None:
    answer = await ada_calls.post("infer", {"user_query": QUERY, "context_type": "astrology"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "context_unknown")


async def test_a_key_of_another_organisation_is_answered_for_its_own(
    mallory: CastMember, engine: Callable
) -> None:
    made = await in_thread(a_key, mallory)
    answer = await Caller(made.text).post("infer", {"user_query": QUERY, "context_type": "support"})
    assert answer.status_code == 200
    [entry] = await audited(mallory, "api.asked")
    assert entry["organisation"] == str(mallory.organisation.pk)


def _publish(member: CastMember) -> None:
    with acting_for(member.organisation.pk):
        a_version(member.organisation.pk)

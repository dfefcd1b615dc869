"""How a client of the library is asked for over the API."""

from apps.api.rehearsal import client_plan
from apps.encounters.answering import Listened
from inference.contracts import ReplyRequest
from inference.strict_json import plain
from tests.clients import tiny_case

TALK = [("", "Bea drove me. So here I am."), ("It was not your idea.", "No. It was not.")]


def test_a_client_is_asked_of_its_adapter_and_of_the_bare_model_in_one_request() -> None:
    plan = client_plan(
        tiny_case(),
        listened=Listened(TALK),
        text="What does a day look like?",
        seed=3,
        request_id="r",
        max_tokens=40,
    )
    request = plan.request
    assert ReplyRequest.from_json(plain(request)) == request and request.max_tokens == 40
    assert request.adapted.adapter == "client"
    heard = [message.text for message in request.adapted.messages if message.role == "user"]
    assert [text.partition(" [")[0] for text in heard] == [
        "...",
        "It was not your idea.",
        "What does a day look like?",
    ]
    assert "[" in heard[1] and "[" in heard[2]
    assert request.messages[-1].text == "What does a day look like?"

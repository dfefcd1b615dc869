from transformers.generation.continuous_batching.requests import GenerationOutput, RequestStatus

from inference.benchmark.peers import delivered

ENDS = frozenset({1})


def test_of_a_growing_answer_only_what_is_fresh_is_told_and_never_its_end() -> None:
    sent: dict[str, int] = {}
    growing = GenerationOutput("4", generated_tokens=[7, 8], status=RequestStatus.DECODING)
    assert delivered(growing, sent, ENDS) == {"id": 4, "tokens": [7, 8], "done": False}
    whole = GenerationOutput("4", generated_tokens=[7, 8, 9, 1], status=RequestStatus.FINISHED)
    assert delivered(whole, sent, ENDS) == {"id": 4, "tokens": [9], "done": True}


def test_a_request_that_failed_is_told_as_a_failure() -> None:
    failed = GenerationOutput("4", generated_tokens=[7], error="no room", status=RequestStatus.FAILED)
    assert delivered(failed, {}, ENDS) == {"id": 4, "error": "no room"}

"""Everything that a run on a card measures, in small on a processor."""

import json
from dataclasses import replace

import pytest
from transformers import LlamaConfig

from inference.benchmark.card.measured import measure, or_why
from inference.benchmark.card.plan import TURNS, plan


def test_a_small_configuration_goes_the_same_way_on_a_processor(small: LlamaConfig) -> None:
    told: list[str] = []
    kept: list[str] = []
    too_short, enough = (replace(plan(small, chats=(2,))[0], positions=each) for each in (64, 720))
    measure(
        small,
        [too_short, enough],
        device="cpu",
        generate_chats=2,
        conversations=1,
        tell=told.append,
        keep=lambda made: kept.append(json.dumps(made)),
    )
    steps = [json.loads(each) for each in kept]
    assert [(len(each["trials"]), len(each["generate"])) for each in steps] == [
        (1, 0),
        (2, 0),
        (2, 1),
        (2, 1),
    ]
    failed, own = steps[-1]["trials"]
    assert (failed["chats"], "Error" in failed["failed"]) == (2, True)
    assert (own["chats"], own["answers"]) == (2, 2 * TURNS)
    assert steps[-1]["generate"][0]["answers"] == 2 * TURNS
    assert steps[-2]["reply"] == {"failed": "not reached"}
    assert steps[-1]["reply"]["replies"] == TURNS
    assert any("12 of 12 answers" in sentence for sentence in told)


def test_what_could_not_be_measured_says_why() -> None:
    def full() -> dict[str, object]:
        raise MemoryError("no room for 3 GB")

    assert or_why(full) == {"failed": "MemoryError: no room for 3 GB"}
    assert or_why(lambda: {"chats": 1}) == {"chats": 1}


def test_a_person_who_stops_a_run_is_obeyed() -> None:
    def stopped() -> dict[str, object]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        or_why(stopped)

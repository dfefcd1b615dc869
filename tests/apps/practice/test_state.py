import json

import pytest

from apps.practice.state import (
    ClientState,
    Memory,
    Rupture,
    band,
    stage_after,
    starting_memory,
    starting_state,
)
from tests.clients import tiny_case


def state(**changes: int) -> ClientState:
    middling = {"trust": 40, "agreement": 40, "readiness": 40, "confidence": 50, "discord": 40, "arousal": 40}
    return ClientState.of(middling | changes)


def test_a_client_starts_as_the_author_set_it_down() -> None:
    case = tiny_case()

    assert starting_state(case).to_json() == dict(case.state)
    assert starting_memory(case) == Memory(n=0, stage="precontemplation")


def test_a_state_outside_its_bounds_is_refused() -> None:
    with pytest.raises(ValueError, match="discord is 101"):
        state(discord=101)


def test_moving_keeps_a_state_within_its_bounds() -> None:
    assert state(trust=3).moved({"trust": -9, "discord": 80}) == state(trust=0, discord=100)


@pytest.mark.parametrize(
    ("trust", "discord", "expected"),
    [
        (25, 55, "closed"),
        (40, 50, "wary"),
        (55, 20, "open"),
        (49, 10, "wary"),
        (90, 70, "wary"),
        (0, 100, "closed"),
    ],
)
def test_the_band_is_read_from_trust_and_discord(trust: int, discord: int, expected: str) -> None:
    assert band(state(trust=trust, discord=discord)) == expected


@pytest.mark.parametrize(
    ("stage", "readiness", "start", "expected"),
    [
        ("precontemplation", 32, 10, "precontemplation"),
        ("precontemplation", 33, 10, "contemplation"),
        ("contemplation", 27, 40, "contemplation"),
        ("contemplation", 21, 40, "precontemplation"),
        ("contemplation", 80, 40, "preparation"),
        ("preparation", 46, 60, "contemplation"),
        ("action", 66, 80, "preparation"),
        ("maintenance", 59, 80, "relapse"),
        ("relapse", 60, 40, "preparation"),
    ],
)
def test_the_stage_moves_one_step_with_a_gap_between_to_and_fro(
    stage: str, readiness: int, start: int, expected: str
) -> None:
    assert stage_after(stage, state=state(readiness=readiness), start=state(readiness=start)) == expected


def test_a_stage_the_author_chose_does_not_change_because_nothing_happened() -> None:
    low, high = state(readiness=5), state(readiness=90)

    assert stage_after("contemplation", state=low, start=low) == "contemplation"
    assert stage_after("precontemplation", state=high, start=high) == "precontemplation"


def test_action_takes_some_confidence_as_well() -> None:
    ready, start = state(readiness=85, confidence=44), state(readiness=60)

    assert stage_after("preparation", state=ready, start=start) == "preparation"
    assert stage_after("preparation", state=ready.moved({"confidence": 1}), start=start) == "action"


def test_a_memory_survives_the_database() -> None:
    memory = Memory(
        n=3,
        stage="contemplation",
        carry={"trust": 250, "discord": -900},
        runs={"SR": 2},
        codes=("SR",),
        questions=1,
        permission=2,
        rupture=Rupture(trust=4500, discord=9000, age=1, mended=1),
        topic="chest",
        topic_age=1,
        acts=("argue", "engage"),
        talks=("sustain", "neutral"),
        cues=("gaze.floor",),
        told=("blood",),
        used=("line.1", "line.4"),
    )

    assert Memory.from_json(json.loads(json.dumps(memory.to_json()))) == memory

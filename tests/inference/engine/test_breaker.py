"""Every edge of the state machine: events in, the state after each of them."""

import pytest

from inference.engine.breaker import Breaker, BreakerState, Leave

CLOSED, OPEN, HALF_OPEN = BreakerState


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def run(events: str) -> tuple[list[str], BreakerState]:
    """What came of each event, and the state at the end. `a` ask; `+` `-` `~` the oldest leave succeeded, failed, was
    withdrawn; `.` nine seconds pass."""
    clock, leaves, found = Clock(), list[Leave](), []
    breaker = Breaker(failures=3, rest_s=10, clock=clock)
    for event in events:
        if event == "a":
            leave = breaker.admit()
            leaves += [leave] if leave else []
            found.append("yes" if leave else "no")
        elif event == ".":
            clock.now += 9
        else:
            give_back = {"+": breaker.succeeded, "-": breaker.failed, "~": breaker.withdrew}[event]
            give_back(leaves.pop(0))
    return found, breaker.state


@pytest.mark.parametrize(
    ("events", "answers", "state"),
    [
        ("", [], CLOSED),
        ("aaaa", ["yes"] * 4, CLOSED),
        ("a-a-", ["yes", "yes"], CLOSED),
        ("a-a-a+a-a-", ["yes"] * 5, CLOSED),
        ("a-a-a~a-", ["yes"] * 4, OPEN),
        ("a-a-a-a", ["yes", "yes", "yes", "no"], OPEN),
        ("a-a-a-.a", ["yes", "yes", "yes", "no"], OPEN),
        ("a-a-a-..", ["yes"] * 3, HALF_OPEN),
        ("a-a-a-..aa", ["yes", "yes", "yes", "yes", "no"], HALF_OPEN),
        ("a-a-a-..a+a", ["yes"] * 5, CLOSED),
        ("a-a-a-..a-a", ["yes"] * 4 + ["no"], OPEN),
        ("a-a-a-..a-..a", ["yes"] * 5, HALF_OPEN),
        ("a-a-a-..a~a", ["yes"] * 5, HALF_OPEN),
        ("a-a-a-..a+a-a-", ["yes"] * 6, CLOSED),
        ("aaaaaa------", ["yes"] * 6, OPEN),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_breaker_goes_from_state_to_state(events: str, answers: list[str], state: BreakerState) -> None:
    assert run(events) == (answers, state)


@pytest.mark.parametrize("late", ["+", "-", "~"])
def test_what_was_asked_before_it_opened_says_nothing_about_the_one_that_tries(late: str) -> None:
    """Four ask, three fail, the fourth is heard of only while a fifth tries; a sixth still has to wait."""
    assert run(f"aaaa---..a{late}a") == (["yes"] * 5 + ["no"], HALF_OPEN)

import asyncio
from collections.abc import Awaitable, Callable

from hypothesis import given
from hypothesis import strategies as st

from apps.chat.follower import SocketFollower

Frame = dict[str, object]


def frame(seq: int) -> Frame:
    return {"type": "turn.segment", "seq": seq}


class Log:
    """An encounter's order as the database holds it; `during_read` runs while a read is on its way."""

    def __init__(self, committed: int) -> None:
        self.committed = committed
        self.reads = 0
        self.during_read: Callable[[], None] = lambda: None

    async def read(self, after: int) -> list[Frame]:
        self.reads += 1
        seen = self.committed
        self.during_read()
        await asyncio.sleep(0)
        return [frame(seq) for seq in range(after + 1, seen + 1)]


async def followed(log: Log, act: Callable[[SocketFollower], Awaitable[None]], *, seen: int = 0) -> list[int]:
    """The numbers a socket is sent while `act` happens."""
    sent: list[int] = []

    async def send(one: Frame) -> None:
        sent.append(int(one["seq"]))

    follower = SocketFollower(read=log.read, send=send, must_poll=lambda: False, seen=seen)
    task = asyncio.create_task(follower.run())
    await act(follower)
    for _ in range(50):
        await asyncio.sleep(0)
    task.cancel()
    return sent


async def test_hints_in_order_need_no_database() -> None:
    log = Log(committed=3)

    async def act(follower: SocketFollower) -> None:
        for seq in (1, 2, 3):
            follower.hint(frame(seq))

    assert await followed(log, act) == [1, 2, 3]
    assert log.reads == 0


async def test_a_gap_is_read_from_the_database() -> None:
    async def act(follower: SocketFollower) -> None:
        follower.hint(frame(5))

    assert await followed(Log(committed=5), act, seen=2) == [3, 4, 5]


async def test_a_hint_that_comes_during_an_empty_read_is_not_lost() -> None:
    log = Log(committed=2)

    async def act(follower: SocketFollower) -> None:
        def commit_and_hint() -> None:
            log.during_read = lambda: None
            log.committed = 3
            follower.hint(frame(3))

        log.during_read = commit_and_hint
        follower.hint(None)

    assert await followed(log, act, seen=2) == [3]


async def test_a_replay_sends_again_and_then_says_so() -> None:
    said: list[str] = []

    async def act(follower: SocketFollower) -> None:
        async def then() -> None:
            said.append("resumed")

        follower.replay(1, then)

    assert await followed(Log(committed=4), act, seen=4) == [2, 3, 4]
    assert said == ["resumed"]


async def test_replays_asked_for_together_are_answered_together() -> None:
    log, said = Log(committed=4), []

    async def act(follower: SocketFollower) -> None:
        async def then() -> None:
            said.append("resumed")

        for after in (3, 1, 2):
            follower.replay(after, then)

    assert await followed(log, act, seen=4) == [2, 3, 4]
    assert said == ["resumed"]


@given(st.lists(st.one_of(st.none(), st.integers(1, 30)), max_size=60), st.integers(0, 10))
def test_whatever_hints_come_every_event_is_sent_once_in_order(hints: list[int | None], seen: int) -> None:
    async def scenario() -> list[int]:
        log = Log(committed=30)

        async def act(follower: SocketFollower) -> None:
            for hint in hints:
                follower.hint(frame(hint) if hint else None)
                await asyncio.sleep(0)
            follower.hint(None)

        return await followed(log, act, seen=seen)

    assert asyncio.run(scenario()) == list(range(seen + 1, 31))

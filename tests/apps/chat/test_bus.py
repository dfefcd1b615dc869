"""Two web processes that share a layer, driven without Redis; the layer's faults are its own switches."""

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import UUID, uuid4

import pytest
from channels.layers import InMemoryChannelLayer

from apps.chat import bus as module
from apps.chat.bus import Bus
from apps.chat.hub import Hub

ENCOUNTER = uuid4()


class Layer(InMemoryChannelLayer):
    """As Redis's layer does, forgets a channel whose reader is cancelled; `down` refuses to publish."""

    down = False

    async def group_send(self, group: str, message: dict[str, object]) -> None:
        if self.down:
            raise ConnectionError
        await super().group_send(group, message)

    async def receive(self, channel: str) -> dict[str, object]:
        try:
            return await super().receive(channel)
        except asyncio.CancelledError:
            self.channels.pop(channel, None)
            self.groups.get("encounters", {}).pop(channel, None)
            raise


class Follower:
    def __init__(self) -> None:
        self.looked = 0

    def hint(self, frame: object) -> None:
        self.looked += frame is None


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> Layer:
    shared = Layer()
    monkeypatch.setattr(module, "get_channel_layer", lambda: shared)
    monkeypatch.setattr(module, "QUIET_S", 0.05)
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    return shared


@pytest.fixture
async def processes(layer: Layer) -> AsyncIterator[tuple[Bus, Bus, Follower]]:
    """A process that writes, and one with a follower of the encounter."""
    hubs = Hub(), Hub()
    buses = [Bus(hub) for hub in hubs]
    follower = Follower()
    hubs[1].join(ENCOUNTER, follower)
    for bus in buses:
        bus.ensure_listening()
    await until(lambda: all(bus.healthy for bus in buses))
    yield buses[0], buses[1], follower
    for bus in buses:
        bus._task.cancel()
        await asyncio.gather(bus._task, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110  (what is waited for has no event)
            await asyncio.sleep(0.005)


async def test_news_reaches_another_process_after_a_long_silence(
    processes: tuple[Bus, Bus, Follower],
) -> None:
    writer, _, follower = processes
    await asyncio.sleep(0.3)  # Several times as long as the layer may be silent.
    looked = follower.looked
    writer.tell(ENCOUNTER, 1)
    await until(lambda: follower.looked > looked)
    assert follower.looked == looked + 1


async def test_a_process_that_could_not_tell_makes_the_others_look_once_it_can(
    processes: tuple[Bus, Bus, Follower], layer: Layer
) -> None:
    writer, other, follower = processes
    layer.down = True
    writer.tell(ENCOUNTER, 1)
    await until(lambda: not writer.healthy)
    other.healthy, looked = True, follower.looked  # Nothing told the other process that anything is wrong.
    layer.down = False
    await until(lambda: writer.healthy)
    await until(lambda: follower.looked > looked)
    assert other.healthy


async def test_a_process_becomes_healthy_again_while_others_keep_talking(
    processes: tuple[Bus, Bus, Follower], layer: Layer
) -> None:
    writer, _, _ = processes
    layer.down = True
    writer.tell(ENCOUNTER, 1)
    await until(lambda: not writer.healthy)
    layer.down = False
    for _ in range(60):
        if writer.healthy:
            break
        await layer.group_send(module.GROUP, {"type": "stop", "turn": str(UUID(int=1)), "from": "x"})
        await asyncio.sleep(0.02)
    assert writer.healthy

"""Carries word of new events to other web processes: ids and numbers only, through the channel layer.

A message lost costs nothing but a moment: followers poll while the bus is not healthy.
"""

import asyncio
import logging
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import BaseChannelLayer, get_channel_layer

from apps.chat.hub import Hub, hub

GROUP = "encounters"
SEND_LIMIT_S = 1.0
RETRY_S = 2.0
QUIET_S = 5.0
"""After so long without a message the layer is asked whether it is there: a lost Redis is silent to listeners."""

log = logging.getLogger(__name__)


class Bus:
    """One a process; started by the first socket."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._task: asyncio.Task[None] | None = None
        self._sends: set[asyncio.Task[None]] = set()
        self._channel = ""
        self.healthy = False

    def ensure_listening(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())

    def tell(self, encounter_id: UUID, seq: int) -> None:
        """Say, without waiting, that an encounter has a new event."""
        self._send({"type": "news", "encounter": str(encounter_id), "seq": seq, "from": self._channel})

    def tell_stop(self, turn_id: UUID) -> None:
        """Ask whichever process answers this turn to stop."""
        self._send({"type": "stop", "turn": str(turn_id), "from": self._channel})

    def _send(self, message: dict[str, object]) -> None:
        if not self.healthy:
            return
        task = asyncio.create_task(self._sent(message))
        self._sends.add(task)
        task.add_done_callback(self._sends.discard)

    async def _sent(self, message: dict[str, object]) -> None:
        try:
            async with asyncio.timeout(SEND_LIMIT_S):
                await get_channel_layer().group_send(GROUP, message)
        except Exception as error:  # noqa: BLE001  (whatever the layer raises, a turn must not notice)
            self._lost(error)

    def _lost(self, error: Exception) -> None:
        """Says once what went wrong, by its kind: a mistake of ours must not pass for a Redis that is away."""
        if self.healthy:
            log.warning("the channel layer is away (%s); followers poll", type(error).__name__)
        self.healthy = False

    async def _listen(self) -> None:
        while True:
            try:
                await self._receive()
            except asyncio.CancelledError:
                self.healthy = False
                raise
            except Exception as error:  # noqa: BLE001  (Redis gone in any of its ways: try again)
                self._lost(error)
                self._hub.hint_everyone()
                await asyncio.sleep(RETRY_S)

    async def _prove(self, layer: BaseChannelLayer) -> None:
        """Raises whatever the layer raises when it is away. After an absence everybody looks: nobody was told."""
        async with asyncio.timeout(SEND_LIMIT_S):
            await layer.group_send(GROUP, {"type": "here", "missed": not self.healthy, "from": self._channel})
        if not self.healthy:
            self.healthy = True
            self._hub.hint_everyone()

    async def _receive(self) -> None:
        layer = get_channel_layer()
        self._channel = await layer.new_channel()
        await layer.group_add(GROUP, self._channel)
        await self._prove(layer)
        # Held over silences: a reader that is cancelled loses its place in the layer, and what comes meanwhile.
        coming = asyncio.ensure_future(layer.receive(self._channel))
        try:
            while True:
                await asyncio.wait({coming}, timeout=QUIET_S)
                if not self.healthy or not coming.done():
                    await self._prove(layer)
                if coming.done():
                    message = coming.result()
                    coming = asyncio.ensure_future(layer.receive(self._channel))
                    self._hear(message)
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    def _hear(self, message: dict[str, object]) -> None:
        if message.get("from") == self._channel:
            return
        if message.get("type") == "news":
            self._hub.hint(UUID(message["encounter"]), None)
        elif message.get("type") == "stop":
            self._hub.stop(UUID(message["turn"]))
        elif message.get("missed"):
            self._hub.hint_everyone()


bus = Bus(hub)


def spread_word(encounter_id: UUID, seq: int) -> None:
    """Tell every web process of a new event, from a thread without a loop: a page, a Celery task.

    While the channel layer is away nobody is told, and followers poll.
    """
    message = {"type": "news", "encounter": str(encounter_id), "seq": seq, "from": ""}
    try:
        async_to_sync(_spread)(message)
    except Exception as error:  # noqa: BLE001  (whatever the layer raises, what was committed stands)
        log.warning("word of encounter %s was not spread: %s", encounter_id, type(error).__name__)


async def _spread(message: dict[str, object]) -> None:
    async with asyncio.timeout(SEND_LIMIT_S):
        await get_channel_layer().group_send(GROUP, message)

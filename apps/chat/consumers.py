"""The socket of one encounter: reads frames, starts tasks, writes what followers hand it. Decides nothing.

A handler never waits for a reply: Channels would hold back the next frame, and with it Stop and disconnect.
"""

import asyncio
import json
import logging
from functools import partial
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.http import Http404

from apps.accounts.access import record_denial
from apps.chat import runner, turns
from apps.chat.bus import bus
from apps.chat.errors import BUSY
from apps.chat.follower import SocketFollower
from apps.chat.frames import AboutMe, Frame, Ping, Resume, Send, Stop, error_frame, read_frame
from apps.chat.hub import hub
from apps.chat.origin import headers_of
from apps.chat.watch import watch
from apps.chat.who import Visitor, session_key_of, visitor_for
from apps.core.errors import RefusedError
from apps.core.middleware import AWAY
from apps.core.store import in_store, outside_walls

CLOSE_SIGNED_OUT = 4401
CLOSE_NOT_FOUND = 4404
CLOSE_TRY_AGAIN = 1013

log = logging.getLogger(__name__)


class EncounterSocket(AsyncWebsocketConsumer):
    """Access is checked at connect and again every few seconds."""

    channel_layer_alias = (
        "none"  # Events come by the process's own bus: a Redis that is away must not close sockets.
    )

    visitor: Visitor
    encounter_id: UUID
    follower: SocketFollower | None = None

    async def connect(self) -> None:
        self.encounter_id = self.scope["url_route"]["kwargs"]["encounter_id"]
        self._task: asyncio.Task[None] | None = None
        try:
            key = session_key_of(headers_of(self.scope).get("cookie", ""))
            visitor = await outside_walls(partial(visitor_for, key))
            if visitor is None:
                await self.close(CLOSE_SIGNED_OUT)
                return
            self.visitor = visitor
            self.follower = await self._join()
        except Http404:
            await self._deny()
            return
        except AWAY:
            await self.close(CLOSE_TRY_AGAIN)
            return
        await self.accept()
        self._task = asyncio.create_task(self._guarded(self.follower.run))
        watch.join(self.visitor, self._signed_out)

    async def _join(self) -> SocketFollower:
        """Hints are taken from before the check on, so that nothing falls between the two."""
        bus.ensure_listening()
        follower = SocketFollower(
            read=self._read, send=self._write, must_poll=lambda: not bus.healthy, seen=0
        )
        hub.join(self.encounter_id, follower)
        try:
            follower.seen = (await self._ask(turns.standing)).last_seq
        except BaseException:
            hub.leave(self.encounter_id, follower)
            raise
        return follower

    async def _deny(self) -> None:
        """Closed before accept, and written down; where that cannot be, closed all the same."""
        denial = partial(
            record_denial, self.visitor.actor, kind="encounter_socket", object_id=self.encounter_id
        )
        try:
            await outside_walls(denial)
        except AWAY:
            log.warning("a denial could not be written down")
        await self.close(CLOSE_NOT_FOUND)

    async def disconnect(self, code: int) -> None:
        if self.follower is not None:
            hub.leave(self.encounter_id, self.follower)
            watch.part(self.visitor, self._signed_out)
        if self._task is not None:
            self._task.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        client_id: UUID | None = None
        try:
            frame = read_frame(text_data if text_data is not None else bytes_data or b"")
            client_id = frame.client_id if isinstance(frame, Send) else None
            await self._HANDLERS[type(frame)](self, frame)
        except RefusedError as refusal:
            await self._write(error_frame(refusal.code, refusal.message, client_id=client_id))
        except Http404:
            await self.close(CLOSE_NOT_FOUND)
        except AWAY:
            await self._write(error_frame("busy", BUSY, client_id=client_id))

    async def _on_send(self, frame: Send) -> None:
        """Shielded: a socket that goes away between the commit and the start must not leave a turn unanswered."""
        task = asyncio.create_task(self._begin(frame))
        hub.keep(task)
        await asyncio.shield(task)

    async def _begin(self, frame: Send) -> None:
        begun = await self._ask(turns.begin, frame)
        if begun.heard is None:
            for repeated in begun.frames:
                await self._write(repeated)
            return
        runner.announce(self.encounter_id, begun.frames)
        runner.start(self.visitor.actor.organisation_id, begun)

    async def _on_stop(self, frame: Stop) -> None:
        await self._ask(turns.stop, frame.turn_id)
        hub.stop(frame.turn_id)
        bus.tell_stop(frame.turn_id)

    async def _on_about_me(self, frame: AboutMe) -> None:
        runner.announce(self.encounter_id, await self._ask(turns.about_me))

    async def _on_resume(self, frame: Resume) -> None:
        if self.follower is not None:
            self.follower.replay(frame.after_seq, self._say_resumed)

    async def _on_ping(self, frame: Ping) -> None:
        await self._write({"type": "pong", "seq": 0})

    _HANDLERS = {Send: _on_send, Stop: _on_stop, AboutMe: _on_about_me, Resume: _on_resume, Ping: _on_ping}

    async def _say_resumed(self) -> None:
        standing = await self._ask(turns.standing)
        open_turn = str(standing.open_turn_id) if standing.open_turn_id else None
        await self._write(
            {
                "type": "resumed",
                "seq": 0,
                "last_seq": standing.last_seq,
                "live": standing.live,
                "open_turn_id": open_turn,
            }
        )

    async def _ask(self, question, *details):  # noqa: ANN001, ANN002, ANN202  (the question's own types)
        actor = self.visitor.actor
        return await in_store(actor.organisation_id, partial(question, actor, self.encounter_id, *details))

    async def _read(self, after_seq: int) -> list[Frame]:
        return await self._ask(turns.read_after, after_seq)

    async def _write(self, frame: Frame) -> None:
        await self.send(text_data=json.dumps(frame, ensure_ascii=False))

    async def _guarded(self, work) -> None:  # noqa: ANN001  (a coroutine function)
        """Run one of the socket's own tasks; when it cannot go on, the socket closes and the browser comes back."""
        try:
            await work()
        except Http404:
            await self.close(CLOSE_NOT_FOUND)
        except AWAY:
            await self.close(CLOSE_TRY_AGAIN)
        except Exception as error:
            log.error("socket of encounter %s ended: %s", self.encounter_id, type(error).__name__)
            await self.close(CLOSE_TRY_AGAIN)
            raise

    async def _signed_out(self) -> None:
        await self.close(CLOSE_SIGNED_OUT)


class NotFoundSocket(AsyncWebsocketConsumer):
    """Any other address: closed before accept."""

    channel_layer_alias = "none"

    async def connect(self) -> None:
        await self.close(CLOSE_NOT_FOUND)

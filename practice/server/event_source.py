"""One connection that is told events for as long as it stays: `text/event-stream`, with its history first."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from aiohttp import WSMsgType, web

from practice.server.event_log import EventLog
from practice.server.event_span import Span
from practice.server.sockets import Outbox

HEARTBEAT_S = 10.0
_LOOK_S = 0.1  # how often a span's end is looked for
_MOST_BEHIND = 10_000
_log = logging.getLogger("practice")


class EventResponse:
    """The response as a wire: frames are data, pings are comments."""

    def __init__(self) -> None:
        self.response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
        )
        self.closed = False

    async def send_frame(self, message: bytes, opcode: WSMsgType) -> None:
        start = b": " if opcode is WSMsgType.PING else b"data: "
        await self.response.write(start + message + b"\n\n")

    async def close(self, **_: int) -> None:
        if not self.closed:
            self.closed = True
            await self.response.write_eof()


class EventReader:
    """Follows a log from where a span begins to where it ends. Belongs to the event loop's thread.

    A reader is never waited for: what happens while it is more than some thousand events behind is left
    out, and it is told how much that was. History that it asked for is not hurried.
    """

    def __init__(self, log: EventLog, span: Span, outbox: Outbox, now: Callable[[], int]) -> None:
        self._log, self._span, self._outbox, self._now = log, span, outbox, now
        self._next, self._live_from = span.begin(log), log.end
        self._wake = asyncio.Event()

    async def close(self, **_: int) -> None:
        """End it after what it has been told so far."""
        self._outbox.close()

    async def run(self) -> None:
        """Tell events until the span ends; then close the outbox."""
        self._log.listen(self._wake.set)
        try:
            self._outbox.comment("connected")  # so that the answer begins at once
            while await self._tell_next():
                pass
        except Exception:  # noqa: BLE001 - the top of a connection; the server lives on
            _log.exception("an event stream failed")
            self._outbox.comment("internal server error")
        finally:
            self._log.leave(self._wake.set)
        self._outbox.close()

    async def _tell_next(self) -> bool:
        """Tell one event, or wait for one; say whether there may be more."""
        self._skip_what_is_too_late()
        event = self._log.after(self._next)
        if event is None:
            if self._span.is_over(self._now()):
                return False
            await self._wait()
            return True
        if not self._span.includes(event):
            return False
        self._next = event.number + 1
        self._outbox.put(event.frame, WSMsgType.TEXT)
        await self._outbox.sent()
        await asyncio.sleep(0)  # a long history must not starve everybody else
        return event.id != self._span.until_id

    def _skip_what_is_too_late(self) -> None:
        event = self._log.after(self._next)
        dropped = event.number - self._next if event else 0  # what the log had no more room for
        if self._log.end - max(self._next, self._live_from) > _MOST_BEHIND:
            dropped = self._log.end - self._next
        if dropped:
            self._next += dropped
            self._outbox.comment(f"you are reading too slowly, dropped {dropped} messages")

    async def _wait(self) -> None:
        self._wake.clear()
        loop = asyncio.get_running_loop()
        heartbeat = loop.time() + HEARTBEAT_S
        while not self._wake.is_set():
            if self._span.is_finite and self._span.is_over(self._now()):
                return
            if loop.time() >= heartbeat:
                self._outbox.comment("heartbeat")
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S if self._span.is_finite else HEARTBEAT_S):
                    await self._wake.wait()

"""One WebSocket with an outbox, so that the engine never waits for a reader."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from aiohttp import WSMsgType, web

_PATIENCE_S = 10.0  # how long one frame may wait for a reader that has stopped reading

StreamName = Literal["orders", "data"]
STREAM_NAMES: tuple[StreamName, ...] = ("orders", "data")


@dataclass
class Traffic:
    """What one kind of stream has carried, and whether it is muted. `clock` counts seconds, monotonic."""

    clock: Callable[[], float]
    sent: int = 0
    received: int = 0
    muted_until: float = 0.0

    @property
    def is_muted(self) -> bool:
        return self.clock() < self.muted_until


class Outbox:
    """Frames on their way to one reader. Belongs to the event loop's thread."""

    def __init__(
        self, socket: web.WebSocketResponse, request: web.Request, traffic: Traffic, most_bytes: int
    ) -> None:
        self._socket, self._request = socket, request
        self._traffic, self._most_bytes = traffic, most_bytes
        self._frames: deque[tuple[bytes, WSMsgType]] = deque()
        self._waiting_bytes = 0
        self._wake = asyncio.Event()
        self._closing = False

    @property
    def is_overfull(self) -> bool:
        """Whether the reader has fallen hopelessly behind."""
        return self._waiting_bytes > self._most_bytes

    def put(self, frame: bytes, kind: WSMsgType) -> None:
        """Send a frame when its turn comes; while the stream is muted it is lost."""
        if self._closing or self._traffic.is_muted:
            return
        self._frames.append((frame, kind))
        self._waiting_bytes += len(frame)
        self._wake.set()

    def forget_waiting(self) -> None:
        """Give up what has not been sent."""
        self._frames.clear()
        self._waiting_bytes = 0

    def close(self) -> None:
        """Close the socket once everything before this has been sent."""
        self._closing = True
        self._wake.set()

    async def run(self) -> None:
        """Send until the socket or the outbox is closed; cut off a reader that does not read at all."""
        while not self._socket.closed:
            try:
                await self._send_waiting()
            except TimeoutError:
                cut(self._request)
                return
            if self._closing:
                await self._socket.close()
                return
            self._wake.clear()
            await self._wake.wait()

    async def _send_waiting(self) -> None:
        while self._frames:
            frame, kind = self._frames.popleft()
            self._waiting_bytes -= len(frame)
            async with asyncio.timeout(_PATIENCE_S):
                await self._socket.send_frame(frame, kind)
            self._traffic.sent += 1


def cut(request: web.Request) -> None:
    """End a connection without a goodbye."""
    if request.transport is not None:
        request.transport.abort()


class Sockets:
    """All open sockets, so that they can be dropped on demand."""

    def __init__(self) -> None:
        self._open: dict[StreamName, dict[web.WebSocketResponse, web.Request]] = {
            name: {} for name in STREAM_NAMES
        }

    def add(self, name: StreamName, socket: web.WebSocketResponse, request: web.Request) -> None:
        """Remember a socket while it is served."""
        self._open[name][socket] = request

    def remove(self, name: StreamName, socket: web.WebSocketResponse) -> None:
        """Forget a socket."""
        self._open[name].pop(socket, None)

    def drop(self, name: StreamName) -> int:
        """Cut all connections of a stream without a goodbye; return how many there were."""
        requests = list(self._open[name].values())
        for request in requests:
            cut(request)
        return len(requests)

    async def close_all(self) -> None:
        """Say goodbye to everybody; the server is going away."""
        for sockets in self._open.values():
            for socket in list(sockets):
                await socket.close(code=1001)

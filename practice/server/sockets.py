"""One connection of a stream with an outbox, so that the engine never waits for a reader."""

import asyncio
import itertools
from collections import deque
from collections.abc import Collection, Iterator
from typing import Any, Literal, Protocol

import msgspec
from aiohttp import WSMsgType, web

from practice.faults.alterations import shifted_stamps
from practice.faults.registry import Faults, stream_meets
from practice.server.event_faults import EventFaults
from practice.server.frame_log import FrameLog
from practice.server.grants import Grant

_PATIENCE_S = 10.0  # how long one frame may wait for a reader that has stopped reading
_KINDS = {WSMsgType.TEXT: "text", WSMsgType.BINARY: "binary", WSMsgType.PING: "comment"}

StreamName = Literal["orders", "data", "events"]
STREAM_NAMES: tuple[StreamName, ...] = ("orders", "data", "events")


class Closable(Protocol):
    """Whatever one can say goodbye to."""

    async def close(self, *, code: int = 1000) -> object: ...


class Wire(Closable, Protocol):
    """A connection that carries frames: a WebSocket, or a response that does not end."""

    @property
    def closed(self) -> bool: ...

    async def send_frame(self, message: bytes, opcode: WSMsgType) -> None: ...


def endpoint_of(request: web.Request) -> str:
    """What faults and logs call a stream: `orders/paper`, `data/v2/iex`, `events/paper/trades`."""
    if request.path.startswith("/data-stream/"):
        return "data/" + request.path.removeprefix("/data-stream/")
    environment, *rest = request.path.strip("/").split("/")
    return f"orders/{environment}" if rest == ["stream"] else f"events/{environment}/{rest[-1]}"


class Traffic:
    """What one kind of stream carries, what became of it on the way, and who is connected."""

    def __init__(self, faults: Faults, log: FrameLog) -> None:
        self.faults, self.log = faults, log
        self.sent = self.received = 0
        self.outboxes: set[Outbox] = set()
        self._connections = itertools.count(1)

    def new_connection(self) -> int:
        """The number of a connection in the log."""
        return next(self._connections)

    def cut_those_of(self, ended: Collection[Grant]) -> None:
        """Cut the connections that were let in by a grant that has ended."""
        for one in list(self.outboxes):
            if one.grant in ended:
                one.cut()

    def of_stream(self, wanted: str) -> "Iterator[Outbox]":
        """The connections that a stream's name in an aim covers."""
        return (one for one in list(self.outboxes) if stream_meets(wanted, one.endpoint))


class Outbox:
    """Frames on their way to one reader. Belongs to the event loop's thread."""

    def __init__(
        self,
        socket: Wire,
        request: web.Request,
        traffic: Traffic,
        most_bytes: int,
        *,
        packed: bool,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self._socket, self._request, self._patience_s = socket, request, patience_s
        self._traffic, self._most_bytes = traffic, most_bytes
        self.endpoint = endpoint_of(request)
        self.grant: Grant | None = None  # that let its reader in
        self._packed = packed
        self._connection = traffic.new_connection()
        self._past_faults = EventFaults(
            self.endpoint, traffic.faults, packed=self._packed, late=self._enqueue
        )
        self._frames: deque[tuple[bytes, WSMsgType]] = deque()
        self._waiting_bytes = 0
        self._wake, self._empty = asyncio.Event(), asyncio.Event()
        self._closing = self._frozen = False

    @property
    def is_overfull(self) -> bool:
        """Whether the reader has fallen hopelessly behind."""
        return self._waiting_bytes > self._most_bytes

    def put(self, frame: bytes, kind: WSMsgType) -> None:
        """Send a frame when its turn comes, as the faults that are set let it pass."""
        faults = self._traffic.faults
        if faults.in_force("mute", self.endpoint):
            return
        if not self.endpoint.startswith("data/") and (skew := faults.skew_s()):
            frame = shifted_stamps(frame, skew)
        for one in self._past_faults.passed(frame, kind):
            self._enqueue(*one)

    def _enqueue(self, frame: bytes, kind: WSMsgType) -> None:
        if self._closing or self._frozen:
            return
        self._frames.append((frame, kind))
        self._waiting_bytes += len(frame)
        self._wake.set()

    def comment(self, text: str) -> None:
        """Say something that is no message, where a stream has words for that."""
        self._enqueue(text.encode(), WSMsgType.PING)

    async def sent(self) -> None:
        """Wait until nothing waits to be sent."""
        while self._frames:
            self._empty.clear()
            await self._empty.wait()

    def heard(self, frame: bytes | str) -> None:
        """Note a frame that the other side sent."""
        self._traffic.received += 1
        kind = "text" if isinstance(frame, str) else "binary"
        self._traffic.log.add(self.endpoint, self._connection, "received", kind, frame, packed=self._packed)

    def login_refusal(self) -> int | None:
        """The error that a fault answers to whoever authenticates now, if one is set."""
        faults = self._traffic.faults
        if fault := faults.in_force("refuse_login", self.endpoint):
            return fault.order.code or 406
        return 406 if faults.in_force("zombie_slot", self.endpoint) else None

    def forget_waiting(self) -> None:
        """Give up what has not been sent."""
        self._frames.clear()
        self._waiting_bytes = 0
        self._empty.set()

    def say_error(self, message: dict[str, Any]) -> None:
        """Send a data stream's error and hang up."""
        encode = msgspec.msgpack.encode if self._packed else msgspec.json.encode
        kind = WSMsgType.BINARY if self._packed else WSMsgType.TEXT
        self._enqueue(encode([message]), kind)
        self.close()

    def close(self) -> None:
        """Close the socket once everything before this has been sent."""
        self._closing = True
        self._wake.set()

    def cut(self) -> None:
        """End the connection without a goodbye."""
        cut(self._request)

    def freeze(self) -> None:
        """Read and write no more, as if the network between had died."""
        self._frozen = True
        self.forget_waiting()
        if self._request.transport is not None:
            self._request.transport.pause_reading()

    def thaw(self) -> None:
        """Go on after `freeze`."""
        transport = self._request.transport
        if self._frozen and transport is not None and not transport.is_closing():
            transport.resume_reading()
        self._frozen = False

    async def run(self) -> None:
        """Send until the socket or the outbox is closed; cut off a reader that does not read at all."""
        self._traffic.outboxes.add(self)
        try:
            await self._run()
        finally:
            self._traffic.outboxes.discard(self)

    async def _run(self) -> None:
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
            async with asyncio.timeout(self._patience_s):
                await self._socket.send_frame(frame, kind)
            self._traffic.sent += 1
            self._traffic.log.add(
                self.endpoint, self._connection, "sent", _KINDS[kind], frame, packed=self._packed
            )
        self._empty.set()


def cut(request: web.Request) -> None:
    """End a connection without a goodbye."""
    if request.transport is not None:
        request.transport.abort()


class Sockets:
    """All open connections, so that they can be dropped on demand."""

    def __init__(self) -> None:
        self._open: dict[StreamName, dict[Closable, web.Request]] = {name: {} for name in STREAM_NAMES}

    def add(self, name: StreamName, socket: Closable, request: web.Request) -> None:
        """Remember a socket while it is served."""
        self._open[name][socket] = request

    def remove(self, name: StreamName, socket: Closable) -> None:
        """Forget a socket."""
        self._open[name].pop(socket, None)

    def drop(self, wanted: str) -> dict[StreamName, int]:
        """Cut the connections of a stream without a goodbye; return how many there were of each kind."""
        dropped: dict[StreamName, int] = {}
        for name, sockets in self._open.items():
            requests = [one for one in sockets.values() if stream_meets(wanted, endpoint_of(one))]
            if requests or wanted in {name, "all"}:
                dropped[name] = len(requests)
            for request in requests:
                cut(request)
        return dropped

    async def close_all(self) -> None:
        """Say goodbye to everybody; the server is going away."""
        for sockets in self._open.values():
            for socket in list(sockets):
                await socket.close(code=1001)

"""A WebSocket server on loopback whose every connection follows a script; it runs on a thread of its own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from tests.fakes.app_thread import AppThread, abort


@dataclass
class Peer:
    """One upgraded connection, for scripts on the server's thread."""

    socket: web.WebSocketResponse
    request: web.Request
    stopping: asyncio.Event
    heard: list[Any] = field(default_factory=list)
    frames: list[WSMsgType] = field(default_factory=list)

    async def say(self, message: object) -> None:
        """Send JSON in a text frame."""
        await self.socket.send_str(msgspec.json.encode(message).decode())

    async def say_packed(self, message: object) -> None:
        """Send MessagePack in a binary frame."""
        await self.socket.send_bytes(msgspec.msgpack.encode(message))

    async def hear(self) -> Any:
        """Wait for the next message, JSON in text or MessagePack in binary; None at the end."""
        frame = await self.socket.receive()
        self.frames.append(frame.type)
        match frame.type:
            case WSMsgType.TEXT:
                self.heard.append(msgspec.json.decode(frame.data))
            case WSMsgType.BINARY:
                self.heard.append(msgspec.msgpack.decode(frame.data))
            case _:
                return None
        return self.heard[-1]

    async def stay(self) -> None:
        """Go on listening until the other side leaves or the server stops."""
        async for _ in self._messages():
            pass

    async def go_deaf(self) -> None:
        """Keep the connection open and take no notice of anything, pings included."""
        await self.stopping.wait()

    async def _messages(self) -> AsyncIterator[Any]:
        while not self.socket.closed and (message := await self.hear()) is not None:
            yield message


Script = Callable[[Peer], Awaitable[None]]


class StreamServer(AppThread):
    """The n-th connection gets the n-th step; later ones get the last.

    A step is a script, or an HTTP status to refuse the upgrade with.
    """

    def __init__(self, *steps: Script | int) -> None:
        self._steps = steps
        self.attempts: list[web.Request] = []
        self.peers: list[Peer] = []
        self.closes: list[int | None] = []
        super().__init__()

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/{path:.*}", self._connect)

    def end_connections(self) -> None:
        for peer in self.peers:
            abort(peer.request)

    @property
    def url(self) -> str:
        return f"ws://{self.address}/stream"

    def tell(self, message: object, *, packed: bool = False) -> None:
        """Send a message on the newest connection; for the test's own thread."""
        peer = self.peers[-1]
        self.run(peer.say_packed(message) if packed else peer.say(message))

    def send(self, frame: bytes | str) -> None:
        """Send a raw frame on the newest connection; for the test's own thread."""
        socket = self.peers[-1].socket
        self.run(socket.send_str(frame) if isinstance(frame, str) else socket.send_bytes(frame))

    def cut(self) -> None:
        """End the newest connection without a goodbye; for the test's own thread."""
        self.run(self._cut())

    def close(self, code: int = WSCloseCode.GOING_AWAY) -> None:
        """End the newest connection politely; for the test's own thread."""
        self.run(self.peers[-1].socket.close(code=code))

    async def _cut(self) -> None:
        abort(self.peers[-1].request)

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        step = self._steps[min(len(self.attempts), len(self._steps) - 1)]
        self.attempts.append(request)
        if isinstance(step, int):
            return web.Response(status=step, text="refused")
        socket = web.WebSocketResponse(timeout=0.5, max_msg_size=0)
        await socket.prepare(request)
        peer = Peer(socket, request, self.stopping)
        self.peers.append(peer)
        with contextlib.suppress(ConnectionError):
            await step(peer)
        self.closes.append(socket.close_code)
        return socket


@contextlib.contextmanager
def streaming(*steps: Script | int) -> Iterator[StreamServer]:
    """Run a stream server for a while."""
    server = StreamServer(*steps)
    try:
        yield server
    finally:
        server.stop()


async def order_stream(peer: Peer) -> None:
    """Authorise whoever comes, acknowledge the subscription, and stay."""
    await peer.hear()
    await peer.say({"stream": "authorization", "data": {"status": "authorized", "action": "authenticate"}})
    await peer.hear()
    await peer.say({"stream": "listening", "data": {"streams": ["trade_updates"]}})
    await peer.stay()


async def data_stream(peer: Peer) -> None:
    """Greet, authenticate whoever comes, and acknowledge every subscription."""
    carried: set[str] = set()
    await peer.say_packed([{"T": "success", "msg": "connected"}])
    await peer.hear()
    await peer.say_packed([{"T": "success", "msg": "authenticated"}])
    while (request := await peer.hear()) is not None:
        symbols = set(request["quotes"])
        carried = carried | symbols if request["action"] == "subscribe" else carried - symbols
        channels = {channel: sorted(carried) for channel in ("trades", "quotes", "bars")}
        await peer.say_packed([{"T": "subscription", **channels}])

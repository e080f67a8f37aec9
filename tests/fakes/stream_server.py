"""A WebSocket server on loopback whose every connection follows a script; it runs on a thread of its own."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web


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

    def cut(self) -> None:
        """End the connection without a goodbye."""
        if self.request.transport is not None:
            self.request.transport.abort()

    async def _messages(self) -> AsyncIterator[Any]:
        while not self.socket.closed and (message := await self.hear()) is not None:
            yield message


Script = Callable[[Peer], Awaitable[None]]


class StreamServer:
    """The n-th connection gets the n-th step; later ones get the last.

    A step is a script, or an HTTP status to refuse the upgrade with.
    """

    def __init__(self, *steps: Script | int, autoping: bool = True) -> None:
        self._steps, self._autoping = steps, autoping
        self.attempts: list[web.Request] = []
        self.peers: list[Peer] = []
        self.closes: list[int | None] = []
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._port = 0
        self._thread = threading.Thread(target=self._run, name="stream-server")
        self._thread.start()
        self._up.wait(10)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._port}/stream"

    def tell(self, message: object, *, packed: bool = False) -> None:
        """Send a message on the newest connection; for the test's own thread."""
        peer = self.peers[-1]
        talk = peer.say_packed(message) if packed else peer.say(message)
        asyncio.run_coroutine_threadsafe(talk, self._loop).result(10)

    def send(self, frame: bytes | str) -> None:
        """Send a raw frame on the newest connection; for the test's own thread."""
        socket = self.peers[-1].socket
        talk = socket.send_str(frame) if isinstance(frame, str) else socket.send_bytes(frame)
        asyncio.run_coroutine_threadsafe(talk, self._loop).result(10)

    def cut(self) -> None:
        """End the newest connection without a goodbye; for the test's own thread."""
        self._loop.call_soon_threadsafe(self.peers[-1].cut)

    def close(self, code: int = WSCloseCode.GOING_AWAY) -> None:
        """End the newest connection politely; for the test's own thread."""
        talk = self.peers[-1].socket.close(code=code)
        asyncio.run_coroutine_threadsafe(talk, self._loop)

    def stop(self) -> None:
        """End everything and join."""
        self._loop.call_soon_threadsafe(lambda: self._stopping.set())
        self._thread.join()

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self._stopping = asyncio.Event()
        app = web.Application()
        app.router.add_get("/{path:.*}", self._connect)
        runner = web.AppRunner(app, shutdown_timeout=0.1, handle_signals=False)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self._port = runner.addresses[0][1]
        self._up.set()
        await self._stopping.wait()
        for peer in self.peers:
            peer.cut()
        await runner.cleanup()

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        step = self._steps[min(len(self.attempts), len(self._steps) - 1)]
        self.attempts.append(request)
        if isinstance(step, int):
            return web.Response(status=step, text="refused")
        socket = web.WebSocketResponse(autoping=self._autoping, timeout=0.5, max_msg_size=0)
        await socket.prepare(request)
        peer = Peer(socket, request, self._stopping)
        self.peers.append(peer)
        with contextlib.suppress(ConnectionError):
            await step(peer)
        self.closes.append(socket.close_code)
        return socket


@contextlib.contextmanager
def streaming(*steps: Script | int, autoping: bool = True) -> Iterator[StreamServer]:
    """Run a stream server for a while."""
    server = StreamServer(*steps, autoping=autoping)
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

"""The market-data streams: one endpoint per feed, JSON or MessagePack."""

import asyncio
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from practice.engine.instruments import Instrument
from practice.server.answers import error_answer
from practice.server.background import running
from practice.server.data_session import AUTH_TIMEOUT_S, DataSession, Reply, Verdict, error_message
from practice.server.grants import Grant, Grants
from practice.server.sockets import Outbox, Sockets, Traffic

FEEDS = ("iex", "sip", "delayed_sip", "test")
_MOST_WAITING_BYTES = 48_000_000
_MOST_FRAME_BYTES = 1_048_576


class Reader:
    """One connection to a feed, with what it wants and how."""

    def __init__(self, outbox: Outbox, session: DataSession, *, packed: bool) -> None:
        self.outbox, self.session, self.packed = outbox, session, packed
        self.pending: list[bytes] = []

    @property
    def kind(self) -> WSMsgType:
        return WSMsgType.BINARY if self.packed else WSMsgType.TEXT

    def say(self, messages: list[dict[str, Any]]) -> None:
        """Send messages in a frame of their own."""
        encode = msgspec.msgpack.encode if self.packed else msgspec.json.encode
        self.outbox.put(encode(messages), self.kind)

    def flush(self) -> None:
        """Send the encoded messages that have gathered, as one frame."""
        if self.pending:
            self.send(joined(self.pending, packed=self.packed))
            self.pending.clear()

    def send(self, frame: bytes) -> None:
        """Send an encoded frame; a reader that has fallen behind too far is told so and cut off."""
        if self.outbox.is_overfull:
            self.outbox.forget_waiting()
            self.say([error_message(407)])
            self.outbox.close()
        else:
            self.outbox.put(frame, self.kind)

    def decoded(self, frame: str | bytes) -> object:
        """Read a request in the connection's own encoding; raise `msgspec.DecodeError`."""
        if self.packed and isinstance(frame, bytes):
            return msgspec.msgpack.decode(frame)
        return msgspec.json.decode(frame)


def joined(messages: list[bytes], *, packed: bool) -> bytes:
    """An array of encoded messages."""
    if not packed:
        return b"[" + b",".join(messages) + b"]"
    count = len(messages)
    head = bytes([0x90 | count]) if count < 16 else b"\xdc" + count.to_bytes(2, "big")
    if count > 0xFFFF:
        head = b"\xdd" + count.to_bytes(4, "big")
    return head + b"".join(messages)


class Feed:
    """One endpoint and whoever reads from it; a user has one connection to each."""

    def __init__(self, name: str, instruments: dict[str, Instrument]) -> None:
        self.name, self.instruments = name, instruments
        self.reader: Reader | None = None


class DataStreams:
    """The stream endpoints; the pump asks `feeds` for who wants what."""

    def __init__(
        self, feeds: dict[str, Feed], grants: Grants, sockets: Sockets, traffic: Traffic, symbol_limit: int
    ) -> None:
        self.feeds = feeds
        self._grants, self._sockets, self._traffic = grants, sockets, traffic
        self._symbol_limit = symbol_limit

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Register one route per feed."""
        app.router.add_get(f"{prefix}/v2/{{feed}}", self.serve)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Handle one connection from upgrade to close."""
        feed = self.feeds.get(request.match_info["feed"])
        if feed is None:
            return error_answer(404, 40410000, "endpoint not found")
        packed = request.content_type == "application/msgpack"
        socket = web.WebSocketResponse(max_msg_size=_MOST_FRAME_BYTES, compress=False)
        await socket.prepare(request)
        reader = self._reader(
            feed, Outbox(socket, request, self._traffic, _MOST_WAITING_BYTES), packed=packed
        )
        self._sockets.add("data", socket, request)
        try:
            async with running(reader.outbox.run()), running(_hang_up_late(reader)):
                reader.say([reader.session.greeting()])
                self._authenticate_by_header(request, reader)
                await self._converse(socket, reader)
        finally:
            self._sockets.remove("data", socket)
            if feed.reader is reader:
                feed.reader = None
        return socket

    def _reader(self, feed: Feed, outbox: Outbox, *, packed: bool) -> Reader:
        def admit(key: str, secret: str) -> Verdict:
            return self._admitted(self._proven(key, secret), feed, reader)

        reader = Reader(outbox, DataSession(admit, self._symbol_limit), packed=packed)
        return reader

    def _proven(self, key: str, secret: str) -> Grant | None:
        return self._grants.of_token(secret) if key == "oauth" else self._grants.of_key(key, secret)

    def _admitted(self, grant: Grant | None, feed: Feed, reader: Reader) -> Verdict:
        if grant is None:
            return "auth failed"
        if "data" not in grant.scopes:
            return "insufficient scope"
        if feed.reader is not None:
            return "connection limit exceeded"
        feed.reader = reader
        return "welcome"

    def _authenticate_by_header(self, request: web.Request, reader: Reader) -> None:
        headers = request.headers
        if "APCA-API-KEY-ID" in headers:
            key, secret = headers["APCA-API-KEY-ID"], headers.get("APCA-API-SECRET-KEY", "")
        elif headers.get("Authorization", "").lower().startswith("bearer "):
            key, secret = "oauth", headers["Authorization"][7:].strip()
        else:
            return
        self._reply(reader, reader.session.authenticate(key, secret))

    async def _converse(self, socket: web.WebSocketResponse, reader: Reader) -> None:
        async for message in socket:
            if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                continue
            self._traffic.received += 1
            try:
                request = reader.decoded(message.data)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                reader.say([error_message(400)])
                continue
            self._reply(reader, reader.session.receive(request))
            await asyncio.sleep(0)  # a flood of requests must not starve everybody else

    def _reply(self, reader: Reader, reply: Reply) -> None:
        for message in reply.messages:
            reader.say([message])
        if reply.ends:
            reader.outbox.close()


async def _hang_up_late(reader: Reader) -> None:
    await asyncio.sleep(AUTH_TIMEOUT_S)
    if not reader.session.is_live:
        reader.say([error_message(404)])
        reader.outbox.close()

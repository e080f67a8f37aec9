"""The market-data streams: connections to the feeds, JSON or MessagePack."""

import asyncio
import base64
import binascii
import logging
from collections.abc import Iterable
from functools import partial

import msgspec
from aiohttp import WSMsgType, web

from practice.server.background import running
from practice.server.data_session import AUTH_TIMEOUT_S, DataSession, Reply, Verdict, error_message
from practice.server.feeds import Feed
from practice.server.grants import Grant, Grants
from practice.server.reader import Reader
from practice.server.sockets import Outbox, Sockets, Traffic
from practice.server.stream_kinds import Plan

_MOST_WAITING_BYTES = 48_000_000
_MOST_FRAME_BYTES = 1_048_576
_TOKEN_KEYS = {"oauth", "access_token"}  # what stands for the key where the secret is a token

_log = logging.getLogger("practice")


class DataStreams:
    """The stream endpoints. `symbol_limit` replaces the plan's limits; None keeps them, 0 lifts them."""

    def __init__(
        self, grants: Grants, sockets: Sockets, traffic: Traffic, plan: Plan, symbol_limit: int | None
    ) -> None:
        self._grants, self._sockets, self._traffic = grants, sockets, traffic
        self._plan, self._symbol_limit = plan, symbol_limit

    def add_to(self, app: web.Application, prefix: str, feeds: Iterable[Feed]) -> None:
        """Register the routes of the feeds."""
        for feed in feeds:
            for path in feed.paths:
                app.router.add_get(prefix + path, partial(self.serve, feed))

    async def serve(self, feed: Feed, request: web.Request) -> web.StreamResponse:
        """Handle one connection from upgrade to close."""
        socket = web.WebSocketResponse(max_msg_size=_MOST_FRAME_BYTES)
        await socket.prepare(request)
        packed = request.content_type == "application/msgpack"
        outbox = Outbox(socket, request, self._traffic, _MOST_WAITING_BYTES, packed=packed)
        reader = self._reader(feed, outbox, packed=packed)
        self._sockets.add("data", socket, request)
        try:
            async with running(reader.outbox.run()), running(_hang_up_late(reader)):
                reader.say(reader.session.greeting())
                if credentials := _in_headers(request):
                    _reply(reader, reader.session.authenticate(*credentials))
                await self._converse(socket, reader)
        finally:
            self._sockets.remove("data", socket)
            if feed.reader is reader:
                feed.reader = None
        return socket

    def _reader(self, feed: Feed, outbox: Outbox, *, packed: bool) -> Reader:
        def admit(key: str, secret: str) -> Verdict:
            return self._admitted(self._proven(key, secret), feed, reader)

        limit = feed.kind.limits[self._plan]
        if self._symbol_limit is not None and limit:
            limit = self._symbol_limit
        reader = Reader(outbox, DataSession(feed.kind, admit, limit, packed=packed), packed=packed)
        return reader

    def _proven(self, key: str, secret: str) -> Grant | None:
        return self._grants.of_token(secret) if key in _TOKEN_KEYS else self._grants.of_key(key, secret)

    def _admitted(self, grant: Grant | None, feed: Feed, reader: Reader) -> Verdict:
        if grant is None:
            return 402
        if "data" not in grant.scopes:
            return 411
        if feed.needs_plus and self._plan == "basic":
            return 409
        if (code := reader.outbox.login_refusal()) is not None:
            return code
        if feed.reader is not None:
            return 406
        feed.reader, reader.outbox.grant = reader, grant
        return "welcome"

    async def _converse(self, socket: web.WebSocketResponse, reader: Reader) -> None:
        async for message in socket:
            if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                continue
            reader.outbox.heard(message.data)
            try:
                request = reader.decoded(message.data)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                reader.say(error_message(400))
                continue
            try:
                _reply(reader, reader.session.receive(request))
            except Exception:  # noqa: BLE001 - the top of a conversation; the server lives on
                _log.exception("a request to a data stream failed")
                reader.say_last(500)
            await asyncio.sleep(0)  # a flood of requests must not starve everybody else


def _reply(reader: Reader, reply: Reply) -> None:
    for message in reply.messages:
        reader.say(message)
    if reply.ends:
        reader.outbox.close()


def _in_headers(request: web.Request) -> tuple[str, str] | None:
    """The key and secret that the upgrade brought, whichever way."""
    headers = request.headers
    if "APCA-API-KEY-ID" in headers:
        return headers["APCA-API-KEY-ID"], headers.get("APCA-API-SECRET-KEY", "")
    scheme, _, proof = headers.get("Authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return "oauth", proof.strip()
        case "basic":
            try:
                key, _, secret = base64.b64decode(proof.strip(), validate=True).decode().partition(":")
            except (binascii.Error, ValueError):
                return "", ""
            return key, secret
        case _:
            return None


async def _hang_up_late(reader: Reader) -> None:
    await asyncio.sleep(AUTH_TIMEOUT_S)
    if not reader.session.is_live:
        reader.say_last(404)

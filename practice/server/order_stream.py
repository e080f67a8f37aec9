"""The order stream (`trade_updates`) of one environment."""

import asyncio
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from practice.engine.updates import Update
from practice.server.access import presented_grant
from practice.server.answers import error_answer
from practice.server.background import running
from practice.server.grants import Grant, Grants
from practice.server.sockets import Outbox, Sockets, Traffic
from practice.server.trading import Desk
from practice.server.wire import update_json

_CHANNEL = "trade_updates"
_MOST_WAITING_BYTES = 16_000_000
_MOST_FRAME_BYTES = 65_536


class OrderStream:
    """/stream: no greeting, the client speaks first; one authenticated connection at a time."""

    def __init__(self, desk: Desk, grants: Grants, sockets: Sockets, traffic: Traffic) -> None:
        self._desk, self._grants = desk, grants
        self._sockets, self._traffic = sockets, traffic
        self._holder: _Listener | None = None
        desk.brokerage.floor.listen(self._tell)

    def _tell(self, update: Update) -> None:
        if self._holder and update.account is self._desk.account:
            self._holder.tell(update)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Handle one connection from upgrade to close."""
        if self._holder is not None:
            return error_answer(429, 42910000, "too many connections")
        grant = presented_grant(request, self._grants)
        socket = web.WebSocketResponse(max_msg_size=_MOST_FRAME_BYTES, compress=False)
        await socket.prepare(request)
        packed = request.content_type == "application/msgpack"
        kind = WSMsgType.BINARY if packed or self._desk.environment == "paper" else WSMsgType.TEXT
        outbox = Outbox(socket, request, self._traffic, _MOST_WAITING_BYTES, packed=packed)
        listener = _Listener(outbox, kind, packed=packed)
        self._sockets.add("orders", socket, request)
        try:
            async with running(listener.outbox.run()):
                if grant and self._covers(grant):
                    self._holder, outbox.grant = listener, grant
                await self._converse(socket, listener)
        finally:
            self._sockets.remove("orders", socket)
            if self._holder is listener:
                self._holder = None
        return socket

    async def _converse(self, socket: web.WebSocketResponse, listener: "_Listener") -> None:
        async for message in socket:
            if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                continue
            listener.outbox.heard(message.data)
            try:
                request = listener.decoded(message.data)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                listener.say({"action": "error", "data": {"error_message": "invalid message"}})
                continue
            self._answer(request, listener)
            await asyncio.sleep(0)  # a flood of requests must not starve everybody else

    def _answer(self, request: dict[str, Any], listener: "_Listener") -> None:
        match request.get("action"):
            case "authenticate" | "auth":
                self._authenticate(request, listener)
            case "listen":
                self._listen(request, listener)
            case _:
                listener.say({"action": "error", "data": {"error_message": "unknown action"}})

    def _authenticate(self, request: dict[str, Any], listener: "_Listener") -> None:
        grant = self._proven(request)
        accepted = grant is not None and self._covers(grant) and self._holder in {None, listener}
        accepted = accepted and listener.outbox.login_refusal() is None
        if accepted:
            self._holder, listener.outbox.grant = listener, grant
        status = "authorized" if accepted else "unauthorized"
        listener.say({"stream": "authorization", "data": {"status": status, "action": "authenticate"}})

    def _proven(self, request: dict[str, Any]) -> Grant | None:
        data = request.get("data")
        fields = data if isinstance(data, dict) else request
        token = fields.get("oauth_token")
        if isinstance(token, str):
            return self._grants.of_token(token)
        key = fields.get("key_id", fields.get("key"))
        secret = fields.get("secret_key", fields.get("secret"))
        if isinstance(key, str) and isinstance(secret, str):
            return self._grants.of_key(key, secret)
        return None

    def _covers(self, grant: Grant) -> bool:
        return self._desk.environment in grant.environments

    def _listen(self, request: dict[str, Any], listener: "_Listener") -> None:
        if self._holder is not listener:
            refusal = {"status": "unauthorized", "action": "listen"}
            listener.say({"stream": "authorization", "data": refusal})
            return
        data = request.get("data")
        wanted = data.get("streams") if isinstance(data, dict) else None
        listener.listens = isinstance(wanted, list) and _CHANNEL in wanted
        streams = [_CHANNEL] if listener.listens else []
        listener.say({"stream": "listening", "data": {"streams": streams}})


class _Listener:
    """One connection: how it wants its frames, and whether it listens."""

    def __init__(self, outbox: Outbox, kind: WSMsgType, *, packed: bool) -> None:
        self.outbox, self.listens = outbox, False
        self._kind = kind
        self._encode = msgspec.msgpack.encode if packed else msgspec.json.encode
        self._packed = packed

    def decoded(self, frame: str | bytes) -> dict[str, Any]:
        """Read a request; msgpack only where it was announced."""
        if self._packed and isinstance(frame, bytes):
            return msgspec.msgpack.decode(frame, type=dict[str, Any])
        return msgspec.json.decode(frame, type=dict[str, Any])

    def say(self, message: dict[str, Any]) -> None:
        """Send one message."""
        self.outbox.put(self._encode(message), self._kind)

    def tell(self, update: Update) -> None:
        """Send an order event to whoever asked for them."""
        if not self.listens:
            return
        if self.outbox.is_overfull:
            self.outbox.close()
            return
        self.say({"stream": _CHANNEL, "data": update_json(update)})

"""A market data stream on loopback that sends a fixed number of messages a second, in MessagePack.

Speaks what the broker speaks. Every message carries the moment of sending; the rest is encoded beforehand.
Reads one JSON line (`quotes` and `trades` a second, messages in a frame), prints its `port`.
"""

import asyncio
import json
import random
import sys
import time
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

_TURN_S = 0.004
_VARIANTS = 16  # of each symbol, so that its price moves all the time
_encode = msgspec.msgpack.encode


class Ring:
    """Messages without their timestamps, in random order, gone through again and again."""

    def __init__(self, heads: list[bytes], per_second: int) -> None:
        random.Random(1).shuffle(heads)
        self._heads, self._per_second = heads, per_second
        self._place, self._owed = 0, 0.0

    def due(self, elapsed_s: float) -> list[bytes]:
        """The messages for this much more time."""
        self._owed += elapsed_s * self._per_second if self._heads else 0.0
        count, self._owed = int(self._owed), self._owed % 1
        taken: list[bytes] = []
        while len(taken) < count:
            part = self._heads[self._place : self._place + count - len(taken)]
            self._place = (self._place + len(part)) % len(self._heads)
            taken += part
        return taken


def quote_heads(symbols: list[str]) -> list[bytes]:
    """Quotes as the broker writes them, up to their timestamp's value."""
    return [
        _head(
            "q",
            symbol,
            bx="Q",
            bp=bid,
            bs=200,
            ax="P",
            ap=round(bid + 0.02, 2),
            **{"as": 300},
            c=["R"],
            z="C",
        )
        for symbol in symbols
        for bid in _prices(symbol)
    ]


def trade_heads(symbols: list[str]) -> list[bytes]:
    """Trades likewise."""
    return [
        _head("t", symbol, i=number, x="V", p=price, s=100, c=["@"], z="C")
        for symbol in symbols
        for number, price in enumerate(_prices(symbol))
    ]


def _prices(symbol: str) -> list[float]:
    chance = random.Random(symbol)
    return [round(20 + 200 * chance.random(), 2) for _ in range(_VARIANTS)]


def _head(kind: str, symbol: str, **fields: Any) -> bytes:
    whole = _encode({"T": kind, "S": symbol, **fields, "t": _stamp(0)})
    return whole[: -len(_encode(_stamp(0)))]


def _stamp(at_ns: int) -> msgspec.msgpack.Ext:
    seconds, nanoseconds = divmod(at_ns, 1_000_000_000)
    return msgspec.msgpack.Ext(-1, (nanoseconds << 34 | seconds).to_bytes(8, "big"))


def frame(heads: list[bytes], at_ns: int) -> bytes:
    """One frame of messages sent at this moment."""
    stamp = _encode(_stamp(at_ns))
    return b"\xdc" + len(heads).to_bytes(2, "big") + stamp.join(heads) + stamp


async def converse(request: web.Request) -> web.WebSocketResponse:
    """Greet, authenticate anybody, and flood whoever has subscribed."""
    order = request.app[_ORDER]
    socket = web.WebSocketResponse(compress=False, max_msg_size=1 << 20)
    await socket.prepare(request)
    await socket.send_bytes(_encode([{"T": "success", "msg": "connected"}]))
    flood: asyncio.Task[None] | None = None
    async for message in socket:
        if message.type is not WSMsgType.BINARY:
            continue
        asked = msgspec.msgpack.decode(message.data)
        if asked["action"] == "auth":
            await socket.send_bytes(_encode([{"T": "success", "msg": "authenticated"}]))
            continue
        quotes = sorted(asked.get("quotes", []))
        channels = {"trades": quotes, "quotes": quotes, "bars": []}
        await socket.send_bytes(_encode([{"T": "subscription", **channels}]))
        if quotes and flood is None:
            rings = [Ring(quote_heads(quotes), order["quotes"]), Ring(trade_heads(quotes), order["trades"])]
            flood = asyncio.create_task(_flood(socket, rings, order["in_frame"]))
    if flood is not None:
        flood.cancel()
    return socket


async def _flood(socket: web.WebSocketResponse, rings: list[Ring], in_frame: int) -> None:
    before = time.monotonic()
    while not socket.closed:
        await asyncio.sleep(_TURN_S)
        now = time.monotonic()
        heads = [head for ring in rings for head in ring.due(now - before)]
        before = now
        for start in range(0, len(heads), in_frame):
            await socket.send_bytes(frame(heads[start : start + in_frame], time.time_ns()))


async def serve() -> None:
    """Serve until the input ends."""
    application = web.Application()
    application[_ORDER] = json.loads(sys.stdin.readline())
    application.router.add_get("/v2/{feed}", converse)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(json.dumps({"port": runner.addresses[0][1]}) + "\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()


_ORDER = web.AppKey("order", dict[str, int])

if __name__ == "__main__":
    asyncio.run(serve())

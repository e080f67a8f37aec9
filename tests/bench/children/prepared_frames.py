"""The rival of the practice broker's streams: a bare server that sends one prepared frame again and again.

Nothing is drawn, encoded or addressed here: this is what sockets and WebSocket library carry at the most.
Reads one JSON line (`packed`, messages `in_frame`), prints its `port`.
"""

import asyncio
import json
import sys
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

_QUOTE = {
    "T": "q",
    "S": "NVDA",
    "bx": "Q",
    "bp": 131.27,
    "bs": 300,
    "ax": "P",
    "ap": 131.29,
    "as": 200,
    "c": ["R"],
    "z": "C",
}


def prepared(order: dict[str, Any]) -> bytes | str:
    """A frame of quotes as the broker writes them."""
    if order["packed"]:
        quote = _QUOTE | {"t": msgspec.msgpack.Ext(-1, bytes(8))}
        return msgspec.msgpack.encode([quote] * order["in_frame"])
    quote = _QUOTE | {"t": "2026-11-30T16:00:00.123456789Z"}
    return msgspec.json.encode([quote] * order["in_frame"]).decode()


async def converse(frame: bytes | str, socket: ServerConnection) -> None:
    """Greet, welcome, wait for one request, and send until nobody listens any more."""
    await socket.send("[]")
    await socket.send("[]")
    await socket.recv()
    with suppress(ConnectionClosed):
        while True:
            await socket.send(frame)


async def run() -> None:
    """Serve until the input ends."""
    frame = prepared(json.loads(sys.stdin.readline()))
    async with serve(partial(converse, frame), "127.0.0.1", 0, compression=None) as server:
        sys.stdout.write(json.dumps({"port": next(iter(server.sockets)).getsockname()[1]}) + "\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        server.close()


if __name__ == "__main__":
    asyncio.run(run())

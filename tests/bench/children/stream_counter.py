"""Counts the data messages that arrive on one stream, and does nothing else with them.

Reads one JSON line (`url`, `headers`, `packed`, `warm_up_s`, `seconds`), prints `per_second`.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec
from websockets.sync.client import ClientConnection, connect

_WANTED = {"action": "subscribe", "quotes": ["*"], "trades": ["*"]}


def measure(order: dict[str, Any]) -> dict[str, float]:
    """Subscribe to everything and count."""
    kind = {"Content-Type": "application/msgpack"} if order["packed"] else {}
    encode = msgspec.msgpack.encode if order["packed"] else msgspec.json.encode
    count = packed_messages if order["packed"] else text_messages
    with connect(
        order["url"],
        additional_headers=kind | order["headers"],
        compression=None,
        max_size=None,
        proxy=None,
    ) as socket:
        socket.recv()
        socket.recv()
        socket.send(encode(_WANTED), text=not order["packed"])
        _counted(socket, count, order["warm_up_s"])
        return {"per_second": _counted(socket, count, order["seconds"])}


def _counted(socket: ClientConnection, count: Callable[[bytes], int], seconds: float) -> float:
    messages, started = 0, time.monotonic()
    while (elapsed := time.monotonic() - started) < seconds:
        messages += count(socket.recv(30, decode=False))
    return messages / elapsed


def packed_messages(frame: bytes) -> int:
    """How many messages an array holds, from its first bytes."""
    if frame[0] == 0xDC:
        return int.from_bytes(frame[1:3], "big")
    return frame[0] & 0x0F


def text_messages(frame: bytes) -> int:
    """How many messages an array holds: every one has its type, and nothing else looks like it."""
    return frame.count(b'{"T":"')


if __name__ == "__main__":
    answer = measure(json.loads(sys.stdin.readline()))
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()

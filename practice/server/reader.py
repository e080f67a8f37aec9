"""Somebody who reads a data stream: a connection, the conversation on it, and what waits to be sent."""

from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import WSMsgType

from practice.server.data_session import DataSession, error_message
from practice.server.sockets import Outbox

_MOST_IN_FRAME = 2000


class Reader:
    """One connection to a feed. Belongs to the event loop's thread."""

    def __init__(self, outbox: Outbox, session: DataSession, *, packed: bool) -> None:
        self.outbox, self.session, self.packed = outbox, session, packed
        self.pending: list[bytes] = []
        self.books: set[str] = set()  # order books it has been given in full
        self.is_leaving = False

    @property
    def kind(self) -> WSMsgType:
        return WSMsgType.BINARY if self.packed else WSMsgType.TEXT

    def say(self, message: dict[str, Any]) -> None:
        """Send a control message, which always has a frame of its own."""
        encode = msgspec.msgpack.encode if self.packed else msgspec.json.encode
        self.outbox.put(encode([message]), self.kind)

    def say_last(self, code: int) -> None:
        """Send an error and hang up."""
        self.say(error_message(code))
        self.outbox.close()
        self.is_leaving = True

    def flush(self) -> None:
        """Send the encoded messages that have gathered, many to a frame."""
        for start in range(0, len(self.pending), _MOST_IN_FRAME):
            self.send(joined(self.pending[start : start + _MOST_IN_FRAME], packed=self.packed))
        self.pending.clear()

    def send(self, frame: bytes) -> None:
        """Send an encoded frame; a reader that has fallen behind too far is told so and cut off."""
        if self.outbox.is_overfull:
            self.outbox.forget_waiting()
            self.say_last(407)
        else:
            self.outbox.put(frame, self.kind)

    def decoded(self, frame: str | bytes) -> object:
        """Read a request in the connection's own encoding; raise `msgspec.DecodeError`."""
        if self.packed and isinstance(frame, bytes):
            return msgspec.msgpack.decode(frame)
        return msgspec.json.decode(frame)


def joined(messages: Sequence[bytes], *, packed: bool) -> bytes:
    """An array of encoded messages."""
    if not packed:
        return b"[" + b",".join(messages) + b"]"
    count = len(messages)
    head = bytes([0x90 | count]) if count < 16 else b"\xdc" + count.to_bytes(2, "big")
    if count > 0xFFFF:
        head = b"\xdd" + count.to_bytes(4, "big")
    return head + b"".join(messages)

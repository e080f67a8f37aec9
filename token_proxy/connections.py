"""Connections that cannot hurt: one small request each, read within a deadline, at most so many at once.

The HTTP library parses; this module decides what reaches its parser. It sees a request's head whole or not at
all, then at most one body's worth of bytes, and nothing after that: a second request hidden behind the first
is never read, and a connection costs at most a few KiB however long its sender dawdles.
"""

import asyncio
import enum
import logging
import re
from dataclasses import dataclass

from aiohttp import web

from token_proxy.answers import FAULT, HEAD_TOO_LARGE, MALFORMED, Refusal, answer, raw_answer

END_OF_HEAD = b"\r\n\r\n"
# The compiled parser also takes HTTP/0.9 and two spaces in a row; the pure Python one takes HTTP/1.2.
REQUEST_LINE = re.compile(rb"[A-Z]{1,16} [\x21-\x7e]+ HTTP/1\.[01]\r\n")
# A line end that is not CRLF: parsers disagree about it, which is what request smuggling lives on.
BARE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?!\n|\Z)")
LINGER_S = 1.0

# Request lines and addresses are nobody's business here, at any level.
NO_ACCESS_LOG = logging.getLogger("token_proxy.no_access_log")
NO_ACCESS_LOG.disabled = True

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one connection may cost. The times count from the moment it was accepted."""

    head_bytes: int = 8 * 1024
    body_bytes: int = 8 * 1024
    read_s: float = 10.0
    total_s: float = 12.0
    grace_s: float = 2.0  # what a request still being sent gets when the program is asked to stop


class Stage(enum.Enum):
    """How far the one request of a connection has come."""

    HEAD = enum.auto()
    BODY = enum.auto()
    READ = enum.auto()  # complete: it is being worked on or answered
    REFUSED = enum.auto()  # answered before it was parsed


class Gate:
    """Knows the open connections. When it is full, the one that has been sending for longest makes room."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: set[Connection] = set()
        self._sending: dict[Connection, None] = {}  # in the order of their arrival
        self._empty = asyncio.Event()
        self._empty.set()

    def admit(self, connection: "Connection") -> bool:
        """Take a new connection in; False if every place is held by a request that is being worked on."""
        if len(self._open) >= self._most:
            slowest = next(iter(self._sending), None)
            if slowest is None:
                return False
            slowest.drop()
            self.leave(slowest)
        self._open.add(connection)
        self._sending[connection] = None
        self._empty.clear()
        return True

    def complete(self, connection: "Connection") -> None:
        """Note that a connection's request has arrived whole: it is no longer dropped to make room."""
        self._sending.pop(connection, None)

    def leave(self, connection: "Connection") -> None:
        """Note that a connection is gone."""
        self._sending.pop(connection, None)
        self._open.discard(connection)
        if not self._open:
            self._empty.set()

    async def drained(self, limits: Limits) -> None:
        """Wait until every request in flight is answered; those still being sent get a short grace."""
        for connection in list(self._sending):
            connection.read_within(limits.grace_s)
        try:
            async with asyncio.timeout(limits.total_s + limits.grace_s):
                await self._empty.wait()
        except TimeoutError:
            log.warning("stopping although %d connections are still open", len(self._open))


class Connection(web.RequestHandler):
    """The HTTP library's connection, behind a gate."""

    __slots__ = ("_gate", "_head", "_limits", "_room", "_stage", "_timer", "accepted_at")

    def __init__(self, server: web.Server, gate: Gate, limits: Limits) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=NO_ACCESS_LOG,
            auto_decompress=False,
            lingering_time=LINGER_S,
            max_line_size=limits.head_bytes,
            max_field_size=limits.head_bytes,
            read_bufsize=limits.body_bytes,
        )
        self._gate, self._limits = gate, limits
        self._head, self._room, self._stage = bytearray(), limits.body_bytes, Stage.HEAD
        self._timer: asyncio.TimerHandle | None = None
        self.accepted_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.accepted_at = self._loop.time()
        if self._gate.admit(self):
            self.read_within(self._limits.read_s)
        else:
            self.drop()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._cancel_timer()
        self._gate.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not data:
            super().data_received(data)  # the library calls itself like this to go on after a pause
        elif self._stage is Stage.HEAD:
            self._take_head(data)
        elif self._stage is Stage.BODY:
            self._take_body(data)

    def read_within(self, seconds: float) -> None:
        """Drop the connection unless its request has arrived whole within `seconds`."""
        self._cancel_timer()
        self._timer = self._loop.call_later(seconds, self.drop)

    def request_complete(self) -> None:
        """Note that the whole request was read: no more bytes are taken, and the read deadline is off."""
        self._stage = Stage.READ
        self._cancel_timer()
        self._gate.complete(self)

    def drop(self) -> None:
        """Close at once; whatever was going to be sent is not."""
        if self.transport is not None:
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  the library's text repeats what the caller sent
    ) -> web.StreamResponse:
        """Answer what the parser refused, or a fault of ours, with a fixed text."""
        if status < 500:
            log.debug("refused: malformed")
            return answer(MALFORMED.status, MALFORMED.body)
        log.error("a fault in the proxy: %s", _place_of(exc))
        if request.writer.output_size > 0:
            raise ConnectionError("the answer had begun")
        return answer(FAULT.status, FAULT.body)

    def _take_head(self, data: bytes) -> None:
        self._head += data
        end = self._head.find(END_OF_HEAD)
        is_whole = end >= 0
        size = end + len(END_OF_HEAD) if is_whole else len(self._head)
        if size > self._limits.head_bytes:
            self._refuse(HEAD_TOO_LARGE)
        elif BARE_LINE_END.search(self._head, 0, size) or (is_whole and not REQUEST_LINE.match(self._head)):
            self._refuse(MALFORMED)
        elif is_whole:
            head, rest = bytes(self._head[:size]), bytes(self._head[size:])
            self._stage = Stage.BODY
            self._head.clear()
            super().data_received(head)
            self._take_body(rest)

    def _take_body(self, data: bytes) -> None:
        # What does not fit is dropped: a longer body was announced, and refused, in the head.
        taken, self._room = data[: self._room], max(0, self._room - len(data))
        if taken:
            super().data_received(taken)

    def _refuse(self, refusal: Refusal) -> None:
        log.debug("refused: %s", refusal.error)
        self._stage = Stage.REFUSED
        self._head.clear()
        if self.transport is not None:
            self.transport.write(raw_answer(refusal))
        # Closing on unread bytes resets the connection and takes the answer with it: read on for a moment.
        self.read_within(LINGER_S)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def _place_of(error: BaseException | None) -> str:
    """Name the kind and the place of a failure; its message may hold what a caller sent."""
    if error is None:
        return "unknown"
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace is not None else ""
    return type(error).__name__ + where

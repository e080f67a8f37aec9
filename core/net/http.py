"""Carries REST calls over kept-alive connections.

Blocking: belongs on a lane's thread, never on the GUI thread. Foreign exceptions end here.
"""

import threading
import time
import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode, urlsplit

from core.domain.secret import Secret
from core.errors import AppError, BadAnswer, Offline, OutcomeUnknown
from core.net.open_connections import OpenConnections
from core.protocol.call import Answer, Call, Host

if TYPE_CHECKING:
    # What speaks HTTP is loaded on the lane that first needs it: no window should wait for that.
    from core.net.connections import Connection

Result = TypeVar("Result")

MAX_ANSWER_BYTES = 64 * 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS  # how zlib spells it
_OK = range(200, 300)


class _ThreadsOwn(threading.local):
    """Threads share no connection: each sees its own here."""

    def __init__(self) -> None:
        self.connections: dict[Host, Connection] = {}


class Transport:
    """Speaks to the hosts of one account; safe to use from several lane threads.

    The environment steers nothing: no `.netrc`, proxy or certificate variables (threat model T9).
    """

    def __init__(
        self,
        base_urls: Mapping[Host, str],
        token: Secret | None,
        *,
        user_agent: str,
        on_attempt: Callable[[Host, float, Answer | None], None] | None = None,
    ) -> None:
        """`on_attempt(host, seconds, answer)` is called on the lane's thread after each attempt.

        With every answer that came, whatever it says; with None where none did.
        """
        self._base_urls = dict(base_urls)
        self._token = token
        self._user_agent = user_agent
        self._on_attempt = on_attempt
        self._paths = {host: urlsplit(url).path for host, url in self._base_urls.items()}
        self._own = _ThreadsOwn()
        self._all_open = OpenConnections()

    def run(
        self,
        call: Call[Result],
        *,
        on_sent: Callable[[], None] | None = None,
        on_first_byte: Callable[[], None] | None = None,
    ) -> Result:
        """Send the call once and return what its reader makes of the answer.

        `on_sent` is called, on this thread, once the system has taken the whole request, and
        `on_first_byte` when the first of the answer is there.

        Raises AppError: Offline when nothing can have been accepted, OutcomeUnknown when a call that
        changes something may have been, and whatever the call's own failure table says.
        """
        started, answer = time.perf_counter(), None
        try:
            answer = self._send(call, on_sent, on_first_byte)
        finally:
            if self._on_attempt is not None:
                self._on_attempt(call.host, time.perf_counter() - started, answer)
        if answer.status not in _OK:
            raise call.failure(call, answer)
        try:
            return call.read(answer)
        except (ValueError, TypeError, RecursionError) as error:  # msgspec's errors are ValueErrors
            detail = f"{call.method} {call.path} -> {answer.status} unreadable: {type(error).__name__}"
            raise _unreadable(call, detail) from None

    def abort(self) -> None:
        """End every request in flight now; later ones fail as Offline. Any thread."""
        self._all_open.shut_down()

    def distrust(self) -> None:
        """Make every connection anew before it is used again, and end the reads in flight. Any thread."""
        self._all_open.distrust()

    def close(self) -> None:
        """Give the connections back. Call after the lanes that use this have stopped."""
        self._all_open.close()

    def _send(
        self,
        call: Call[Result],
        on_sent: Callable[[], None] | None,
        on_first_byte: Callable[[], None] | None,
    ) -> Answer:
        if self._all_open.is_closed:
            raise Offline("The session has ended.", "Nothing was sent.")
        connection = self._connection(call.host)
        connection.may_be_cut = not call.changes
        try:
            request = self._request(call, connection.host)
        except ValueError as error:
            raise _translated(call, error, has_sent=False) from None
        is_read = False
        try:
            answer = connection.ask(request, call.timeouts, MAX_ANSWER_BYTES, on_sent, on_first_byte)
            body = answer.body
            if body and answer.headers.get("content-encoding", "").lower() == "gzip":
                body = _unzipped(body)
            is_read = True
            return Answer(status=answer.status, headers=answer.headers, body=body)
        except (OSError, ValueError, zlib.error) as error:
            raise _translated(call, error, has_sent=connection.has_sent) from None
        finally:
            if not is_read:  # whatever went wrong: the rest of this answer would be read as the next one
                connection.close()

    def _request(self, call: Call[Result], authority: str) -> bytes:
        """The request as it goes over the wire (RFC 9112). Raises ValueError if it would be more than one."""
        query = f"?{urlencode(call.query)}" if call.query else ""
        target = (self._paths[call.host] + call.path + query) or "/"
        lines = [
            f"{call.method} {target} HTTP/1.1",
            f"Host: {authority}",
            "Accept: application/json",
            "Accept-Encoding: gzip",
            f"User-Agent: {self._user_agent}",
        ]
        if self._token is not None and call.host is not Host.PROXY:
            lines.append(f"Authorization: Bearer {self._token.reveal()}")
        body = call.body or b""
        if call.body is not None:
            lines += ("Content-Type: application/json", f"Content-Length: {len(body)}")
        head = "\r\n".join(lines)
        # Whatever is not printable would be a line of its own, or the end of the head; so would be a space
        # in the target.
        if " " in target or not head.isascii() or not all(map(str.isprintable, lines)):
            raise ValueError("something that cannot stand in the head of a request")
        return f"{head}\r\n\r\n".encode() + body

    def _connection(self, host: Host) -> "Connection":
        """The connection of the calling thread to a host."""
        connections = self._own.connections
        if host not in connections:
            from core.net.connections import Connection

            connections[host] = Connection(self._base_urls[host], self._all_open)
        return connections[host]


def _unzipped(body: bytes) -> bytes:
    unzip = zlib.decompressobj(wbits=_GZIP)
    plain = unzip.decompress(body, MAX_ANSWER_BYTES)
    if not unzip.eof:
        raise ValueError("answer larger than any the broker gives, or cut short")
    return plain


def _translated(call: Call[Result], error: Exception, *, has_sent: bool) -> AppError:
    from ssl import SSLError

    detail = f"{call.method} {call.path}: {type(error).__name__}"
    if not has_sent and isinstance(error, SSLError):
        return Offline(
            "The connection could not be made secure: its certificate or encryption was refused.",
            "Nothing was sent. Do not go on if this network asks you to accept a certificate.",
            detail=detail,
        )
    if not has_sent:
        who = "The token proxy" if call.host is Host.PROXY else "The broker"
        return Offline(
            f"{who} could not be reached.", "Nothing was sent. Check the connection.", detail=detail
        )
    if call.changes:
        return _unreadable(call, detail)
    return Offline("The broker did not answer.", "Bellwether keeps trying.", detail=detail)


def _unreadable(call: Call[Result], detail: str) -> AppError:
    if not call.changes:
        return BadAnswer(
            "The broker answered something Bellwether cannot read.", "Try again soon.", detail=detail
        )
    if call.host is Host.PROXY:
        return OutcomeUnknown(
            "The token proxy gave no usable answer.",
            "The code may be used up. Start the sign-in again.",
            detail=detail,
        )
    return OutcomeUnknown(
        "No usable answer came, so the outcome is unknown.",
        "Bellwether is looking it up by its id. It sends nothing again by itself.",
        detail=detail,
    )

"""The connections under `core.net.http`: they know whether a byte has left, and end an answer that drips.

Both decide what becomes of an order, and neither can be told from the exceptions of an HTTP library: one and
the same stands for a connection that was never made and for an answer that never came. So these are the
standard library's own, one request a call of the system, and nothing between them and the socket.
"""

import http.client
import io
import select
import socket
import ssl
import sys
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from certifi import where

from core.net.open_connections import OpenConnections
from core.protocol.call import Timeouts


class Connection(http.client.HTTPConnection):
    """One kept-alive connection of one lane thread; it makes one request at a time."""

    def __init__(self, host: str, port: int | None, all_open: OpenConnections, **options: Any) -> None:
        super().__init__(host, port, **options)
        self.has_sent = False  # whether a byte of the newest request was handed to the system
        self._all_open = all_open
        self._request = bytearray()
        self._whole_answer_s = 0.0
        self._on_first_byte: Callable[[], None] | None = None

    def ask(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | None,
        timeouts: Timeouts,
        on_sent: Callable[[], None] | None = None,
        on_first_byte: Callable[[], None] | None = None,
    ) -> http.client.HTTPResponse:
        """Send one request and return the beginning of its answer, which the caller reads to its end.

        `on_sent` is called once the system has all of it, `on_first_byte` once an answer begins. Raises
        OSError, ValueError or HTTPException; then, and when the answer is not read to its end, `close` it.
        """
        self.has_sent = False
        self._whole_answer_s, self._on_first_byte = timeouts.whole_s, on_first_byte
        self._request.clear()
        self.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers.items():
            self.putheader(name, value)
        if body is not None:
            self.putheader("Content-Length", str(len(body)))
        self.endheaders(body)
        # As late as can be: what is there before the request has left is no answer to it.
        if self.sock is not None and _has_ended(self.sock):
            self.sock.close()
            self.sock = None
        if self.sock is None:
            self.timeout = timeouts.connect_s
            self.connect()
            self._all_open.admit(self)
        self.sock.settimeout(timeouts.read_s)
        self.has_sent = True
        self.hand_over(bytes(self._request))
        if on_sent is not None:
            on_sent()
        return self.getresponse()

    def end_unless_over(self, response: http.client.HTTPResponse) -> None:
        """Close the connection unless what comes next on it can only be the answer to the next request.

        After 103 the answer proper is still to come, and a 204 may be followed by a body all the same. As
        the answer to the next order either would say of it what is true of this one.
        """
        has_body = response.headers.get("Content-Length", "0") != "0" or response.chunked
        if response.status < 200 or (response.status in (204, 304) and has_body):
            self.close()

    def hand_over(self, request: bytes) -> None:
        """Give the system the whole request at once: in two pieces the broker would be woken twice."""
        self.sock.sendall(request)

    # The standard library's methods.

    def send(self, data: Any) -> None:
        """Gather a piece of the request; `ask` hands it over."""
        self._request += data

    def response_class(  # type: ignore[override]
        self, sock: socket.socket, *args: Any, **kwargs: Any
    ) -> http.client.HTTPResponse:
        response = http.client.HTTPResponse(sock, *args, **kwargs)
        deadline = time.monotonic() + self._whole_answer_s
        raw = _TimedReader(response.fp.detach(), sock, deadline, self._on_first_byte)
        response.fp = io.BufferedReader(raw)
        return response


class SecureConnection(Connection, http.client.HTTPSConnection):
    """A connection to a host that a certificate vouches for."""

    def __init__(self, host: str, port: int | None, all_open: OpenConnections) -> None:
        super().__init__(host, port, all_open, context=_trust(where()))


def connection_to(base_url: str, all_open: OpenConnections) -> Connection:
    """A connection, not made yet, to the host of that address."""
    address = urlsplit(base_url)
    kind = SecureConnection if address.scheme == "https" else Connection
    return kind(address.hostname or "", address.port, all_open)


@cache
def _trust(authorities: str) -> ssl.SSLContext:
    """Certificates are required, names are checked; to the default context the environment could add."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_verify_locations(authorities)
    return context


def _has_ended(sock: socket.socket) -> bool:
    """Whether a connection that nothing was asked on has something to say: its end, for there is no other."""
    if sys.platform == "win32":
        return bool(select.select([sock], [], [], 0)[0])
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


class _TimedReader(io.RawIOBase):
    """Reads a socket until a deadline.

    The library's own time-out is for each piece: an answer of one byte a second would never reach it.
    """

    def __init__(
        self, raw: io.RawIOBase, sock: socket.socket, deadline: float, begun: Callable[[], None] | None
    ) -> None:
        self._raw, self._sock, self._deadline, self._begun = raw, sock, deadline, begun
        self._piece_s = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("answer not complete in time")
        self._sock.settimeout(left if self._piece_s is None else min(left, self._piece_s))
        count = self._raw.readinto(buffer)
        if self._begun is not None and count:
            self._begun()
            self._begun = None
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()

"""The connections under `core.net.http`: they know whether a byte has left, and end an answer that drips.

Both decide what becomes of an order, and neither can be told from the exceptions of an HTTP library: one and
the same stands for a connection that was never made and for an answer that never came. So there is one
request a call of the system, and nothing between it and the socket
(docs/decisions/http-without-a-client-library.md).
"""

import select
import socket
import ssl
import sys
import time
from collections.abc import Callable
from functools import cache
from urllib.parse import urlsplit

from certifi import where

from core.clock import continuous_s
from core.net.answer_reader import AnswerReader
from core.net.open_connections import OpenConnections
from core.protocol.call import Timeouts

_PORTS = {"https": 443, "http": 80}
_PIECE_BYTES = 64 * 1024
# What lies between forgets a connection on which nothing is said for minutes, in silence: the next order
# would get no answer. So the system says something every twenty seconds (how that is named differs), and
# ends a connection that does not reply to three of them.
_KEPT_ALIVE = {"TCP_KEEPIDLE": 20, "TCP_KEEPALIVE": 20, "TCP_KEEPINTVL": 20, "TCP_KEEPCNT": 3}


class Connection:
    """One kept-alive connection of one lane thread; it makes one request at a time."""

    def __init__(self, base_url: str, all_open: OpenConnections) -> None:
        address = urlsplit(base_url)
        self._is_secure = address.scheme == "https"
        self._place = (address.hostname or "", address.port or _PORTS[address.scheme])
        self.host = address.netloc.rpartition("@")[2].encode("idna").decode()  # as the header names it
        self.sock: socket.socket | None = None
        self.has_sent = False  # whether a byte of the newest request was handed to the system
        self.is_distrusted = False  # the other side may have forgotten it: it must carry nothing more
        self.may_be_cut = False  # whatever is under way can be asked again
        self._all_open = all_open

    def ask(
        self,
        request: bytes,
        timeouts: Timeouts,
        max_body_bytes: int,
        on_sent: Callable[[], None] | None = None,
        on_first_byte: Callable[[], None] | None = None,
    ) -> AnswerReader:
        """Send one whole request and read its answer to the end.

        `on_sent` is called once the system has all of it, `on_first_byte` once an answer begins. Raises
        OSError or ValueError; then `close` it.
        """
        self.has_sent = False
        # As late as can be: what is there before the request has left is no answer to it.
        if self.sock is not None and (self.is_distrusted or _has_ended(self.sock)):
            self.close()
        self.is_distrusted = False
        if self.sock is None:
            started = continuous_s()
            self.sock = self._connected(timeouts.connect_s)
            self._all_open.admit(self)
            # Nothing limits how long the system looks for a name. An order must not leave with an old price.
            if continuous_s() - started > 2 * timeouts.connect_s:
                raise TimeoutError("the connection came too late")
        sock, patience_s = self.sock, min(timeouts.read_s, timeouts.whole_s)
        if sock.gettimeout() != patience_s:  # each setting is a call of the system
            sock.settimeout(patience_s)
        self.has_sent = True
        self.hand_over(sock, request)
        if on_sent is not None:
            on_sent()
        # The system's time-out is for each piece: an answer of one byte a second would never reach it.
        deadline, answer = time.monotonic() + timeouts.whole_s, AnswerReader(max_body_bytes)
        while piece := sock.recv(_PIECE_BYTES):
            if on_first_byte is not None:
                on_first_byte()
                on_first_byte = None
            if answer.feed(piece):
                break
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise TimeoutError("answer not complete in time")
            sock.settimeout(min(left_s, patience_s))
        else:
            answer.end()
        if not answer.leaves_connection_usable:
            self.close()
        return answer

    def hand_over(self, sock: socket.socket, request: bytes) -> None:
        """Give the system the whole request at once: in two pieces the broker would be woken twice."""
        sock.sendall(request)

    def close(self) -> None:
        """End it; the next request makes a new one."""
        sock, self.sock = self.sock, None
        if sock is not None:
            sock.close()

    def _connected(self, patience_s: float) -> socket.socket:
        sock = socket.create_connection(self._place, patience_s)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _keep_alive(sock)
            if self._is_secure:
                return _trust(where()).wrap_socket(sock, server_hostname=self._place[0])
        except (OSError, ValueError):  # ValueError: a name that no certificate could have
            sock.close()
            raise
        return sock


def _keep_alive(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEPT_ALIVE.items():
        if (option := getattr(socket, name, None)) is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


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

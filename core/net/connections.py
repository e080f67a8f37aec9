"""The connections under `core.net.http`: they know whether a byte has left, and end an answer that drips.

Both decide what becomes of an order, and neither can be told from the exceptions of the HTTP library: one and
the same stands for a connection that was never made and for an answer that never came.
"""

import http.client
import io
import socket
import time
from collections.abc import Callable
from typing import Any, ClassVar

from certifi import where
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from core.net.open_connections import OpenConnections


class TrackedAdapter(HTTPAdapter):
    """The connections of one lane thread; it makes one request at a time."""

    def __init__(self, connections: OpenConnections) -> None:
        self._connections = connections
        self.has_sent = False  # whether a byte of the newest request was handed to the system
        self.whole_answer_s = 0.0
        self.on_sent: Callable[[], None] | None = None
        self.on_first_byte: Callable[[], None] | None = None
        super().__init__(pool_connections=4, pool_maxsize=2, max_retries=0)

    def begin(
        self,
        whole_answer_s: float,
        on_sent: Callable[[], None] | None,
        on_first_byte: Callable[[], None] | None = None,
    ) -> None:
        """A new request is about to be made; its whole answer may take this long.

        `on_sent` is called whenever the system has taken a part of it, `on_first_byte` once an answer begins.
        """
        self.has_sent = False
        self.whole_answer_s, self.on_sent, self.on_first_byte = whole_answer_s, on_sent, on_first_byte

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, cert_reqs="CERT_REQUIRED", ca_certs=where(), **kwargs)
        adapter, connections = self, self._connections

        class Plain(_Tracked):
            owner, all_open = adapter, connections

        class Secure(_Tracked, HTTPSConnection):
            owner, all_open = adapter, connections

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}


class _Tracked(HTTPConnection):
    """One connection of an adapter. The overridden methods are those of the standard library's client."""

    owner: ClassVar[TrackedAdapter]
    all_open: ClassVar[OpenConnections]

    def connect(self) -> None:
        super().connect()
        self.all_open.admit(self)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self.owner.has_sent = True
        super().send(data)
        if self.owner.on_sent is not None:
            self.owner.on_sent()

    def response_class(  # type: ignore[override]
        self, sock: socket.socket, *args: Any, **kwargs: Any
    ) -> http.client.HTTPResponse:
        response = http.client.HTTPResponse(sock, *args, **kwargs)
        deadline = time.monotonic() + self.owner.whole_answer_s
        begun = self.owner.on_first_byte
        response.fp = io.BufferedReader(_TimedReader(response.fp.detach(), sock, deadline, begun))
        return response


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

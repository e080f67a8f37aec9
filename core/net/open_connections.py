"""Which connections of a transport are open, so that all can be ended at once.

Apart from `core.net.connections`, and without what speaks HTTP: a transport is made long before its first
call.
"""

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.net.connections import Connection


class OpenConnections:
    """Every open connection of a transport; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        self.is_closed = False

    def admit(self, connection: "Connection") -> None:
        """Take note of a connection that was just made. Raises OSError once `shut_down` was called."""
        with self._lock:
            if not self.is_closed:
                self._connections.add(connection)
                return
        connection.close()
        raise ConnectionAbortedError("the session has ended")

    def shut_down(self) -> None:
        """End whatever is in flight, and let no further connection be used."""
        with self._lock:
            self.is_closed = True
            connections = list(self._connections)
        for connection in connections:
            sock = connection.sock
            if sock is not None:
                with contextlib.suppress(OSError):  # closed already is what we want
                    sock.shutdown(socket.SHUT_RDWR)

    def distrust(self) -> None:
        """Let no request leave on a connection of today's, and end the reads that are under way.

        Call it after a sleep. What the other side, or something in between, has forgotten takes a request and
        never answers: the next order would be of unknown fate.
        """
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.is_distrusted = True
            sock = connection.sock
            if connection.may_be_cut and sock is not None:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End all, and give them back to the system. Call once nobody uses them any more."""
        self.shut_down()
        for connection in list(self._connections):
            connection.close()

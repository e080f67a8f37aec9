"""A relay on loopback that notes when the first byte of each order arrives, on the monotonic clock.

Stands between a client and the practice broker. Reads one JSON line (`target`: the port to relay to),
prints one with its own `port`, and when its input ends one with the `arrivals` of every POST.
"""

import contextlib
import json
import socket
import sys
import threading
import time

_CHUNK = 65_536
_POST = b"POST "


class Relay:
    """Every connection has two threads: one reads what the client says, one what the broker answers."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.arrivals: list[int] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            broker = socket.create_connection(("127.0.0.1", self._target))
            for one in (client, broker):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._upward, args=(client, broker), daemon=True).start()
            threading.Thread(target=self._downward, args=(broker, client), daemon=True).start()

    def _upward(self, client: socket.socket, broker: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := client.recv(_CHUNK):
                now = time.monotonic_ns()
                if chunk.startswith(_POST):
                    self.arrivals.append(now)
                broker.sendall(chunk)
        _shut(broker)

    def _downward(self, broker: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := broker.recv(_CHUNK):
                client.sendall(chunk)
        _shut(client)


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


def main() -> None:
    """Relay until the input ends."""
    relay = Relay(json.loads(sys.stdin.readline())["target"])
    sys.stdout.write(json.dumps({"port": relay.port}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    sys.stdout.write(json.dumps({"arrivals": relay.arrivals}) + "\n")


if __name__ == "__main__":
    main()

"""A loopback server that does to each connection exactly what a script says, down to single bytes."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator

Script = Callable[["Peer"], None]


class Peer:
    """One accepted connection."""

    def __init__(self, sock: socket.socket, server: "ScriptedServer") -> None:
        self._sock, self._server = sock, server
        self._unread = b""

    def read_request(self) -> bytes:
        """Read one request, head and body, and note it in `requests`; b"" when the other side hung up."""
        while b"\r\n\r\n" not in self._unread:
            if not (piece := self._sock.recv(65_536)):
                return b""
            self._unread += piece
        head, rest = self._unread.split(b"\r\n\r\n", 1)
        lengths = [
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ]
        length = lengths[0] if lengths else 0
        while len(rest) < length:
            rest += self._sock.recv(65_536)
        request, self._unread = head + b"\r\n\r\n" + rest[:length], rest[length:]
        self._server.requests.append(request)
        return request

    def receive(self, at_most: int) -> bytes:
        """Take some bytes of a request, and leave the rest of it."""
        return self._sock.recv(at_most)

    def send(self, *pieces: bytes) -> None:
        """Send pieces; stops quietly when the other side has gone."""
        with contextlib.suppress(OSError):
            for piece in pieces:
                self._sock.sendall(piece)

    def answer(self, body: bytes, status: str = "200 OK", *headers: str) -> None:
        """Send a complete answer that keeps the connection."""
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
        self.send("\r\n".join(lines).encode("latin-1") + body)

    def drip(self, text: bytes, every_s: float) -> None:
        """Send byte by byte until the other side or the server has had enough."""
        for position in range(len(text)):
            if self._server.stopping.wait(every_s):
                return
            try:
                self._sock.sendall(text[position : position + 1])
            except OSError:
                return

    def hang(self) -> None:
        """Say nothing until the server is stopped."""
        self._server.stopping.wait()

    def reset(self) -> None:
        """Close with a TCP reset."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Speak TLS from here on; ends the script's thread quietly when the other side refuses."""
        self._sock = context.wrap_socket(self._sock, server_side=True)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._sock.close()


class ScriptedServer:
    """The n-th connection gets the n-th script; later ones get the last."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = scripts
        self.requests: list[bytes] = []
        self.connections = 0
        self.stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, name="scripted-server")]
        self._threads[0].start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """End every script and join every thread."""
        self.stopping.set()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            pass
        self._threads[0].join()
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self.stopping.is_set():
                sock.close()
                return
            sock.settimeout(60)
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(sock, script), name="scripted-peer")
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket, script: Script) -> None:
        peer = Peer(sock, self)
        try:
            with contextlib.suppress(OSError):
                script(peer)
        finally:
            peer.close()


@contextlib.contextmanager
def scripted(*scripts: Script) -> Iterator[ScriptedServer]:
    """Run a scripted server for a while."""
    server = ScriptedServer(*scripts)
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def unreachable() -> Iterator[str]:
    """A loopback address that takes no connection and refuses none: its queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


_KEPT: list[socket.socket] = []


def free_port() -> int:
    """A port where nobody listens, now or later: it stays taken, so that nobody else is given it."""
    _KEPT.append(socket.socket())
    _KEPT[-1].bind(("127.0.0.1", 0))
    return int(_KEPT[-1].getsockname()[1])

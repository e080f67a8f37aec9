"""A broker's web site in the hands of a test: any page under any name, and a record of who asked.

With a certificate it answers for every host name at once, so that a test can map all names to it and
afterwards ask whether anything was sent to a name it must not be sent to.
"""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.ui.signin.certificates import Certificate

BROKER = "auth.broker.example"


@dataclass(frozen=True)
class Page:
    body: str = ""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    hangs: bool = False  # never answers


@dataclass(frozen=True)
class Request:
    host: str
    method: str
    path: str
    body: bytes


@dataclass
class BrokerDouble:
    """Serves `pages` by path, without regard to the query; counts everything."""

    port: int = 0
    is_encrypted: bool = False
    pages: dict[str, Page] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    names_greeted: set[str] = field(default_factory=set)
    is_over: threading.Event = field(default_factory=threading.Event)

    @property
    def origin(self) -> str:
        """The origin to load from when nothing is mapped."""
        return f"{'https' if self.is_encrypted else 'http'}://127.0.0.1:{self.port}"

    def paths(self) -> list[str]:
        return [request.path.partition("?")[0] for request in self.requests]

    @classmethod
    @contextmanager
    def serving(cls, by_name: Mapping[str, Certificate] | None = None) -> Iterator["BrokerDouble"]:
        """Serve until the block ends; encrypted when there are certificates, the first for unknown names."""
        double = cls(is_encrypted=bool(by_name))
        context = _encryption(double, by_name) if by_name else None
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(double, context))
        server.daemon_threads = True
        double.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield double
        finally:
            double.is_over.set()
            server.shutdown()
            server.server_close()
            thread.join()


def _encryption(double: BrokerDouble, by_name: Mapping[str, Certificate]) -> ssl.SSLContext:
    contexts: dict[str, ssl.SSLContext] = {}
    for name, certificate in by_name.items():
        contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[name].load_cert_chain(certificate.file)
    first = next(iter(contexts.values()))

    def greet(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> None:
        double.names_greeted.add(name or "no name")
        connection.context = contexts.get(name or "", first)

    first.sni_callback = greet
    return first


def _handler(double: BrokerDouble, context: ssl.SSLContext | None) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 20

        def handle(self) -> None:
            try:
                if context is not None:
                    with context.wrap_socket(self.request, server_side=True) as self.request:
                        self.rfile = self.request.makefile("rb")
                        self.wfile = self.request.makefile("wb", buffering=0)
                        super().handle()
                else:
                    super().handle()
            except OSError:
                pass  # a browser hangs up in the middle, as browsers do

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(self.headers.get("Host", ""), self.command, self.path, body)
            double.requests.append(request)
            page = double.pages.get(self.path.partition("?")[0], Page("nothing here", 404))
            if page.hangs:
                double.is_over.wait()
                return
            content = page.body.encode()
            self.send_response(page.status)
            headers = dict(page.headers)
            headers.setdefault("Content-Type", "text/html; charset=utf-8")
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, *_line: object) -> None:
            pass

    return Handler

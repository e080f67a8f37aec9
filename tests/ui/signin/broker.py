"""A broker's web site in the hands of a test: any page under any name, and a record of who asked.

With a certificate it answers for every host name at once, so that a test can map all names to it and
afterwards ask whether anything was sent to a name it must not be sent to.
"""

import base64
import datetime as dt
import hashlib
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BROKER = "auth.broker.example"


@dataclass(frozen=True)
class Page:
    body: str = ""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Request:
    host: str
    method: str
    path: str
    body: bytes


@dataclass
class Certificate:
    """A self-made certificate for the broker's name, or one with a chosen fault."""

    file: Path
    key_hash: str  # what --ignore-certificate-errors-spki-list takes

    @classmethod
    def make(
        cls, folder: Path, *, names: tuple[str, ...] = (BROKER,), days: tuple[int, int] = (-1, 30)
    ) -> "Certificate":
        key = ec.generate_private_key(ec.SECP256R1())
        now = dt.datetime.now(dt.UTC)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + dt.timedelta(days=days[0]))
            .not_valid_after(now + dt.timedelta(days=days[1]))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
            .sign(key, hashes.SHA256())
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = folder / f"certificate-{certificate.serial_number:x}.pem"
        file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        return cls(file, base64.b64encode(hashlib.sha256(public).digest()).decode())


@dataclass
class BrokerDouble:
    """Serves `pages` by path, without regard to the query; counts everything."""

    port: int = 0
    is_encrypted: bool = False
    pages: dict[str, Page] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    names_greeted: set[str] = field(default_factory=set)

    @property
    def origin(self) -> str:
        """The origin to load from when nothing is mapped."""
        return f"{'https' if self.is_encrypted else 'http'}://127.0.0.1:{self.port}"

    def paths(self) -> list[str]:
        return [request.path.partition("?")[0] for request in self.requests]

    @classmethod
    @contextmanager
    def serving(cls, certificate: Certificate | None = None) -> Iterator["BrokerDouble"]:
        double = cls(is_encrypted=certificate is not None)
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(double, certificate))
        server.daemon_threads = True
        double.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield double
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _handler(double: BrokerDouble, certificate: Certificate | None) -> type[BaseHTTPRequestHandler]:
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.file)
        context.sni_callback = lambda _socket, name, _context: double.names_greeted.add(name or "no name")

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

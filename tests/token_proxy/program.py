"""The proxy as it is run: a process of its own, its environment given, its log in a file."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
CLIENT_ID = "0f0ec1e47d1d4b0e9d3c3f1e5a7b9c11"
CLIENT_SECRET = "9b74c9897bac770ffc029102a200c5de1a2b3c4d"
REDIRECT_URI = "https://bellwether.invalid/oauth/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


def settings(token_url: str, **changes: str | None) -> dict[str, str]:
    """Return the environment variables of a working proxy, with changes (None removes one)."""
    chosen: dict[str, str | None] = {
        "TOKEN_URL": token_url,
        "CLIENT_ID": CLIENT_ID,
        "CLIENT_SECRET": CLIENT_SECRET,
        "REDIRECT_URIS": REDIRECT_URI,
        "BIND": "127.0.0.1:0",
        "PER_ADDRESS_PER_MINUTE": "600",
        "GLOBAL_PER_MINUTE": "60000",
        **changes,
    }
    return {f"BELLWETHER_PROXY_{name}": value for name, value in chosen.items() if value is not None}


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment without settings of another proxy, plus `extra`."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("BELLWETHER_PROXY_")
    }
    return inherited | {"PYTHONPATH": str(ROOT)} | dict(extra)


class ProxyProgram:
    """A running `python -m token_proxy`; leaving the block stops it and checks that it went in peace."""

    def __init__(
        self,
        variables: Mapping[str, str],
        log: Path,
        *arguments: str,
        start: Sequence[str] = ("-m", "token_proxy"),
    ) -> None:
        self.log_file = log
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, *start, *arguments],
                env=environment(variables),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log
        self.line: dict[str, str] = json.loads(line)
        self.port = urlsplit(self.line["exchange_url"]).port or 0

    @property
    def log(self) -> str:
        return self.log_file.read_text("utf-8", "replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.stop() == 0, self.log

    def stop(self) -> int:
        """Ask the program to stop, if it still runs, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        return self.process.wait(PATIENCE_S)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)

    def send(self, data: bytes, *, to_the_end: bool = False) -> "Answer":
        """Send these bytes on a connection of their own and return the answer.

        With `to_the_end`, wait until the connection closes and see that nothing followed the answer.
        """
        with self.connect() as connection:
            # It may answer and close before everything is sent; what it said is still to be read.
            with contextlib.suppress(ConnectionError):
                connection.sendall(data)
            return Answer.read_from(connection, to_the_end=to_the_end)

    def post(self, body: object, *headers: str, path: str = "/exchange") -> "Answer":
        """POST JSON as a client would."""
        return self.send(post_bytes(body, *headers, path=path))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0 if the connection just closed."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return str(self.json["error"])

    @classmethod
    def read_from(cls, connection: socket.socket, *, to_the_end: bool = False) -> Self:
        """Read one answer; with `to_the_end`, see that the connection closes without another byte."""
        answer = cls(0, {}, b"")
        with connection.makefile("rb") as stream, contextlib.suppress(ConnectionResetError):
            if first := stream.readline():
                lines = iter(stream.readline, b"\r\n")
                headers = dict(line.decode().rstrip().lower().split(": ", 1) for line in lines)
                body = stream.read(int(headers["content-length"]))
                answer = cls(int(first.split(b" ")[1]), headers, body)
                assert not to_the_end or stream.read() == b""
        return answer


def exchange_fields(**changes: object) -> dict[str, object]:
    """Return a right request's fields, with changes (None removes one)."""
    fields = {"code": "C1", "redirect_uri": REDIRECT_URI, "client_id": CLIENT_ID, **changes}
    return {name: value for name, value in fields.items() if value is not None}


def post_bytes(body: object, *headers: str, path: str = "/exchange") -> bytes:
    """Return the bytes of a request; `headers` are added to, or take the place of, the usual ones."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    usual = {"Host": "127.0.0.1", "Content-Type": "application/json", "Content-Length": str(len(data))}
    named = [line.split(":", 1)[0].lower() for line in headers]
    lines = [f"{name}: {value}" for name, value in usual.items() if name.lower() not in named]
    return "\r\n".join([f"POST {path} HTTP/1.1", *lines, *headers, "", ""]).encode("latin-1") + data

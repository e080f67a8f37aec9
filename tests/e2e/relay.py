"""Stands between the app and its token proxy: passes everything on, and remembers the secrets it saw."""

import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.patience import PATIENCE_S


class ExchangeRelay:
    """A small server on loopback; `answer` replaces what the proxy would say."""

    def __init__(self, exchange_url: str) -> None:
        self.codes: list[str] = []
        self.verifiers: list[str] = []
        self.tokens: list[str] = []
        self.answer: tuple[int, str, bytes] | None = None
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                asked: dict[str, Any] = json.loads(body)
                relay.codes.append(asked["code"])
                relay.verifiers.append(asked["code_verifier"])
                status, kind, answer = relay.answer or relay.pass_on(exchange_url, body)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """A test's output is no place for it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self.url = f"http://127.0.0.1:{self._server.server_port}/exchange"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def pass_on(self, exchange_url: str, body: bytes) -> tuple[int, str, bytes]:
        request = urllib.request.Request(
            exchange_url, data=body, headers={"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
            answer = response.read()
        self.tokens.append(json.loads(answer)["access_token"])
        return 200, "application/json", answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

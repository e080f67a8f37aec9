"""The practice broker as it is run: a process of its own, its log in a file."""

import base64
import contextlib
import hashlib
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec
import requests
from websockets.sync.client import ClientConnection, connect

from tests.patience import PATIENCE_S
from tests.practice.conformance import check

ROOT = Path(__file__).resolve().parents[2]
ALL_SCOPES = "account:write trading data"
Json = dict[str, Any]
Answer = TypeVar("Answer")


class PracticeProgram:
    """A running `python -m practice`; leaving the block stops it and checks that it went in peace."""

    def __init__(self, log: Path, *arguments: str) -> None:
        self.log_file = log
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "error", "-m", "practice", "--exit-with-parent", *arguments],
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        assert self.process.stdout is not None
        self.first_line = self.process.stdout.readline()
        assert self.first_line, self.log
        self.line: Json = json.loads(self.first_line)
        self.http = requests.Session()
        self._misbehaves = "--scenario" in arguments

    @property
    def log(self) -> str:
        return self.log_file.read_text("utf-8", "replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.stop() == 0, self.log

    def stop(self) -> int:
        """Close its standard input and return its exit code."""
        self.http.close()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        return self.process.wait(PATIENCE_S)

    def authorize_parameters(self, **changes: str | None) -> dict[str, str]:
        """The query of a good authorize request, with changes (None removes one)."""
        chosen: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.line["client_id"],
            "redirect_uri": self.line["redirect_uris"][0],
            "state": "S1",
            "scope": ALL_SCOPES,
            **changes,
        }
        return {name: value for name, value in chosen.items() if value is not None}

    def authorize(self, **changes: str | None) -> requests.Response:
        """Ask as a client that takes no pages; redirects are not followed."""
        return self.http.get(
            self.line["authorize_url"],
            params=self.authorize_parameters(**changes),
            allow_redirects=False,
            timeout=PATIENCE_S,
        )

    def code(self, **changes: str | None) -> str:
        """A code, from a broker that approves by itself."""
        return answer_of(self.authorize(**changes))["code"]

    def token(self, **changes: str | None) -> str:
        """A token for what is asked, by way of authorize page and exchange route."""
        verifier, challenge = pkce()
        code = self.code(code_challenge=challenge, code_challenge_method="S256", **changes)
        body = {
            "code": code,
            "redirect_uri": self.line["redirect_uris"][0],
            "client_id": self.line["client_id"],
            "code_verifier": verifier,
        }
        answer = self.http.post(self.line["exchange_url"], json=body, timeout=PATIENCE_S)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    @property
    def keys(self) -> dict[str, str]:
        """The headers of the API key, which is the paper account's."""
        return {
            "APCA-API-KEY-ID": self.line["api_key"],
            "APCA-API-SECRET-KEY": self.line["api_secret"],
        }

    def call(
        self, method: str, path: str, *, token: str | None = None, env: str = "paper", **options: Any
    ) -> requests.Response:
        """Call the trading API, by default with the API key."""
        url = self.line["trading_url"][env] + path
        return self._checked(
            self.http.request(method, url, headers=self._proof(token), timeout=PATIENCE_S, **options)
        )

    def data(self, path: str, *, token: str | None = None, **params: Any) -> requests.Response:
        """Call the data API."""
        url = self.line["data_url"] + path
        return self._checked(
            self.http.get(url, params=params, headers=self._proof(token), timeout=PATIENCE_S)
        )

    def _checked(self, answer: requests.Response) -> requests.Response:
        """Hold an answer against the broker's specifications, unless something was to go wrong with it."""
        if not self._misbehaves:
            check(answer)
        return answer

    def _proof(self, token: str | None) -> dict[str, str]:
        return self.keys if token is None else {"Authorization": f"Bearer {token}"}

    def control(self, method: str, path: str, **body: Any) -> Json:
        """Call the control port."""
        if path in {"/fault", "/faults", "/scenarios"} and method != "GET":
            self._misbehaves = method == "POST"
        answer = self.http.request(method, self.line["control_url"] + path, json=body, timeout=PATIENCE_S)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()) if isinstance(answer.json(), dict) else {"list": answer.json()}

    def asked(self, route: str = "* *") -> list[Json]:
        """The requests in the log that meet a route, such as `* /live*`, oldest first."""
        url = self.line["control_url"] + "/log"
        answer = self.http.get(url, params={"route": route}, timeout=PATIENCE_S)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["requests"])

    def order(self, **fields: Any) -> Json:
        """Place an order that must be taken; by default one share, day, market."""
        body = {"symbol": "AAPL", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}
        answer = self.call("POST", "/v2/orders", json=body | fields)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def settled(self, order_id: str, *statuses: str) -> Json:
        """Wait until an order has one of these statuses."""

        def order() -> Json | None:
            found: Json = self.call("GET", f"/v2/orders/{order_id}").json()
            return found if found["status"] in statuses else None

        return until(order, f"order {order_id} never was {statuses}")


def answer_of(response: requests.Response) -> dict[str, str]:
    """The parameters of a redirect to the application."""
    assert response.status_code == 302, response.text
    query = parse_qs(urlsplit(response.headers["Location"]).query, strict_parsing=True)
    return {name: values[0] for name, values in query.items()}


def pkce() -> tuple[str, str]:
    """A verifier and its S256 challenge."""
    verifier = secrets.token_urlsafe(32)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def until(question: Callable[[], Answer | None], complaint: str, patience_s: float = PATIENCE_S) -> Answer:
    """Ask again and again until there is an answer."""
    deadline, pause = time.monotonic() + patience_s, threading.Event()
    while (answer := question()) is None:
        assert time.monotonic() < deadline, complaint
        pause.wait(0.01)
    return answer


class Stream:
    """A WebSocket of the practice broker, JSON or MessagePack; a context manager."""

    def __init__(
        self,
        url: str,
        *,
        packed: bool = False,
        headers: dict[str, str] | None = None,
        compression: str | None = None,
    ) -> None:
        kind = {"Content-Type": "application/msgpack"} if packed else {}
        self._packed, self._leaving = packed, contextlib.ExitStack()
        self._kept: deque[Any] = deque()
        connection = connect(
            url,
            additional_headers=kind | (headers or {}),
            compression=compression,
            max_size=None,
            open_timeout=PATIENCE_S,
            proxy=None,
        )
        self.socket: ClientConnection = self._leaving.enter_context(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.close()

    def say(self, message: object) -> None:
        encode = msgspec.msgpack.encode if self._packed else msgspec.json.encode
        self.socket.send(encode(message), text=not self._packed)

    def frame(self, patience_s: float = PATIENCE_S) -> str | bytes:
        return self.socket.recv(patience_s)

    def hear(self, patience_s: float = PATIENCE_S) -> Any:
        frame = self.frame(patience_s)
        if self._packed and isinstance(frame, bytes):
            return msgspec.msgpack.decode(frame)
        return msgspec.json.decode(frame)

    def hear_until(self, wanted: Callable[[Any], bool], patience_s: float = PATIENCE_S) -> list[Any]:
        """Collect messages (of data streams: singly) up to the wanted one; the rest is kept for next time."""
        heard: list[Any] = []
        while True:
            if not self._kept:
                message = self.hear(patience_s)
                self._kept.extend(message if isinstance(message, list) else [message])
            heard.append(self._kept.popleft())
            if wanted(heard[-1]):
                return heard

"""Carries REST calls over kept-alive connections.

Blocking: belongs on a lane's thread, never on the GUI thread. Foreign exceptions end here.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

from core.domain.secret import Secret
from core.errors import AppError, BadAnswer, Offline, OutcomeUnknown
from core.net.http_library import load
from core.net.open_connections import OpenConnections
from core.protocol.call import Answer, Call, Host

if TYPE_CHECKING:
    # The HTTP library takes 60 ms to load, on the lane that first needs it: no window should wait for that.
    from urllib3.response import BaseHTTPResponse

    from core.net.connections import TrackedAdapter

Result = TypeVar("Result")

MAX_ANSWER_BYTES = 64 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_OK = range(200, 300)


class Transport:
    """Speaks to the hosts of one account; safe to use from several lane threads.

    The environment steers nothing: no `.netrc`, proxy or certificate variables (threat model T9).
    """

    def __init__(
        self,
        base_urls: Mapping[Host, str],
        token: Secret | None,
        *,
        user_agent: str,
        on_answer: Callable[[Host, float, bool], None] | None = None,
        on_headers: Callable[[Host, Answer], None] | None = None,
    ) -> None:
        """`on_answer(host, seconds, ok)` is called on the lane's thread after each attempt.

        `on_headers(host, answer)` is called there too, with every answer that came, whatever it says.
        """
        self._base_urls = dict(base_urls)
        self._token = token
        self._user_agent = user_agent
        self._on_answer, self._on_headers = on_answer, on_headers
        self._local = threading.local()
        self._adapters: list[TrackedAdapter] = []
        self._connections = OpenConnections()

    def run(
        self,
        call: Call[Result],
        *,
        on_sent: Callable[[], None] | None = None,
        on_first_byte: Callable[[], None] | None = None,
    ) -> Result:
        """Send the call once and return what its reader makes of the answer.

        `on_sent` is called, on this thread, whenever the system has taken a part of the request, and
        `on_first_byte` when the first of the answer is there.

        Raises AppError: Offline when nothing can have been accepted, OutcomeUnknown when a call that
        changes something may have been, and whatever the call's own failure table says.
        """
        started = time.perf_counter()
        ok = False
        try:
            answer = self._send(call, on_sent, on_first_byte)
            ok = True
        finally:
            if self._on_answer is not None:
                self._on_answer(call.host, time.perf_counter() - started, ok)
        if self._on_headers is not None:
            self._on_headers(call.host, answer)
        if answer.status not in _OK:
            raise call.failure(call, answer)
        try:
            return call.read(answer)
        except (ValueError, TypeError, RecursionError) as error:  # msgspec's errors are ValueErrors
            detail = f"{call.method} {call.path} -> {answer.status} unreadable: {type(error).__name__}"
            raise _unreadable(call, detail) from None

    def abort(self) -> None:
        """End every request in flight now; later ones fail as Offline. Any thread."""
        self._connections.shut_down()

    def close(self) -> None:
        """Give the connections back. Call after the lanes that use this have stopped."""
        self.abort()
        for adapter in self._adapters:
            adapter.close()

    def _send(
        self,
        call: Call[Result],
        on_sent: Callable[[], None] | None,
        on_first_byte: Callable[[], None] | None,
    ) -> Answer:
        if self._connections.is_closed:
            raise Offline("The session has ended.", "Nothing was sent.")
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": self._user_agent}
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        if self._token is not None and call.host is not Host.PROXY:
            headers["Authorization"] = f"Bearer {self._token.reveal()}"
        adapter = self._adapter()
        from urllib3 import Timeout
        from urllib3.exceptions import HTTPError

        query = f"?{urlencode(call.query)}" if call.query else ""
        adapter.begin(call.timeouts.whole_s, on_sent, on_first_byte)
        try:
            # Not by a session of `requests`, whose preparing and cookies cost an order a millisecond.
            response = adapter.poolmanager.urlopen(
                call.method,
                self._base_urls[call.host] + call.path + query,
                body=call.body,
                headers=headers,
                timeout=Timeout(connect=call.timeouts.connect_s, read=call.timeouts.read_s),
                redirect=False,
                retries=False,
                preload_content=False,
            )
            try:
                body = _read_whole(response)
            finally:
                response.close()  # ends the connection unless all was read
            names = {name.lower(): value for name, value in response.headers.items()}
            return Answer(status=response.status, headers=names, body=body)
        except (OSError, ValueError, HTTPError) as error:
            raise _translated(call, error, has_sent=adapter.has_sent) from None

    def _adapter(self) -> "TrackedAdapter":
        """One for each thread: threads share no connection."""
        load()
        from core.net.connections import TrackedAdapter

        if not hasattr(self._local, "adapter"):
            self._local.adapter = TrackedAdapter(self._connections)
            self._adapters.append(self._local.adapter)
        adapter: TrackedAdapter = self._local.adapter
        return adapter


class _AnswerTooLarge(ValueError):
    pass


def _read_whole(response: "BaseHTTPResponse") -> bytes:
    """Read the body, bounded in size; the connection bounds it in time."""
    body = bytearray()
    for chunk in response.stream(_CHUNK_BYTES, decode_content=True):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise _AnswerTooLarge("answer larger than any the broker gives")
    return bytes(body)


def _translated(call: Call[Result], error: Exception, *, has_sent: bool) -> AppError:
    from urllib3.exceptions import SSLError

    detail = f"{call.method} {call.path}: {type(error).__name__}"
    if not has_sent and isinstance(error, SSLError):
        return Offline(
            "The connection could not be made secure: its certificate or encryption was refused.",
            "Nothing was sent. Do not go on if this network asks you to accept a certificate.",
            detail=detail,
        )
    if not has_sent:
        who = "The token proxy" if call.host is Host.PROXY else "The broker"
        return Offline(
            f"{who} could not be reached.", "Nothing was sent. Check the connection.", detail=detail
        )
    if call.changes:
        return _unreadable(call, detail)
    return Offline("The broker did not answer.", "Bellwether keeps trying.", detail=detail)


def _unreadable(call: Call[Result], detail: str) -> AppError:
    if not call.changes:
        return BadAnswer(
            "The broker answered something Bellwether cannot read.", "Try again soon.", detail=detail
        )
    if call.host is Host.PROXY:
        return OutcomeUnknown(
            "The token proxy gave no usable answer.",
            "The code may be used up. Start the sign-in again.",
            detail=detail,
        )
    return OutcomeUnknown(
        "No usable answer came, so the outcome is unknown.",
        "Bellwether is looking it up by its id. It sends nothing again by itself.",
        detail=detail,
    )

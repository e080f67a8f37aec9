"""What every request passes through: loopback check, faults, limits, headers, errors, the log."""

import ipaddress
import logging
import re
import secrets
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import formatdate

import msgspec
from aiohttp import web

from practice.engine.refusals import Refusal
from practice.faults.registry import Fault, Faults
from practice.faults.subject import Subject, joined, subject_of, subject_of_path
from practice.server.access import Denied
from practice.server.answers import error_answer, json_answer, refusal_answer
from practice.server.fault_effects import CUT_STATUS, FaultEffects
from practice.server.rate_limit import RateLimit
from practice.server.reading import BadValue
from practice.server.redaction import redacted_body, redacted_query
from practice.server.request_log import Entry, RequestLog
from practice.server.sockets import endpoint_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log = logging.getLogger("practice")
_HEADERS = web.RequestKey("broker_headers", dict[str, str])
# Each is counted by itself. The pages that people sign in on are not: whoever serves those counts nobody.
_COUNTED = (
    ("/paper/", "paper"),
    ("/live/", "live"),
    ("/data/", "data"),
    ("/oauth/token", "oauth"),
    ("/v1/", "v1"),
)
_LONGEST_LOGGED = 16_000
_PORT = re.compile(r":\d*$")


@dataclass(slots=True)
class _Exchange:
    """A request on its way through, for the log."""

    number: int
    request_id: str
    body: bytes = b""
    met: list[Fault] = field(default_factory=list)
    answer: web.StreamResponse | None = None


class Front:
    """The middleware around all routes of the broker."""

    def __init__(self, faults: Faults, effects: FaultEffects, limit: RateLimit, log: RequestLog) -> None:
        self._faults, self._effects = faults, effects
        self._limit, self._request_log = limit, log

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve one request."""
        request_id = uuid.UUID(bytes=secrets.token_bytes(16), version=4).hex
        request[_HEADERS] = {"X-Request-ID": request_id}
        started, begun = time.time(), time.monotonic()
        number = self._request_log.begin(started, request.method, request.path)
        exchange = _Exchange(number, request_id)
        try:
            exchange.answer = await self._answer(request, handler, exchange)
            return exchange.answer
        finally:
            self._note(request, exchange, started, round((time.monotonic() - begun) * 1000, 3))

    def _note(self, request: web.Request, exchange: _Exchange, at: float, milliseconds: float) -> None:
        answer, met = exchange.answer, exchange.met
        status = 0 if answer is None or answer.status == CUT_STATUS else answer.status
        entry = Entry(
            number=exchange.number,
            at=at,
            method=request.method,
            path=request.path,
            query=redacted_query(request.query_string),
            status=status,
            milliseconds=milliseconds,
            request_id=exchange.request_id,
            fault=met[0].order.kind if met else None,
            faults=tuple(fault.number for fault in met),
            kinds=tuple(fault.order.kind for fault in met),
        )
        sent = redacted_body(exchange.body, request.content_type)
        self._request_log.add(entry, sent, _shown(answer))
        _log.debug("%s %s %d %.1f ms", request.method, request.path, status, milliseconds)

    async def _answer(
        self, request: web.Request, handler: Handler, exchange: _Exchange
    ) -> web.StreamResponse:
        if not is_from_loopback(request):
            return error_answer(403, 40310000, "forbidden.")
        if request.can_read_body and not request.content_type.startswith("multipart/"):
            try:
                exchange.body = await request.read()
            except web.HTTPRequestEntityTooLarge:
                return error_answer(413, 41310000, "request body is too large")
            except web.RequestPayloadError:
                # WORKAROUND: aiohttp reads on what cannot be read, and reports that as a mistake of ours.
                request.content.feed_eof()
                answer = error_answer(400, 40010000, "request body format is invalid")
                answer.force_close()
                return answer
        subject = self._subject(request, exchange.body)
        exchange.met = met = self._faults.of_request(request.method, request.path, subject)
        if (cut := await self._effects.before(request, met)) is not None:
            return cut
        if (refusal := self._refusal(request)) is not None:
            return refusal

        async def route(request: web.Request) -> web.StreamResponse:
            return await _served(request, handler)

        if (other := await self._effects.instead(request, route, met)) is not None:
            return other
        return await self._effects.after(request, await route(request), met)

    def _subject(self, request: web.Request, body: bytes) -> Subject:
        if not any(fault.order.symbol or fault.order.client_order_id for fault in self._faults.all()):
            return Subject()
        try:
            content = msgspec.json.decode(body) if body else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            content = None
        segments = request.path.split("/")
        return joined(
            subject_of(content),
            subject_of(dict(request.query)),
            subject_of_path(request.path),
            *(self._effects.books.names_of(segment) for segment in segments if len(segment) == 36),
        )

    def _refusal(self, request: web.Request) -> web.Response | None:
        """What limits say: requests a minute, or a connection too many."""
        if "Upgrade" in request.headers:
            zombie = self._faults.in_force("zombie_slot", endpoint_of(request))
            if zombie and (request.path.endswith("/stream") or zombie.order.status is not None):
                return error_answer(429, 42910000, "too many connections")
        elif caller := next((name for start, name in _COUNTED if request.path.startswith(start)), None):
            allowance = self._limit.take(caller)
            request[_HEADERS].update(allowance.headers)
            if allowance.is_exceeded:
                return error_answer(429, 42910000, "rate limit exceeded")
        return None

    async def add_headers(self, request: web.Request, answer: web.StreamResponse) -> None:
        """Put the broker's headers on any answer, an upgrade included."""
        for name, value in request.get(_HEADERS, {}).items():
            answer.headers.setdefault(name, value)
        if skew := self._faults.skew_s():
            answer.headers["Date"] = formatdate(time.time() + skew, usegmt=True)


async def _served(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refusal:
        return refusal_answer(refusal)
    except BadValue as problem:
        return _bad_value(request, problem)
    except Denied as denied:
        return denied.answer
    except web.HTTPNotFound:
        return error_answer(404, 40410000, "endpoint not found")
    except web.HTTPMethodNotAllowed:
        return error_answer(405, 40510000, "method not allowed")
    except web.HTTPRequestEntityTooLarge:
        return error_answer(413, 41310000, "request body is too large")
    except web.HTTPException as problem:
        return error_answer(problem.status, problem.status * 100_000 + 10_000, problem.reason)
    except Exception:  # noqa: BLE001 - the top of a request; the server lives on
        _log.exception("%s %s failed", request.method, request.path)
        return error_answer(500, 50010000, "internal server error occurred")


def _bad_value(request: web.Request, problem: BadValue) -> web.Response:
    if request.path.startswith("/data/"):
        return json_answer({"message": str(problem)}, 400)  # the data host gives no code
    return error_answer(422, 40010001, str(problem))


def _shown(answer: web.StreamResponse | None) -> str:
    """An answer's body for the log. Pages and long lists are only counted."""
    body = answer.body if isinstance(answer, web.Response) else None
    if answer is None or not isinstance(body, bytes) or not body:
        return ""
    if answer.content_type != "application/json" or len(body) > _LONGEST_LOGGED:
        return f"({len(body)} bytes of {answer.content_type})"
    return redacted_body(body, answer.content_type)


def is_from_loopback(request: web.Request) -> bool:
    """Whether both ends of the connection, and the name it was called by, are on this machine."""
    transport = request.transport
    peer = transport.get_extra_info("peername") if transport else None
    if not peer or not _is_loopback(peer[0]):
        return False
    name = _PORT.sub("", request.host)
    return name == "localhost" or _is_loopback(name)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False

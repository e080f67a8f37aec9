"""What every request passes through: loopback check, faults, limits, headers, errors, the log."""

import asyncio
import ipaddress
import logging
import secrets
import time
import uuid
from collections.abc import Awaitable, Callable

from aiohttp import web

from practice.engine.refusals import Refusal
from practice.server.access import Denied
from practice.server.answers import error_answer, refusal_answer
from practice.server.faults import Fault, Faults
from practice.server.rate_limit import RateLimit
from practice.server.reading import BadValue
from practice.server.request_log import RequestLog
from practice.server.sockets import cut

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log = logging.getLogger("practice")
_HEADERS = web.RequestKey("broker_headers", dict[str, str])
_COUNTED_PREFIXES = ("/paper", "/live", "/data")


class Front:
    """The middleware around all routes of the broker."""

    def __init__(self, faults: Faults, limit: RateLimit, log: RequestLog) -> None:
        self._faults, self._limit, self._request_log = faults, limit, log

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve one request."""
        request_id = uuid.UUID(bytes=secrets.token_bytes(16), version=4).hex
        started, begun = time.time(), time.monotonic()
        fault = self._faults.of(request.method, request.path)
        status = 0
        try:
            answer = await self._answer(request, handler, fault, request_id)
            status = answer.status
            return answer
        finally:
            milliseconds = round((time.monotonic() - begun) * 1000, 3)
            self._request_log.add(
                started,
                request.method,
                request.path,
                status,
                milliseconds,
                request_id,
                fault.kind if fault else None,
            )
            _log.debug("%s %s %d %.1f ms", request.method, request.path, status, milliseconds)

    async def _answer(
        self, request: web.Request, handler: Handler, fault: Fault | None, request_id: str
    ) -> web.StreamResponse:
        request[_HEADERS] = {"X-Request-ID": request_id}
        if not is_from_loopback(request):
            return error_answer(403, 40310000, "forbidden.")
        if fault and fault.kind == "hang":
            await asyncio.Event().wait()
        if fault and fault.kind == "reset":
            return _cut(request)
        prefix = request.path.split("/", 2)[1] if request.path.count("/") > 1 else ""
        if f"/{prefix}" in _COUNTED_PREFIXES and "Upgrade" not in request.headers:
            allowance = self._limit.take(prefix)
            request[_HEADERS].update(allowance.headers)
            if allowance.is_exceeded:
                return error_answer(429, 42910000, "rate limit exceeded")
        if fault and fault.kind == "status":
            return _invented(fault)
        answer = await _served(request, handler)
        if fault and fault.kind == "lost_answer":
            return _cut(request)
        return answer


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
        return error_answer(400, 40010000, str(problem))
    return error_answer(422, 40010001, str(problem))


def is_from_loopback(request: web.Request) -> bool:
    """Whether both ends of the connection, and the name it was called by, are on this machine."""
    transport = request.transport
    peer = transport.get_extra_info("peername") if transport else None
    name = request.host.rpartition(":")[0] or request.host
    if not peer or not _is_loopback(peer[0]):
        return False
    return name == "localhost" or _is_loopback(name)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def _cut(request: web.Request) -> web.Response:
    cut(request)
    return web.Response(status=499)


def _invented(fault: Fault) -> web.Response:
    if fault.body:
        html = fault.body.lstrip().startswith("<")
        kind = "text/html" if html else "application/json"
        return web.Response(status=fault.status, text=fault.body, content_type=kind)
    return error_answer(fault.status, fault.status * 100_000 + 10_000, "a fault was asked for")


async def add_headers(request: web.Request, answer: web.StreamResponse) -> None:
    """Put the broker's headers on any answer, an upgrade included."""
    answer.headers.update(request.get(_HEADERS, {}))

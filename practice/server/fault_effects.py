"""What the faults that a request met do to it, before, instead of and after its route."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import msgspec
from aiohttp import web

from practice.faults.alterations import alteration_of, altered, shifted_stamps, without_aimed
from practice.faults.kinds import ASIDE, Place
from practice.faults.read_lag import ReadLag
from practice.faults.registry import Fault, Faults
from practice.faults.subject import Subject, bare_path, subject_of
from practice.server.answers import error_answer
from practice.server.invented import html_answer, invented_answer, proxy_page
from practice.server.sockets import cut

Json = dict[str, Any]
Route = Callable[[web.Request], Awaitable[web.StreamResponse]]

_INSTEAD = {"status", "html", "no_code", "token_refused", "rate_limited"}
CUT_STATUS = 499  # of an answer that nobody gets
_TRADING_HOSTS = ("/paper/", "/live/")


class Books(Protocol):
    """What the faults have to know and to do about accounts."""

    def names_of(self, order_id: str) -> Subject:
        """What an order is about; nothing for an unknown one."""
        ...

    def positions(self) -> dict[str, list[Json]]:
        """The positions of every environment, as the API shows them now."""
        ...

    def reject(self, order_id: str, seconds: float) -> None:
        """Let the venue reject an order, so many simulated seconds from now, if it is open by then."""
        ...

    def set_aside(self, order_id: str, state: str, seconds: float) -> None:
        """Let the venue put an order aside as soon as it has it, for so many simulated seconds."""
        ...

    def revise(self, order_id: str, change: str | None, seconds: float) -> None:
        """Let the exchange take back or, with a change of price, correct an order's first execution."""
        ...


class FaultEffects:
    """Carries out the faults of requests. Belongs to the event loop's thread."""

    def __init__(self, faults: Faults, books: Books, read_lag: ReadLag) -> None:
        self._faults, self.books, self.read_lag = faults, books, read_lag
        self._stale: dict[int, dict[str, list[Json]]] = {}  # positions, by the number of the fault
        self._late: set[asyncio.Task[None]] = set()
        faults.on_end(self._end)

    def begin(self, fault: Fault) -> None:
        """Do what a fault needs at the moment it is set."""
        if fault.order.kind == "stale_positions":
            self._stale[fault.number] = self.books.positions()

    def _end(self, fault: Fault) -> None:
        self._stale.pop(fault.number, None)

    async def before(self, request: web.Request, met: Sequence[Fault]) -> web.StreamResponse | None:
        """Hold a request up, or cut it off: then there is an answer that nobody gets."""
        for fault in met:
            match fault.order.kind:
                case "latency":
                    await asyncio.sleep(fault.seconds())
                case "hang":
                    await asyncio.Event().wait()
                case "reset":
                    return cut_off(request)
        return None

    async def instead(
        self, request: web.Request, route: Route, met: Sequence[Fault]
    ) -> web.StreamResponse | None:
        """The answer that takes the place of the route's, if one does."""
        for fault in met:
            if fault.order.kind in _INSTEAD:
                return invented_answer(fault)
            if fault.order.kind == "late_acceptance":
                self._carry_out_late(request, route, fault.seconds())
                if fault.order.status is not None:
                    return invented_answer(fault)
                await asyncio.Event().wait()
        name = self.read_lag.missing(request.path, request.query.get("client_order_id", ""))
        if name is not None and request.method == "GET":
            return error_answer(404, 40410000, f"order not found for {name[:128]}")
        return None

    def _carry_out_late(self, request: web.Request, route: Route, seconds: float) -> None:
        async def later() -> None:
            await asyncio.sleep(seconds)
            await route(request)

        task = asyncio.create_task(later())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def stop(self) -> None:
        """Carry out nothing any more."""
        for task in list(self._late):
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)

    async def after(
        self, request: web.Request, answer: web.StreamResponse, met: list[Fault]
    ) -> web.StreamResponse:
        """What becomes of the route's answer. Faults that only the answer could tell of join `met`."""
        if not isinstance(answer, web.Response):
            return answer
        if any(fault.order.aims_at_items for fault in self._faults.all()):
            met += self._faults.of_answer(request.method, request.path, subject_of(_decoded(answer)))
        for fault in met:
            self._note_order(answer, fault)
        self._change(request, answer, met)
        for fault in met:
            match fault.order.kind:
                case "not_json":
                    return _replaced(answer, html_answer(answer.status, proxy_page(answer.status)))
                case "truncated" if isinstance(answer.body, bytes):
                    answer.body = answer.body[: len(answer.body) // 2]
                case "gateway_timeout":
                    return invented_answer(fault)
                case "lost_answer":
                    return cut_off(request)
                case "half_answer":
                    return await _half(request, answer)
        return answer

    def _note_order(self, answer: web.Response, fault: Fault) -> None:
        if Place.ORDER not in fault.order.of_kind.places or answer.status != 200:
            return
        order = _decoded(answer)
        if isinstance(order, dict) and isinstance(order.get("id"), str):
            match fault.order.kind:
                case "read_lag":
                    self.read_lag.hide(order, fault.seconds(5.0))
                case "reject_after_accept":
                    self.books.reject(order["id"], fault.seconds())
                case "set_aside":
                    self.books.set_aside(order["id"], fault.order.value or ASIDE[0], fault.seconds(10.0))
                case "bust":
                    self.books.revise(order["id"], None, fault.seconds(1.0))
                case "correct":
                    self.books.revise(order["id"], fault.order.value or "0.01", fault.seconds(1.0))

    def _change(self, request: web.Request, answer: web.Response, met: Sequence[Fault]) -> None:
        body = answer.body
        if not isinstance(body, bytes) or not body or answer.content_type != "application/json":
            return
        if request.method == "GET" and answer.status == 200:
            body = self.read_lag.filtered(request.path, body)
        for fault in met:
            if fault.order.kind == "stale_positions":
                body = self._stale_answer(request, answer, fault) or body
            elif fault.order.kind == "missing_from_list":
                items = msgspec.json.decode(body)
                if isinstance(items, list):
                    body = msgspec.json.encode(without_aimed(items, fault.order, fault.chance.randrange))
            elif change := alteration_of(fault.order):
                body = msgspec.json.encode(altered(msgspec.json.decode(body), fault.order, change))
            elif fault.order.kind == "clock_skew" and request.path.startswith(_TRADING_HOSTS):
                body = shifted_stamps(body, fault.seconds())
        if body is not answer.body:
            answer.body = body

    def _stale_answer(self, request: web.Request, answer: web.Response, fault: Fault) -> bytes | None:
        environment = request.path.split("/")[1]
        positions = self._stale.get(fault.number, {}).get(environment)
        if positions is None or answer.status not in {200, 404}:
            return None
        symbol = bare_path(request.path).removeprefix("/v2/positions").strip("/").upper().replace("/", "")
        if not symbol:
            return msgspec.json.encode(positions)
        found = [one for one in positions if symbol in {one["symbol"], one["asset_id"].upper()}]
        answer.set_status(200 if found else 404)
        missing = {"code": 40410000, "message": "position does not exist"}
        return msgspec.json.encode(found[0] if found else missing)


def _decoded(answer: web.Response) -> Any:
    try:
        return msgspec.json.decode(answer.body if isinstance(answer.body, bytes) else b"null")
    except msgspec.DecodeError:
        return None


def _replaced(answer: web.Response, page: web.Response) -> web.Response:
    page.set_status(answer.status)
    return page


def cut_off(request: web.Request) -> web.Response:
    """Cut a request's connection; the answer reaches nobody."""
    cut(request)
    return web.Response(status=CUT_STATUS)


async def _half(request: web.Request, answer: web.Response) -> web.StreamResponse:
    """Send the head and half of the body, then cut."""
    body = answer.body if isinstance(answer.body, bytes) else b""
    begun = web.StreamResponse(status=answer.status, headers={"Content-Type": "application/json"})
    begun.content_length = len(body)
    await begun.prepare(request)
    await begun.write(body[: len(body) // 2])
    # What was written has to be on its way before the connection goes, or nothing of it arrives.
    await asyncio.sleep(0.05)
    cut(request)
    return begun

"""A broker with a long past: lists of orders and activities, paged by the broker's own rules."""

from collections import deque
from typing import Any

from aiohttp import web

from core.domain.environment import Environment
from core.domain.profile import ConnectionProfile, Endpoints
from tests.core.builders import profile
from tests.core.golden import golden
from tests.fakes.app_thread import AppThread

Json = dict[str, Any]


class PastBroker(AppThread):
    """Serves what it is given, newest first; `refusals` are answered before anything else, one each."""

    def __init__(self) -> None:
        self.orders: list[Json] = []  # newest first
        self.activities: list[Json] = []  # newest first
        self.refusals: deque[web.Response] = deque()
        self.requests: list[str] = []
        super().__init__()

    def profile(self) -> ConnectionProfile:
        """A profile whose paper host this is."""
        url = f"http://{self.address}"
        endpoints = Endpoints(trading_url=url, stream_url=f"ws://{self.address}/stream")
        return profile(endpoints={Environment.PAPER: endpoints}, data_url=url)

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/v2/orders", self._on_orders)
        app.router.add_get("/v2/orders/{id}", self._on_order)
        app.router.add_get("/v2/account/activities", self._on_activities)

    async def _on_orders(self, request: web.Request) -> web.Response:
        return self._answer(request, lambda: order_page(self.orders, request.query))

    async def _on_order(self, request: web.Request) -> web.Response:
        return self._answer(
            request, lambda: next(order for order in self.orders if order["id"] == request.match_info["id"])
        )

    async def _on_activities(self, request: web.Request) -> web.Response:
        return self._answer(request, lambda: activity_page(self.activities, request.query))

    def _answer(self, request: web.Request, act: Any) -> web.Response:
        self.requests.append(request.path_qs)
        if self.refusals:
            return self.refusals.popleft()
        return web.json_response(act())


def order_page(orders: list[Json], query: Any) -> list[Json]:
    """A page of `orders`, which are newest first (protocol page section 3.5: both bounds are exclusive)."""
    rows = orders
    if until := query.get("until"):
        rows = [row for row in rows if comparable(row["submitted_at"]) < comparable(until)]
    if before := query.get("before_order_id"):
        place = next(place for place, row in enumerate(orders) if row["id"] == before)
        rows = orders[place + 1 :]
    return rows[: int(query["limit"])]


def activity_page(activities: list[Json], query: Any) -> list[Json]:
    """A page of `activities`, which are newest first (protocol page section 3.3)."""
    token = query.get("page_token")
    rows = [row for row in activities if row["id"] < token] if token else activities
    return rows[: int(query["page_size"])]


def order_json(number: int, submitted_at: str | None, **changes: Any) -> Json:
    """An order that was submitted then."""
    known = {
        **golden("order"),
        "id": f"o-{number}",
        "client_order_id": f"c-{number}",
        "submitted_at": submitted_at,
        "status": "filled",
        "legs": None,
    }
    return {**known, **changes}


def comparable(time: str) -> str:
    """A UTC time to the nanosecond, so that texts compare as times do."""
    whole, _, fraction = time.rstrip("Z").partition(".")
    return f"{whole}.{fraction:0<9}"

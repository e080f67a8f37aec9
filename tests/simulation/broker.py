"""A broker in small: what it has accepted is the truth that the client is held against."""

import itertools
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from core.protocol.call import Answer, Call
from tests.core.golden import golden
from tests.simulation.world import MS, S, World

Json = dict[str, Any]
FINAL = {"filled", "canceled", "expired", "replaced", "rejected"}
_EPOCH = datetime(2026, 11, 20, 15, tzinfo=UTC)


def answer(body: object, status: int = 200, **headers: str) -> Answer:
    return Answer(status=status, headers={"x-request-id": "r-1", **headers}, body=json.dumps(body).encode())


def refusal(status: int, message: str, code: int = 0) -> Answer:
    return answer({"code": code or status * 100_000, "message": message}, status)


class Broker:
    """Orders by id, each with what the client will be told of it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._template = golden("order")
        self._numbers = itertools.count(1)
        self.orders: dict[str, Json] = {}
        self.posts: dict[str, int] = {}  # how often each client order id was asked for
        self.visible_ns: dict[str, int] = {}
        self.told: list[Callable[[str, Json, Json], None]] = []  # event, order, extra
        self.on_accept: Callable[[Json], None] = lambda _order: None
        self.read_lag_ns = 0
        self.forgetful = 0.0  # the chance that a list leaves an order out
        self.met: Counter[str] = Counter()

    # ---- the routes ----------------------------------------------------------------------------------

    def handle(self, call: Call[Any]) -> Answer:
        """Do what a request asks for, now."""
        self._world.note("broker", call.method, call.path, *(dict(call.query).values()))
        match call.method, call.path:
            case "POST", "/v2/orders":
                return self._place(json.loads(call.body or b"{}"))
            case "PATCH", path:
                return self._replace(_id(path), json.loads(call.body or b"{}"))
            case "DELETE", path:
                return self._cancel(_id(path))
            case "GET", "/v2/positions":
                return answer([])
            case "GET", "/v2/orders":
                return self._list(dict(call.query))
            case "GET", "/v2/orders:by_client_order_id":
                key = dict(call.query)["client_order_id"]
                return self._found([one for one in self.orders.values() if one["client_order_id"] == key])
            case "GET", path:
                return self._found([one for one in self.orders.values() if one["id"] == _id(path)])
        raise AssertionError(call)

    def by_client_id(self, key: str) -> Json | None:
        found = [one for one in self.orders.values() if one["client_order_id"] == key]
        assert len(found) <= 1
        return found[0] if found else None

    def _place(self, terms: Json) -> Answer:
        key = terms["client_order_id"]
        self.posts[key] = self.posts.get(key, 0) + 1
        if self.by_client_id(key) is not None:
            self.met["duplicate_id"] += 1
            return refusal(422, "client_order_id must be unique", 40010001)
        if self._world.chance.random() < 0.05:
            return refusal(403, "insufficient buying power", 40310000)
        return answer(self._accept(terms))

    def _accept(self, terms: Json, **more: Any) -> Json:
        number = next(self._numbers)
        order = {
            **self._template,
            "filled_avg_price": None,
            **terms,
            **more,
            "id": f"o-{number}",
            "filled_qty": "0",
            "status": "pending_new",
        }
        self.orders[order["id"]] = order
        self.visible_ns[order["id"]] = self._world.now_ns + self._world.between(0, self.read_lag_ns)
        self._move(order, "pending_new", event="pending_new")
        self._world.at(self._world.between(1 * MS, 40 * MS), lambda: self._route(order))
        self.on_accept(order)
        return dict(order)

    def _replace(self, order_id: str, terms: Json) -> Answer:
        key = terms["client_order_id"]
        self.posts[key] = self.posts.get(key, 0) + 1
        old = self.orders.get(order_id)
        if old is None:
            return refusal(404, f"order not found for {order_id}", 40410000)
        if self.by_client_id(key) is not None:
            return refusal(422, "client_order_id must be unique", 40010001)
        if old["status"] in FINAL:
            return refusal(422, f'order is already in "{old["status"]}" state', 42210000)
        if old["status"] not in ("new", "partially_filled"):
            return refusal(422, "unable to replace order in current state", 42210000)
        kept = {name: old[name] for name in ("symbol", "side", "type", "time_in_force", "qty", "limit_price")}
        self._move(old, "pending_replace", event="pending_replace")
        self._race(old, within_ns=60 * MS)
        new = self._accept({**kept, **terms}, replaces=order_id)
        self._world.at(self._world.between(1 * MS, 60 * MS), lambda: self._swap(old, self.orders[new["id"]]))
        return answer(new)

    def _swap(self, old: Json, new: Json) -> None:
        if old["status"] == "pending_replace":
            old["replaced_by"] = new["id"]
            self._move(old, "replaced", event="replaced")
        elif new["status"] not in FINAL:  # the old one was faster
            self.met["fill_beat_replace"] += old["status"] == "filled"
            self._move(new, "rejected", event="rejected")

    def _cancel(self, order_id: str) -> Answer:
        order = self.orders.get(order_id)
        if order is None:
            return refusal(404, f"order not found for {order_id}", 40410000)
        if order["status"] in FINAL:
            return refusal(422, f'order is already in "{order["status"]}" state', 42210000)
        if order["status"] != "pending_replace":
            self._move(order, "pending_cancel", event="pending_cancel")
            self._race(order, within_ns=800 * MS)
            self._world.at(self._world.between(1 * MS, 800 * MS), lambda: self._finish_cancel(order))
        return Answer(status=204, headers={}, body=b"")

    def _race(self, order: Json, within_ns: int) -> None:
        """Now and then the venue executes what is just being cancelled or replaced."""
        if self._world.chance.random() < 0.3:
            self._world.at(self._world.between(0, within_ns), lambda: self._execute(order))

    def _finish_cancel(self, order: Json) -> None:
        self.met["fill_beat_cancel"] += order["status"] == "filled"
        if order["status"] not in FINAL:
            self._move(order, "canceled", event="canceled")

    def _found(self, orders: list[Json]) -> Answer:
        if not orders or self.visible_ns[orders[0]["id"]] > self._world.now_ns:
            self.met["read_lag" if orders else "not_found"] += 1
            return refusal(404, "order not found", 40410000)
        return answer(orders[0])

    def _list(self, query: dict[str, str]) -> Answer:
        rows = [
            order
            for order in reversed(self.orders.values())
            if self.visible_ns[order["id"]] <= self._world.now_ns
            and not (query.get("status") == "open" and order["status"] in FINAL)
        ]
        kept = [order for order in rows if self._world.chance.random() >= self.forgetful]
        self.met["left_out_of_list"] += len(rows) - len(kept)
        rows = kept
        if before := query.get("before_order_id"):
            ids = [order["id"] for order in rows]
            rows = rows[ids.index(before) + 1 :] if before in ids else []
        return answer(rows[: int(query.get("limit", "50"))])

    # ---- the venue -----------------------------------------------------------------------------------

    def _route(self, order: Json) -> None:
        if order["status"] != "pending_new":
            return
        fate = self._world.chance.random()
        if fate < 0.05:
            self._move(order, "rejected", event="rejected")
            return
        self._move(order, "new", event="new")
        if fate < 0.55:
            self._world.at(self._world.between(1 * MS, 30 * S), lambda: self._execute(order))
        elif fate < 0.62:
            self._world.at(self._world.between(1 * S, 60 * S), lambda: self._expire(order))

    def _expire(self, order: Json) -> None:
        if order["status"] not in FINAL:
            self._move(order, "expired", event="expired")

    def _execute(self, order: Json) -> None:
        if order["status"] in FINAL:
            return
        left = int(order["qty"]) - int(order["filled_qty"])
        piece = left if self._world.chance.random() < 0.6 else self._world.chance.randint(1, left)
        order["filled_qty"] = str(int(order["filled_qty"]) + piece)
        order["filled_avg_price"] = "189.4"
        is_whole = piece == left
        status = order["status"] if order["status"].startswith("pending_") else "partially_filled"
        extra = {"execution_id": f"e-{next(self._numbers)}", "price": "189.4", "qty": str(piece)}
        self._move(order, "filled" if is_whole else status, "fill" if is_whole else "partial_fill", **extra)
        if not is_whole:
            self._world.at(self._world.between(1 * MS, 20 * S), lambda: self._execute(order))

    def _move(self, order: Json, status: str, event: str, **extra: Any) -> None:
        order["status"] = status
        order["updated_at"] = (_EPOCH + timedelta(microseconds=self._world.now_ns // 1000)).isoformat()
        self._world.note("broker", order["id"], status, order["filled_qty"])
        for tell in self.told:
            tell(event, dict(order), extra)


def _id(path: str) -> str:
    return unquote(path.rsplit("/", 1)[1])

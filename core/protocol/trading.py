"""The calls of the trading host that Bellwether makes (protocol page section 3)."""

import logging
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from core.domain.account import Account
from core.domain.event import Asset, MarketHours
from core.domain.listing import Listing
from core.domain.order import Order
from core.domain.position import Position
from core.domain.trading_hours import MarketDay
from core.protocol.call import Answer, Call, Host, Timeouts
from core.protocol.failures import broker_failure
from core.protocol.rows import row_reader
from core.protocol.wire import WireAccount, WireAsset, WireClock, WireMarketDay, WireOrder, WirePosition

Result = TypeVar("Result")

_log = logging.getLogger(__name__)

MAX_ORDERS = 500
# An order that takes longer than this is "unknown" to the trader; waiting longer would only hide that.
_ORDER_TIMEOUTS = Timeouts(connect_s=3.0, read_s=6.0, whole_s=12.0)


def _one(wire: Any, turn: Callable[[Any], Result]) -> Callable[[Answer], Result]:
    decoder = msgspec.json.Decoder(wire, strict=False)
    return lambda answer: turn(decoder.decode(answer.body))


def _segment(text: str) -> str:
    """Keep what the broker or a person named inside one segment of the path, `BTC/USD` for one."""
    return quote(text, safe="")


def _order(answer: Answer) -> Order:
    return _ORDER.decode(answer.body).value()


def _asked(answer: Answer) -> None:
    """Read the answer to a cancel, which says nothing; a page is some gateway's, and proves nothing."""
    if answer.body.strip():
        msgspec.json.decode(answer.body)


_ORDER = msgspec.json.Decoder(WireOrder, strict=False)
_ORDERS = row_reader(WireOrder, WireOrder.value, "id")
_POSITIONS = row_reader(WirePosition, WirePosition.value, "symbol")


def _history_page(answer: Answer) -> tuple[Order, ...]:
    page = _ORDERS(answer)
    if page.unreadable and not page.rows:
        raise ValueError("not one order that can be read")  # an empty page would be the end of the list
    if page.unreadable:
        _log.warning("%d orders on a page of the past could not be read", len(page.unreadable))
    return page.rows


def read_account() -> Call[Account]:
    """GET the account; also the probe that tells whether a token covers an environment."""
    read = _one(WireAccount, WireAccount.value)
    return Call(host=Host.TRADING, method="GET", path="/v2/account", read=read, failure=broker_failure)


def read_positions() -> Call[Listing[Position]]:
    """GET every open position."""
    return Call(
        host=Host.TRADING, method="GET", path="/v2/positions", read=_POSITIONS, failure=broker_failure
    )


def list_orders(
    status: str, *, until: str = "", before_order_id: str = "", limit: int = MAX_ORDERS
) -> Call[Listing[Order]]:
    """GET orders, newest first, legs nested. `status` is open, closed or all.

    Both bounds exclude what they name, and the broker takes only one of them.
    """
    query = [("status", status), ("limit", str(limit)), ("nested", "true"), ("direction", "desc")]
    if until:
        query.append(("until", until))
    if before_order_id:
        query.append(("before_order_id", before_order_id))
    return Call(
        host=Host.TRADING,
        method="GET",
        path="/v2/orders",
        query=tuple(query),
        read=_ORDERS,
        failure=broker_failure,
    )


def page_orders(
    *, until: str = "", before_order_id: str = "", limit: int = MAX_ORDERS
) -> Call[tuple[Order, ...]]:
    """GET a page of all orders for the history: what of it can be read."""
    listed = list_orders("all", until=until, before_order_id=before_order_id, limit=limit)
    return Call(
        host=listed.host,
        method=listed.method,
        path=listed.path,
        query=listed.query,
        read=_history_page,
        failure=broker_failure,
    )


def look_up_order(client_order_id: str) -> Call[Order]:
    """GET one order by our own id. NotFound proves nothing: the request may still be on its way."""
    return Call(
        host=Host.TRADING,
        method="GET",
        path="/v2/orders:by_client_order_id",
        query=(("client_order_id", client_order_id),),
        read=_order,
        failure=broker_failure,
    )


def read_order(order_id: str) -> Call[Order]:
    """GET one order by the broker's id."""
    return Call(
        host=Host.TRADING,
        method="GET",
        path=f"/v2/orders/{_segment(order_id)}",
        query=(("nested", "true"),),
        read=_order,
        failure=broker_failure,
    )


def place_order(body: bytes) -> Call[Order]:
    """POST an order; `body` is the journaled JSON, sent byte for byte."""
    return Call(
        host=Host.TRADING,
        method="POST",
        path="/v2/orders",
        body=body,
        read=_order,
        failure=broker_failure,
        changes=True,
        timeouts=_ORDER_TIMEOUTS,
    )


def replace_order(order_id: str, body: bytes) -> Call[Order]:
    """PATCH a working order; the answer is the new order that takes its place."""
    return Call(
        host=Host.TRADING,
        method="PATCH",
        path=f"/v2/orders/{_segment(order_id)}",
        body=body,
        read=_order,
        failure=broker_failure,
        changes=True,
        timeouts=_ORDER_TIMEOUTS,
    )


def cancel_order(order_id: str) -> Call[None]:
    """DELETE asks for a cancel; 204 means asked, not done."""
    return Call(
        host=Host.TRADING,
        method="DELETE",
        path=f"/v2/orders/{_segment(order_id)}",
        read=_asked,
        failure=broker_failure,
        changes=True,
        timeouts=_ORDER_TIMEOUTS,
    )


def read_asset(symbol: str) -> Call[Asset]:
    """GET one instrument."""
    read = _one(WireAsset, WireAsset.value)
    path = f"/v2/assets/{_segment(symbol)}"
    return Call(host=Host.TRADING, method="GET", path=path, read=read, failure=broker_failure)


def read_clock() -> Call[MarketHours]:
    """GET the market clock."""
    read = _one(WireClock, WireClock.value)
    return Call(host=Host.TRADING, method="GET", path="/v2/clock", read=read, failure=broker_failure)


def read_market_day(day: date) -> Call[MarketDay]:
    """GET what the calendar says of one day; it lists no day on which the exchange stays shut."""

    def found(rows: list[WireMarketDay]) -> MarketDay:
        return MarketDay.of(day, next((row.ends for row in rows if row.date == day.isoformat()), None))

    return Call(
        host=Host.TRADING,
        method="GET",
        path="/v2/calendar",
        query=(("start", day.isoformat()), ("end", day.isoformat())),
        read=_one(list[WireMarketDay], found),
        failure=broker_failure,
    )


def joined(symbols: Iterable[str]) -> str:
    """Spell a list of symbols for a query."""
    return ",".join(sorted(symbols))

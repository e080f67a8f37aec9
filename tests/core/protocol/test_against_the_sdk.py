"""The broker's own SDK as oracle: it reads the same JSON and builds the same requests as we do."""

import json
import re
import warnings
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec
import pytest

from core.domain.order import OrderType, Side, TimeInForce
from core.domain.request import OrderRequest, ReplaceRequest
from core.protocol.order_stream import OrderStreamSession
from core.protocol.trading import read_account, read_asset, read_clock, read_order, read_positions
from tests.core.golden import TOKEN, answer, golden

# Importing the SDK warns about what it imports itself. At the top, so that what it leaves in memory (pandas
# and all) is there before the first test, and set aside from the collections after each.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from alpaca.trading import models, requests


def same(ours: object, theirs: Any) -> bool:
    """Whether both read the same thing, in whatever type each prefers."""
    match ours, theirs:
        case None, None:
            return True
        case Decimal(), str() | int() | float():
            return ours == Decimal(str(theirs))
        case datetime(), datetime():
            return abs((ours - theirs).total_seconds()) <= 1e-6
        case str(), Enum():
            return bool(ours == theirs.value)
        case str(), UUID():
            return ours == str(theirs)
        case _:
            return bool(ours == theirs)


ORDER_FIELDS = [
    "id",
    "client_order_id",
    "symbol",
    "qty",
    "notional",
    "filled_qty",
    "filled_avg_price",
    "limit_price",
    "stop_price",
    "trail_price",
    "trail_percent",
    "extended_hours",
    "submitted_at",
    "updated_at",
    "filled_at",
    "expires_at",
    "side",
    "type",
    "time_in_force",
    "replaces",
    "replaced_by",
    "order_class",
]
FILLED = {
    **golden("order"),
    "status": "filled",
    "filled_qty": "10",
    "filled_avg_price": "189.395",
    "filled_at": "2026-11-20T15:05:00.000001Z",
    "updated_at": "2026-11-20T15:05:00.000001Z",
}
IN_MONEY = {**golden("order"), "qty": None, "notional": "50.25", "type": "market", "order_type": "market"}
TRAILING = {
    **golden("order"),
    "type": "trailing_stop",
    "order_type": "trailing_stop",
    "trail_percent": "1.5",
    "hwm": "191.2",
    "limit_price": None,
}


@pytest.mark.parametrize("wire", [golden("order"), golden("order_bracket"), FILLED, IN_MONEY, TRAILING])
def test_an_order_reads_the_same(wire):
    ours = read_order("x").read(answer(wire))
    theirs = models.Order(**wire)
    assert {name for name in ORDER_FIELDS if not same(getattr(ours, name), getattr(theirs, name))} == set()
    assert ours.status_text == theirs.status.value
    assert [leg.id for leg in ours.legs] == [str(leg.id) for leg in theirs.legs or ()]


def test_an_account_reads_the_same():
    wire = golden("account")
    ours, theirs = read_account().read(answer(wire)), models.TradeAccount(**wire)
    names = [
        "id",
        "status",
        "currency",
        "cash",
        "equity",
        "last_equity",
        "buying_power",
        "regt_buying_power",
        "options_buying_power",
        "non_marginable_buying_power",
        "long_market_value",
        "short_market_value",
        "initial_margin",
        "maintenance_margin",
        "multiplier",
        "trading_blocked",
        "transfers_blocked",
        "account_blocked",
        "shorting_enabled",
    ]
    assert {name for name in names if not same(getattr(ours, name), getattr(theirs, name))} == set()
    assert ours.number == theirs.account_number
    assert ours.suspended_by_user == theirs.trade_suspended_by_user
    assert ours.options_level == theirs.options_trading_level


def test_positions_assets_and_the_clock_read_the_same():
    (ours,) = read_positions().read(answer([golden("position")]))
    theirs = models.Position(**golden("position"))
    names = [
        "symbol",
        "qty",
        "qty_available",
        "avg_entry_price",
        "asset_class",
        "cost_basis",
        "market_value",
        "current_price",
        "lastday_price",
        "unrealized_pl",
        "unrealized_intraday_pl",
    ]
    assert {name for name in names if not same(getattr(ours, name), getattr(theirs, name))} == set()

    asset, their_asset = read_asset("AAPL").read(answer(golden("asset"))), models.Asset(**golden("asset"))
    names = ["symbol", "name", "exchange", "asset_class", "tradable", "fractionable", "shortable"]
    assert {name for name in names if not same(getattr(asset, name), getattr(their_asset, name))} == set()

    hours, clock = read_clock().read(answer(golden("clock"))), models.Clock(**golden("clock"))
    assert hours.is_open == clock.is_open
    # The SDK drops the offset and so means the wall clock of New York.
    assert hours.next_close is not None
    assert hours.next_close.isoformat() == "2026-11-20T21:00:00+00:00"


def test_an_order_update_reads_the_same():
    wire = golden("order_stream")["server"]
    session = OrderStreamSession(TOKEN)
    session.receive(json.dumps(wire["authorized"]))
    (ours,) = session.receive(json.dumps(wire["update"]))
    theirs = models.TradeUpdate(**wire["update"]["data"])
    assert ours.event == theirs.event
    for name, other in (
        ("execution_id", "execution_id"),
        ("price", "price"),
        ("qty", "qty"),
        ("position_qty", "position_qty"),
        ("at", "timestamp"),
    ):
        assert same(getattr(ours, name), getattr(theirs, other)), name


def as_sent(fields: Any) -> Any:
    """A body with its figures as numbers: the SDK sends JSON numbers, we send text, the broker takes both."""
    match fields:
        case Enum():
            return fields.value
        case dict():
            return {name: as_sent(value) for name, value in fields.items() if value is not None}
        case bool():
            return fields
        case int() | float():
            return Decimal(str(fields))
        case str() if NUMERAL.fullmatch(fields):
            return Decimal(fields)
        case _:
            return fields


NUMERAL = re.compile(r"\d+(\.\d+)?")

ORDERS = [
    ("MarketOrderRequest", OrderType.MARKET, {"qty": 10}),
    ("MarketOrderRequest", OrderType.MARKET, {"qty": 0.5}),
    ("LimitOrderRequest", OrderType.LIMIT, {"qty": 3, "limit_price": 189.4}),
    ("LimitOrderRequest", OrderType.LIMIT, {"qty": 3, "limit_price": 189.4, "extended_hours": True}),
    ("StopOrderRequest", OrderType.STOP, {"qty": 7, "stop_price": 180.25}),
    ("StopLimitOrderRequest", OrderType.STOP_LIMIT, {"qty": 7, "stop_price": 180.25, "limit_price": 179.5}),
]


@pytest.mark.parametrize(("name", "kind", "terms"), ORDERS)
@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("time_in_force", [TimeInForce.DAY, TimeInForce.GTC])
def test_an_order_is_asked_for_in_the_same_words(name, kind, terms, side, time_in_force):
    if terms["qty"] == 0.5 and time_in_force is TimeInForce.GTC:
        time_in_force = TimeInForce.DAY
    common = {"symbol": "AAPL", "side": side.value, "time_in_force": time_in_force.value}
    theirs = getattr(requests, name)(**common, **terms, client_order_id="bw-1").to_request_fields()
    exact: dict[str, Any] = {
        key: value if isinstance(value, bool) else Decimal(str(value)) for key, value in terms.items()
    }
    ours = OrderRequest(symbol="AAPL", side=side, type=kind, time_in_force=time_in_force, **exact)
    assert as_sent(msgspec.json.decode(msgspec.json.encode(ours.body("bw-1")))) == as_sent(theirs)


def test_new_terms_are_asked_for_in_the_same_words():
    theirs = requests.ReplaceOrderRequest(
        qty=20, limit_price=189.5, client_order_id="bw-2"
    ).to_request_fields()
    ours = ReplaceRequest(order_id="o", qty=Decimal(20), limit_price=Decimal("189.5"))
    assert as_sent(ours.body("bw-2")) == as_sent(theirs)

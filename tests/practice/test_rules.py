"""Every refusal of an order, in the broker's words."""

from decimal import Decimal
from typing import Any

import pytest

from practice.engine.orders import Kind, Tif
from tests.practice.engine import Day, refusal

LIMIT = {"kind": Kind.LIMIT}


@pytest.mark.parametrize(
    ("fields", "status", "code", "message"),
    [
        ({"qty": None}, 422, 40010001, "qty is required"),
        ({"notional": Decimal(5)}, 422, 40010001, "only one of qty or notional is accepted"),
        ({"qty": "0"}, 422, 40010001, "qty must be > 0"),
        ({"qty": "-1"}, 422, 40010001, "qty must be > 0"),
        ({"qty": None, "notional": Decimal("0.5")}, 422, 40010001, "notional must be >= 1.00"),
        ({"qty": None, "notional": Decimal("5.001")}, 422, 40010001, "2 decimal places"),
        ({"qty": "1.0000000001"}, 422, 40010001, "at most 9 decimal places"),
        ({"kind": Kind.LIMIT}, 422, 40010001, "limit orders require limit price"),
        ({"kind": Kind.STOP}, 422, 40010001, "stop orders require stop price"),
        ({"kind": Kind.STOP_LIMIT, "stop": "9"}, 422, 40010001, "stop_limit orders require limit price"),
        ({"stop": "9"}, 422, 40010001, "market orders must not have stop price"),
        ({"limit": "0"}, 422, 40010001, "limit_price must be > 0"),
        ({"limit": "290.123"}, 422, 42210000, "invalid limit_price 290.123. sub-penny increment"),
        ({"limit": "0.12345"}, 422, 42210000, "sub-penny increment does not fulfill minimum pricing"),
        ({"symbol": "NOPE"}, 422, 42210000, 'asset "NOPE" not found'),
        ({"qty": "1.5", "tif": Tif.GTC}, 422, 42210000, "fractional orders must be DAY orders"),
        ({"qty": "1.5", "symbol": "NIOBF"}, 422, 42210000, "requested asset is not fractionable"),
        (
            {"kind": Kind.STOP, "stop": "9", "tif": Tif.IOC},
            422,
            42210000,
            "ioc orders must be market or limit",
        ),
        ({"extended_hours": True}, 422, 42210000, "extended hours order must be DAY or GTC limit orders"),
        (
            {"client_order_id": "x" * 129},
            422,
            40010001,
            "client_order_id must be no more than 128 characters",
        ),
        ({"symbol": "BTC/USD"}, 422, 42210000, "invalid crypto time_in_force"),
        (
            {"symbol": "BTC/USD", "kind": Kind.STOP, "stop": "9", "tif": Tif.GTC},
            422,
            40010001,
            "invalid order type for crypto order",
        ),
        (
            {"symbol": "BTC/USD", "qty": "0.00001", "tif": Tif.GTC},
            403,
            40310000,
            "minimal amount of order 10",
        ),
        ({"symbol": "BTC/USD", "qty": "9", "tif": Tif.GTC}, 403, 40310000, "maximal amount of order 200000"),
        (
            {"symbol": "ETH/USD", "side": "sell", "tif": Tif.GTC},
            403,
            40310000,
            "insufficient balance for ETH",
        ),
        ({"symbol": "NIOBF", "side": "sell"}, 422, 42210000, 'asset "NIOBF" cannot be sold short'),
        ({"side": "sell", "qty": "1.5"}, 422, 42210000, "fractional orders cannot be sold short"),
    ],
)
def test_an_impossible_order_is_refused(fields: dict[str, Any], status: int, code: int, message: str) -> None:
    options = {"side": "buy", "qty": "10"} | fields
    found = refusal(Day(), options.pop("side"), options.pop("qty"), **options)
    assert (found.status, found.code) == (status, code), found.message
    assert message in found.message


def test_too_little_buying_power_is_said_with_both_figures() -> None:
    day = Day()
    found = refusal(day, "buy", "1000", limit="300.00")
    assert (found.status, found.code, found.message) == (403, 40310000, "insufficient buying power")
    assert found.extra == {"buying_power": "200000", "cost_basis": "300000"}


def test_selling_short_needs_three_percent_more_than_the_offer() -> None:
    day = Day()
    affordable = int(200_000 / day.ask())
    assert refusal(day, "sell", str(affordable)).message == "insufficient buying power"
    day.place("sell", str(int(affordable / Decimal("1.04"))))


def test_shares_that_an_order_already_sells_cannot_be_sold_again() -> None:
    day = Day()
    day.filled("buy", "10")
    first = day.place("sell", "7", limit=day.ask() + 20)
    found = refusal(day, "sell", "5")
    assert found.message == "insufficient qty available for order (requested: 5, available: 3)"
    assert found.extra == {
        "symbol": "AAPL",
        "existing_qty": "10",
        "held_for_orders": "7",
        "available": "3",
        "related_orders": [first.id],
    }
    day.place("sell", "3", limit=day.ask() + 20)


def test_more_than_is_held_cannot_be_sold_in_one_order() -> None:
    day = Day()
    day.filled("buy", "10")
    found = refusal(day, "sell", "11")
    assert found.message == "insufficient qty available for order (requested: 11, available: 10)"


def test_orders_that_could_trade_with_each_other_are_a_wash() -> None:
    day = Day()
    resting = day.place("buy", "10", limit=day.bid() - 5)
    found = refusal(day, "sell", "1", symbol="AAPL")
    assert (found.status, found.message) == (403, "potential wash trade detected. use complex orders")
    assert found.extra["existing_order_id"] == resting.id
    assert "wash trade" in refusal(day, "sell", "1", limit=day.bid() - 5).message
    day.place("sell", "1", limit=day.ask() + 5)  # these two never meet


def test_a_client_order_id_is_never_used_twice() -> None:
    day = Day()
    day.filled("buy", "1", client_order_id="desk-1")
    found = refusal(day, "buy", "1", client_order_id="desk-1")
    assert (found.status, found.message) == (422, "client_order_id must be unique")


def test_switches_of_the_account_are_obeyed() -> None:
    day = Day()
    day.account.configurations.no_shorting = True
    assert refusal(day, "sell", "1").message == "account is not allowed to short"
    day.account.configurations.suspend_trade = True
    assert refusal(day, "buy", "1").message == "new orders are rejected by user request"


def test_without_margin_cash_is_all_there_is() -> None:
    day = Day()
    day.account.configurations.max_margin_multiplier = "1"
    assert day.brokerage.figures(day.account).buying_power == 100_000

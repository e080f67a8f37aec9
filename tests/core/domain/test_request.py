"""Requests: what may not be sent is named, and what is sent is spelled exactly."""

import json
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.money import is_on_grid
from core.domain.order import OrderType, Side, TimeInForce
from core.domain.request import OrderRequest, Problem, ReplaceRequest

P, T, F = Problem, OrderType, TimeInForce
MARKET, LIMIT, STOP, STOP_LIMIT = T.MARKET, T.LIMIT, T.STOP, T.STOP_LIMIT


def a_request(type_: OrderType = MARKET, qty: str | None = "10", **changes: object) -> OrderRequest:
    numbers = {
        name: Decimal(str(value)) if name.endswith("_price") and value is not None else value
        for name, value in changes.items()
    }
    known = {"symbol": "AAPL", "side": Side.BUY, "qty": None if qty is None else Decimal(qty)}
    return OrderRequest(type=type_, **{**known, **numbers})  # type: ignore[arg-type]


SENDABLE = [
    a_request(),
    a_request(qty="0.000000001"),
    a_request(qty="0.5"),
    a_request(qty="1E+2"),
    a_request(qty="10.0", time_in_force=F.GTC),
    a_request(symbol="BTC/USD"),
    a_request(side=Side.SELL),
    a_request(time_in_force=F.OPG),
    a_request(time_in_force=F.CLS),
    a_request(time_in_force=F.IOC),
    a_request(time_in_force=F.FOK),
    a_request(limit_price=None, stop_price=None),
    a_request(LIMIT, limit_price="189.4"),
    a_request(LIMIT, limit_price="0.0001"),
    a_request(LIMIT, limit_price="0.9999"),
    a_request(LIMIT, limit_price="1"),
    a_request(LIMIT, limit_price="1.00", time_in_force=F.IOC),
    a_request(LIMIT, limit_price="189.4", extended_hours=True),
    a_request(LIMIT, limit_price="189.4", extended_hours=True, time_in_force=F.GTC),
    a_request(LIMIT, limit_price="189.40", time_in_force=F.FOK),
    a_request(STOP, stop_price="180"),
    a_request(STOP, stop_price="180", time_in_force=F.GTC),
    a_request(STOP_LIMIT, stop_price="180", limit_price="179.5"),
    a_request(STOP_LIMIT, stop_price="0.5", limit_price="0.4999"),
    # A price that the type does not carry is not sent, so that it cannot be wrong.
    a_request(MARKET, limit_price="189.401"),
    a_request(LIMIT, limit_price="189.4", stop_price="-1"),
]
HELD_BACK = [
    (a_request(symbol=""), [P.SYMBOL_MISSING]),
    (a_request(qty=None), [P.QTY_MISSING]),
    (a_request(qty="0"), [P.QTY_NOT_POSITIVE]),
    (a_request(qty="-1"), [P.QTY_NOT_POSITIVE]),
    (a_request(qty="0.0000000001"), [P.QTY_TOO_FINE]),
    (a_request(qty="1.0000000001"), [P.QTY_TOO_FINE]),
    (a_request(qty="0.5", time_in_force=F.GTC), [P.FRACTION_NEEDS_DAY]),
    (a_request(qty="0.5", time_in_force=F.IOC), [P.FRACTION_NEEDS_DAY]),
    (a_request(LIMIT), [P.LIMIT_PRICE_MISSING]),
    (a_request(LIMIT, limit_price="0"), [P.PRICE_NOT_POSITIVE]),
    (a_request(LIMIT, limit_price="-1"), [P.PRICE_NOT_POSITIVE]),
    (a_request(LIMIT, limit_price="290.123"), [P.LIMIT_PRICE_OFF_GRID]),
    (a_request(LIMIT, limit_price="1.005"), [P.LIMIT_PRICE_OFF_GRID]),
    (a_request(LIMIT, limit_price="0.00005"), [P.LIMIT_PRICE_OFF_GRID]),
    (a_request(STOP), [P.STOP_PRICE_MISSING]),
    (a_request(STOP, stop_price="0"), [P.PRICE_NOT_POSITIVE]),
    (a_request(STOP, stop_price="180.001"), [P.STOP_PRICE_OFF_GRID]),
    (a_request(STOP_LIMIT), [P.LIMIT_PRICE_MISSING, P.STOP_PRICE_MISSING]),
    (a_request(STOP_LIMIT, limit_price="10"), [P.STOP_PRICE_MISSING]),
    (a_request(STOP_LIMIT, stop_price="10"), [P.LIMIT_PRICE_MISSING]),
    (
        a_request(STOP_LIMIT, stop_price="10.001", limit_price="9.999"),
        [P.LIMIT_PRICE_OFF_GRID, P.STOP_PRICE_OFF_GRID],
    ),
    (a_request(STOP_LIMIT, stop_price="-1", limit_price="-1"), [P.PRICE_NOT_POSITIVE]),
    (a_request(STOP, stop_price="10", time_in_force=F.IOC), [P.IMMEDIATE_NEEDS_MARKET_OR_LIMIT]),
    (a_request(STOP, stop_price="10", time_in_force=F.OPG), [P.IMMEDIATE_NEEDS_MARKET_OR_LIMIT]),
    (
        a_request(STOP_LIMIT, stop_price="10", limit_price="9", time_in_force=F.FOK),
        [P.IMMEDIATE_NEEDS_MARKET_OR_LIMIT],
    ),
    (
        a_request(STOP_LIMIT, stop_price="10", limit_price="9", time_in_force=F.CLS),
        [P.IMMEDIATE_NEEDS_MARKET_OR_LIMIT],
    ),
    (a_request(extended_hours=True), [P.EXTENDED_HOURS_NEEDS_LIMIT]),
    (a_request(STOP, stop_price="10", extended_hours=True), [P.EXTENDED_HOURS_NEEDS_LIMIT]),
    (
        a_request(LIMIT, limit_price="10", extended_hours=True, time_in_force=F.IOC),
        [P.EXTENDED_HOURS_NEEDS_LIMIT],
    ),
    (
        a_request(LIMIT, limit_price="10", extended_hours=True, time_in_force=F.OPG),
        [P.EXTENDED_HOURS_NEEDS_LIMIT],
    ),
    (a_request(LIMIT, qty=None, symbol=""), [P.SYMBOL_MISSING, P.QTY_MISSING, P.LIMIT_PRICE_MISSING]),
]


@pytest.mark.parametrize("request_", SENDABLE)
def test_what_the_broker_takes_has_no_problem_and_a_body(request_):
    assert request_.problems() == ()
    assert request_.body("bw-1")["client_order_id"] == "bw-1"


@pytest.mark.parametrize(("request_", "problems"), HELD_BACK)
def test_what_the_broker_refuses_is_named_and_has_no_body(request_, problems):
    assert list(request_.problems()) == problems
    with pytest.raises(ValueError, match=problems[0].value):
        request_.body("bw-1")


BODIES = [
    (
        a_request(qty="10.00"),
        {"symbol": "AAPL", "qty": "10", "side": "buy", "type": "market", "time_in_force": "day"},
    ),
    (
        a_request(LIMIT, qty="1E+2", limit_price="189.40", side=Side.SELL, time_in_force=F.GTC),
        {
            "symbol": "AAPL",
            "qty": "100",
            "side": "sell",
            "type": "limit",
            "time_in_force": "gtc",
            "limit_price": "189.4",
        },
    ),
    (
        a_request(STOP, stop_price="180.10"),
        {
            "symbol": "AAPL",
            "qty": "10",
            "side": "buy",
            "type": "stop",
            "time_in_force": "day",
            "stop_price": "180.1",
        },
    ),
    (
        a_request(STOP_LIMIT, qty="0.1", stop_price="0.5", limit_price="0.4999", extended_hours=False),
        {
            "symbol": "AAPL",
            "qty": "0.1",
            "side": "buy",
            "type": "stop_limit",
            "time_in_force": "day",
            "limit_price": "0.4999",
            "stop_price": "0.5",
        },
    ),
    (
        a_request(LIMIT, limit_price="10", stop_price="9", extended_hours=True),
        {
            "symbol": "AAPL",
            "qty": "10",
            "side": "buy",
            "type": "limit",
            "time_in_force": "day",
            "limit_price": "10",
            "extended_hours": True,
        },
    ),
]


@pytest.mark.parametrize(("request_", "body"), BODIES)
def test_a_body_holds_exactly_what_was_asked_for(request_, body):
    assert request_.body("bw-1") == {**body, "client_order_id": "bw-1"}


PLAIN_NUMBER = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]*[1-9])?")
QUANTITIES = st.decimals("0.000000001", "1000000", places=9, allow_nan=False).filter(lambda qty: qty > 0)
PRICES = st.decimals("0.0001", "900000", places=4, allow_nan=False).filter(is_on_grid)


@given(QUANTITIES, PRICES, PRICES, st.sampled_from([LIMIT, STOP, STOP_LIMIT]), st.sampled_from(Side))
def test_the_numbers_of_every_body_are_plain_text_of_exactly_what_was_typed(qty, limit, stop, kind, side):
    request = OrderRequest(symbol="AAPL", side=side, type=kind, qty=qty, limit_price=limit, stop_price=stop)
    body = json.loads(json.dumps(request.body("bw-1")))
    typed = {"qty": qty, "limit_price": limit, "stop_price": stop}
    for name, value in typed.items():
        if name in body:
            assert isinstance(body[name], str)
            assert PLAIN_NUMBER.fullmatch(body[name])
            assert Decimal(body[name]) == value


@given(
    st.one_of(st.none(), st.decimals(allow_nan=False, allow_infinity=False)),
    st.one_of(st.none(), st.decimals(allow_nan=False, allow_infinity=False)),
    st.one_of(st.none(), st.decimals(allow_nan=False, allow_infinity=False)),
    st.sampled_from(OrderType),
    st.sampled_from(TimeInForce),
    st.booleans(),
)
def test_a_body_exists_exactly_when_there_is_no_problem(qty, limit, stop, kind, tif, extended):
    request = OrderRequest(
        symbol="AAPL",
        side=Side.BUY,
        type=kind,
        qty=qty,
        limit_price=limit,
        stop_price=stop,
        time_in_force=tif,
        extended_hours=extended,
    )
    if request.problems():
        with pytest.raises(ValueError, match="not sendable"):
            request.body("bw-1")
    else:
        assert all(isinstance(value, str | bool) for value in request.body("bw-1").values())


REPLACEMENTS = [
    (ReplaceRequest(order_id="o"), [P.NOTHING_CHANGED]),
    (ReplaceRequest(order_id="o", qty=Decimal(0)), [P.QTY_NOT_POSITIVE]),
    (ReplaceRequest(order_id="o", qty=Decimal("0.0000000001")), [P.QTY_TOO_FINE]),
    (ReplaceRequest(order_id="o", limit_price=Decimal("1.005")), [P.LIMIT_PRICE_OFF_GRID]),
    (ReplaceRequest(order_id="o", stop_price=Decimal("1.005")), [P.STOP_PRICE_OFF_GRID]),
    (ReplaceRequest(order_id="o", limit_price=Decimal(0), stop_price=Decimal(-1)), [P.PRICE_NOT_POSITIVE]),
    (ReplaceRequest(order_id="o", qty=Decimal(5)), []),
    (ReplaceRequest(order_id="o", limit_price=Decimal("189.41")), []),
    (ReplaceRequest(order_id="o", stop_price=Decimal("0.1234")), []),
]


@pytest.mark.parametrize(("request_", "problems"), REPLACEMENTS)
def test_new_terms_are_judged_like_an_order(request_, problems):
    assert list(request_.problems()) == problems
    if problems:
        with pytest.raises(ValueError, match=problems[0].value):
            request_.body("bw-2")


def test_a_replacement_says_only_what_changes():
    request = ReplaceRequest(order_id="o", qty=Decimal("20.0"), limit_price=Decimal("189.50"))
    assert request.body("bw-2") == {"qty": "20", "limit_price": "189.5", "client_order_id": "bw-2"}

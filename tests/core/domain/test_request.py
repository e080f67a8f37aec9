"""Requests: what may not be sent is named, and what is sent is spelled exactly."""

import json
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.legs import OrderClass, StopLoss, TakeProfit
from core.domain.money import is_on_grid
from core.domain.order import OrderType, Side, TimeInForce
from core.domain.position import Position
from core.domain.problem import Problem
from core.domain.request import OrderRequest, PositionIntent, ReplaceRequest, closing_request

P, T, F = Problem, OrderType, TimeInForce
MARKET, LIMIT, STOP, STOP_LIMIT = T.MARKET, T.LIMIT, T.STOP, T.STOP_LIMIT


FIGURES = ("limit_price", "stop_price", "trail_price", "trail_percent", "notional")
BTC, CALL = "BTC/USD", "AAPL261218C00200000"


def gain(price: str) -> TakeProfit:
    return TakeProfit(limit_price=Decimal(price))


def loss(stop: str, limit: str | None = None) -> StopLoss:
    return StopLoss(stop_price=Decimal(stop), limit_price=None if limit is None else Decimal(limit))


def a_request(type_: OrderType = MARKET, qty: str | None = "10", **changes: object) -> OrderRequest:
    numbers = {
        name: Decimal(value) if name in FIGURES and isinstance(value, str) else value
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
    a_request(symbol=BTC, time_in_force=F.GTC),
    a_request(symbol=BTC, qty="0.000615847", time_in_force=F.IOC),
    a_request(LIMIT, symbol=BTC, limit_price="91240.123456789", time_in_force=F.GTC),
    a_request(STOP_LIMIT, symbol=BTC, limit_price="1", stop_price="2", time_in_force=F.GTC),
    a_request(symbol=BTC, qty=None, notional="10", time_in_force=F.GTC),
    a_request(symbol=BTC, qty=None, notional="200000", time_in_force=F.GTC),
    a_request(LIMIT, symbol=BTC, qty=None, notional="10", limit_price="90000", time_in_force=F.GTC),
    a_request(qty=None, notional="1"),
    a_request(qty=None, notional="1234.56"),
    a_request(symbol=CALL),
    a_request(LIMIT, symbol=CALL, limit_price="0.05", position_intent=PositionIntent.BUY_TO_OPEN),
    a_request(symbol=CALL, side=Side.SELL, position_intent=PositionIntent.SELL_TO_CLOSE),
    a_request(T.TRAILING_STOP, trail_price="1.5"),
    a_request(T.TRAILING_STOP, trail_percent="0.75", time_in_force=F.GTC),
    a_request(qty="0.5", order_class=OrderClass.SIMPLE),
    a_request(order_class=OrderClass.BRACKET, take_profit=gain("200"), stop_loss=loss("180")),
    a_request(
        LIMIT,
        limit_price="189.4",
        order_class=OrderClass.BRACKET,
        take_profit=gain("189.41"),
        stop_loss=loss("189.39", "189"),
        time_in_force=F.GTC,
    ),
    a_request(
        LIMIT,
        limit_price="189.4",
        side=Side.SELL,
        order_class=OrderClass.BRACKET,
        take_profit=gain("180"),
        stop_loss=loss("200"),
    ),
    a_request(
        LIMIT, side=Side.SELL, order_class=OrderClass.OCO, take_profit=gain("200"), stop_loss=loss("180")
    ),
    a_request(LIMIT, order_class=OrderClass.OCO, take_profit=gain("180"), stop_loss=loss("200")),
    a_request(order_class=OrderClass.OTO, take_profit=gain("200")),
    a_request(order_class=OrderClass.OTO, stop_loss=loss("180", "179.5")),
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
    (a_request(qty="1", notional="10"), [P.QTY_AND_NOTIONAL]),
    (a_request(qty="1e15"), [P.NUMBER_TOO_LARGE]),
    (a_request(qty="NaN"), [P.NUMBER_TOO_LARGE]),
    (a_request(qty=None, notional="0"), [P.NOTIONAL_NOT_POSITIVE]),
    (a_request(qty=None, notional="0.99"), [P.NOTIONAL_TOO_SMALL]),
    (a_request(qty=None, notional="10.001"), [P.NOTIONAL_TOO_FINE]),
    (a_request(qty=None, notional="Infinity"), [P.NUMBER_TOO_LARGE]),
    (a_request(qty=None, notional="10", time_in_force=F.GTC), [P.FRACTION_NEEDS_DAY]),
    (a_request(LIMIT, qty=None, notional="10", limit_price="9"), [P.NOTIONAL_NEEDS_MARKET]),
    (a_request(symbol=BTC, qty=None, notional="9.99", time_in_force=F.GTC), [P.NOTIONAL_TOO_SMALL]),
    (a_request(symbol=BTC, qty=None, notional="200000.01", time_in_force=F.GTC), [P.NOTIONAL_TOO_LARGE]),
    (a_request(symbol=BTC), [P.CRYPTO_TIME_IN_FORCE]),
    (a_request(STOP, symbol=BTC, stop_price="9", time_in_force=F.GTC), [P.CRYPTO_TYPE]),
    (
        a_request(T.TRAILING_STOP, symbol=BTC, trail_price="9", time_in_force=F.FOK),
        [P.CRYPTO_TYPE, P.CRYPTO_TIME_IN_FORCE],
    ),
    (
        a_request(LIMIT, symbol=BTC, limit_price="9", time_in_force=F.GTC, extended_hours=True),
        [P.EXTENDED_HOURS_EQUITY_ONLY],
    ),
    (a_request(symbol=CALL, qty="1.5"), [P.QTY_NOT_WHOLE]),
    (a_request(symbol=CALL, qty=None, notional="10"), [P.NOTIONAL_NOT_FOR_OPTIONS]),
    (a_request(symbol=CALL, time_in_force=F.GTC), [P.OPTION_TIME_IN_FORCE]),
    (a_request(STOP, symbol=CALL, stop_price="1"), [P.OPTION_TYPE]),
    (a_request(LIMIT, symbol=CALL, limit_price="0.051"), [P.LIMIT_PRICE_OFF_GRID]),
    (a_request(position_intent=PositionIntent.SELL_TO_OPEN), [P.INTENT_CONTRADICTS_SIDE]),
    (a_request(T.TRAILING_STOP), [P.TRAIL_MISSING]),
    (a_request(T.TRAILING_STOP, trail_price="1", trail_percent="1"), [P.TRAIL_BOTH]),
    (a_request(T.TRAILING_STOP, trail_price="0"), [P.TRAIL_NOT_POSITIVE]),
    (a_request(T.TRAILING_STOP, trail_price="1.005"), [P.TRAIL_OFF_GRID]),
    (a_request(T.TRAILING_STOP, trail_percent="100"), [P.TRAIL_PERCENT_TOO_LARGE]),
    (
        a_request(T.TRAILING_STOP, trail_price="1", time_in_force=F.IOC),
        [P.TRAILING_NEEDS_DAY_OR_GTC],
    ),
    (a_request(T.TRAILING_STOP, trail_price="1", extended_hours=True), [P.EXTENDED_HOURS_NEEDS_LIMIT]),
    (a_request(T.TRAILING_STOP, qty="0.5", trail_price="1"), [P.FRACTION_NOT_TRAILING]),
    (a_request(take_profit=gain("200")), [P.LEGS_NEED_CLASS]),
    (a_request(order_class=OrderClass.BRACKET), [P.TAKE_PROFIT_MISSING, P.STOP_LOSS_MISSING]),
    (a_request(order_class=OrderClass.BRACKET, take_profit=gain("200")), [P.STOP_LOSS_MISSING]),
    (
        a_request(order_class=OrderClass.BRACKET, take_profit=TakeProfit(), stop_loss=StopLoss()),
        [P.TAKE_PROFIT_MISSING, P.STOP_LOSS_MISSING],
    ),
    (a_request(order_class=OrderClass.OTO), [P.OTO_NEEDS_ONE_LEG]),
    (
        a_request(order_class=OrderClass.OTO, take_profit=gain("200"), stop_loss=loss("180")),
        [P.OTO_NEEDS_ONE_LEG],
    ),
    (
        a_request(order_class=OrderClass.BRACKET, take_profit=gain("180"), stop_loss=loss("200")),
        [P.LEGS_CROSSED],
    ),
    (
        a_request(
            LIMIT, side=Side.SELL, order_class=OrderClass.OCO, take_profit=gain("180"), stop_loss=loss("200")
        ),
        [P.LEGS_CROSSED],
    ),
    (
        a_request(order_class=OrderClass.OCO, take_profit=gain("180"), stop_loss=loss("200")),
        [P.OCO_NEEDS_LIMIT],
    ),
    (
        a_request(
            LIMIT,
            limit_price="189.4",
            order_class=OrderClass.BRACKET,
            take_profit=gain("189.4"),
            stop_loss=loss("189.4"),
        ),
        [P.LEGS_CROSSED, P.TAKE_PROFIT_WRONG_SIDE, P.STOP_LOSS_WRONG_SIDE],
    ),
    (
        a_request(LIMIT, limit_price="189.4", order_class=OrderClass.OTO, stop_loss=loss("190")),
        [P.STOP_LOSS_WRONG_SIDE],
    ),
    (
        a_request(
            order_class=OrderClass.BRACKET, take_profit=gain("200.001"), stop_loss=loss("180.001", "1.001")
        ),
        [P.TAKE_PROFIT_OFF_GRID, P.STOP_LOSS_OFF_GRID, P.STOP_LOSS_LIMIT_OFF_GRID],
    ),
    (
        a_request(
            order_class=OrderClass.BRACKET,
            take_profit=gain("200"),
            stop_loss=loss("180"),
            time_in_force=F.IOC,
            extended_hours=True,
            qty="1.5",
        ),
        [
            P.FRACTION_NEEDS_DAY,
            P.EXTENDED_HOURS_NEEDS_LIMIT,
            P.COMPLEX_NEEDS_DAY_OR_GTC,
            P.COMPLEX_NOT_EXTENDED,
            P.FRACTION_NEEDS_SIMPLE,
        ],
    ),
    (
        a_request(
            T.TRAILING_STOP,
            trail_price="1",
            order_class=OrderClass.BRACKET,
            take_profit=gain("200"),
            stop_loss=loss("180"),
        ),
        [P.COMPLEX_NOT_TRAILING],
    ),
    (
        a_request(
            symbol=BTC,
            time_in_force=F.GTC,
            order_class=OrderClass.OTO,
            take_profit=gain("200"),
        ),
        [P.COMPLEX_EQUITY_ONLY],
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


LEGS_BODIES = [
    (
        a_request(
            LIMIT,
            limit_price="189.40",
            time_in_force=F.GTC,
            order_class=OrderClass.BRACKET,
            take_profit=gain("199.00"),
            stop_loss=loss("184.00", "183.50"),
        ),
        {
            "symbol": "AAPL",
            "qty": "10",
            "side": "buy",
            "type": "limit",
            "limit_price": "189.4",
            "time_in_force": "gtc",
            "order_class": "bracket",
            "take_profit": {"limit_price": "199"},
            "stop_loss": {"stop_price": "184", "limit_price": "183.5"},
        },
    ),
    (
        a_request(
            LIMIT,
            side=Side.SELL,
            limit_price="1",  # an OCO's limit is its take profit's
            time_in_force=F.GTC,
            order_class=OrderClass.OCO,
            take_profit=gain("199.00"),
            stop_loss=loss("184.00"),
        ),
        {
            "symbol": "AAPL",
            "qty": "10",
            "side": "sell",
            "type": "limit",
            "time_in_force": "gtc",
            "order_class": "oco",
            "take_profit": {"limit_price": "199"},
            "stop_loss": {"stop_price": "184"},
        },
    ),
    (
        a_request(symbol=BTC, qty=None, notional="50.00", time_in_force=F.GTC),
        {"symbol": BTC, "notional": "50", "side": "buy", "type": "market", "time_in_force": "gtc"},
    ),
    (
        a_request(T.TRAILING_STOP, trail_percent="1.50", side=Side.SELL, limit_price="1"),
        {
            "symbol": "AAPL",
            "qty": "10",
            "side": "sell",
            "type": "trailing_stop",
            "time_in_force": "day",
            "trail_percent": "1.5",
        },
    ),
    (
        a_request(symbol=CALL, position_intent=PositionIntent.BUY_TO_CLOSE),
        {
            "symbol": CALL,
            "qty": "10",
            "side": "buy",
            "type": "market",
            "time_in_force": "day",
            "position_intent": "buy_to_close",
        },
    ),
]


@pytest.mark.parametrize(("request_", "body"), BODIES + LEGS_BODIES)
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


NUMBERS = st.one_of(st.none(), st.decimals(), st.decimals("0.01", "500", places=2))


@given(
    st.fixed_dictionaries(dict.fromkeys(("qty", *FIGURES), NUMBERS)),
    st.sampled_from(["AAPL", BTC, CALL, ""]),
    st.tuples(*map(st.sampled_from, (Side, OrderType, TimeInForce, OrderClass))),
    st.one_of(st.none(), st.sampled_from(PositionIntent)),
    st.one_of(st.none(), NUMBERS.map(lambda price: TakeProfit(limit_price=price))),
    st.one_of(st.none(), st.builds(StopLoss, stop_price=NUMBERS, limit_price=NUMBERS)),
)
def test_whatever_is_asked_for_is_sent_exactly_or_refused_with_a_reason(
    figures, symbol, choices, intent, take_profit, stop_loss
):
    side, kind, tif, order_class = choices
    request = OrderRequest(
        symbol=symbol,
        side=side,
        type=kind,
        time_in_force=tif,
        order_class=order_class,
        position_intent=intent,
        take_profit=take_profit,
        stop_loss=stop_loss,
        **figures,
    )
    if request.problems():
        with pytest.raises(ValueError, match="not sendable"):
            request.body("bw-1")
        return
    body = request.body("bw-1")
    for name in set(body) & {"qty", *FIGURES}:
        assert PLAIN_NUMBER.fullmatch(str(body[name]))
        assert Decimal(str(body[name])) == figures[name]


def test_an_id_that_the_broker_would_not_take_is_not_sent():
    with pytest.raises(ValueError, match="client order id"):
        a_request().body("x" * 129)


def test_a_coin_is_closed_under_its_order_name_and_to_the_last_digit():
    coins = Position(
        symbol="BTCUSD", asset_class="crypto", qty=Decimal("0.012345678"), avg_entry_price=Decimal(90_000)
    )
    body = closing_request(coins).body("bw-1")
    assert (body["symbol"], body["qty"], body["time_in_force"]) == (BTC, "0.012345678", "gtc")


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
    (ReplaceRequest(order_id="o", time_in_force=TimeInForce.GTC), []),
    (ReplaceRequest(order_id="o", trail=Decimal("1.25")), []),
    (ReplaceRequest(order_id="o", trail=Decimal(0)), [P.TRAIL_NOT_POSITIVE]),
    (ReplaceRequest(order_id="o", symbol=BTC, limit_price=Decimal("91240.123")), []),
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


def test_every_term_of_an_order_can_be_replaced():
    request = ReplaceRequest(
        order_id="o",
        qty=Decimal(3),
        time_in_force=TimeInForce.GTC,
        limit_price=Decimal(2),
        stop_price=Decimal(1),
        trail=Decimal("0.50"),
    )
    assert request.body("bw-2") == {
        "qty": "3",
        "time_in_force": "gtc",
        "limit_price": "2",
        "stop_price": "1",
        "trail": "0.5",
        "client_order_id": "bw-2",
    }

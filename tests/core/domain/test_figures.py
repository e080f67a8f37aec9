"""Positions and accounts: what they are worth, and what may be done with them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.market import Quote, Source, Ticker, Trade
from core.domain.order import OrderStatus
from tests.core.builders import account, order, position

D = Decimal


@pytest.mark.parametrize(
    ("changes", "mark", "value", "unrealized", "fraction", "day"),
    [
        ({}, "191.24", "1912.40", "19.30", "0.0101949", "19.30"),
        ({}, "190", "1900", "6.9", "0.0036448", "6.90"),
        ({"qty": D(-10)}, "191.24", "-1912.40", "-19.30", "-0.0101949", "19.3"),
        ({"unrealized_intraday_pl": None}, "190", "1900", "6.9", "0.0036448", "11.0"),
        ({"unrealized_intraday_pl": None, "lastday_price": None}, "190", "1900", "6.9", "0.0036448", None),
        ({"current_price": None}, "190", "1900", "6.9", "0.0036448", "11.0"),
        ({"avg_entry_price": D(0)}, "190", "1900", "1900", None, "6.90"),
    ],
)
def test_a_position_is_valued_at_the_mark(changes, mark, value, unrealized, fraction, day):
    worth = position(**changes).valued_at(D(mark))
    assert worth.market_value == D(value)
    assert worth.unrealized == D(unrealized)
    if fraction is None:
        assert worth.unrealized_fraction is None
    else:
        assert worth.unrealized_fraction == pytest.approx(D(fraction), abs=D("1e-6"))
    assert worth.day == (None if day is None else D(day))


@given(
    st.decimals("-10000", "10000", places=4).filter(bool),
    st.decimals("0.01", "5000", places=2),
    st.decimals("0.01", "5000", places=2),
)
def test_profit_is_what_the_value_is_above_the_cost_for_long_and_short_alike(qty, entry, mark):
    worth = position(qty=qty, avg_entry_price=entry).valued_at(mark)
    assert worth.unrealized == qty * (mark - entry)
    assert worth.unrealized_fraction is not None
    assert (worth.unrealized_fraction > 0) == (worth.unrealized > 0)


@pytest.mark.parametrize(
    ("qty", "available", "closable"),
    [("10", None, "10"), ("10", "4", "4"), ("10", "0", "0"), ("-7", "-7", "7"), ("-7", "0", "0")],
)
def test_only_what_no_order_holds_can_be_closed(qty, available, closable):
    held = position(qty=D(qty), qty_available=None if available is None else D(available))
    assert held.closable_qty == D(closable)


def test_the_day_of_an_account_counts_from_the_last_close():
    assert account().day_change == D("210.15")
    assert account().day_change_fraction == D("210.15") / D(100000)
    assert account(last_equity=None).day_change is None
    assert account(last_equity=D(0)).day_change_fraction is None


@pytest.mark.parametrize(
    ("changes", "can_trade", "blocks"),
    [
        ({}, True, ()),
        ({"status": "ACCOUNT_CLOSED_PENDING"}, False, ()),
        ({"status": "something newer"}, False, ()),
        ({"trading_blocked": True}, False, ("trading_blocked",)),
        ({"account_blocked": True}, False, ("account_blocked",)),
        ({"suspended_by_user": True}, False, ("suspended_by_user",)),
        ({"transfers_blocked": True}, True, ("transfers_blocked",)),
    ],
)
def test_an_account_trades_only_when_active_and_unblocked(changes, can_trade, blocks):
    assert account(**changes).can_trade is can_trade
    assert account(**changes).blocks == blocks


@pytest.mark.parametrize(
    ("status", "cancelable", "replaceable"),
    [
        (OrderStatus.NEW, True, True),
        (OrderStatus.PARTIALLY_FILLED, True, True),
        (OrderStatus.ACCEPTED, True, False),
        (OrderStatus.PENDING_NEW, True, False),
        (OrderStatus.HELD, True, False),
        (OrderStatus.UNRECOGNISED, True, False),
        (OrderStatus.PENDING_CANCEL, False, False),
        (OrderStatus.PENDING_REPLACE, False, False),
        (OrderStatus.FILLED, False, False),
        (OrderStatus.REPLACED, False, False),
    ],
)
def test_the_status_says_what_may_be_asked_for(status, cancelable, replaceable):
    assert order(status=status).is_cancelable is cancelable
    assert order(status=status).is_replaceable is replaceable


def test_an_order_in_money_cannot_be_replaced_and_has_no_remainder():
    in_money = order(qty=None, notional=D(50))
    assert not in_money.is_replaceable
    assert in_money.remaining is None


@pytest.mark.parametrize("text", ["", "calculatedish", "FILLED", "Filled"])
def test_a_status_the_broker_invents_later_is_open_and_unrecognised(text):
    assert OrderStatus.of(text) is OrderStatus.UNRECOGNISED
    assert not OrderStatus.of(text).is_final


def test_a_ticker_prefers_the_trade_and_needs_both_sides_for_a_middle():
    quote = Quote("A", 10.0, 10.2, 1, 1, 5, 100)
    assert Ticker(symbol="A", quote=quote).last == pytest.approx(10.1)
    assert Ticker(symbol="A", quote=Quote("A", 0.0, 10.2, 1, 1, 5, 100)).last is None
    traded = Ticker(
        symbol="A",
        quote=quote,
        trade=Trade("A", 11.0, 1, 5, 90, source=Source.REST),
        previous_close=10.0,
    )
    assert (traded.last, traded.change) == (11.0, 1.0)
    assert traded.change_fraction == pytest.approx(0.1)
    assert (traded.received_ns, traded.source) == (100, Source.STREAM)
    assert Ticker(symbol="A").received_ns is None
    assert Ticker(symbol="A").source is None

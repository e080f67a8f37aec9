"""Whatever people order, nothing is lost and nothing comes from nowhere."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practice.engine.orders import Kind, Order, Role, State, Tif
from tests.practice.engine import NOON, Day
from tests.practice.flows import Step, played, revised_steps, steps, whole_chain

ZERO = Decimal(0)


@settings(max_examples=60)
@given(revised_steps)
def test_cash_and_shares_are_conserved_to_the_last_decimal(flow: list[Step]) -> None:
    day, books = played(flow)
    assert books.mistakes == []
    assert day.account.cash == books.cash
    held = {symbol: position.qty for symbol, position in day.account.positions.items()}
    assert held == {symbol: qty for symbol, qty in books.held.items() if qty}
    assert held.get("BTC/USD", ZERO) >= 0


@settings(max_examples=60)
@given(revised_steps)
def test_every_order_adds_up_and_keeps_its_promises(flow: list[Step]) -> None:
    day, books = played(flow)
    for order in day.account.orders.values():
        assert order.filled_qty == books.filled.get(order.id, 0)
        if not order.is_combo:
            assert sum((one.qty for one in order.executions), ZERO) == order.filled_qty
        if order.qty is None:  # by amount, and nothing of it has traded
            assert order.notional
            assert order.filled_qty == 0
            continue
        assert 0 <= order.filled_qty <= order.qty
        assert (order.filled_qty == order.qty) == (order.state == State.FILLED)
        assert order.is_open == (order.id in day.account.open_orders)
        if order.tif is Tif.FOK:
            assert order.filled_qty in {0, order.qty}
        if order.limit_price is not None and order.average_price is not None:
            better = order.limit_price - order.average_price
            assert better >= 0 if order.is_buy else better <= 0


@settings(max_examples=40)
@given(steps)
def test_the_exits_of_a_position_never_close_it_twice(flow: list[Step]) -> None:
    day, _ = played([*flow, ("wait", 900.0)])
    for order in day.account.orders.values():
        exits = [leg for leg in order.legs if leg.role is not Role.COMBO_LEG]
        if order.is_entry:
            assert sum((whole_chain(day, leg) for leg in exits), ZERO) <= whole_chain(day, order)
            if order.state is not State.FILLED:
                assert {leg.filled_qty for leg in exits} <= {ZERO}
        elif exits and order.qty is not None:
            assert whole_chain(day, order) + whole_chain(day, exits[0]) <= order.qty + _earlier(day, order)
        assert len([one for one in (order, *exits) if _has_the_shares(one)]) <= 1 or order.is_entry
        assert len([one for one in exits if _has_the_shares(one)]) <= 1


def _earlier(day: Day, order: Order) -> Decimal:
    return whole_chain(day, order) - order.filled_qty


def _has_the_shares(order: Order) -> bool:
    return order.is_open and order.state not in {State.HELD, State.PENDING_REPLACE} and not order.is_spare


@settings(max_examples=40)
@given(revised_steps)
def test_nothing_is_promised_twice(flow: list[Step]) -> None:
    day, _ = played(flow)
    account = day.account
    for position in account.positions.values():
        assert 0 <= account.available(position.instrument) <= abs(position.qty)
    money = day.brokerage.figures(account)
    reserved = sum((order.reserved for order in account.open_orders.values()), ZERO)
    assert money.reserved + money.reserved_cash == reserved
    assert money.buying_power >= 0
    assert money.cash_power >= 0
    assert all(order.counted == 0 for order in account.orders.values() if not order.is_open)


@settings(max_examples=12)
@given(revised_steps, st.integers(1, 5))
def test_the_same_seed_and_the_same_requests_give_the_same_events(flow: list[Step], seed: int) -> None:
    assert played(flow, seed)[0].log == played(flow, seed)[0].log


@pytest.mark.long
@settings(max_examples=1500)
@given(revised_steps, st.integers(1, 50))
def test_thousands_of_flows_leave_the_books_right(flow: list[Step], seed: int) -> None:
    day, books = played(flow, seed)
    held = {symbol: position.qty for symbol, position in day.account.positions.items()}
    assert books.mistakes == []
    assert day.account.cash == books.cash
    assert held == {symbol: qty for symbol, qty in books.held.items() if qty}
    assert day.brokerage.figures(day.account).buying_power >= 0


def test_it_does_not_matter_how_often_the_engine_is_looked_at() -> None:
    def events(step_s: float) -> list[bytes]:
        day = Day(start=NOON)
        day.place("buy", "10", limit=day.bid() - Decimal("0.02"))
        day.place("buy", "20", symbol="F")
        day.place("sell", "5", symbol="TSLA", kind=Kind.STOP, stop=day.bid("TSLA") - Decimal("0.2"))
        for _ in range(round(60 / step_s)):
            day.pass_time(step_s)
        return day.log

    assert events(60) == events(0.02) == events(1.5)


def test_the_market_is_never_crossed_or_locked() -> None:
    day = Day()
    market = day.brokerage.market
    symbols = ("AAPL", "F", "BTC/USD", day.contracts("call")[0].symbol)
    for symbol in symbols:
        instrument = day.brokerage.instruments.find(symbol)
        assert instrument is not None
        for second in range(0, 3600, 7):
            quote = market.quote(instrument, NOON + second * 10**9)
            assert 0 < quote.bid < quote.ask

"""What the brokerage does with orders."""

from decimal import Decimal

import pytest

from practice.engine.orders import MOVES, IllegalMove, Kind, State, Tif
from practice.engine.refusals import Refusal
from practice.engine.rules import Change
from tests.practice.engine import Day, instant, refusal

CENT = Decimal("0.01")


@pytest.fixture
def day() -> Day:
    return Day()


def test_a_market_order_is_acknowledged_then_fills_at_the_offer(day: Day) -> None:
    order = day.filled("buy", "10")
    assert day.events[:2] == ["pending_new", "new"]
    assert day.events[-1] == "fill"
    assert order.average_price is not None
    assert abs(order.average_price - day.ask()) < Decimal("0.50")
    assert day.held() == 10
    assert day.account.cash == 100_000 - order.filled_value


def test_about_one_execution_in_ten_is_partial(day: Day) -> None:
    for _ in range(200):
        day.filled("buy", "5", symbol="F")
        day.filled("sell", "5", symbol="F")
    partials = day.events.count("partial_fill")
    assert 20 <= partials <= 70


def test_a_limit_order_away_from_the_market_rests_and_fills_when_the_market_comes(day: Day) -> None:
    order = day.place("buy", "10", limit=day.bid() - Decimal("0.30"))
    day.pass_time(1)
    assert str(order.state) == State.NEW
    while order.is_open and day.brokerage.now < day.start + 12 * 3600 * 10**9:
        day.pass_time(60)
    assert order.state == State.FILLED
    assert order.limit_price is not None
    assert order.average_price is not None
    assert order.average_price <= order.limit_price


def test_a_marketable_limit_order_fills_at_the_offer_not_at_its_limit(day: Day) -> None:
    order = day.filled("buy", "10", limit=day.ask() + 5)
    assert order.limit_price is not None
    assert order.average_price is not None
    assert order.average_price < order.limit_price - 4


def test_an_immediate_order_is_canceled_where_it_cannot_trade(day: Day) -> None:
    for tif in (Tif.IOC, Tif.FOK):
        order = day.place("buy", "10", limit=day.bid() - 5, tif=tif)
        day.pass_time(1)
        assert order.state == State.CANCELED
        assert order.filled_qty == 0


def test_fill_or_kill_fills_in_one_piece(day: Day) -> None:
    for _ in range(60):
        day.events.clear()
        order = day.place("buy", "10", symbol="F", tif=Tif.FOK)
        day.pass_time(1)
        assert order.state == State.FILLED
        assert day.events == ["pending_new", "new", "fill"]


def test_immediate_or_cancel_gives_back_what_did_not_trade(day: Day) -> None:
    states = set()
    for _ in range(60):
        order = day.place("buy", "10", symbol="F", tif=Tif.IOC)
        day.pass_time(1)
        assert not order.is_open
        assert order.state == State.FILLED or 0 < order.filled_qty < 10
        states.add(order.state)
    assert states == {State.FILLED, State.CANCELED}


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_stop_waits_for_its_price_and_then_trades(side: str) -> None:
    day = Day()
    away = Decimal("0.40") if side == "buy" else Decimal("-0.40")
    if side == "sell":
        day.filled("buy", "10")
    order = day.place(side, "10", kind=Kind.STOP, stop=day.ask() + away)  # type: ignore[arg-type]
    day.pass_time(1)
    assert (order.state, order.triggered) == (State.NEW, False)
    while order.is_open and day.brokerage.now < day.start + 11 * 3600 * 10**9:
        day.pass_time(60)
    if order.triggered:
        assert order.state == State.FILLED
        assert order.average_price is not None
        assert order.stop_price is not None
        assert abs(order.average_price - order.stop_price) < 2
        assert (order.collar is not None) == (side == "buy")


def test_a_stop_limit_rests_at_its_limit_once_triggered(day: Day) -> None:
    order = day.place("buy", "10", kind=Kind.STOP_LIMIT, stop=day.ask() + CENT, limit=day.bid() - 5)
    day.wait_for(lambda: order.triggered)
    assert order.state == State.NEW


def test_a_cancel_is_pending_before_it_is_done(day: Day) -> None:
    order = day.place("buy", "10", limit=day.bid() - 5)
    day.pass_time(1)
    day.brokerage.cancel(order)
    assert str(order.state) == State.PENDING_CANCEL
    day.brokerage.cancel(order)  # asking twice changes nothing
    day.pass_time(1)
    assert order.state == State.CANCELED
    assert day.events == ["pending_new", "new", "pending_cancel", "canceled"]
    with pytest.raises(Refusal, match='already in "canceled" state'):
        day.brokerage.cancel(order)


def test_a_replacement_is_a_new_order_that_follows_the_old_one(day: Day) -> None:
    old = day.place("buy", "10", limit=day.bid() - 5, client_order_id="first")
    day.pass_time(1)
    new = day.brokerage.replace(
        day.account, old, Change(qty=Decimal(4), limit_price=day.bid() - 6, client_order_id="second")
    )
    assert (old.state, new.state) == (State.PENDING_REPLACE, State.PENDING_NEW)
    day.pass_time(1)
    assert (old.state, new.state) == (State.REPLACED, State.NEW)
    assert (old.replaced_by, new.replaces) == (new.id, old.id)
    assert (new.qty, new.client_order_id) == (Decimal(4), "second")
    assert day.events == ["pending_new", "new", "pending_replace", "pending_new", "replaced", "new"]


def test_a_replacement_without_an_id_gets_one_of_its_own(day: Day) -> None:
    old = day.place("buy", "10", limit=day.bid() - 5, client_order_id="first")
    day.pass_time(1)
    new = day.brokerage.replace(day.account, old, Change(qty=Decimal(4)))
    assert new.client_order_id != "first"


def test_a_replacement_loses_the_race_against_a_fill(day: Day) -> None:
    old = day.place("buy", "1", limit=day.bid() - 5)
    day.pass_time(1)
    new = day.brokerage.replace(day.account, old, Change(limit_price=day.bid() - 6))
    old.limit_price = day.ask() + 5  # as if the market had come down in the same instant
    for _ in range(2000):
        day.pass_time(0.0005)
        if not old.is_open:
            break
    day.pass_time(1)
    if old.state == State.FILLED:
        assert (new.state, day.events[-1]) == (State.REJECTED, "rejected")
    else:
        assert (old.state, new.state) == (State.REPLACED, State.NEW)


def test_an_order_that_is_not_working_cannot_be_replaced(day: Day) -> None:
    order = day.place("buy", "10", limit=day.bid() - 5)
    with pytest.raises(Refusal, match="unable to replace order in current state") as caught:
        day.brokerage.replace(day.account, order, Change(qty=Decimal(4)))
    assert (caught.value.status, caught.value.code) == (422, 42210000)


def test_a_day_order_ends_with_the_day_and_a_lasting_one_does_not(day: Day) -> None:
    short = day.place("buy", "10", limit=day.bid() - 100)
    long = day.place("buy", "10", limit=day.bid() - 100, tif=Tif.GTC)
    day.pass_time(12 * 3600)
    assert (short.state, long.state) == (State.EXPIRED, State.NEW)
    assert short.expired_at == short.expires_at


def test_an_order_sent_while_the_exchange_is_closed_waits_for_the_open() -> None:
    day = Day(start=instant("2026-11-22T15:00:00"), hours="exchange")
    order = day.place("buy", "10")
    day.pass_time(3600)
    assert (order.state, day.events) == (State.ACCEPTED, ["accepted"])
    with pytest.raises(Refusal, match="unable to replace"):
        day.brokerage.replace(day.account, order, Change(qty=Decimal(4)))
    day.brokerage.floor.advance(instant("2026-11-23T09:31:00-05:00"))
    assert order.state == State.FILLED
    assert order.expires_at == instant("2026-11-23T16:00:00-05:00")
    assert order.filled_at is not None
    assert order.filled_at >= instant("2026-11-23T09:30:00-05:00")


def test_an_order_for_extended_hours_trades_before_the_open() -> None:
    day = Day(start=instant("2026-11-18T08:00:00-05:00"), hours="exchange")
    early = day.place("buy", "10", limit=day.ask() + 5, extended_hours=True)
    ordinary = day.place("buy", "10", limit=day.ask() + 5)
    day.pass_time(60)
    assert (early.state, ordinary.state) == (State.FILLED, State.ACCEPTED)


def test_an_order_by_amount_learns_its_quantity_when_it_trades(day: Day) -> None:
    order = day.place("buy", None, notional=Decimal(1000))
    assert order.qty is None
    day.pass_time(1)
    assert order.state == State.FILLED
    assert order.qty == order.filled_qty
    assert Decimal("999.99") < order.filled_value <= 1000


def test_an_order_by_amount_keeps_others_from_what_it_is_about_to_close(day: Day) -> None:
    day.filled("buy", "10")
    too_much = refusal(day, "sell", None, notional=day.bid() * 11)
    assert too_much.message.startswith("insufficient qty available for order (requested: 1")
    sale = day.place("sell", None, notional=Decimal(500), limit=day.ask() + Decimal("0.02"), kind=Kind.LIMIT)
    kept = day.account.available(day.instrument())
    assert 8 < kept < 9
    assert refusal(day, "sell", "9").extra["held_for_orders"] == f"{10 - kept:f}"
    day.filled("sell", "8")
    day.wait_for(lambda: not sale.is_open)
    assert sale.state == State.FILLED
    assert day.held() == 2 - sale.filled_qty


def test_an_order_by_amount_ends_when_what_it_was_to_close_is_gone(day: Day) -> None:
    bought = day.filled("buy", "10")
    sale = day.place("sell", None, notional=Decimal(500), limit=day.ask() + Decimal("0.02"), kind=Kind.LIMIT)
    day.pass_time(1)
    for execution in list(bought.executions):
        day.brokerage.revisions.bust(execution.id)
    day.wait_for(lambda: not sale.is_open)
    assert sale.state is State.CANCELED
    assert (sale.qty, sale.filled_qty) == (None, Decimal(0))
    assert day.held() == 0


def test_a_position_is_closed_whole_or_in_part(day: Day) -> None:
    day.filled("buy", "10")
    day.brokerage.close_position(day.account, day.instrument(), Decimal(4))
    day.pass_time(5)
    assert day.held() == 6
    day.brokerage.close_position(day.account, day.instrument())
    day.pass_time(5)
    assert day.held() == 0
    with pytest.raises(Refusal, match="position does not exist"):
        day.brokerage.close_position(day.account, day.instrument())


def test_coins_pay_their_fee_from_what_is_received(day: Day) -> None:
    cash = day.account.cash
    bought = day.filled("buy", "0.5", symbol="BTC/USD", tif=Tif.GTC)
    assert bought.filled_qty == Decimal("0.5")
    assert day.held("BTC/USD") == Decimal("0.49875")
    assert day.account.cash == cash - bought.filled_value
    cash = day.account.cash
    sold = day.filled("sell", "0.49875", symbol="BTC/USD", tif=Tif.GTC)
    assert day.account.cash == cash + sold.filled_value * Decimal("0.9975")
    assert day.held("BTC/USD") == 0


def test_coins_by_amount_fall_two_percent_short(day: Day) -> None:
    bought = day.filled("buy", None, symbol="BTC/USD", tif=Tif.GTC, notional=Decimal(1000))
    assert Decimal(980) < bought.filled_value < Decimal(981)
    assert day.account.open_orders == {}


def test_equity_is_cash_and_what_is_held_long_and_short() -> None:
    day = Day(fresh=False)
    money = day.brokerage.figures(day.account)
    values = [
        position.qty * day.brokerage.last_price(position.instrument)
        for position in day.account.positions.values()
    ]
    assert {symbol: int(p.qty) for symbol, p in day.account.positions.items()} == {
        "NVDA": 40,
        "AAPL": 25,
        "AMD": 60,
        "TSLA": -10,
    }
    assert money.equity == day.account.cash + sum(values)
    assert 90_000 < money.equity < 110_000
    assert money.long_value > 0 > money.short_value


def test_a_new_day_starts_from_the_close_before(day: Day) -> None:
    day.filled("buy", "10")
    day.pass_time(13 * 3600)
    close = day.brokerage.last_close(day.instrument())
    assert day.account.last_equity == day.account.cash + 10 * close
    assert day.account.positions["AAPL"].day_cost == 10 * close


def test_working_orders_reserve_buying_power_until_they_end(day: Day) -> None:
    before = day.brokerage.figures(day.account).buying_power
    limit = (day.bid() - 5).quantize(CENT)
    order = day.place("buy", "10", limit=limit)
    assert day.brokerage.figures(day.account).buying_power == before - 10 * limit
    day.pass_time(1)
    day.brokerage.replace(day.account, order, Change(qty=Decimal(20)))
    assert day.brokerage.figures(day.account).buying_power == before - 20 * limit
    day.pass_time(1)
    day.brokerage.cancel_all(list(day.account.open_orders.values()))
    day.pass_time(1)
    assert day.brokerage.figures(day.account).buying_power == before


def test_no_state_follows_a_final_one_unless_an_execution_is_taken_back() -> None:
    for state in (State.CANCELED, State.EXPIRED, State.REPLACED, State.REJECTED):
        assert MOVES[state] == frozenset()
    assert MOVES[State.FILLED] == {State.CANCELED}
    assert set(MOVES) == set(State)
    order = Day().filled("buy", "1")
    with pytest.raises(IllegalMove):
        order.move_to(State.NEW, 0)


def test_refusals_leave_no_trace(day: Day) -> None:
    refusal(day, "buy", "1000000")
    assert (day.account.orders, day.account.open_orders, day.events) == ({}, {}, [])

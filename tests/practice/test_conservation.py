"""Whatever people order, nothing is lost and nothing comes from nowhere."""

from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from practice.engine.orders import Kind, Tif
from practice.engine.refusals import Refusal
from practice.engine.rules import Change
from tests.practice.engine import NOON, Day

SYMBOLS = ("AAPL", "F", "TSLA")
sides = st.sampled_from(["buy", "sell"])
symbols = st.sampled_from(SYMBOLS)
quantities = st.sampled_from(["1", "2", "7", "40", "0.5", "300"])
cents = st.integers(-120, 120)
placements = st.tuples(
    st.just("place"),
    sides,
    symbols,
    quantities,
    st.sampled_from(list(Kind)),
    st.sampled_from(list(Tif)),
    cents,
)
changes = st.tuples(st.just("replace"), st.integers(0, 30), st.sampled_from(["3", "9"]), cents)
steps = st.lists(
    st.one_of(
        placements,
        placements,
        changes,
        st.tuples(st.just("cancel"), st.integers(0, 30)),
        st.tuples(st.just("close"), symbols),
        st.tuples(st.just("wait"), st.sampled_from([0.002, 0.05, 1.0, 40.0])),
    ),
    max_size=40,
)


def play(day: Day, flow: list[tuple[Any, ...]]) -> None:
    """Do these things; what the broker refuses has not been done."""
    for step in flow:
        try:
            match step:
                case ("place", side, symbol, qty, kind, tif, offset):
                    price = day.ask(symbol) + Decimal(offset) / 100
                    limit = price if kind in {Kind.LIMIT, Kind.STOP_LIMIT} else None
                    stop = price if kind in {Kind.STOP, Kind.STOP_LIMIT} else None
                    day.place(side, qty, symbol=symbol, kind=kind, tif=tif, limit=limit, stop=stop)
                case ("replace", index, qty, offset):
                    order = list(day.account.orders.values())[index]
                    price = day.ask(order.instrument.symbol) + Decimal(offset) / 100
                    limit = price if order.limit_price else None
                    day.brokerage.replace(day.account, order, Change(qty=Decimal(qty), limit_price=limit))
                case ("cancel", index):
                    day.brokerage.cancel(list(day.account.orders.values())[index])
                case ("close", symbol):
                    day.brokerage.close_position(day.account, day.instrument(symbol))
                case ("wait", seconds):
                    day.pass_time(seconds)
        except (Refusal, IndexError):
            continue
    day.pass_time(3)


def executions(day: Day) -> list[dict[str, Any]]:
    updates = [msgspec.json.decode(line) for line in day.log]
    return [update for update in updates if "execution_id" in update]


@settings(max_examples=60)
@given(steps)
def test_cash_and_shares_are_conserved_to_the_last_decimal(flow: list[tuple[Any, ...]]) -> None:
    day = Day()
    play(day, flow)
    cash, shares = Decimal(100_000), dict.fromkeys(SYMBOLS, Decimal(0))
    for update in executions(day):
        order = update["order"]
        signed = Decimal(update["qty"]) * (1 if order["side"] == "buy" else -1)
        cash -= signed * Decimal(update["price"])
        shares[order["symbol"]] += signed
        assert Decimal(update["position_qty"]) == shares[order["symbol"]]
    assert day.account.cash == cash
    assert {symbol: day.held(symbol) for symbol in SYMBOLS} == shares


@settings(max_examples=60)
@given(steps)
def test_every_order_adds_up_and_keeps_its_promises(flow: list[tuple[Any, ...]]) -> None:
    day = Day()
    play(day, flow)
    filled: dict[str, Decimal] = {}
    for update in executions(day):
        order_id = update["order"]["id"]
        filled[order_id] = filled.get(order_id, Decimal(0)) + Decimal(update["qty"])
    for order in day.account.orders.values():
        assert order.filled_qty == filled.get(order.id, 0)
        assert order.qty is not None
        assert 0 <= order.filled_qty <= order.qty
        assert (order.filled_qty == order.qty) == (order.state == "filled")
        assert order.is_open == (order.id in day.account.open_orders)
        if order.tif is Tif.FOK:
            assert order.filled_qty in {0, order.qty}
        if order.limit_price is not None and order.average_price is not None:
            better = order.limit_price - order.average_price
            assert better >= 0 if order.is_buy else better <= 0
    # What is reserved for closing never exceeds what is held.
    for symbol in SYMBOLS:
        assert 0 <= day.account.available(day.instrument(symbol)) <= abs(day.held(symbol))
    assert day.brokerage.figures(day.account).buying_power >= 0


@settings(max_examples=20)
@given(steps, st.integers(1, 5))
def test_the_same_seed_and_the_same_requests_give_the_same_events(
    flow: list[tuple[Any, ...]], seed: int
) -> None:
    first, second = Day(seed=seed), Day(seed=seed)
    play(first, flow)
    play(second, flow)
    assert first.log == second.log


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

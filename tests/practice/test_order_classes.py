"""Brackets, pairs and one-triggers-other: what their orders do to each other."""

from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
import pytest

from practice.engine.orders import Kind, Order, State, Tif
from practice.engine.refusals import Refusal
from practice.engine.rules import Change
from practice.engine.text import plain
from practice.server.wire import order_json
from tests.practice.engine import Day, refusal

NEAR, FAR = Decimal("0.05"), Decimal(20)


@pytest.fixture
def day() -> Day:
    return Day()


def bracket(day: Day, up: Decimal, down: Decimal, qty: str = "10", **others: Any) -> Order:
    options: dict[str, Any] = {"tif": Tif.GTC, "profit": day.ask() + up, "loss": day.bid() - down} | others
    return day.place("buy", qty, order_class="bracket", **options)


def pair(day: Day, up: Decimal, down: Decimal, **others: Any) -> Order:
    return day.place(
        "sell",
        "10",
        kind=Kind.LIMIT,
        order_class="oco",
        profit=day.ask() + up,
        loss=day.bid() - down,
        **others,
    )


def told(day: Day, order: Order) -> list[str]:
    """The events of one order."""
    updates = [msgspec.json.decode(line) for line in day.log]
    return [update["event"] for update in updates if update["order"]["id"] == order.id]


def has_begun(order: Order) -> bool:
    return order.filled_qty > 0


def is_filled(order: Order) -> bool:
    return order.state is State.FILLED


def is_over(order: Order) -> bool:
    return not order.is_open


def close_out(day: Day, *orders: Order) -> None:
    day.wait_for(lambda: not any(order.is_open for order in orders))


def test_the_answer_to_a_bracket_has_both_exits_at_once(day: Day) -> None:
    answer = order_json(bracket(day, FAR, FAR, loss=(day.bid() - 10, day.bid() - 11)))
    profit, loss = answer["legs"]
    assert (answer["order_class"], answer["status"]) == ("bracket", "pending_new")
    assert (profit["type"], profit["side"], profit["status"], profit["legs"]) == (
        "limit",
        "sell",
        "held",
        None,
    )
    assert (loss["type"], loss["order_class"], loss["position_intent"]) == (
        "stop_limit",
        "bracket",
        "sell_to_close",
    )


def test_the_exits_of_a_bracket_wait_until_the_entry_is_filled_completely(day: Day) -> None:
    entry = bracket(day, FAR, FAR, "300")
    profit, loss = entry.legs
    while entry.state is not State.FILLED:
        assert profit.state is loss.state is State.HELD
        day.pass_time(0.002)
    assert (profit.state, loss.state) == (State.NEW, State.HELD)
    assert told(day, profit) == ["held", "new"]
    assert told(day, loss) == ["held"]
    # Both exits are for the same shares.
    assert refusal(day, "sell", "1").extra["available"] == "0"


def test_a_filled_take_profit_cancels_its_stop_loss(day: Day) -> None:
    entry = bracket(day, NEAR, FAR)
    profit, loss = entry.legs
    close_out(day, profit, loss)
    assert (profit.state, loss.state) == (State.FILLED, State.CANCELED)
    assert told(day, profit)[-1] == "fill"
    assert told(day, loss)[-1] == "canceled"
    assert day.held() == 0


def test_a_reached_stop_loss_makes_the_take_profit_give_way_before_it_trades(day: Day) -> None:
    entry = bracket(day, FAR, NEAR)
    profit, loss = entry.legs
    close_out(day, profit, loss)
    assert (profit.state, loss.state) == (State.CANCELED, State.FILLED)
    assert told(day, loss)[:2] == ["held", "new"]
    assert day.held() == 0


def test_a_partly_filled_take_profit_leaves_less_to_its_stop_loss() -> None:
    for seed in range(1, 60):
        day = Day(seed=seed)
        entry = bracket(day, NEAR, FAR)
        profit, loss = entry.legs
        day.pass_time(600)
        if profit.state is State.PARTIALLY_FILLED or told(day, profit).count("partial_fill"):
            day.wait_for(partial(is_over, profit))
            assert told(day, loss).count("restated") == told(day, profit).count("partial_fill")
            return
    raise AssertionError("no take profit was filled in part")


def test_canceling_one_exit_cancels_the_group(day: Day) -> None:
    for index in (0, 1):
        entry = bracket(day, FAR, FAR, symbol="F", profit="40", loss="5")
        day.wait_for(partial(is_filled, entry))
        day.brokerage.cancel(entry.legs[index])
        day.pass_time(1)
        assert [leg.state for leg in entry.legs] == [State.CANCELED] * 2
        day.filled("sell", "10", symbol="F")


def test_canceling_an_entry_or_a_held_exit_cancels_everything(day: Day) -> None:
    for index in range(3):
        limit = day.bid() - 5
        entry = bracket(day, FAR, Decimal(0), limit=limit, loss=limit - 1)
        day.pass_time(1)
        day.brokerage.cancel([entry, *entry.legs][index])
        day.pass_time(1)
        assert {order.state for order in (entry, *entry.legs)} == {State.CANCELED}


def test_a_bracket_for_the_day_ends_with_it(day: Day) -> None:
    limit = day.bid() - 100
    entry = bracket(day, FAR, FAR, limit=limit, loss=limit - 1, tif=Tif.DAY)
    filled = bracket(day, Decimal(300), FAR, symbol="F", profit="40", loss="5", tif=Tif.DAY)
    day.pass_time(12 * 3600)
    assert {order.state for order in (entry, *entry.legs)} == {State.EXPIRED}
    assert filled.state == State.FILLED
    assert {leg.state for leg in filled.legs} == {State.EXPIRED}


def test_a_replaced_entry_hands_its_exits_on(day: Day) -> None:
    limit = day.bid() - 5
    old = bracket(day, FAR, FAR, limit=limit, loss=limit - 1)
    legs = list(old.legs)
    day.pass_time(1)
    new = day.brokerage.replace(day.account, old, Change(qty=Decimal(4), limit_price=day.ask() + 1))
    day.wait_for(lambda: new.state is State.FILLED)
    assert new.legs == legs
    assert [leg.qty for leg in legs] == [Decimal(4)] * 2
    assert [leg.state for leg in legs] == [State.NEW, State.HELD]
    assert old.state == State.REPLACED


def test_exits_can_be_replaced_and_stay_a_pair(day: Day) -> None:
    entry = bracket(day, FAR, FAR)
    day.wait_for(lambda: entry.state is State.FILLED)
    profit, loss = entry.legs
    with pytest.raises(Refusal, match=r"take_profit\.limit_price must be > stop_loss"):
        day.brokerage.replace(day.account, profit, Change(limit_price=loss.stop_price))
    with pytest.raises(Refusal, match="qty of bracket child orders cannot be replaced"):
        day.brokerage.replace(day.account, loss, Change(qty=Decimal(3)))
    higher = day.brokerage.replace(day.account, profit, Change(limit_price=day.ask() + 30))
    tighter = day.brokerage.replace(day.account, loss, Change(stop_price=day.bid() - NEAR))
    day.pass_time(0.1)
    assert [one.id for one in entry.legs] == [higher.id, tighter.id]
    assert refusal(day, "sell", "1").extra["available"] == "0"
    close_out(day, higher, tighter)
    assert (higher.state, tighter.state) == (State.CANCELED, State.FILLED)
    assert day.held() == 0


def test_a_pair_is_a_take_profit_with_its_stop_loss_below_it(day: Day) -> None:
    day.filled("buy", "10")
    order = pair(day, FAR, FAR)
    answer = order_json(order)
    assert (answer["type"], answer["limit_price"]) == ("limit", plain(order.limit_price or Decimal(0)))
    assert [leg["type"] for leg in answer["legs"]] == ["stop"]
    assert order_json(order, nested=False)["legs"] is None
    day.pass_time(1)
    assert (order.state, order.legs[0].state) == (State.NEW, State.HELD)
    assert refusal(day, "sell", "1").extra["available"] == "0"


@pytest.mark.parametrize(("up", "down"), [(NEAR, FAR), (FAR, NEAR)])
def test_one_exit_of_a_pair_fills_and_the_other_goes(day: Day, up: Decimal, down: Decimal) -> None:
    day.filled("buy", "10")
    order = pair(day, up, down)
    loss = order.legs[0]
    close_out(day, order, loss)
    assert {order.state, loss.state} == {State.FILLED, State.CANCELED}
    assert (order.state is State.FILLED) == (up is NEAR)
    assert day.held() == 0


def test_a_replaced_pair_keeps_its_stop_loss(day: Day) -> None:
    day.filled("buy", "10")
    old = pair(day, FAR, FAR)
    loss = old.legs[0]
    day.pass_time(1)
    new = day.brokerage.replace(day.account, old, Change(qty=Decimal(6), limit_price=day.ask() + 15))
    day.pass_time(1)
    assert (old.state, new.state, loss.state) == (State.REPLACED, State.NEW, State.HELD)
    assert new.legs == [loss]
    assert (loss.parent, loss.qty) == (new, Decimal(6))
    day.brokerage.cancel(loss)
    day.pass_time(1)
    assert (new.state, loss.state) == (State.CANCELED, State.CANCELED)


def test_an_order_that_triggers_another_starts_it_when_it_is_filled(day: Day) -> None:
    order = day.place("buy", "10", order_class="oto", loss=day.bid() - FAR)
    loss = order.legs[0]
    assert loss.state == State.HELD
    day.wait_for(lambda: order.state is State.FILLED)
    assert (loss.state, told(day, loss)) == (State.NEW, ["held", "new"])
    day.brokerage.cancel(loss)
    day.pass_time(1)
    other = day.place("buy", "10", order_class="oto", profit=day.ask() + NEAR)
    close_out(day, other, *other.legs)
    assert other.legs[0].state == State.FILLED


def test_exits_never_close_more_than_there_is(day: Day) -> None:
    """The entry's shares may be sold by another order before the exits begin."""
    for seed in range(1, 80):
        day = Day(seed=seed)
        limit = day.bid() - Decimal("0.02")
        entry = day.place(
            "buy", "300", order_class="bracket", profit=limit + 20, loss=limit - 20, limit=limit, tif=Tif.GTC
        )
        day.wait_for(partial(has_begun, entry))
        if entry.is_open:
            sold = entry.filled_qty
            day.place("sell", str(sold), limit=limit + Decimal("0.01"))
            day.wait_for(partial(is_over, entry))
            day.pass_time(1)
            assert sum(leg.remaining for leg in entry.legs if leg.state is State.NEW) <= day.held()
            return
    raise AssertionError("no entry was filled in part")


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({"profit": None}, 40010001, "bracket orders require take_profit.limit_price"),
        ({"loss": None}, 40010001, "bracket orders require stop_loss.stop_price"),
        ({"tif": Tif.IOC}, 42210000, "bracket orders must be DAY or GTC orders"),
        ({"extended_hours": True, "limit": "200"}, 42210000, "extended hours is not allowed"),
        ({"profit": "1.00"}, 42210000, "take_profit.limit_price must be > stop_loss.stop_price"),
        ({"profit": "999.001"}, 42210000, "invalid take_profit.limit_price 999.001. sub-penny"),
        ({"qty": "1.5", "tif": Tif.DAY}, 42210000, "fractional orders must be simple orders"),
        ({"order_class": "oto"}, 40010001, "oto orders require either take_profit or stop_loss"),
        ({"order_class": "simple"}, 40010001, "only accepted for bracket, oco and oto"),
        ({"order_class": "oco"}, 40010001, "oco orders must be limit orders"),
        (
            {"order_class": "oco", "kind": Kind.LIMIT, "side": "sell"},
            42210000,
            "oco orders must be exit orders",
        ),
        ({"limit": "200", "loss": "199.995"}, 42210000, "sub-penny"),
        ({"limit": "200", "loss": "200"}, 42210000, "stop_loss.stop_price must be <= base_price - 0.01"),
        ({"kind": Kind.TRAILING_STOP, "trail_price": Decimal(1)}, 40010001, "cannot be bracket orders"),
        ({"symbol": "BTC/USD", "tif": Tif.GTC, "qty": "0.01"}, 42210000, "crypto orders must be simple"),
    ],
)
def test_an_impossible_combination_is_refused(
    day: Day, fields: dict[str, Any], code: int, message: str
) -> None:
    options = {"side": "buy", "qty": "10", "order_class": "bracket", "profit": "999", "loss": "100"}
    options |= {"tif": Tif.GTC} | fields
    found = refusal(day, options.pop("side"), options.pop("qty"), **options)
    assert message in found.message
    assert (found.status, found.code) == (422, code)


def test_a_bracket_opens_a_position_and_a_pair_closes_one(day: Day) -> None:
    day.filled("buy", "10")
    found = refusal(
        day, "sell", "10", order_class="bracket", profit=day.bid() - 10, loss=day.ask() + 10, tif=Tif.GTC
    )
    assert found.message == "bracket orders must be entry orders"


def test_a_short_bracket_buys_back(day: Day) -> None:
    entry = day.place(
        "sell", "10", order_class="bracket", profit=day.bid() - NEAR, loss=day.ask() + FAR, tif=Tif.GTC
    )
    profit, loss = entry.legs
    assert (profit.side, profit.intent) == ("buy", "buy_to_close")
    close_out(day, profit, loss)
    assert (profit.state, loss.state) == (State.FILLED, State.CANCELED)
    assert day.held() == 0

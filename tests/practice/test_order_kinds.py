"""Trailing stops, auctions, replacements, and when orders may be sent."""

from decimal import Decimal
from functools import partial

import msgspec
import pytest

from practice.engine.orders import Kind, Order, State, Tif
from practice.engine.refusals import Refusal
from practice.engine.rules import Change
from practice.server.wire import order_json, update_json
from tests.practice.engine import Day, instant, refusal

CENT = Decimal("0.01")


@pytest.fixture
def day() -> Day:
    return Day()


def trailing(day: Day, side: str = "sell", qty: str = "10", **trail: Decimal) -> Order:
    return day.place(side, qty, kind=Kind.TRAILING_STOP, tif=Tif.GTC, **trail)  # type: ignore[arg-type]


def test_a_trailing_stop_follows_the_market_up_and_sells_when_it_turns(day: Day) -> None:
    day.filled("buy", "10")
    order = trailing(day, trail_price=Decimal("0.30"))
    assert (order.hwm, order.stop_price) == (
        day.brokerage.last_price(day.instrument()),
        day.brokerage.last_price(day.instrument()) - Decimal("0.30"),
    )
    highest = order.hwm
    while order.is_open:
        day.pass_time(1)
        assert order.hwm is not None
        assert highest is not None
        assert order.hwm >= highest
        assert order.stop_price == order.hwm - Decimal("0.30")
        highest = order.hwm
    assert order.state == State.FILLED
    assert order.average_price is not None
    assert order.stop_price is not None
    assert abs(order.average_price - order.stop_price) < 1


def test_a_trailing_stop_to_buy_follows_the_market_down_by_a_percentage(day: Day) -> None:
    order = trailing(day, "buy", trail_percent=Decimal(1))
    last = day.brokerage.last_price(day.instrument())
    assert (order.hwm, order.stop_price) == (last, (last * Decimal("1.01")).quantize(CENT))
    day.pass_time(600)
    assert order.hwm is not None
    assert order.hwm <= last
    answer = order_json(order)
    assert (answer["trail_percent"], answer["trail_price"]) == ("1", None)
    assert Decimal(answer["hwm"]) == order.hwm


def test_the_trail_can_be_replaced(day: Day) -> None:
    day.filled("buy", "10")
    old = trailing(day, trail_price=Decimal(5))
    day.pass_time(1)
    new = day.brokerage.replace(day.account, old, Change(trail=Decimal(3)))
    day.pass_time(1)
    assert (old.state, new.state, new.trail_price) == (State.REPLACED, State.NEW, Decimal(3))
    assert new.hwm is not None
    assert new.stop_price == new.hwm - 3
    day.brokerage.cancel(new)
    day.pass_time(1)
    plain = day.place("buy", "1", limit=day.bid() - 5)
    day.pass_time(1)
    with pytest.raises(Refusal, match="trail is only accepted for trailing_stop orders"):
        day.brokerage.replace(day.account, plain, Change(trail=Decimal(3)))


@pytest.mark.parametrize("trail", ["0", "-1", "100"])
def test_a_trail_that_could_not_be_placed_replaces_none(day: Day, trail: str) -> None:
    day.filled("buy", "10")
    old = trailing(day, trail_percent=Decimal(2))
    day.pass_time(1)
    with pytest.raises(Refusal, match="trail_percent must be > 0 and < 100"):
        day.brokerage.replace(day.account, old, Change(trail=Decimal(trail)))
    assert old.state is State.NEW


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({}, 40010001, "require either trail_price or trail_percent"),
        ({"trail_price": Decimal(1), "trail_percent": Decimal(1)}, 40010001, "only one of trail_price"),
        ({"trail_percent": Decimal(0)}, 40010001, "trail_percent must be > 0"),
        ({"trail_price": Decimal("1.001")}, 42210000, "sub-penny"),
        ({"trail_price": Decimal(1), "tif": Tif.IOC}, 42210000, "ioc orders must be market or limit"),
        ({"trail_price": Decimal(1), "extended_hours": True}, 42210000, "extended hours order must be"),
        ({"trail_price": Decimal(1), "kind": Kind.MARKET}, 40010001, "market orders must not have trail"),
    ],
)
def test_a_trail_that_makes_no_sense_is_refused(
    day: Day, fields: dict[str, object], code: int, message: str
) -> None:
    found = refusal(day, "buy", "10", **{"kind": Kind.TRAILING_STOP} | fields)
    assert message in found.message
    assert found.code == code


def test_a_trail_as_long_as_the_price_is_refused(day: Day) -> None:
    day.filled("buy", "10")
    found = refusal(day, "sell", "10", kind=Kind.TRAILING_STOP, trail_price=Decimal(9999))
    assert found.message == "trail_price must be less than current price"


def test_a_stop_on_the_wrong_side_of_the_market_is_refused(day: Day) -> None:
    day.filled("buy", "10")
    found = refusal(day, "sell", "10", kind=Kind.STOP, stop=day.ask() + 1)
    assert (found.code, found.message) == (42210000, "stop price must be less than current price")
    found = refusal(day, "buy", "10", kind=Kind.STOP, stop=day.bid() - 1)
    assert found.message == "stop price must be greater than current price"


def test_an_order_for_the_opening_trades_at_the_opening_price_or_not_at_all() -> None:
    day = Day(start=instant("2026-11-18T08:00:00-05:00"), hours="exchange")
    market = day.place("buy", "10", tif=Tif.OPG)
    low = day.place("buy", "10", tif=Tif.OPG, limit=day.bid() - 50)
    assert (market.state, low.state) == (State.ACCEPTED, State.ACCEPTED)
    day.brokerage.floor.advance(instant("2026-11-18T09:31:30-05:00"))
    assert (market.state, low.state) == (State.FILLED, State.CANCELED)
    session = day.brokerage.market.timetable.last_started(day.brokerage.now)
    opening = day.brokerage.market.minutes_of(
        day.instrument(), session, session.open, session.open + 60 * 10**9
    )[0]
    assert market.average_price == day.instrument().price(opening.open)


def test_an_order_for_the_close_waits_for_it() -> None:
    day = Day(start=instant("2026-11-18T12:00:00-05:00"), hours="exchange")
    market = day.place("buy", "10", tif=Tif.CLS)
    low = day.place("buy", "10", tif=Tif.CLS, limit=day.bid() - 50)
    day.brokerage.floor.advance(instant("2026-11-18T15:59:00-05:00"))
    assert (market.state, low.state) == (State.NEW, State.NEW)
    day.brokerage.floor.advance(instant("2026-11-18T16:00:01-05:00"))
    assert (market.state, low.state) == (State.FILLED, State.CANCELED)
    assert market.filled_at == instant("2026-11-18T16:00:00-05:00")


@pytest.mark.parametrize(
    ("clock", "tif", "accepted"),
    [
        ("09:27:59", Tif.OPG, True),
        ("09:28:00", Tif.OPG, False),
        ("18:59:59", Tif.OPG, False),
        ("19:00:00", Tif.OPG, True),
        ("15:49:59", Tif.CLS, True),
        ("15:50:00", Tif.CLS, False),
        ("18:59:00", Tif.CLS, False),
        ("19:00:00", Tif.CLS, True),
    ],
)
def test_auctions_are_closed_to_latecomers(clock: str, tif: Tif, *, accepted: bool) -> None:
    day = Day(start=instant(f"2026-11-18T{clock}-05:00"), hours="exchange")
    if accepted:
        day.place("buy", "10", tif=tif)
    else:
        found = refusal(day, "buy", "10", tif=tif)
        assert found.message == f"{tif} orders are not accepted at this time"


def test_an_order_that_lasts_says_when_it_ends(day: Day) -> None:
    order = day.place("buy", "1", limit=day.bid() - 5, tif=Tif.GTC)
    assert order_json(order)["expires_at"] == "2027-02-16T21:15:00.000000000Z"


def test_a_replacement_of_a_partly_filled_order_is_for_the_rest() -> None:
    for seed in range(1, 80):
        day = Day(seed=seed)
        old = day.place("buy", "300", limit=day.bid() - CENT)
        day.wait_for(partial(has_begun_or_ended, old), step_s=0.02)
        if old.is_open:
            first = old.filled_qty
            new = day.brokerage.replace(day.account, old, Change(limit_price=day.ask() + 1))
            assert day.brokerage.figures(day.account).reserved == (300 - first) * (day.ask() + 1)
            day.wait_for(partial(has_ended, new))
            assert {old.state, new.state} == {State.REPLACED, State.FILLED}
            assert old.filled_qty + new.filled_qty == 300
            return
    raise AssertionError("no order was filled in part")


def has_ended(order: Order) -> bool:
    return not order.is_open


def has_begun_or_ended(order: Order) -> bool:
    return order.filled_qty > 0 or not order.is_open


def test_replacing_reserves_the_larger_of_both(day: Day) -> None:
    old = day.place("buy", "10", limit="100.00")
    day.pass_time(1)
    day.brokerage.replace(day.account, old, Change(qty=Decimal(5)))
    assert day.brokerage.figures(day.account).reserved == 1000
    day.pass_time(1)
    assert day.brokerage.figures(day.account).reserved == 500


def test_every_event_shows_the_order_as_it_is_after_it(day: Day) -> None:
    states: list[tuple[str, str]] = []
    day.brokerage.floor.listen(
        lambda update: states.append((update.event, update_json(update)["order"]["status"]))
    )
    day.filled("buy", "1")
    assert states == [("pending_new", "pending_new"), ("new", "new"), ("fill", "filled")]
    assert len({msgspec.json.decode(line)["event_id"] for line in day.log}) == 3


def test_a_change_that_comes_too_late_is_told_to_have_been_refused() -> None:
    told = set()
    for seed in range(1, 400):
        day = Day(seed=seed)
        order = day.place("buy", "1", limit=day.ask() + 1)
        day.wait_for(partial(is_working, order), step_s=0.0005)
        if seed % 2:
            day.brokerage.cancel(order)
            day.pass_time(1)
            if order.state is State.FILLED:
                assert day.events[-2:] == ["fill", "order_cancel_rejected"]
                told.add("cancel")
        else:
            new = day.brokerage.replace(day.account, order, Change(limit_price=day.bid() - 5))
            day.pass_time(1)
            if order.state is State.FILLED:
                assert day.events[-3:] == ["fill", "rejected", "order_replace_rejected"]
                assert new.state == State.REJECTED
                told.add("replace")
        if len(told) == 2:
            return
    raise AssertionError("no execution was faster than a change")


def is_working(order: Order) -> bool:
    return order.state is not State.PENDING_NEW

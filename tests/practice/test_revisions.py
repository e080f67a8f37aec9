"""Executions that the exchange takes back or corrects: in the books, on the streams and in the lists."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practice.engine.accounts import Position
from practice.engine.executions import Execution
from practice.engine.orders import Order
from practice.engine.refusals import Refusal
from practice.engine.rules import Change
from practice.server.activities import activity_json
from practice.server.wire import update_json
from tests.practice.engine import Day
from tests.practice.openapi import TRADING, needs_files, problems, specification
from tests.practice.program import PracticeProgram, Stream, until
from tests.practice.sdk import TradingStream
from tests.practice.test_events import ACTIVITIES, TRADES, Events, bought
from tests.practice.test_order_stream import authenticate, events, listen, open_stream
from tests.practice.test_sdk_streams import streaming

Json = dict[str, Any]


@pytest.fixture
def day() -> Day:
    return Day()


def shown(order: Order) -> str:
    """How an order stands: its state, what is filled, and what is still wanted."""
    return f"{order.state} {order.filled_qty.normalize():f} {order.remaining.normalize():f}"


def busted(day: Day, order: Order, which: int = 0) -> Execution:
    return day.brokerage.revisions.bust(order.executions[which].id)


def position(day: Day, symbol: str = "AAPL") -> Position:
    return day.account.positions[symbol]


def partly_filled(place: Callable[[Day], Order]) -> tuple[Day, Order]:
    """A day on which an order that is placed so has been filled in part."""
    for seed in range(1, 300):
        day = Day(seed=seed)
        order = place(day)
        for _ in range(400):
            day.pass_time(0.0005)
            if order.filled_qty:
                break
        if order.is_open and order.filled_qty:
            return day, order
    raise AssertionError("no order was ever filled in part")


def purchase_of_forty(day: Day) -> Order:
    return day.place("buy", "40", limit=day.ask() + 1)


def sale_of_forty(day: Day) -> Order:
    day.filled("buy", "40")
    price = day.bid() - Decimal("0.01")
    return day.place("sell", "40", limit=price, order_class="oco", profit=price, loss=price - 20)


def test_a_busted_order_leaves_cash_and_position_as_if_it_had_never_been(day: Day) -> None:
    day.filled("buy", "10")
    before = (day.account.cash, position(day).qty, position(day).cost, position(day).day_cost)
    order = day.filled("buy", "7")
    filled_at = order.filled_at
    for _ in list(order.executions):
        busted(day, order)
    after = (day.account.cash, position(day).qty, position(day).cost, position(day).day_cost)
    assert after == before
    assert shown(order) == "canceled 0 7"
    assert order.average_price is None
    assert (order.filled_at, order.canceled_at) == (None, day.brokerage.now)
    assert filled_at is not None
    assert day.account.open_orders == {}


def test_what_was_held_overnight_counts_from_the_last_close_after_a_bust(day: Day) -> None:
    kept, gone = day.filled("buy", "10"), day.filled("buy", "3")
    day.pass_time(26 * 3600)
    today = day.filled("buy", "5")
    close = day.brokerage.last_close(day.instrument())
    for _ in list(gone.executions):
        busted(day, gone)
    assert position(day).cost == kept.filled_value + today.filled_value
    assert position(day).day_cost == 10 * close + today.filled_value
    for _ in list(today.executions):
        busted(day, today)
    assert position(day).day_cost == 10 * close
    for _ in list(kept.executions):
        busted(day, kept)
    assert day.account.cash == 100_000


def test_what_is_busted_of_a_position_that_was_sold_on_leaves_it_short(day: Day) -> None:
    order = day.filled("buy", "10")
    sale = day.filled("sell", "4")
    for _ in list(order.executions):
        busted(day, order)
    assert position(day).qty == -4
    assert position(day).cost == -sale.filled_value
    for _ in list(sale.executions):
        busted(day, sale)
    assert day.account.positions == {}
    assert day.account.cash == 100_000


def test_a_busted_sale_brings_the_shares_back_at_what_they_had_cost(day: Day) -> None:
    bought_first = day.filled("buy", "10")
    sale = day.filled("sell", "10")
    assert day.account.positions == {}
    for _ in list(sale.executions):
        busted(day, sale)
    assert (position(day).qty, position(day).cost) == (Decimal(10), bought_first.filled_value)


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.sampled_from(["buy", "sell"]), st.sampled_from(["1", "5", "12"])), max_size=6),
    st.data(),
)
def test_a_position_costs_what_it_would_cost_without_what_was_busted(
    trades: list[tuple[Any, str]], data: st.DataObject
) -> None:
    day = Day()
    for side, qty in trades:
        with suppress(Refusal):  # nobody sells what is not there and short in one
            day.filled(side, qty, symbol="F")
    standing = [one for one in day.brokerage.revisions.standing() if one.account is day.account]
    gone = data.draw(st.sets(st.sampled_from(range(len(standing))))) if standing else set()
    for number in gone:
        day.brokerage.revisions.bust(standing[number].execution.id)
    expected = Position(day.instrument("F"), Decimal(0), Decimal(0), Decimal(0))
    for number, one in enumerate(standing):
        if number not in gone:
            expected.take(one.execution.qty * (1 if one.order.is_buy else -1), one.execution.price)
    held = day.account.positions.get("F")
    assert (held.qty, held.cost) == (expected.qty, expected.cost) if held else expected.qty == 0
    kept = sum(
        (one.execution.qty * one.execution.price * (-1 if one.order.is_buy else 1))
        for number, one in enumerate(standing)
        if number not in gone
    )
    assert day.account.cash == 100_000 + kept


def test_what_is_busted_of_a_working_order_is_wanted_again() -> None:
    day, order = partly_filled(purchase_of_forty)
    first = order.filled_qty
    report = busted(day, order)
    assert report.qty == -first
    assert shown(order) == "new 0 40"
    day.wait_for(lambda: not order.is_open, step_s=0.1)
    assert shown(order) == "filled 40 0"
    assert day.held() == 40
    assert sum(one.qty for one in order.executions) == 40


def test_a_correction_changes_price_and_quantity_and_nothing_else(day: Day) -> None:
    order = day.filled("buy", "1")
    (old,) = order.executions
    report = day.brokerage.revisions.correct(old.id, old.price - Decimal("0.05"), None)
    assert shown(order) == "filled 1 0"
    assert order.average_price == old.price - Decimal("0.05")
    assert day.account.cash == 100_000 - report.price
    assert position(day).cost == report.price
    assert (order.executions, report.previous) == ([report], old)


def test_a_corrected_quantity_ends_a_filled_order_short(day: Day) -> None:
    order = day.filled("buy", "12")
    old = max(order.executions, key=lambda one: one.qty)
    day.brokerage.revisions.correct(old.id, None, old.qty - 1)
    assert shown(order) == "canceled 11 1"
    assert day.held() == 11


def test_coins_come_back_with_their_fees(day: Day) -> None:
    purchase = day.filled("buy", "0.5", symbol="BTC/USD", tif="gtc")
    held, cash = day.held("BTC/USD"), day.account.cash
    sale = day.filled("sell", "0.2", symbol="BTC/USD", tif="gtc")
    for _ in list(sale.executions):
        busted(day, sale)
    assert (day.held("BTC/USD"), day.account.cash) == (held, cash)
    for _ in list(purchase.executions):
        busted(day, purchase)
    assert day.account.positions == {}
    assert day.account.cash == 100_000


def test_coins_that_were_sold_on_cannot_be_taken_back(day: Day) -> None:
    purchase = day.filled("buy", "0.1", symbol="BTC/USD", tif="gtc")
    day.brokerage.close_position(day.account, day.instrument("BTC/USD"))
    day.wait_for(lambda: not day.account.positions)
    with pytest.raises(Refusal, match="no longer there"):
        busted(day, purchase)


def test_a_spread_is_taken_back_for_all_its_legs_at_once(day: Day) -> None:
    near, far = day.contracts()[:2]
    order = day.combination("4", (near.symbol, "buy", 2), (far.symbol, "sell", 1))
    day.wait_for(lambda: not order.is_open)
    told: list[Json] = []
    day.brokerage.floor.listen(lambda update: told.append(update_json(update)))
    first = [leg.executions[0] for leg in order.legs]
    day.brokerage.revisions.bust(first[1].id)
    assert [one["previous_execution_id"] for one in told[0]["legs"]] == [one.id for one in first]
    assert (told[0]["event"], Decimal(told[0]["qty"])) == ("trade_bust", -first[1].qty)
    while order.legs[0].executions:
        busted(day, order.legs[0])
    assert {shown(one) for one in (order, order.legs[1])} == {"canceled 0 4"}
    assert shown(order.legs[0]) == "canceled 0 8"
    assert order.filled_value == 0
    assert day.account.positions == {}
    assert day.account.cash == 100_000
    entries = list(day.brokerage.activities.of(day.account))
    assert {one.status for one in entries[len(entries) // 2 + 1 :]} == {"canceled"}
    assert entries[-1].cash_after == 100_000


def test_a_leg_cannot_be_corrected_and_an_unknown_execution_is_refused(day: Day) -> None:
    near, far = day.contracts()[:2]
    order = day.combination("1", (near.symbol, "buy", 1), (far.symbol, "sell", 1))
    day.wait_for(lambda: not order.is_open)
    (leg,) = order.legs[0].executions
    with pytest.raises(Refusal, match="only be taken back"):
        day.brokerage.revisions.correct(leg.id, leg.price + 1, None)
    with pytest.raises(Refusal, match="execution not found"):
        day.brokerage.revisions.bust("nobody")


@pytest.mark.parametrize(
    ("price", "qty"), [("0", None), (None, "0"), (None, None), (None, "999"), ("-1", None)]
)
def test_what_cannot_have_been_is_no_correction(day: Day, price: str | None, qty: str | None) -> None:
    order = day.filled("buy", "3")
    with pytest.raises(Refusal):
        day.brokerage.revisions.correct(
            order.executions[0].id, Decimal(price) if price else None, Decimal(qty) if qty else None
        )
    assert shown(order) == "filled 3 0"
    assert day.held() == 3


def test_exits_close_no_more_than_a_bust_has_left(day: Day) -> None:
    ask = day.ask()
    entry = day.place("buy", "10", order_class="bracket", profit=ask + 50, loss=ask - 50)
    day.wait_for(lambda: entry.legs[0].state == "new", step_s=0.05)
    while len(entry.executions) > 1:
        busted(day, entry)
        assert {leg.qty for leg in entry.legs} == {entry.filled_qty}
    busted(day, entry)
    assert {leg.state for leg in entry.legs} == {"canceled"}
    assert day.account.open_orders == {}


def test_an_exit_gives_back_to_its_sibling_what_is_busted_of_it() -> None:
    day, pair = partly_filled(sale_of_forty)
    assert pair.legs[0].qty == 40 - pair.filled_qty
    busted(day, pair)
    assert [pair.remaining, pair.legs[0].remaining] == [40, 40]
    assert day.events[-1] == "restated"


def test_orders_that_would_close_more_than_is_left_are_canceled(day: Day) -> None:
    entry = day.filled("buy", "10")
    older = day.place("sell", "4", limit=day.ask() + 50)
    newer = day.place("sell", "6", limit=day.ask() + 60)
    day.pass_time(1)
    while day.held() >= 10:
        busted(day, entry)
    assert newer.state == "canceled"
    assert older.is_open == (day.held() >= 4)


def test_a_bust_during_a_replacement_counts_for_the_successor() -> None:
    day, order = partly_filled(purchase_of_forty)
    successor = day.brokerage.replace(day.account, order, Change(limit_price=day.bid() - 5))
    busted(day, order)
    day.pass_time(1)
    assert [shown(order), shown(successor)] == ["replaced 0 40", "new 0 40"]


def test_the_ledger_tells_a_bust_and_a_correction_and_adds_up(day: Day) -> None:
    order = day.filled("buy", "1")
    day.brokerage.revisions.correct(order.executions[0].id, order.executions[0].price + 1, None)
    busted(day, order)
    entries = [activity_json(one) for one in day.brokerage.activities.of(day.account)][1:]
    assert [one["qty"] for one in entries] == ["1", "-1", "1", "-1"]
    assert [one["cum_qty"] for one in entries] == ["1", "0", "1", "0"]
    assert [one["leaves_qty"] for one in entries] == ["0", "1", "0", "1"]
    assert {one["activity_type"] for one in entries} == {"FILL"}
    assert sum(Decimal(one["qty"]) * Decimal(one["price"]) for one in entries) == 0
    last = list(day.brokerage.activities.of(day.account))[-1]
    assert last.cash_after == day.account.cash
    assert last.held_after == 0


def test_a_planned_bust_comes_when_it_is_due(day: Day) -> None:
    order = day.place("buy", "1")
    day.brokerage.revisions.plan(order, 2 * 10**9, None)
    day.pass_time(1)
    assert order.state == "filled"
    day.pass_time(2)
    assert shown(order) == "canceled 0 1"
    assert day.events[-1] == "trade_bust"
    late = day.filled("buy", "1")
    day.brokerage.revisions.plan(late, 10**9, Decimal("-0.02"))
    busted_meanwhile = day.filled("buy", "1")
    day.brokerage.revisions.plan(busted_meanwhile, 10**9, None)
    busted(day, busted_meanwhile)
    day.pass_time(2)
    assert day.events[-1] == "trade_correct"


def test_a_report_has_the_documented_fields(day: Day) -> None:
    told: list[Json] = []
    day.brokerage.floor.listen(lambda update: told.append(update_json(update)))
    order = day.filled("buy", "1")
    old = order.executions[0]
    day.brokerage.revisions.correct(old.id, old.price + 1, None)
    busted(day, order)
    fill, correct, bust = told[-3:]
    assert [one["event"] for one in (fill, correct, bust)] == ["fill", "trade_correct", "trade_bust"]
    assert correct["previous_execution_id"] == fill["execution_id"]
    assert bust["previous_execution_id"] == correct["execution_id"]
    assert len({one["execution_id"] for one in (fill, correct, bust)}) == 3
    assert (correct["qty"], bust["qty"], bust["reason"]) == ("1", "-1", "TRADE_BUST")
    assert Decimal(correct["price"]) == old.price + 1
    assert bust["order"]["status"] == "canceled"
    assert (bust["order"]["filled_qty"], bust["order"]["filled_avg_price"]) == ("0", None)
    assert "position_qty" not in bust


# Over the wire.


@pytest.fixture
def stream(clean: PracticeProgram) -> Iterator[Stream]:
    with open_stream(clean) as opened:
        authenticate(opened, clean)
        listen(opened)
        yield opened


def holdings(program: PracticeProgram, symbol: str) -> tuple[Decimal, Decimal]:
    answer = program.call("GET", f"/v2/positions/{symbol}")
    qty = Decimal(answer.json()["qty"]) if answer.status_code == 200 else Decimal(0)
    return Decimal(program.call("GET", "/v2/account").json()["cash"]), qty


def test_a_bust_is_told_everywhere(clean: PracticeProgram, stream: Stream) -> None:
    before = holdings(clean, "PEP")
    with Events(clean, TRADES) as trades, Events(clean, ACTIVITIES) as activities:
        next(trades.lines())
        next(activities.lines())
        order = bought(clean, symbol="PEP")
        assert holdings(clean, "PEP") != before
        standing = clean.control("GET", f"/executions?order_id={order['id']}")["executions"]
        assert [(one["symbol"], one["side"], one["qty"]) for one in standing] == [("PEP", "buy", "1")]
        done = clean.control("POST", "/bust", execution_id=standing[0]["execution_id"])
        told = events(stream, "trade_bust")[-1]
        assert (told["execution_id"], told["qty"]) == (done["report_id"], "-1")
        assert told["previous_execution_id"] == done["execution_id"] == standing[0]["execution_id"]
        assert trades.until("trade_bust")[-1]["execution_id"] == done["report_id"]
        activities.until("FILL")
        event = activities.until("FILL")[-1]
    assert (event["ref_id"], event["previous_id"]) == (done["report_id"], done["execution_id"])
    assert (event["status"], event["details"]["execution_type"]) == ("canceled", "trade_bust")
    assert event["details"]["cum_qty"] == "0"
    assert holdings(clean, "PEP") == before
    shown = clean.call("GET", f"/v2/orders/{order['id']}").json()
    assert (shown["status"], shown["filled_qty"], shown["filled_avg_price"]) == ("canceled", "0", None)
    assert shown["cancel_requested_at"] == shown["canceled_at"] is not None
    latest = clean.call("GET", "/v2/account/activities", params={"order_id": order["id"]}).json()
    assert [one["qty"] for one in latest] == ["-1", "1"]
    assert clean.control("GET", f"/executions?order_id={order['id']}")["executions"] == []


@needs_files
def test_a_correction_is_told_everywhere(clean: PracticeProgram, stream: Stream) -> None:
    with Events(clean, ACTIVITIES) as activities:
        next(activities.lines())
        order = bought(clean, symbol="MCD")
        price = str(Decimal(order["filled_avg_price"]) - Decimal("0.5"))
        done = clean.control("POST", "/correct", client_order_id=order["client_order_id"], price=price)
        told = events(stream, "trade_correct")[-1]
        assert Decimal(told["price"]) == Decimal(price)
        activities.until("FILL")
        event = activities.until("FILL")[-1]
    assert event["previous_id"] == done["execution_id"] == told["previous_execution_id"]
    assert (event["status"], event["details"]["execution_type"]) == ("correct", "trade_correct")
    schema = specification(TRADING)["components"]["schemas"]["ActivityEventV2"]
    assert list(problems(TRADING, schema, event)) == []
    shown = clean.call("GET", f"/v2/orders/{order['id']}").json()
    assert (shown["status"], Decimal(shown["filled_avg_price"])) == ("filled", Decimal(price))
    assert Decimal(clean.call("GET", "/v2/positions/MCD").json()["avg_entry_price"]) == Decimal(price)


def test_faults_bust_and_correct_the_orders_they_are_aimed_at(clean: PracticeProgram, stream: Stream) -> None:
    clean.control("POST", "/faults", kind="bust", symbol="KO", seconds=0.1)
    clean.control("POST", "/faults", kind="correct", symbol="F", seconds=0.1, value="-0.02")
    kept = bought(clean, symbol="AAPL")
    ko, ford = clean.order(symbol="KO"), clean.order(symbol="F")
    told = {one["order"]["id"]: one for one in stream_until(stream, {"trade_bust", "trade_correct"})}
    assert (told[ko["id"]]["event"], told[ford["id"]]["event"]) == ("trade_bust", "trade_correct")
    assert Decimal(told[ford["id"]]["order"]["filled_avg_price"]) > 0
    assert clean.call("GET", f"/v2/orders/{kept['id']}").json()["status"] == "filled"


def stream_until(stream: Stream, wanted: set[str]) -> list[Json]:
    """The events up to the last of these, each of which comes once."""
    missing = set(wanted)

    def is_last(message: Json) -> bool:
        missing.discard(message["data"].get("event"))
        return not missing

    return [message["data"] for message in stream.hear_until(is_last) if "order" in message["data"]]


@pytest.mark.parametrize(
    ("path", "body", "key"),
    [
        ("/bust", {}, "execution_id"),
        ("/bust", {"execution_id": "nobody"}, "execution_id"),
        ("/bust", {"symbol": "NOBODY"}, "execution_id"),
        ("/correct", {"symbol": "AAPL"}, "execution_id"),
        ("/correct", {"symbol": "AAPL", "price": "cheap"}, "price"),
        ("/correct", {"symbol": "AAPL", "qty": "1e30"}, "qty"),
        ("/faults", {"kind": "correct", "value": "much"}, "value"),
        ("/faults", {"kind": "correct", "value": "0.00"}, "value"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(
    clean: PracticeProgram, path: str, body: Json, key: str
) -> None:
    bought(clean)
    answer = clean.http.post(clean.line["control_url"] + path, json=body, timeout=10)
    assert (answer.status_code, answer.json()["key"]) == (400, key)


def test_the_sdk_reads_a_bust(clean: PracticeProgram) -> None:
    order, heard = bought(clean, symbol="PFE"), []
    open_stream(clean).socket.close()  # its slot is free
    url = clean.line["stream_url"]["paper"]
    sdk: Any = TradingStream(clean.line["api_key"], clean.line["api_secret"], url_override=url)

    async def note(update: Any) -> None:
        heard.append(update)

    sdk.subscribe_trade_updates(note)
    frames = "/log/frames?stream=orders/paper&direction=sent&contains=listening"
    before = len(clean.control("GET", frames)["frames"])
    with streaming(sdk):
        until(lambda: clean.control("GET", frames)["frames"][before:] or None, "it never listened")
        clean.control("POST", "/bust", order_id=order["id"])
        until(lambda: heard or None, "no bust was heard")
    (update,) = heard
    assert (update.event, update.qty, update.order.filled_qty) == ("trade_bust", -1.0, "0")

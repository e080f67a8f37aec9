"""Around a gap in the stream: orders are held, read again, and merged; what was lost is found."""

from decimal import Decimal

import pytest

from core.domain.alarm import Alarm, AlarmKind
from core.domain.intent import IntentState
from core.domain.listing import Listing
from core.domain.order import OrderStatus
from core.domain.trading_block import TradingBlock
from core.errors import NotPermitted
from core.services import reconciliation
from core.services.unreadable_orders import MOST_LOOKED_UP
from tests.core.builders import after, event, order
from tests.core.golden import golden
from tests.core.services.made_up_desk import Books, make_world
from tests.fakes.broker import lose, refuse

S = IntentState
LIST = "/v2/orders?status="


def lists(broker) -> int:
    return len(broker.sent("GET", LIST))


def test_orders_are_held_from_the_cut_until_they_are_read_again(desk, broker, qtbot):
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    desk.desk.hold()
    with pytest.raises(NotPermitted):
        desk.place()
    broker.fill(desk.desk.intent(key).order_id)
    desk.desk.reconcile()
    qtbot.waitUntil(lambda: desk.blocks[-1] is TradingBlock.NONE)
    assert desk.blocks[-2:] == [TradingBlock.NOT_READY, TradingBlock.NONE]
    assert desk.state(key) is S.FILLED


def test_a_cancel_goes_out_while_orders_are_held(desk, broker, qtbot):
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    desk.desk.hold()
    cancel = desk.desk.cancel(desk.desk.intent(key).order_id).client_order_id
    qtbot.waitUntil(lambda: desk.state(cancel) is S.CANCELED)


def test_an_answer_from_before_the_cut_opens_nothing(desk, broker, qtbot):
    read = lists(broker)
    desk.desk.hold()
    desk.desk.reconcile()
    desk.desk.hold()
    qtbot.waitUntil(lambda: lists(broker) > read)
    desk.desk.reconcile()
    qtbot.waitUntil(lambda: desk.desk.trading_block is TradingBlock.NONE)
    assert desk.blocks[-2:] == [TradingBlock.NOT_READY, TradingBlock.NONE]


def test_a_list_that_fails_is_read_again_by_itself(desk, broker, qtbot, monkeypatch):
    monkeypatch.setattr(reconciliation, "reread_wait_s", lambda _attempt, _chance: 0.01)
    desk.desk.hold()
    broker.faults.read.extend([lose, refuse(500, "internal"), refuse(429, "slow")])
    read = lists(broker)
    desk.desk.reconcile()
    qtbot.waitUntil(lambda: desk.desk.trading_block is TradingBlock.NONE)
    assert lists(broker) - read == 5


def test_a_flood_of_wishes_is_read_once_more_and_not_a_thousand_times(desk, broker, qtbot):
    read = lists(broker)
    for _ in range(1000):
        desk.desk.reconcile()
    qtbot.waitUntil(lambda: lists(broker) - read == 4)
    desk.desk.reconcile()
    qtbot.waitUntil(lambda: lists(broker) - read == 6)


def test_an_order_that_vanished_from_the_open_ones_is_read_by_itself(desk, broker, qtbot):
    """An event was lost on a healthy connection, and the order is older than the newest page."""
    broker.sends_events = False
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    order_id = desk.desk.intent(key).order_id
    broker.fill(order_id)
    newest_page = [{**golden("order"), "id": f"x-{number}", "status": "filled"} for number in range(3)]

    async def without_it(broker_, request, _act):
        from aiohttp import web

        return web.json_response(newest_page)

    broker.faults.read.append(without_it)
    desk.desk.reconcile()
    qtbot.waitUntil(lambda: desk.state(key) is S.FILLED)
    assert broker.sent("GET", f"/v2/orders/{order_id}") != []


def test_open_orders_are_compared_now_and_then_although_nothing_was_cut(
    make_desk, broker, qtbot, monkeypatch
):
    monkeypatch.setattr(reconciliation, "WHILE_OPEN_MS", 30)
    desk = make_desk().open(qtbot)
    read = lists(broker)
    broker.sends_events = False
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    broker.fill(desk.desk.intent(key).order_id)
    qtbot.waitUntil(lambda: desk.state(key) is S.FILLED)
    assert lists(broker) > read


def test_the_comparison_is_made_at_least_every_minute():
    assert reconciliation.WHILE_OPEN_MS <= 60_000


def test_orders_of_other_programs_are_shown_and_are_not_ours(desk, broker, qtbot):
    broker.orders["foreign"] = {
        **golden("order"),
        "id": "foreign",
        "client_order_id": "somebody",
        "status": "new",
    }
    desk.desk.reconcile()
    qtbot.waitUntil(lambda: "foreign" in desk.desk.orders)
    assert not desk.desk.is_own(desk.desk.orders["foreign"])
    assert desk.desk.open_intents == ()


def test_a_first_load_is_one_announcement(make_desk, broker, qtbot):
    broker.orders.update(
        {f"o{n}": {**golden("order"), "id": f"o{n}", "client_order_id": f"c{n}"} for n in range(50)}
    )
    desk = make_desk().open(qtbot)
    assert [len(batch) for batch in desk.orders_told] == [50]


@pytest.mark.expects_log("unreadable_order")
def test_an_order_that_cannot_be_read_hides_no_other_and_is_told_once(make_desk, broker, qtbot, monkeypatch):
    monkeypatch.setattr(reconciliation, "WHILE_OPEN_MS", 30)
    for order_id in ("good", "odd"):
        broker.orders[order_id] = {**golden("order"), "id": order_id, "client_order_id": "x", "status": "new"}
    broker.orders["odd"]["filled_qty"] = "many"
    desk = make_desk()
    alarms: list[Alarm] = []
    desk.desk.alarmed.connect(alarms.append)
    desk.open(qtbot)
    qtbot.waitUntil(lambda: len(alarms) == 1)
    read = lists(broker)
    qtbot.waitUntil(lambda: lists(broker) >= read + 3)
    assert set(desk.desk.orders) == {"good"}
    assert [(alarm.kind, alarm.names, alarm.count) for alarm in alarms] == [
        (AlarmKind.UNREADABLE_ORDER, ("odd",), 1)
    ]
    assert len(broker.sent("GET", "/v2/orders/odd")) == 1


@pytest.mark.expects_log("unreadable_order")
def test_rows_without_an_id_are_counted_and_not_asked_about(make_desk, broker, qtbot):
    desk = make_desk()
    alarms: list[Alarm] = []
    desk.desk.alarmed.connect(alarms.append)
    rows = [None, {}, {**golden("order"), "id": "good"}]

    async def garbled(_broker, _request, _act):
        from aiohttp import web

        return web.json_response(rows)

    broker.faults.read.extend([garbled, garbled])
    desk.open(qtbot)
    assert [(alarm.names, alarm.count) for alarm in alarms] == [((), 2)]
    assert "good" in desk.desk.orders


def test_an_order_that_a_list_garbles_is_known_by_its_look_up(make_desk, broker, qtbot):
    broker.orders["odd"] = {**golden("order"), "id": "odd", "client_order_id": "x", "status": "new"}
    desk = make_desk()
    alarms: list[Alarm] = []
    desk.desk.alarmed.connect(alarms.append)

    async def garbled(_broker, _request, _act):
        from aiohttp import web

        return web.json_response([{**golden("order"), "id": "odd", "filled_qty": "many"}])

    broker.faults.read.extend([garbled, garbled])
    desk.open(qtbot)
    qtbot.waitUntil(lambda: "odd" in desk.desk.orders)
    assert alarms == []


@pytest.mark.expects_log("unreadable_order")
def test_a_list_of_nothing_but_what_nobody_can_read_asks_about_a_few_only(tmp_path):
    class Garbled(Books):
        def run(self, call, **hooks):
            if call.path == "/v2/orders" and self.loses:
                self.asked.append((self.time.now_ms, call.method, call.path))
                return Listing(unreadable=tuple(f"odd-{number}" for number in range(500)))
            return super().run(call, **hooks)

    world = make_world(tmp_path / "paper.sqlite", books=Garbled)
    alarms: list[Alarm] = []
    world.desk.alarmed.connect(alarms.append)
    world.books.loses = True
    world.desk.reconcile()
    world.time.pass_ms(60_000)
    asked = [path for _, _, path in world.books.asked if path.startswith("/v2/orders/odd")]
    assert len(asked) == len(set(asked)) == MOST_LOOKED_UP
    assert sum(alarm.count for alarm in alarms) == 500
    assert world.block is TradingBlock.NONE
    world.stop()


def test_events_that_overtake_the_list_are_not_undone_by_it(desk, broker, qtbot):
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    known = desk.desk.orders[desk.desk.intent(key).order_id]
    filled = order(
        known.id,
        status=OrderStatus.FILLED,
        client_order_id=key,
        filled_qty=Decimal(10),
        updated_at=after(10**9),
    )
    desk.desk.take_events((event("fill", filled, execution_id="e", qty=Decimal(10), price=Decimal(1)),))
    read = lists(broker)
    desk.desk.reconcile()
    qtbot.waitUntil(lambda: lists(broker) - read == 2 and desk.desk.trading_block is TradingBlock.NONE)
    assert desk.desk.orders[known.id].status is OrderStatus.FILLED
    assert desk.state(key) is S.FILLED


def test_an_event_keeps_the_legs_that_a_list_brought(desk, broker, qtbot):
    nested = {**golden("order_bracket"), "status": "new"}
    broker.orders[nested["id"]] = nested
    desk.desk.reconcile()
    qtbot.waitUntil(lambda: nested["id"] in desk.desk.orders)
    known = desk.desk.orders[nested["id"]]
    desk.desk.take_events(
        (
            event(
                "partial_fill",
                order(
                    known.id,
                    status=OrderStatus.PARTIALLY_FILLED,
                    client_order_id=known.client_order_id,
                    filled_qty=Decimal(1),
                    updated_at=after(10**9),
                ),
            ),
        )
    )
    assert [leg.id for leg in desk.orders_told[-1][0].legs] == [leg.id for leg in known.legs] != []


def test_orders_are_shown_and_can_be_cancelled_although_the_stream_never_comes(
    make_desk, broker, qtbot, monkeypatch
):
    monkeypatch.setattr(reconciliation, "WITHOUT_STREAM_MS", 20)
    monkeypatch.setattr(reconciliation, "WHILE_OPEN_MS", 50)
    monkeypatch.setattr(reconciliation, "AFTER_FAILURE_MS", 20)
    broker.orders["foreign"] = {**golden("order"), "id": "foreign", "client_order_id": "x", "status": "new"}
    broker.faults.read.append(lose)
    desk = make_desk()
    desk.desk.start()
    qtbot.waitUntil(lambda: "foreign" in desk.desk.orders and desk.desk.may_cancel)
    assert desk.desk.trading_block is TradingBlock.NOT_READY
    desk.desk.cancel("foreign")
    qtbot.waitUntil(lambda: desk.desk.orders["foreign"].status is OrderStatus.CANCELED)
    broker.orders["later"] = {**golden("order"), "id": "later", "client_order_id": "y", "status": "new"}
    qtbot.waitUntil(lambda: "later" in desk.desk.orders)

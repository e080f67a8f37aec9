"""Many orders at once: pages of them, those of a symbol or side, and the legs of a bracket."""

from decimal import Decimal

import pytest

from core.domain.alarm import Alarm
from core.domain.intent import IntentState
from core.domain.order import OrderStatus, Side
from core.domain.position import Position
from core.domain.trading_block import TradingBlock
from core.services import reconciliation
from tests.core.builders import event, order
from tests.core.golden import golden
from tests.fakes.broker import refuse

S = IntentState


def test_more_open_orders_than_a_page_holds_are_read_page_by_page(make_desk, broker, qtbot, monkeypatch):
    monkeypatch.setattr(reconciliation, "PAGE", 50)
    broker.orders.update(
        {
            f"o{n}": {**golden("order"), "id": f"o{n}", "client_order_id": f"c{n}", "status": "new"}
            for n in range(120)
        }
    )
    desk = make_desk().open(qtbot)
    assert len(desk.desk.orders) == 120
    pages = broker.sent("GET", "/v2/orders?status=open")
    assert len(pages) == 3
    assert broker.sent("GET", "/v2/orders/o") == []


def test_positions_are_read_before_trading_opens(make_desk, broker, qtbot):
    broker.positions = [golden("position")]
    desk = make_desk()
    read: list[tuple[Position, ...]] = []
    desk.desk.positions_read.connect(read.append)
    desk.open(qtbot)
    assert [[held.symbol for held in batch] for batch in read] == [["AAPL"]]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({}, 4),
        ({"symbol": "AAPL"}, 3),
        ({"side": "sell"}, 2),
        ({"symbol": "AAPL", "side": "sell"}, 1),
        ({"symbol": "NONE"}, 0),
    ],
)
def test_cancels_go_by_symbol_and_side_each_with_an_answer_of_its_own(desk, broker, qtbot, choice, expected):
    keys = [
        desk.place(symbol=symbol, side=side)
        for symbol, side in [
            ("AAPL", Side.BUY),
            ("AAPL", Side.BUY),
            ("AAPL", Side.SELL),
            ("NVDA", Side.SELL),
        ]
    ]
    qtbot.waitUntil(lambda: all(desk.state(key) is S.WORKING for key in keys))
    cancels = desk.desk.cancel_all(**choice)
    qtbot.waitUntil(lambda: all(desk.state(c.client_order_id) is S.CANCELED for c in cancels))
    assert len(broker.sent("DELETE")) == len(cancels) == expected
    assert sum(desk.state(key) is S.CANCELED for key in keys) == expected


def test_legs_go_with_their_parent_while_it_is_open_and_alone_afterwards(desk, broker):
    broker.faults.cancel.extend([refuse(404, "order not found")] * 5)
    legs = (order("tp", status=OrderStatus.HELD), order("sl", status=OrderStatus.HELD))
    desk.desk.take_events((event("new", order("entry", legs=legs)),))
    assert [cancel.target_order_id for cancel in desk.desk.cancel_all()] == ["entry"]
    done = order("entry-2", status=OrderStatus.FILLED, legs=(order("tp-2"), order("sl-2")))
    desk.desk.take_events((event("fill", done),))
    assert {cancel.target_order_id for cancel in desk.desk.cancel_all()} == {"entry", "tp-2", "sl-2"}
    assert desk.desk.orders["tp-2"].parent_id == "entry-2"


def test_a_hundred_cancels_of_one_order_are_one_request(desk, broker, qtbot):
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    order_id = desk.desk.intent(key).order_id
    cancels = {desk.desk.cancel(order_id).client_order_id for _ in range(100)}
    qtbot.waitUntil(lambda: desk.state(key) is S.CANCELED)
    assert (len(cancels), len(broker.sent("DELETE"))) == (1, 1)
    assert desk.desk.trading_block is TradingBlock.NONE


def test_an_over_fill_is_told_as_a_value(desk, caplog):
    alarms: list[Alarm] = []
    desk.desk.alarmed.connect(alarms.append)
    desk.desk.take_events((event("fill", order(status=OrderStatus.FILLED, filled_qty=Decimal(20))),))
    assert [(alarm.kind.value, alarm.order_id) for alarm in alarms] == [("overfill", "o-1")]
    assert "overfill" in caplog.text

import json
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt

from core.domain.environment import Environment
from core.domain.intent import Intent, IntentKind, IntentState
from core.domain.order import Order, OrderStatus
from tests.fakes.services import order
from ui.models.orders import (
    CANCEL,
    FILLED,
    LIMIT,
    QTY,
    REPLACE,
    SIDE,
    STATUS,
    STOP,
    SYMBOL,
    TIME,
    OrdersModel,
    OrdersView,
)

NOW_NS = 1_772_000_000_000_000_000
AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def intent(state: IntentState, **changes) -> Intent:
    body = {
        "symbol": "TSLA",
        "qty": "10",
        "side": "buy",
        "type": "limit",
        "time_in_force": "day",
        "limit_price": "401.50",
        "client_order_id": "bw-1",
    }
    known = Intent(
        client_order_id="bw-1",
        kind=IntentKind.PLACE,
        environment=Environment.PAPER,
        account_id="a",
        symbol="TSLA",
        body=json.dumps(body).encode(),
        state=state,
        created_ns=NOW_NS,
        since_ns=NOW_NS,
    )
    return replace(known, **changes)


def change(kind: IntentKind, state: IntentState) -> Intent:
    return intent(state, client_order_id="bw-2", kind=kind, target_order_id="o-1", body=b"{}")


@pytest.fixture
def model(qapp) -> OrdersModel:
    model = OrdersModel()
    model.grow_older(NOW_NS, date(2026, 3, 2))
    return model


def column(model: OrdersModel, place: int) -> list[str]:
    return [model.cell(row, place).text for row in range(model.rowCount())]


def bracket() -> Order:
    legs = (
        order("o-3", side="sell", status=OrderStatus.HELD, limit_price=Decimal(231)),
        order(
            "o-4",
            side="sell",
            type="stop",
            status=OrderStatus.HELD,
            limit_price=None,
            stop_price=Decimal(198),
        ),
    )
    return order("o-2", symbol="AMD", legs=legs, submitted_at=AT + timedelta(minutes=1))


def test_qt_finds_no_fault_with_it(model: OrdersModel, qtmodeltester):
    model.show_orders((order(), bracket()))
    model.show_intents((intent(IntentState.UNKNOWN),))
    qtmodeltester.check(model)


def test_a_working_limit_order_is_shown_in_words_and_figures(model: OrdersModel):
    model.show_orders((order(filled_qty=Decimal(5)),))
    assert [model.cell(0, place).text for place in (SYMBOL, SIDE, QTY, FILLED, LIMIT, STOP, STATUS)] == [
        "NVDA", "Buy", "20", "5", "182.40", "—", "Working"
    ]  # fmt: skip


def test_newest_orders_come_first_and_legs_stay_under_their_parent(model: OrdersModel):
    model.show_orders((order(), bracket(), order("o-9", submitted_at=AT + timedelta(minutes=2))))
    assert [model.key_at(place) for place in range(5)] == ["c-o-9", "c-o-2", "c-o-3", "c-o-4", "c-o-1"]
    model.sort(SYMBOL)
    assert [model.key_at(place) for place in range(5)] == ["c-o-2", "c-o-3", "c-o-4", "c-o-1", "c-o-9"]


def test_a_leg_says_that_it_is_one(model: OrdersModel):
    model.show_orders((bracket(),))
    assert model.index(1, SYMBOL).data(Qt.ItemDataRole.AccessibleTextRole) == "Leg of an order: NVDA"


def test_an_event_of_a_leg_alone_leaves_it_under_its_parent(model: OrdersModel):
    model.show_orders((bracket(),))
    model.show_orders((order("o-3", side="sell", status=OrderStatus.NEW, limit_price=Decimal(231)),))
    assert [model.key_at(place) for place in range(3)] == ["c-o-2", "c-o-3", "c-o-4"]
    assert model.cell(1, STATUS).text == "Working"


def test_the_views_part_working_filled_and_all(model: OrdersModel):
    done = {"filled_qty": Decimal(20), "filled_avg_price": Decimal("182.39")}
    model.show_orders(
        (
            order("o-1"),
            order("o-2", status=OrderStatus.FILLED, **done),
            order("o-3", status=OrderStatus.CANCELED),
            order("o-4", status=OrderStatus.CANCELED, filled_qty=Decimal(3)),
        )
    )
    assert [model.count(view) for view in OrdersView] == [1, 2, 4]
    assert [model.key_at(place) for place in range(model.rowCount())] == ["c-o-1"]
    model.show_view(OrdersView.FILLED)
    assert {model.key_at(place) for place in range(model.rowCount())} == {"c-o-2", "c-o-4"}
    model.show_view(OrdersView.ALL)
    assert model.rowCount() == 4


def test_an_order_that_fills_leaves_the_working_view(model: OrdersModel):
    model.show_orders((order(),))
    model.show_orders((order(status=OrderStatus.FILLED, filled_qty=Decimal(20)),))
    assert model.rowCount() == 0
    assert model.count(OrdersView.FILLED) == 1


def test_an_order_being_sent_is_a_line_of_its_own(model: OrdersModel):
    model.show_intents((intent(IntentState.SENT),))
    assert [model.cell(0, place).text for place in (SYMBOL, SIDE, QTY, LIMIT, STATUS)] == [
        "TSLA", "Buy", "10", "401.50", "Sending…"
    ]  # fmt: skip
    assert model.actions_of(model.row_at(0)) == ()


def test_an_unknown_outcome_counts_its_seconds_in_amber(model: OrdersModel):
    model.show_intents((intent(IntentState.UNKNOWN),))
    model.grow_older(NOW_NS + 12_400_000_000, date(2026, 3, 2))
    assert model.cell(0, STATUS).text == "Outcome unknown, checking · 12 s"
    assert model.cell(0, STATUS).tone == "warning"


def test_the_broker_s_order_takes_the_place_of_the_intent(model: OrdersModel):
    model.show_intents((intent(IntentState.UNKNOWN),))
    model.show_orders((order("o-5", client_order_id="bw-1", symbol="TSLA"),))
    model.show_intents((intent(IntentState.WORKING, order_id="o-5"),))
    assert column(model, STATUS) == ["Working"]
    assert model.key_at(0) == "bw-1"


def test_a_refused_order_stays_in_the_list_of_all_with_the_broker_s_reason(model: OrdersModel):
    model.show_intents((intent(IntentState.REFUSED, reason="insufficient buying\u202e power"),))
    assert model.rowCount() == 0
    model.show_view(OrdersView.ALL)
    assert column(model, STATUS) == ["Refused: insufficient buying power"]


@pytest.mark.parametrize(
    ("kind", "sending", "unknown"),
    [
        (IntentKind.CANCEL, "Cancelling…", "Cancel unknown, checking · 0 s"),
        (IntentKind.REPLACE, "Replacing…", "Replace unknown, checking · 0 s"),
    ],
)
def test_a_change_under_way_is_shown_on_the_order_it_means(
    model: OrdersModel, kind: IntentKind, sending: str, unknown: str
):
    model.show_orders((order(status=OrderStatus.NEW),))
    model.show_intents((change(kind, IntentState.SENT),))
    assert column(model, STATUS) == [sending]
    assert model.actions_of(model.row_at(0)) == ()
    model.show_intents((change(kind, IntentState.UNKNOWN),))
    assert column(model, STATUS) == [unknown]
    model.show_intents((change(kind, IntentState.REFUSED),))
    assert column(model, STATUS) == ["Working"]


def test_a_change_that_came_before_its_order_is_not_lost(model: OrdersModel):
    model.show_intents((change(IntentKind.CANCEL, IntentState.UNKNOWN),))
    model.show_orders((order(),))
    assert column(model, STATUS) == ["Cancel unknown, checking · 0 s"]


def test_a_final_order_ends_every_change_to_it(model: OrdersModel):
    model.show_view(OrdersView.ALL)
    model.show_orders((order(),))
    model.show_intents((change(IntentKind.CANCEL, IntentState.SENT),))
    model.show_orders((order(status=OrderStatus.CANCELED),))
    assert column(model, STATUS) == ["Cancelled"]


def test_only_what_the_broker_would_take_is_offered(model: OrdersModel):
    model.show_orders((order("o-1"), order("o-2", status=OrderStatus.PENDING_CANCEL)))
    offered = {model.key_at(place): model.actions_of(model.row_at(place)) for place in range(2)}
    assert [action.code for action in offered["c-o-1"]] == [REPLACE, CANCEL]
    assert offered["c-o-2"] == ()


def test_an_order_of_another_day_shows_its_date(model: OrdersModel):
    long_ago = AT - timedelta(days=3)
    model.show_orders((order("o-1"), order("o-2", submitted_at=long_ago, time_in_force="gtc")))
    assert column(model, TIME)[1] == f"{long_ago.astimezone():%m-%d %H:%M}"


def test_orders_in_money_and_trails_in_percent_have_their_signs(model: OrdersModel):
    model.show_orders(
        (order(qty=None, notional=Decimal(500), limit_price=None, trail_percent=Decimal("2.5")),)
    )
    assert model.cell(0, QTY).text == "$500.00"
    assert model.cell(0, STOP).text == "2.5 %"


def test_five_thousand_orders_are_taken_in_one_go_quickly(model: OrdersModel):
    orders = tuple(order(f"o-{i}", submitted_at=AT + timedelta(seconds=i)) for i in range(5_000))
    spent = time.process_time()
    model.show_orders(orders)
    model.show_orders((order("o-4999", status=OrderStatus.FILLED, filled_qty=Decimal(20)),))
    assert model.rowCount() == 4_999
    assert time.process_time() - spent < 1.0

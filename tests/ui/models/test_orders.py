import json
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from core.domain.environment import Environment
from core.domain.intent import Intent, IntentKind, IntentState
from core.domain.order import Order, OrderStatus
from tests.fakes.services import order
from ui.models.order_columns import (
    FILLED,
    LIMIT,
    QTY,
    SIDE,
    STATUS,
    STOP,
    SYMBOL,
    TIME,
)
from ui.models.order_search import parsed_search
from ui.models.orders import CANCEL, REPLACE, OrdersModel, OrdersView

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
    return structs.replace(known, **changes)


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


@pytest.mark.parametrize("leg_first", [True, False])
def test_a_leg_that_the_desk_tells_of_on_its_own_is_no_second_line(model: OrdersModel, leg_first: bool):
    leg = order("leg", symbol="AMD", status=OrderStatus.HELD, parent_id="o-2")
    parent = order("o-2", symbol="AMD", legs=(leg,), submitted_at=AT)
    model.show_orders((leg, parent) if leg_first else (parent, leg))
    assert [model.row_at(place).parent_key for place in range(model.rowCount())] == ["", "c-o-2"]
    model.show_orders((structs.replace(leg, status=OrderStatus.NEW),))
    assert model.rowCount() == 2


def test_newest_orders_come_first_and_legs_stay_under_their_parent(model: OrdersModel):
    model.show_orders((order(), bracket(), order("o-9", submitted_at=AT + timedelta(minutes=2))))
    assert [model.key_at(place) for place in range(5)] == ["c-o-9", "c-o-2", "c-o-3", "c-o-4", "c-o-1"]
    model.sort(SYMBOL)
    assert [model.key_at(place) for place in range(5)] == ["c-o-2", "c-o-3", "c-o-4", "c-o-9", "c-o-1"]


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
    assert [model.count(view) for view in OrdersView] == [1, 2, 0, 4]
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


def test_exits_that_work_stay_in_the_working_view_when_their_entry_has_filled(model: OrdersModel):
    model.show_orders((bracket(),))
    filled = structs.replace(bracket(), status=OrderStatus.FILLED, filled_qty=Decimal(5))
    profit, loss = filled.legs
    model.show_orders(
        (structs.replace(filled, legs=(structs.replace(profit, status=OrderStatus.NEW), loss)),)
    )
    assert shown_keys(model) == ["c-o-2", "c-o-3", "c-o-4"]
    assert (model.count(OrdersView.WORKING), model.count(OrdersView.FILLED)) == (1, 1)
    model.show_view(OrdersView.FILLED)
    assert shown_keys(model) == ["c-o-2", "c-o-3", "c-o-4"]
    model.show_view(OrdersView.WORKING)
    over = tuple(structs.replace(leg, status=OrderStatus.CANCELED) for leg in filled.legs)
    model.show_orders((structs.replace(filled, legs=over),))
    assert shown_keys(model) == []
    assert model.count(OrdersView.WORKING) == 0


def test_legs_follow_what_replaced_their_parent(model: OrdersModel):
    model.show_orders((bracket(),))
    successor = structs.replace(bracket(), id="o-9", client_order_id="c-o-9", limit_price=Decimal(205))
    model.show_orders((structs.replace(bracket(), status=OrderStatus.REPLACED, legs=()), successor))
    assert shown_keys(model) == ["c-o-9", "c-o-3", "c-o-4"]
    model.show_view(OrdersView.ALL)
    assert sorted(map(str, shown_keys(model))) == ["c-o-2", "c-o-3", "c-o-4", "c-o-9"]
    assert [row.parent_key for row in model.rows() if row.is_leg] == ["c-o-9", "c-o-9"]


def test_an_order_being_sent_is_a_line_of_its_own(model: OrdersModel):
    model.show_intents((intent(IntentState.SENT),))
    assert [model.cell(0, place).text for place in (SYMBOL, SIDE, QTY, LIMIT, STATUS)] == [
        "TSLA", "Buy", "10", "401.50", "Sending…"
    ]  # fmt: skip
    assert model.actions_of(model.row_at(0)) == ()


def test_an_unknown_outcome_counts_its_seconds_in_amber(model: OrdersModel):
    model.show_intents((intent(IntentState.UNKNOWN),))
    model.grow_older(NOW_NS + 12_400_000_000, date(2026, 3, 2))
    assert model.cell(0, STATUS).text == "Unknown · 12 s, checking"
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
        (IntentKind.CANCEL, "Cancelling…", "Cancel unknown · 0 s, checking"),
        (IntentKind.REPLACE, "Replacing…", "Replace unknown · 0 s, checking"),
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
    assert column(model, STATUS) == ["Cancel unknown · 0 s, checking"]


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
    model.show_orders((order(limit_price=None, type="trailing_stop", trail_price=Decimal("3.25")),))
    assert model.cell(0, STOP).text == "by 3.25"  # a stop of 3.25 it is not


def test_five_thousand_orders_are_taken_in_one_go_quickly(model: OrdersModel):
    orders = tuple(order(f"o-{i}", submitted_at=AT + timedelta(seconds=i)) for i in range(5_000))
    spent = time.process_time()
    model.show_orders(orders)
    model.show_orders((order("o-4999", status=OrderStatus.FILLED, filled_qty=Decimal(20)),))
    assert model.rowCount() == 4_999
    assert time.process_time() - spent < 1.0


def shown_keys(model: OrdersModel) -> list[object]:
    return [model.key_at(place) for place in range(model.rowCount())]


def listed_anew(model: OrdersModel) -> list[object]:
    """What a model shows that is given the same orders at once."""
    return [row.key for row in model.arranged(())]


SOME_ORDERS = st.lists(
    st.tuples(
        st.integers(0, 30),  # which order
        st.integers(0, 9),  # when it was submitted
        st.sampled_from([OrderStatus.NEW, OrderStatus.FILLED, OrderStatus.REJECTED, OrderStatus.CANCELED]),
        st.sampled_from(["AMD", "NVDA", "TSLA"]),
        st.one_of(st.none(), st.integers(1, 5)),  # limit price
        st.integers(0, 2),  # legs
    ),
    max_size=6,
)


def some_order(number, at, status, symbol, limit, legs) -> Order:
    return order(
        f"o-{number}",
        symbol=symbol,
        status=status,
        filled_qty=Decimal(5 if status is OrderStatus.FILLED else 0),
        limit_price=None if limit is None else Decimal(limit),
        submitted_at=AT + timedelta(minutes=at),
        legs=tuple(
            order(f"o-{number}-{leg}", status=OrderStatus.HELD if at % 2 else OrderStatus.CANCELED)
            for leg in range(legs)
        ),
    )


@given(
    batches=st.lists(SOME_ORDERS, max_size=8),
    view=st.sampled_from(OrdersView),
    column_and_order=st.sampled_from([(-1, 0), (SYMBOL, 0), (LIMIT, 0), (LIMIT, 1), (STATUS, 1)]),
    text=st.sampled_from(["", "amd", "o-1", "filled"]),
)
def test_piecewise_changes_show_what_arranging_everything_would(qapp, batches, view, column_and_order, text):
    model = OrdersModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_view(view)
    model.search(parsed_search(text))
    model.sort(column_and_order[0], list(Qt.SortOrder)[column_and_order[1]])
    known: dict[str, Order] = {}
    for batch in batches:
        orders = []
        for one in (some_order(*terms) for terms in batch):
            # The table never loses legs: the order book keeps them (its rule, not the table's).
            if one.id in known and len(one.legs) < len(known[one.id].legs):
                one = structs.replace(one, legs=known[one.id].legs)
            known[one.id] = one
            orders.append(one)
        model.show_orders(orders)
        assert sorted(map(str, shown_keys(model))) == sorted(map(str, listed_anew(model)))
        sort = model.columns[column_and_order[0]].sort if column_and_order[0] >= 0 else None
        parents = [row for row in map(model.row_at, range(model.rowCount())) if not row.is_leg]
        wanted = [row for row in model.arranged(()) if not row.is_leg]
        keyed = [(sort(row) if sort else None, row.since) for row in parents]
        assert keyed == [(sort(row) if sort else None, row.since) for row in wanted]
        assert all(model.place_of(key) == place for place, key in enumerate(shown_keys(model)))
        for place in range(model.rowCount()):
            row = model.row_at(place)
            assert row is model.row(row.key)
            if row.is_leg:
                assert model.row_at(place - 1).key in (row.parent_key, *known_legs(model, row.parent_key))
    everything = [row for row in model.rows() if not row.is_leg]
    for shown in OrdersView:
        count = sum(shown.includes(row) or is_exiting(model, shown, row) for row in everything)
        assert model.count(shown) == count


def is_exiting(model: OrdersModel, view: OrdersView, parent) -> bool:
    legs = (row for row in model.rows() if row.parent_key == parent.key)
    return view is OrdersView.WORKING and any(leg.is_working for leg in legs)


def known_legs(model: OrdersModel, parent_key: str) -> list[str]:
    return [row.key for row in model.rows() if row.parent_key == parent_key]


def test_a_page_of_history_goes_under_what_is_there_as_one_insertion(model: OrdersModel, qtbot):
    model.show_view(OrdersView.ALL)
    model.show_orders([order(f"o-{n}", submitted_at=AT - timedelta(seconds=n)) for n in range(100)])
    page = [order(f"o-{n}", submitted_at=AT - timedelta(seconds=n)) for n in range(100, 300)]
    with qtbot.waitSignal(model.rowsInserted) as inserted, qtbot.assertNotEmitted(model.modelReset):
        model.show_orders(page)
    assert inserted.args[1:] == [100, 299]
    assert shown_keys(model) == [f"c-o-{n}" for n in range(300)]


def test_legs_can_be_hidden_and_shown_again_and_stay_so_when_the_order_changes(model: OrdersModel):
    model.show_orders((bracket(), order("o-1")))
    model.toggle_legs("c-o-2")
    assert shown_keys(model) == ["c-o-2", "c-o-1"]
    assert model.cell(0, SYMBOL).text == "▸ AMD"
    assert model.index(0, SYMBOL).data(Qt.ItemDataRole.AccessibleTextRole) == "AMD, legs hidden"
    model.show_orders((structs.replace(bracket(), qty=Decimal(30)),))
    assert shown_keys(model) == ["c-o-2", "c-o-1"]
    model.toggle_legs("c-o-2", show=True)
    model.toggle_legs("c-o-1")
    assert shown_keys(model) == ["c-o-2", "c-o-3", "c-o-4", "c-o-1"]
    assert model.cell(0, SYMBOL).text == "▾ AMD"


def test_refused_orders_have_a_view_of_their_own(model: OrdersModel):
    model.show_orders((order("o-1", status=OrderStatus.REJECTED), order("o-2", status=OrderStatus.CANCELED)))
    model.show_intents(
        (intent(IntentState.REFUSED, reason="no"), intent(IntentState.SENT, client_order_id="bw-9"))
    )
    model.show_view(OrdersView.REFUSED)
    assert set(shown_keys(model)) == {"c-o-1", "bw-1"}
    assert model.count(OrdersView.REFUSED) == 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("amd", {"c-o-1"}),
        ("NVDA filled", {"c-o-2"}),
        ("cancelled", {"c-o-3"}),
        ("canceled sell", set()),
        ("o-3", {"c-o-3"}),
        ("2026-03-01", {"c-o-3"}),
        ("2026-03", {"c-o-1", "c-o-2", "c-o-3"}),
        ("2026-03-02.. nvda", {"c-o-2"}),
        ("..2026-03-01", {"c-o-3"}),
        ("2025..2026 buy", {"c-o-1", "c-o-2", "c-o-3"}),
        ("2026-13", set()),
        ("2025", set()),
        ("", {"c-o-1", "c-o-2", "c-o-3"}),
    ],
)
def test_a_search_goes_by_symbol_id_side_status_and_date(model: OrdersModel, text, found):
    done = {"status": OrderStatus.FILLED, "status_text": "filled", "filled_qty": Decimal(20)}
    noon = datetime(2026, 3, 2, 12).astimezone()  # here, wherever that is: dates are searched for as shown
    model.show_orders(
        (
            order("o-1", symbol="AMD", submitted_at=noon),
            order("o-2", submitted_at=noon, **done),
            order(
                "o-3",
                status=OrderStatus.CANCELED,
                status_text="canceled",
                submitted_at=noon - timedelta(days=1),
            ),
        )
    )
    model.show_view(OrdersView.ALL)
    model.search(parsed_search(text))
    assert set(shown_keys(model)) == found


def test_an_order_is_found_by_its_legs(model: OrdersModel):
    model.show_orders((bracket(),))
    model.search(parsed_search("o-4"))
    assert "c-o-2" in shown_keys(model)

"""Figures of a working order edited in its row: Enter asks, Escape and leaving undo."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence, QShortcut

from core.domain.order import OrderStatus
from core.domain.request import ReplaceRequest
from tests.fakes.services import order
from tests.ui.scene import on_screen, reference_session
from ui.models.order_columns import LIMIT, QTY, STOP, SYMBOL
from ui.panels.orders import OrdersPanel


@pytest.fixture
def session(qapp):
    return reference_session()


@pytest.fixture
def panel(theme, clock, qtbot, session):
    with on_screen(OrdersPanel(theme, clock), qtbot, session, 1152, 322) as panel:
        panel.view.setFocus()
        yield panel


def middle(panel: OrdersPanel, key: str, column: int) -> QPoint:
    place = panel.model.place_of(key)
    assert place is not None
    return panel.view.visualRect(panel.model.index(place, column)).center()


def double_click(panel: OrdersPanel, qtbot: Any, key: str, column: int) -> None:
    qtbot.mouseDClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=middle(panel, key, column))


@pytest.mark.parametrize(
    ("key", "column", "typed", "request_"),
    [
        (
            "c-o-1",
            LIMIT,
            "183.25",
            ReplaceRequest(order_id="o-1", symbol="NVDA", limit_price=Decimal("183.25")),
        ),
        ("c-o-1", QTY, "30", ReplaceRequest(order_id="o-1", symbol="NVDA", qty=Decimal(30))),
        ("c-o-5", STOP, "177", ReplaceRequest(order_id="o-5", symbol="NVDA", stop_price=Decimal(177))),
    ],
)
def test_a_double_click_on_a_figure_edits_it_and_enter_asks_for_the_change(
    panel, qtbot, key, column, typed, request_
):
    double_click(panel, qtbot, key, column)
    editor = panel.editing.editor
    assert editor is not None
    assert editor.hasFocus()
    qtbot.keyClicks(editor, typed)
    with qtbot.waitSignal(panel.change_requested) as asked:
        qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert asked.args == [request_]
    assert panel.view.hasFocus()


def test_a_trailing_distance_is_edited_in_the_column_of_stops(panel, qtbot, session):
    trailing = order(
        "o-8", type="trailing_stop", limit_price=None, stop_price=Decimal(170), trail_percent=Decimal("2.5")
    )
    session.orders.show_orders(trailing)
    double_click(panel, qtbot, "c-o-8", STOP)
    qtbot.keyClicks(panel.editing.editor, "3")
    with qtbot.waitSignal(panel.change_requested) as asked:
        qtbot.keyClick(panel.editing.editor, Qt.Key.Key_Return)
    assert asked.args == [ReplaceRequest(order_id="o-8", symbol="NVDA", trail=Decimal(3))]


def test_escape_leaving_and_an_unchanged_figure_ask_for_nothing(panel, qtbot):
    with qtbot.assertNotEmitted(panel.change_requested), qtbot.assertNotEmitted(panel.replace_requested):
        leave: Callable[[], object]
        for leave in (
            lambda: qtbot.keyClick(panel.editing.editor, Qt.Key.Key_Escape),
            lambda: panel.search.setFocus(),
            lambda: qtbot.keyClick(panel.editing.editor, Qt.Key.Key_Return),
        ):
            double_click(panel, qtbot, "c-o-1", LIMIT)
            assert panel.editing.editor is not None
            leave()
            assert panel.editing.editor is None


def test_what_is_no_number_stays_to_be_mended(panel, qtbot):
    double_click(panel, qtbot, "c-o-1", LIMIT)
    editor = panel.editing.editor
    with qtbot.assertNotEmitted(panel.change_requested):
        qtbot.keyClicks(editor, "1,5")
        qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert panel.editing.editor is editor
    assert editor.isVisible()


def test_f2_edits_the_limit_first_and_then_the_other_figures(panel, qtbot):
    panel.view.choose("c-o-1")
    qtbot.keyClick(panel.view, Qt.Key.Key_F2)
    assert panel.editing.editor.column == LIMIT
    panel.editing.edit_current()
    assert panel.editing.editor.column == QTY
    panel.editing.edit_current()
    assert panel.editing.editor.column == LIMIT


@pytest.mark.parametrize(("key", "column"), [("c-o-1", SYMBOL), ("c-o-1", STOP), ("c-o-3", LIMIT)])
def test_a_double_click_elsewhere_does_what_it_did(panel, qtbot, key, column):
    with qtbot.waitSignal(panel.view.row_activated):
        double_click(panel, qtbot, key, column)
    assert panel.editing.editor is None


def test_the_editor_goes_with_its_row_and_when_its_order_ends(panel, qtbot, session):
    double_click(panel, qtbot, "c-o-1", LIMIT)
    editor = panel.editing.editor
    before = editor.y()
    session.orders.show_orders(order("o-99", symbol="SPY", submitted_at=panel.model.row("bw-0001").since))
    assert editor.y() == before + panel.view.rowHeight(0)
    with qtbot.assertNotEmitted(panel.change_requested):
        session.orders.show_orders(order("o-1", status=OrderStatus.FILLED, filled_qty=Decimal(20)))
    assert panel.editing.editor is None


def test_the_editor_has_a_name_for_ears(panel, qtbot):
    double_click(panel, qtbot, "c-o-1", LIMIT)
    assert panel.editing.editor.accessibleName() == "Limit of the order in NVDA"
    panel.editing.close()


def test_f2_means_the_table_s_edit_only_where_something_can_be_edited(panel, qtbot):
    bought = []
    buy = QShortcut(QKeySequence("F2"), panel)
    buy.activated.connect(lambda: bought.append(True))
    panel.activateWindow()
    qtbot.waitUntil(panel.view.hasFocus)
    panel.view.choose("c-o-1")
    qtbot.keyClick(panel.view, Qt.Key.Key_F2)
    assert panel.editing.editor is not None
    assert bought == []
    panel.editing.close()
    panel.view.choose("bw-0001")
    qtbot.keyClick(panel.view, Qt.Key.Key_F2)
    assert panel.editing.editor is None
    assert bought == [True]

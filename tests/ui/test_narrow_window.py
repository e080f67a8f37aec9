"""The window down to 1024 pixels: nothing that is used is cut, and nothing stands outside."""

import contextlib
from collections.abc import Hashable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import cast

import pytest
from PySide6.QtCore import QPoint, QRect, QRectF
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QMenu, QWidget

from core.domain.environment import Environment
from core.domain.intent import IntentState
from core.domain.maker import Maker
from core.domain.position import Position
from core.domain.request import ReplaceRequest
from core.services.frame_clock import FrameClock
from core.services.session import Session
from core.services.settings import Settings
from tests.fakes.services import FakeOrderDesk, FakeSession, FakeSettings, StandingClock, order
from tests.ui.scene import reference_session
from ui.delegates.drawing import PADDING_PX
from ui.delegates.text import TextDelegate
from ui.instrument_words import near_name
from ui.main_window import MainWindow
from ui.models.column import CellKind
from ui.models.order_columns import SIDE, STATUS, SYMBOL
from ui.models.order_row import NS_PER_S
from ui.models.orders import OrdersModel, OrdersView
from ui.panels.table_view import TableView


@pytest.fixture
def clock():
    return StandingClock()


@pytest.fixture
def window(theme, clock, qtbot):
    made = MainWindow(theme, cast(Settings, FakeSettings()), FrameClock(), clock)
    qtbot.addWidget(made)
    made.resize(1440, 900)
    made.show()
    qtbot.waitExposed(made)
    session = reference_session()
    account = session.account.account
    assert account is not None
    made.show_session(cast(Session, session), {Environment.PAPER: account})
    yield made
    made.close_session()


def orders_of(window: MainWindow) -> FakeOrderDesk:
    assert window.session is not None
    return cast(FakeOrderDesk, window.session.orders)


def box_of(widget: QWidget, window: MainWindow) -> QRect:
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def narrowed(window: MainWindow, width: int, qtbot) -> None:
    window.resize(width, 640)
    qtbot.waitUntil(lambda: window.width() == width)
    # Columns and title rows follow in their own time.
    with contextlib.suppress(TimeoutError):
        qtbot.waitUntil(lambda: not cut_controls(window), timeout=1_000)
    assert box_of(window.desk.ticket, window).right() < window.width()


def cut_controls(window: MainWindow) -> list[str]:
    """Controls of the panels' title rows and of the ticket that are cut, or stand outside their panel."""
    cut = []
    for panel in (window.desk.watchlist, window.desk.positions, window.desk.blotter, window.desk.ticket):
        area = box_of(panel, window)
        for kind in (QAbstractButton, QLineEdit):
            for control in panel.findChildren(kind):
                if not control.isVisible() or control.objectName().startswith("qt_"):
                    continue
                box = box_of(control, window)
                has_words = isinstance(control, QAbstractButton) and control.text()
                least = control.minimumSizeHint().width() if has_words else 24
                if box.left() < area.left() or box.right() > area.right() or box.width() < least:
                    cut.append(f"{control.accessibleName()}: {box} in {area}")
    return cut


@pytest.mark.parametrize("width", [1024, 1100, 1210, 1300, 1440])
@pytest.mark.parametrize("tab", ["orders", "stream", "activity"])
def test_no_control_is_cut_or_out_of_the_window(window, qtbot, width, tab):
    window.desk.reveal(getattr(window.desk, tab))
    narrowed(window, width, qtbot)
    assert cut_controls(window) == []
    for item in (window.status_bar.orders, window.status_bar.quotes, window.status_bar.rest):
        qtbot.waitUntil(lambda item=item: item.text.toolTip() == "")  # what stands there is whole
        assert box_of(item, window).right() < window.width()


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_narrow_title_row_has_the_orders_filter_in_a_menu_with_its_counts(window, qtbot):
    orders = window.desk.orders
    narrowed(window, 1024, qtbot)
    assert not orders.views.isVisible()
    assert orders.choose_view.text().startswith("Working")
    orders.choose_view.click()
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert [action.text() for action in menu.actions()] == ["Working 5", "Filled 1", "Refused", "All 7"]
    menu.actions()[3].trigger()
    menu.close()
    assert orders.views.choice == OrdersView.ALL.value
    assert orders.choose_view.accessibleName() == "Which orders: All"
    narrowed(window, 1440, qtbot)
    assert orders.views.isVisible()
    assert not orders.choose_view.isVisible()


@pytest.mark.parametrize("width", [1024, 1100, 1300, 1440])
@pytest.mark.parametrize("is_held", [False, True])
def test_a_figure_of_the_top_bar_is_whole_or_not_there_and_the_environment_stays(
    window, qtbot, width, is_held
):
    bar = window.top_bar
    bar.show_hold(is_held)
    narrowed(window, width, qtbot)
    assert bar.environment.isVisible()
    assert bar.hold.isVisible() is is_held

    def cut() -> list[str]:
        parts = (
            bar.equity,
            bar.day,
            bar.buying_power,
            bar.scopes,
            bar.environment,
            bar.hold,
            bar.perspective,
        )
        return [
            str(part)
            for part in parts
            if part.isVisible()
            and (part.width() < part.sizeHint().width() or box_of(part, window).right() >= window.width())
        ]

    qtbot.waitUntil(lambda: not cut())
    if width == 1440:
        assert bar.day.isVisible()
        assert bar.scopes.isVisible()


def test_what_can_be_done_without_leaves_a_narrow_status_bar_and_comes_back(window, qtbot):
    bar = window.status_bar
    narrowed(window, 1024, qtbot)
    assert not bar.frame_time.isVisible()
    assert bar.market.isVisible()
    assert bar.coins.toolTip().startswith("CRYPTO US")  # what it has no room for
    narrowed(window, 1600, qtbot)
    assert bar.frame_time.isVisible()


def test_what_sticks_out_of_a_scrolled_table_is_not_cut_at_its_edge(window, qtbot):
    narrowed(window, 1024, qtbot)
    view = window.desk.orders.view
    bar = view.horizontalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    seen = view.viewport().width()
    for value in (0, bar.maximum() // 2, bar.maximum()):
        bar.setValue(value)
        for column, _delegate, left, room in view._column_boxes(view.viewport().rect()):
            kind = view.model().columns[column].kind
            if kind in (CellKind.FIGURE, CellKind.TEXT):
                assert left + room <= seen
            if kind is CellKind.FIGURE:
                assert left >= 0


def test_on_a_screen_of_800_by_600_the_left_column_steps_back_and_comes_again(window, qtbot):
    workspace = window.desk.workspace
    narrowed(window, 800, qtbot)
    assert window.minimumWidth() <= 800
    assert not window.desk.watchlist.isVisible()
    assert not window.desk.account.isVisible()
    for panel in (window.desk.positions, window.desk.blotter, window.desk.ticket):
        assert panel.isVisible()
        assert window.rect().contains(box_of(panel, window))
    kept = workspace.save()
    narrowed(window, 1440, qtbot)
    qtbot.waitUntil(lambda: window.desk.watchlist.isVisible() and window.desk.account.isVisible())
    assert workspace.restore(kept)
    assert window.desk.watchlist.isVisible()
    assert box_of(window.desk.watchlist, window).right() < box_of(window.desk.positions, window).left()


def test_a_watchlist_that_is_asked_for_in_a_narrow_window_is_shown(window, qtbot):
    narrowed(window, 800, qtbot)
    window.desk.reveal(window.desk.watchlist)
    qtbot.waitUntil(window.desk.watchlist.isVisible)


def test_a_window_has_room_on_a_screen_of_600_lines_and_the_ticket_its_button(window, qtbot):
    window.resize(1024, 540)
    qtbot.waitUntil(lambda: window.height() == 540)
    area = window.desk.ticket.ticket.send_area
    buttons = [button for button in area.findChildren(QAbstractButton) if button.isVisible()]
    send = next(button for button in buttons if button.text().startswith("Buy"))
    box = box_of(send, window)
    assert box.bottom() < window.height()
    assert box.height() >= send.minimumSizeHint().height()


@pytest.mark.parametrize("width", [1024, 1210, 1440])
def test_contracts_and_who_else_placed_an_order_are_whole_in_every_table(window, qtbot, width):
    symbol = f"GOOGL{datetime.now(UTC) + timedelta(days=30):%y%m%d}C00280000"
    orders, positions = window.desk.orders, window.desk.positions
    orders.model.words.maker_of = lambda row: Maker.OTHER if row.shown.id == "x-9" else Maker.OURS
    orders_of(window).show_orders(order("x-9", symbol=symbol, limit_price=Decimal("0.45")))
    held = Position(symbol=symbol, asset_class="us_option", qty=Decimal(2), avg_entry_price=Decimal("0.4"))
    cast(FakeSession, window.session).positions.show(held)
    narrowed(window, width, qtbot)
    style, name, status = orders.view.cell_style, near_name(symbol), "Working \u00b7 external"

    def room(view: TableView, column: int) -> float:
        view.grab()
        return view.columnWidth(column) - 2 * PADDING_PX + 1

    qtbot.waitUntil(lambda: room(orders.view, SYMBOL) >= style.strong.width(name))
    qtbot.waitUntil(lambda: room(positions.view, 0) >= style.strong.width(name))
    qtbot.waitUntil(lambda: room(orders.view, STATUS) >= style.base.width(status))
    place = orders.view.place_of("c-x-9")
    assert place is not None
    row, columns = orders.model.row_at(place), orders.model.columns
    assert orders.model.cell(place, STATUS).text == status
    assert columns[STATUS].tool_tip is not None
    assert columns[SYMBOL].tool_tip is not None
    assert "other program" in columns[STATUS].tool_tip(row)
    assert "other program" in columns[STATUS].accessible_text(row)
    assert symbol in columns[SYMBOL].tool_tip(row)


def text_seen(view: TableView, key: Hashable, column: int) -> str:
    """As much of a cell's text as is drawn without scrolling."""
    place = view.place_of(key)
    assert place is not None
    delegate = view.itemDelegateForColumn(column)
    assert isinstance(delegate, TextDelegate)
    boxes = {number: (left, room) for number, _, left, room in view._column_boxes(view.viewport().rect())}
    if column not in boxes:
        return ""
    left, room = boxes[column]
    box = QRectF(left, 0, room, view.rowHeight(place))
    model = cast(OrdersModel, view.model())
    return delegate.shown(model.cell(place, column).text, model.row_at(place), box) if left >= 0 else ""


@pytest.mark.parametrize("width", [800, 1024, 1210])
@pytest.mark.parametrize("shown", [OrdersView.WORKING, OrdersView.ALL])
@pytest.mark.parametrize("clock_s", [59, 59 * 60])
def test_every_unknown_outcome_is_seen_with_its_age_without_scrolling(window, qtbot, width, shown, clock_s):
    orders, desk = window.desk.orders, orders_of(window)
    desk.answer(desk.cancel("o-1"), IntentState.JOURNALED, IntentState.SENT, IntentState.UNKNOWN)
    change = ReplaceRequest(order_id="o-5", qty=None, limit_price=None, stop_price=Decimal("179.00"))
    desk.answer(desk.replace(change), IntentState.JOURNALED, IntentState.SENT, IntentState.UNKNOWN)
    orders.views.choose(shown.value)
    narrowed(window, width, qtbot)
    since_ns = min(orders.model.unknown_since_ns)
    orders._pulse.set_on(False)
    half_a_second_ns = NS_PER_S // 2
    orders.model.grow_older(since_ns + clock_s * NS_PER_S + half_a_second_ns, date(2026, 11, 20))

    def seen() -> list[str]:
        return [text_seen(orders.view, key, STATUS) for key in ("bw-0001", "c-o-1", "c-o-5")]

    # Each has its own age: on a busy computer the last came seconds after the first.
    age, second, third = map(orders.model.words.unknown_age, sorted(orders.model.unknown_since_ns))
    wanted = [f"Unknown \u00b7 {age}", f"Cancel unknown \u00b7 {second}", f"Replace unknown \u00b7 {third}"]
    qtbot.waitUntil(
        lambda: all(text.startswith(words) for text, words in zip(seen(), wanted, strict=True)), timeout=3_000
    )


def test_what_is_unknown_is_counted_with_its_age_behind_every_tab_filter_and_search(window, clock, qtbot):
    tabs, orders = window.desk.blotter.tabs, window.desk.orders
    narrowed(window, 1024, qtbot)
    qtbot.waitUntil(lambda: tabs.pill_text(0).startswith("1 unknown \u00b7 "))
    assert tabs.accessibleTabName(0) == "Orders 1 unknown"
    window.desk.reveal(window.desk.stream)
    assert tabs.tabRect(tabs.count() - 1).right() < tabs.width()
    told = tabs.pill_text(0)
    assert told.startswith("1 unknown \u00b7 ")
    clock.pass_s(17)
    qtbot.waitUntil(lambda: tabs.pill_text(0) not in ("", told))  # it grows older behind another tab too
    orders.views.choose(OrdersView.FILLED.value)
    orders.search.setText("nothing of the kind")
    assert tabs.pill_text(0).startswith("1 unknown \u00b7 ")


def test_the_status_stands_at_its_own_place_again_once_all_columns_have_room(window, qtbot):
    header = window.desk.orders.view.horizontalHeader()
    narrowed(window, 1024, qtbot)
    qtbot.waitUntil(lambda: header.visualIndex(STATUS) == SIDE + 1)
    narrowed(window, 1440, qtbot)
    qtbot.waitUntil(lambda: [header.visualIndex(place) for place in range(header.count())] == list(range(12)))


@pytest.mark.parametrize("width", [800, 1024])
def test_the_button_that_closes_a_position_gives_way_rather_than_be_cut(window, qtbot, width):
    narrowed(window, width, qtbot)
    view = window.desk.positions.view
    qtbot.waitUntil(lambda: view._header.length() <= view.viewport().width())

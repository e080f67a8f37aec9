"""The table view under a real mouse and keyboard."""

from typing import cast

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QImage

from tests.fakes.services import ticker
from tests.ui.scene import HOLDINGS, position
from ui.models.position_columns import ACTIONS, CLOSE, SYMBOL
from ui.models.positions import PositionsModel
from ui.models.watchlist import LAST, WatchlistModel
from ui.panels.table_view import TableView


@pytest.fixture
def view(theme, qtbot, clock):
    model = PositionsModel()
    model.show_positions(
        [position(*holding) for holding in HOLDINGS], clock.monotonic_ns(), clock.monotonic_ns()
    )
    view = TableView(theme, model, "Positions")
    view.allow_sorting()
    qtbot.addWidget(view)
    view.resize(1150, 300)
    view.show()
    qtbot.waitExposed(view)
    return view


def middle_of(view: TableView, place: int, column: int) -> QPoint:
    return view.visualRect(view.model().index(place, column)).center()


def close_button(view: TableView, place: int) -> QPoint:
    rect = view.visualRect(view.model().index(place, ACTIONS))
    return QPoint(rect.right() - 20, rect.center().y())


def test_no_title_is_cut_at_any_width(view: TableView, qtbot):
    for width in (1400, 1150, 900, 500):
        view.resize(width, 300)
        assert view.cut_titles() == []


def test_the_columns_fill_the_view_and_hold_while_prices_tick(view: TableView):
    header = view.horizontalHeader()
    assert header.length() == view.viewport().width()
    before = [header.sectionSize(i) for i in range(header.count())]
    model = cast(PositionsModel, view.model())
    model.apply({"NVDA": ticker("NVDA", 1, 2, last=123456.78)}, 0)
    assert [header.sectionSize(i) for i in range(header.count())] == before


def test_a_scroll_bar_that_appears_takes_no_column_away(view: TableView, qtbot):
    view.resize(1150, 120)
    qtbot.waitUntil(view.verticalScrollBar().isVisible)
    assert view.horizontalHeader().length() == view.viewport().width()
    assert not view.horizontalScrollBar().isVisible()


def test_columns_resized_by_hand_stay_so(view: TableView):
    view.horizontalHeader().resizeSection(SYMBOL, 200)
    view.resize(1300, 300)
    assert view.horizontalHeader().sectionSize(SYMBOL) == 200


def test_clicking_an_action_names_the_row_and_what_to_do(view: TableView, qtbot):
    qtbot.mouseMove(view.viewport(), close_button(view, 1))
    with qtbot.waitSignal(view.action_triggered) as triggered:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=close_button(view, 1))
    assert triggered.args == ["AAPL", CLOSE]
    assert view.viewport().cursor().shape() is Qt.CursorShape.PointingHandCursor


def test_clicking_elsewhere_in_the_row_only_chooses_it(view: TableView, qtbot):
    with qtbot.assertNotEmitted(view.action_triggered), qtbot.waitSignal(view.current_changed) as chosen:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=middle_of(view, 2, SYMBOL))
    assert chosen.args == ["AMD"]


def test_a_press_that_ends_elsewhere_triggers_nothing(view: TableView, qtbot):
    with qtbot.assertNotEmitted(view.action_triggered):
        qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=middle_of(view, 2, SYMBOL))
        qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=close_button(view, 1))


def test_rows_that_change_places_under_a_pressed_button_close_nothing(view: TableView, qtbot):
    qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=close_button(view, 1))
    cast(PositionsModel, view.model()).sort(SYMBOL, Qt.SortOrder.DescendingOrder)
    with qtbot.assertNotEmitted(view.action_triggered):
        qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=close_button(view, 1))


def test_the_total_row_offers_nothing(view: TableView, qtbot):
    with qtbot.assertNotEmitted(view.action_triggered):
        last = view.model().rowCount() - 1
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=close_button(view, last))


def test_arrows_move_and_enter_activates(view: TableView, qtbot):
    view.setFocus()
    view.choose("NVDA")
    qtbot.keyClick(view, Qt.Key.Key_Down)
    with qtbot.waitSignal(view.row_activated) as activated:
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert activated.args == ["AAPL"]


def test_tab_leaves_the_table(view: TableView):
    assert not view.tabKeyNavigation()


def test_a_click_on_a_title_sorts_and_a_third_one_undoes_it(view: TableView, qtbot):
    header = view.horizontalHeader()
    at = QPoint(header.sectionViewportPosition(SYMBOL) + 10, 10)

    def symbols() -> list[str]:
        model = cast(PositionsModel, view.model())
        return [str(model.key_at(place)) for place in range(model.rowCount() - 1)]

    own = symbols()
    for expected in (sorted(own), sorted(own, reverse=True), own):
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
        assert symbols() == expected


def test_choosing_an_unknown_row_says_so(view: TableView):
    assert view.choose("AMD")
    assert view.current_key == "AMD"
    assert not view.choose("ZZZZ")


def test_the_pointer_is_followed_when_rows_move_under_it(view: TableView, qtbot):
    qtbot.mouseMove(view.viewport(), middle_of(view, 4, SYMBOL))
    model = cast(PositionsModel, view.model())
    model.show_positions([position(*HOLDINGS[0])], 0, 0)
    assert model.rowCount() == 2
    view.grab()


def test_a_focused_table_marks_its_row(view: TableView, theme, qtbot):
    view.choose("NVDA")
    view.activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    image = view.viewport().grab().toImage()
    assert image.pixelColor(0, middle_of(view, 0, SYMBOL).y()) == theme.colors.accent


def test_a_change_of_theme_repaints_every_cell(view: TableView, theme):
    theme.set("light")
    light = view.viewport().grab().toImage()
    assert light.pixelColor(light.width() - 2, light.height() - 2) == theme.colors.panel
    theme.set("dark")
    assert view.viewport().grab().toImage() != light


def test_a_screen_reader_finds_names_and_cells(view: TableView):
    table = QAccessible.queryAccessibleInterface(view)
    assert table.text(QAccessible.Text.Name) == "Positions"
    names = {table.child(place).text(QAccessible.Text.Name) for place in range(table.childCount())}
    assert {"Symbol NVDA", "Side Short", "Qty minus 10", "Working orders"} <= names


def test_tints_end_by_themselves_and_leave_no_timer(theme, qtbot, clock):
    model = WatchlistModel()
    model.show_symbols(["NVDA"])
    view = TableView(theme, model, "Watchlist")
    qtbot.addWidget(view)
    view.resize(400, 100)
    view.show()
    qtbot.waitExposed(view)

    def colour() -> str:
        rect = view.visualRect(model.index(0, LAST))
        image: QImage = view.viewport().grab().toImage()
        return image.pixelColor(rect.right() - 5, rect.top() + 5).name()

    model.apply({"NVDA": ticker("NVDA", 1, 2, last=10.0)}, clock.monotonic_ns())
    plain = colour()
    model.apply({"NVDA": ticker("NVDA", 1, 2, last=11.0)}, clock.monotonic_ns())
    assert colour() != plain
    qtbot.waitUntil(lambda: colour() == plain)
    qtbot.waitUntil(lambda: not view.is_fading)

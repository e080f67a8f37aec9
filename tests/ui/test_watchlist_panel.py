import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu

from core.domain.connection import StreamName, StreamPhase
from core.errors import AppError
from tests.fakes.services import ticker
from tests.ui.scene import PRICES, on_screen, reference_session
from ui.models.watchlist import AGE, LAST
from ui.panels.watchlist import WatchlistPanel


@pytest.fixture
def session(qapp):
    return reference_session()


@pytest.fixture
def panel(theme, clock, qtbot, session):
    with on_screen(WatchlistPanel(theme, clock), qtbot, session, 400, 670) as panel:
        yield panel


def symbols(panel: WatchlistPanel) -> list[str]:
    return [str(panel.model.key_at(place)) for place in range(panel.model.rowCount())]


def test_it_shows_the_list_with_what_is_held(panel):
    assert symbols(panel) == [symbol for symbol, *_ in PRICES]
    assert panel.model.cell(0, 0).badge == "40"


def test_every_title_and_symbol_fits_the_picture_s_width(panel):
    assert panel.view.cut_titles() == []
    assert not panel.view.horizontalScrollBar().isVisible()


def test_choosing_a_row_says_which_symbol(panel, qtbot):
    with qtbot.waitSignal(panel.symbol_chosen) as chosen:
        panel.view.choose("AMD")
    assert chosen.args == ["AMD"]


def test_a_symbol_is_added_by_keyboard_and_made_current(panel, qtbot, session):
    panel.view.setFocus()
    qtbot.keyClick(panel.view, Qt.Key.Key_Insert)
    assert panel.entry.isVisible()
    qtbot.keyClicks(panel.entry.field, "orcl")
    qtbot.keyClick(panel.entry.field, Qt.Key.Key_Return)
    assert symbols(panel)[-1] == "ORCL"
    assert panel.view.current_key == "ORCL"
    assert panel.entry.field.text() == ""
    qtbot.keyClick(panel.entry.field, Qt.Key.Key_Escape)
    assert not panel.entry.isVisible()


def test_a_refused_symbol_says_why_and_stays_to_be_corrected(panel, qtbot, session):
    panel.begin_adding()
    panel.entry.field.setText("NVDDA")
    session.watchlist.refused.emit(AppError("The broker does not know NVDDA.", "Check the spelling."))
    assert panel.entry.note.text() == "The broker does not know NVDDA. Check the spelling."
    assert panel.entry.field.text() == "NVDDA"
    qtbot.keyClicks(panel.entry.field, "NVDA")
    assert not panel.entry.note.isVisible()


def test_delete_removes_and_undo_puts_it_back_where_it_was(panel, qtbot):
    before = symbols(panel)
    panel.view.setFocus()
    panel.view.choose("MSFT")
    qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    assert "MSFT" not in symbols(panel)
    assert panel.undo_bar.isVisible()
    qtbot.keyClick(panel.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert symbols(panel) == before
    assert not panel.undo_bar.isVisible()


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_the_menu_offers_to_remove_the_row_under_it(panel, qtbot):
    panel.view.menu_requested.emit("TSLA", panel.mapToGlobal(panel.rect().center()))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    menu.actions()[0].trigger()
    menu.close()
    assert "TSLA" not in symbols(panel)


def test_an_empty_list_says_what_to_do(panel, qtbot, session):
    for symbol in symbols(panel):
        session.watchlist.remove(symbol)
    assert not panel.view.isVisible()
    panel.empty.acted.emit()
    assert panel.entry.isVisible()


def test_prices_turn_stale_by_themselves_when_the_stream_stops(panel, qtbot, session):
    assert panel.model.cell(0, LAST).tone == "text"
    session.connection.show(StreamName.QUOTES, phase=StreamPhase.WAITING)
    qtbot.waitUntil(lambda: panel.model.cell(0, LAST).tone == "faint")
    assert panel.model.cell(0, AGE).tone == "warning"


def test_the_change_tint_can_be_turned_off(panel):
    panel.view.set_change_tint(False)
    assert not panel.view.cell_style.tints_changes


def test_unbound_it_shows_nothing_and_hears_nothing(panel, session):
    panel.unbind()
    session.market.show(ticker("NVDA", 1, 2, last=1.5))
    session.watchlist.add("ORCL")
    assert symbols(panel) == []
    assert not panel.view.isVisible()

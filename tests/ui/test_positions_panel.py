from dataclasses import replace
from decimal import Decimal as D

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QMenu

from core.domain.gains import Gains
from core.domain.provenance import Figure
from tests.fakes.services import order, ticker
from tests.ui.scene import HOLDINGS, on_screen, position, reference_session
from ui.models.position_columns import ACTIONS, MARK, REALISED, SYMBOL, VALUE, WORKING
from ui.models.positions import TOTAL_KEY
from ui.panels.positions import PositionsPanel


@pytest.fixture
def session(qapp):
    return reference_session()


@pytest.fixture
def panel(theme, clock, qtbot, session):
    with on_screen(PositionsPanel(theme, clock), qtbot, session, 1152, 322) as panel:
        yield panel


def test_it_counts_positions_for_its_tab(panel, session):
    assert panel.count == str(len(HOLDINGS))
    session.positions.show()
    assert panel.count == ""
    assert not panel.view.isVisible()


def test_what_cannot_be_read_is_not_called_nothing(panel, session):
    session.positions.unread = ("TSLA",)
    session.positions.show()
    assert "cannot read" in panel.empty.text
    session.positions.unread = ()
    session.positions.show()
    assert panel.empty.text.startswith("No open positions.")


def test_marks_follow_the_stream(panel, session):
    session.market.show(ticker("NVDA", 199.99, 200.01, last=200.0))
    assert panel.model.cell(0, MARK).text == "200.00"


def test_working_orders_are_counted_and_recounted(panel, session):
    assert panel.model.cell(0, WORKING).text == "2"
    session.orders.show_orders(order("o-77"))
    assert panel.model.cell(0, WORKING).text == "3"


def test_a_click_on_close_asks_for_that_symbol_and_sends_nothing(panel, qtbot, session):
    rect = panel.view.visualRect(panel.model.index(2, ACTIONS))
    with qtbot.waitSignal(panel.close_requested) as asked:
        at = QPoint(rect.right() - 20, rect.center().y())
        qtbot.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert asked.args == ["AMD"]
    assert session.orders.closed == []


def test_delete_asks_to_close_the_current_position_only(panel, qtbot):
    panel.view.setFocus()
    with qtbot.assertNotEmitted(panel.close_requested):
        qtbot.keyClick(panel.view, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
        qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    panel.view.choose("TSLA")
    with qtbot.waitSignal(panel.close_requested) as asked:
        qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    assert asked.args == ["TSLA"]


def test_every_title_fits(panel):
    assert panel.view.cut_titles() == []


def test_the_choice_of_the_mark_is_remembered(qtbot, theme, clock, session, settings):
    with on_screen(PositionsPanel(theme, clock, settings), qtbot, session, 1152, 322) as panel:
        qtbot.mouseClick(panel.marks.button("mid"), Qt.MouseButton.LeftButton)
        assert settings.values.position_mark == "mid"
        assert panel.model.cell(0, MARK).tone == "text"
        assert "Middle" in panel.model.index(0, MARK).data(Qt.ItemDataRole.ToolTipRole)
    again = PositionsPanel(theme, clock, settings)
    qtbot.addWidget(again)
    assert again.marks.choice == "mid"


def test_a_click_on_a_figure_asks_where_it_comes_from_and_one_on_the_symbol_does_not(panel, qtbot):
    def click(column: int) -> None:
        at = panel.view.visualRect(panel.model.index(2, column)).center()
        qtbot.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=at)

    with qtbot.waitSignal(panel.explain_requested) as asked:
        click(VALUE)
    assert asked.args == ["AMD", Figure.VALUE]
    with qtbot.assertNotEmitted(panel.explain_requested):
        click(SYMBOL)
        panel.view.choose(TOTAL_KEY)
        qtbot.keyClick(panel.view, Qt.Key.Key_Space)
    panel.view.choose("TSLA")
    panel.view.setFocus()
    with qtbot.waitSignal(panel.explain_requested) as asked:
        qtbot.keyClick(panel.view, Qt.Key.Key_Space)
    assert asked.args == ["TSLA", Figure.UNREALISED]


def test_gains_that_do_not_explain_what_is_held_are_read_on(panel, session):
    session.gains.show(Gains(symbol="NVDA", qty=D(15), realised=D(12), fills=2))
    assert session.gains.held["NVDA"] == D(40)
    assert panel.model.cell(0, REALISED).text == "+12.00"


def test_a_coin_chosen_is_named_as_orders_spell_it(panel, session, qtbot):
    session.positions.show(replace(position("BTCUSD", "1", "9", "9"), asset_class="crypto"))
    with qtbot.waitSignal(panel.symbol_chosen) as chosen:
        panel.view.choose("BTCUSD")
    assert chosen.args == ["BTC/USD"]


def test_quantities_that_were_not_read_for_long_are_said_to_be_old_though_prices_live(panel, session, qtbot):
    assert panel.subtitle == ""
    session.positions.received_ns -= 125 * 1_000_000_000
    qtbot.waitUntil(lambda: panel.subtitle == "quantities 2 min old")
    session.positions.show(*session.positions.positions.values())
    qtbot.waitUntil(lambda: panel.subtitle == "")


def test_unbound_it_shows_nothing_and_hears_nothing(panel, session):
    panel.unbind()
    session.market.show(ticker("NVDA", 1, 2, last=1.5))
    assert panel.model.rowCount() == 0
    assert panel.count == ""


def closed_today(symbol: str) -> Gains:
    return Gains(symbol=symbol, realised=D(30), realised_day=D(30), fills=2, fills_day=2)


def test_a_symbol_closed_today_is_chosen_but_neither_closed_again_nor_explained(panel, session, qtbot):
    session.gains.show(closed_today("MSFT"))
    panel.view.setFocus()
    with qtbot.waitSignal(panel.symbol_chosen) as chosen:
        panel.view.choose("MSFT")
    assert chosen.args == ["MSFT"]
    with qtbot.assertNotEmitted(panel.close_requested), qtbot.assertNotEmitted(panel.explain_requested):
        qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
        qtbot.keyClick(panel.view, Qt.Key.Key_Space)


def test_what_was_closed_today_is_shown_also_when_nothing_is_held(panel, session):
    session.positions.show()
    assert not panel.view.isVisible()
    session.gains.show(closed_today("MSFT"))
    assert panel.view.isVisible()
    assert panel.count == ""


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_symbols_closed_today_can_be_left_out_and_that_is_remembered(qtbot, theme, clock, session, settings):
    session.gains.gains = {"MSFT": closed_today("MSFT")}
    with on_screen(PositionsPanel(theme, clock, settings), qtbot, session, 1152, 322) as panel:
        assert panel.model.row("MSFT") is not None
        panel.view.menu_requested.emit("MSFT", panel.mapToGlobal(panel.rect().center()))
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        (toggle,) = menu.actions()
        assert toggle.isChecked()
        toggle.trigger()
        menu.close()
        assert settings.values.show_closed_today is False
        assert panel.model.row("MSFT") is None

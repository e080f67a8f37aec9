from decimal import Decimal
from typing import cast

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QMenu

from core.domain.intent import IntentState
from core.domain.order import OrderStatus
from core.domain.trading_block import TradingBlock
from core.services.session import Session
from tests.fakes.services import order
from tests.ui.scene import on_screen, reference_session
from ui.models.order_columns import ACTIONS, STATUS
from ui.panels.orders import OrdersPanel


@pytest.fixture
def session(qapp):
    return reference_session()


@pytest.fixture
def panel(theme, clock, qtbot, session):
    with on_screen(OrdersPanel(theme, clock), qtbot, session, 1152, 322) as panel:
        yield panel


def keys(panel: OrdersPanel) -> list[str]:
    return [str(panel.model.key_at(place)) for place in range(panel.model.rowCount())]


def status_of(panel: OrdersPanel, key: str) -> str:
    place = panel.model.place_of(key)
    assert place is not None
    return panel.model.cell(place, STATUS).text


def test_the_segments_count_and_filter(panel):
    assert [panel.views.button(code).text() for code in ("working", "filled", "all")] == [
        "Working 5",
        "Filled 1",
        "All 7",
    ]
    panel.views.choose("filled")
    assert keys(panel) == ["c-o-6"]
    assert panel.count == "5 working"


def test_orders_on_their_way_and_unknown_ones_stand_first(panel):
    assert status_of(panel, "bw-0002") == "Sending…"
    assert status_of(panel, "bw-0001").startswith("Outcome unknown, checking")
    assert set(keys(panel)[:2]) == {"bw-0001", "bw-0002"}


def test_the_selection_stays_when_the_broker_s_order_takes_the_intent_s_place(panel, session):
    panel.view.choose("bw-0001")
    found = order("o-50", client_order_id="bw-0001", symbol="TSLA")
    session.orders.answer(session.orders.intent("bw-0001"), IntentState.WORKING, order=found)
    assert panel.view.current_key == "bw-0001"
    assert status_of(panel, "bw-0001") == "Working"


def test_the_icons_of_a_row_ask_for_replace_and_cancel(panel, qtbot, session):
    place = panel.model.place_of("c-o-1")
    rect = panel.view.visualRect(panel.model.index(place, ACTIONS))
    for offset, signal in ((12, panel.cancel_requested), (36, panel.replace_requested)):
        at = QPoint(rect.right() - offset, rect.center().y())
        qtbot.mouseMove(panel.view.viewport(), at)
        with qtbot.waitSignal(signal) as asked:
            qtbot.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=at)
        assert asked.args == ["o-1"]
    assert session.orders.cancelled == []


def test_keys_ask_for_replace_and_cancel(panel, qtbot):
    panel.view.setFocus()
    panel.view.choose("c-o-1")
    with qtbot.waitSignal(panel.cancel_requested):
        qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    with qtbot.waitSignal(panel.replace_requested):
        qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    with qtbot.waitSignal(panel.replace_requested):
        qtbot.keyClick(panel.view, Qt.Key.Key_Enter)


def test_what_the_broker_would_refuse_is_not_asked_for(panel, qtbot):
    panel.view.setFocus()
    panel.view.choose("bw-0001")
    with qtbot.assertNotEmitted(panel.cancel_requested), qtbot.assertNotEmitted(panel.replace_requested):
        qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
        qtbot.keyClick(panel.view, Qt.Key.Key_Return)


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_the_menu_says_which_order_it_cancels(panel, qtbot):
    panel.view.menu_requested.emit("c-o-1", panel.mapToGlobal(panel.rect().center()))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    words = [action.text() for action in menu.actions()]
    assert "Cancel Sell NVDA" in words
    with qtbot.waitSignal(panel.cancel_requested):
        menu.actions()[words.index("Cancel Sell NVDA")].trigger()
    menu.close()


def test_cancel_all_is_asked_for_only_while_something_works(panel, qtbot, session):
    with qtbot.waitSignal(panel.cancel_all_requested):
        panel.cancel_all.click()
    for known in list(session.orders.orders.values()):
        session.orders.show_orders(order(known.id, symbol=known.symbol, status=OrderStatus.CANCELED))
    for intent in session.orders.open_intents:
        states = {IntentState.DRAFT: [IntentState.NEVER_SENT]}.get(intent.state, [IntentState.REFUSED])
        session.orders.answer(intent, *states)
    assert not panel.cancel_all.isEnabled()
    assert panel.count == ""


def test_no_working_orders_leads_to_all_of_them(panel, session, qtbot):
    panel.unbind()
    session.orders.orders.clear()
    session.orders._intents.clear()
    session.orders.show_orders(order(status=OrderStatus.FILLED, filled_qty=Decimal(20)))
    panel.bind(cast(Session, session))
    assert not panel.view.isVisible()
    panel.empty.acted.emit()
    assert keys(panel) == ["c-o-1"]


def test_until_the_orders_are_read_it_says_so(theme, clock, qtbot, session):
    session.orders.orders.clear()
    session.orders._intents.clear()
    session.orders.trading_block = TradingBlock.NOT_READY
    panel = OrdersPanel(theme, clock)
    qtbot.addWidget(panel)
    panel.bind(cast(Session, session))
    assert panel.empty.text == "Reading your orders…"
    session.orders.block(TradingBlock.NONE)
    assert panel.empty.text.startswith("No orders yet.")
    panel.unbind()


def test_every_title_fits(panel):
    assert panel.view.cut_titles() == []


def test_unbound_it_shows_nothing_and_hears_nothing(panel, session):
    panel.unbind()
    session.orders.show_orders(order("o-99"))
    assert keys(panel) == []

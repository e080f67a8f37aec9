"""However a hand hits the order button: as many orders as were meant, in the real window, by a real desk."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.domain.environment import Environment
from core.domain.grant import Grant
from core.domain.limits import Limits
from core.domain.secret import Secret
from core.domain.trading_block import TradingBlock
from core.net.lanes import Lane
from core.services.clock import SystemClock
from core.services.frame_clock import FrameClock
from core.services.session import Session, SessionParts
from core.services.settings import Settings
from tests.core.builders import account
from tests.fakes.broker import TOKEN, Broker
from ui.dialogs.confirm_order import ConfirmOrderDialog
from ui.main_window import MainWindow
from ui.panels.ticket_body import Ticket
from ui.panels.ticket_submission import Stage

LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier
# What a limit would stop is no double click; other tests see to those.
NO_LIMITS = Limits(max_value=None, max_distance=None, max_age_s=None, max_orders_a_minute=None)
Hit = Callable[[Ticket], None]


@pytest.fixture
def broker() -> Iterator[Broker]:
    made = Broker()
    yield made
    made.stop()


@pytest.fixture
def settings(qapp, tmp_path: Path) -> Iterator[Settings]:
    disk = Lane("disk")
    made = Settings(tmp_path / "settings.toml", disk)
    made.change(limits=NO_LIMITS, watchlist=("AAPL",), confirm_paper_orders=False)
    yield made
    made.flush()
    disk.stop()


@pytest.fixture
def ticket(theme, qtbot: QtBot, broker, settings, tmp_path) -> Iterator[Ticket]:
    frames = FrameClock()
    parts = SessionParts(
        settings=settings, frames=frames, clock=SystemClock(), data_dir=tmp_path, user_agent="Bellwether/test"
    )
    grant = Grant(token=Secret(TOKEN), scopes=frozenset({"trading"}))
    session = Session(broker.profile(), Environment.PAPER, grant, account(), parts)
    window = MainWindow(theme, settings, frames, SystemClock())
    qtbot.addWidget(window)
    window.resize(1440, 900)
    window.show()
    qtbot.waitExposed(window)
    session.start()
    window.show_session(session, {Environment.PAPER: account()})
    window.desk.ticket.set_symbol("AAPL")
    made = cast(Ticket, window.desk.ticket.ticket)
    qtbot.waitUntil(lambda: session.orders.trading_block is TradingBlock.NONE)
    yield made
    window.close_session()
    session.stop()
    frames._timer.stop()


def double_click(ticket: Ticket) -> None:
    button = ticket.send_area.button
    QTest.mouseClick(button, LEFT)
    QTest.mouseDClick(button, LEFT)
    QTest.mouseClick(button, LEFT)


def many_clicks(ticket: Ticket) -> None:
    for _ in range(5):
        QTest.mouseClick(ticket.send_area.button, LEFT)
        QApplication.processEvents()


def held_space(ticket: Ticket) -> None:
    button = ticket.send_area.button
    button.setFocus()
    for place in range(20):
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " ", place > 0)
            QApplication.sendEvent(button, event)


def repeated_shortcut(ticket: Ticket) -> None:
    ticket.form.quantity.setFocus()
    for _ in range(6):
        QTest.keyClick(ticket.form.quantity, Qt.Key.Key_Return, CTRL)


def click_and_shortcut(ticket: Ticket) -> None:
    QTest.mouseClick(ticket.send_area.button, LEFT)
    ticket.send_order()
    QTest.keyClick(ticket.window(), Qt.Key.Key_Return, CTRL)


HITS: tuple[Hit, ...] = (double_click, many_clicks, held_space, repeated_shortcut, click_and_shortcut)


def confirm_hastily(qtbot: QtBot) -> None:
    """Hit the confirmation at once, as a double click does, and then, when it can be, twice."""
    (dialog,) = [
        w for w in QApplication.topLevelWidgets() if isinstance(w, ConfirmOrderDialog) and w.isVisible()
    ]
    QTest.mouseClick(dialog.deed, LEFT)
    assert dialog.isVisible()  # too soon to be meant
    deed = dialog.deed
    qtbot.waitUntil(deed.isEnabled)
    QTest.mouseClick(deed, LEFT)
    QTest.mouseClick(deed, LEFT)


def hit_the_button(qtbot: QtBot, ticket: Ticket, settings: Settings, broker: Broker, times: int) -> int:
    """One order after the other, each meant once and hit many times; returns how many too many or too few."""
    for place in range(times):
        asks = place % 10 == 9
        settings.change(confirm_paper_orders=asks)
        ticket.form.quantity.setText(str(place % 50 + 1))
        ticket.form.limit_price.setText("189.40")
        assert ticket.submission.stage is Stage.EDITING
        HITS[place % len(HITS)](ticket)
        if asks:
            confirm_hastily(qtbot)
            ticket.window().activateWindow()  # as a window system does when a dialog closes
            qtbot.waitUntil(ticket.window().isActiveWindow)
        qtbot.waitUntil(lambda: ticket.submission.stage is Stage.TAKEN)
        HITS[(place + 1) % len(HITS)](ticket)  # the hand goes on hitting after the answer
        QTest.mouseDClick(ticket.send_area.another, LEFT)
    bodies = [json.loads(body) for body in broker.sent("POST", "/v2/orders")]
    ids = {body["client_order_id"] for body in bodies}
    wanted = [str(place % 50 + 1) for place in range(times)]
    assert [body["qty"] for body in bodies] == wanted
    return abs(len(bodies) - times) + len(bodies) - len(ids)


def test_sixty_hasty_hands_send_sixty_orders(qtbot, ticket, settings, broker, figure):
    wrong = hit_the_button(qtbot, ticket, settings, broker, 60)
    figure("double_clicks_in_the_window", 60, wrong, "orders in the real window, each hit many times")
    assert wrong == 0


@pytest.mark.long
def test_five_hundred_hasty_hands_send_five_hundred_orders(qtbot, ticket, settings, broker, figure):
    wrong = hit_the_button(qtbot, ticket, settings, broker, 500)
    figure("double_clicks_in_the_window", 500, wrong, "orders in the real window, each hit many times")
    assert wrong == 0

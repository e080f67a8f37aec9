"""Clicks the ticket's button with the mouse, order after order, and notes the moment of every click."""

import random
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest

from core.domain.order import OrderType, Side
from tests.bench.children.observer import Observer
from ui.panels.ticket_submission import Stage

if TYPE_CHECKING:
    from core.services.session import Session
    from ui.main_window import MainWindow
    from ui.panels.ticket_body import Ticket

SYMBOL, LIMIT_PRICE = "AAPL", Decimal("1.00")  # rests far below the market
PAUSES_MS = (20, 80)  # no whole number of frames: a click comes at any moment of one
_LOOK_MS = 20


class Clicks(Observer):
    """Sends `orders` orders, the next one only after the broker has answered the last."""

    def __init__(self, order: dict[str, Any]) -> None:
        super().__init__(order)
        self._chance = random.Random(1)
        self._clicked: list[int] = []

    def session_shown(self, window: "MainWindow", session: "Session") -> None:
        ticket = window.desk.ticket.ticket
        if ticket is None:
            raise RuntimeError("the window was bound to a session just now")
        self._ticket: Ticket = ticket
        self._timer = QTimer(window)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._turn)
        self._timer.start(_LOOK_MS)

    def _turn(self) -> None:
        stage = self._ticket.submission.stage
        button = self._ticket.send_area.button
        if stage is Stage.NOT_PLACED:
            self.finish(refused=self._ticket.submission.intent and self._ticket.submission.intent.reason)
        elif stage is Stage.TAKEN and len(self._clicked) == self.order["orders"]:
            self.finish(clicked=self._clicked)
        elif stage is Stage.TAKEN:
            self._ticket.submission.start_another()
            self._timer.start(self._chance.randint(*PAUSES_MS))
        elif stage is Stage.EDITING and button.isEnabled():
            self._click()
            self._timer.start(_LOOK_MS)
        else:
            if stage is Stage.EDITING:
                self._fill_in()
            self._timer.start(_LOOK_MS)

    def _fill_in(self) -> None:
        form = self._ticket.form
        self._ticket.set_symbol(SYMBOL)
        form.side.choose(Side.BUY)
        form.type.choose(OrderType.LIMIT)
        form.quantity.show_value(Decimal(1))
        form.limit_price.show_value(LIMIT_PRICE)

    def _click(self) -> None:
        button = self._ticket.send_area.button
        middle = QPoint(button.width() // 2, button.height() // 2)
        none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
        QTest.mousePress(button, left, none, middle)
        self._clicked.append(time.monotonic_ns())
        QTest.mouseRelease(button, left, none, middle)

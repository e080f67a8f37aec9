"""Notes when an order's row has been painted after an event about it."""

import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect, QTimer
from PySide6.QtGui import QRegion

from core.domain.order import Order
from core.domain.trading_block import TradingBlock
from tests.bench.children.observer import Observer
from tests.bench.children.painted import PaintWatch
from tests.bench.children.soaking import say

if TYPE_CHECKING:
    from core.services.session import Session
    from ui.main_window import MainWindow
    from ui.panels.table_view import TableView

MARK = "bench-"  # begins the id of every order that the stream of this benchmark tells of
_LOOK_MS = 50
_SETTLE_MS = 1_500  # what the start itself still reads and paints is not what is measured


class OrderCells(Observer):
    """Says when events may come, and ends when `events` of them have been painted."""

    def __init__(self, order: dict[str, Any]) -> None:
        super().__init__(order)
        self._waiting: dict[str, Order] = {}
        self._painted: dict[str, int] = {}

    def session_shown(self, window: "MainWindow", session: "Session") -> None:
        self._panel = window.desk.orders
        session.orders.orders_changed.connect(self._expect)
        PaintWatch(self._panel.view.viewport(), self._flushed)
        self._looking = QTimer(window)

        def look() -> None:
            if session.orders.trading_block is TradingBlock.NONE:
                self._looking.stop()
                QTimer.singleShot(_SETTLE_MS, lambda: say(ready=True))

        self._looking.timeout.connect(look)
        self._looking.start(_LOOK_MS)

    def _expect(self, orders: tuple[Order, ...]) -> None:
        for order in orders:
            if order.id.startswith(MARK):  # and none of those that the broker listed
                self._waiting[f"{order.id}/{order.filled_qty}"] = order

    def _flushed(self, region: QRegion) -> None:
        now = time.monotonic_ns()
        model, view = self._panel.model, self._panel.view
        for name, order in list(self._waiting.items()):
            place = model.place_of(order.client_order_id)
            if place is not None and region.intersects(_row_of(view, place)):
                self._painted[name] = now
                del self._waiting[name]
        if len(self._painted) >= self.order["events"]:
            self.finish(painted=self._painted)


def _row_of(view: "TableView", place: int) -> QRect:
    """Where a row is painted, whichever columns have given way."""
    return QRect(0, view.rowViewportPosition(place), view.viewport().width(), view.rowHeight(place))

"""Reads the account's orders by REST and compares: after every (re)start of the stream, and now and then.

The stream has no replay, and an event can be lost on a healthy connection (threat model S1, S2).
"""

import random

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.domain.book import OrderBook
from core.domain.order import Order
from core.errors import AppError
from core.protocol.retry import reread_wait_s
from core.protocol.trading import list_orders, read_order
from core.services.broker_link import BrokerLink

WHILE_OPEN_MS = 45_000
_OPEN_LIMIT = 500


class Reconciliation(QObject):
    """Ready once the orders were read after the newest interruption. Lives on the GUI thread."""

    orders_read = Signal(object)  # tuple[Order, ...]
    ready_changed = Signal()

    def __init__(self, link: BrokerLink, book: OrderBook, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link, self._book = link, book
        self.is_ready = False
        self._round = 0  # an answer to an earlier round proves nothing about this one
        self._is_reading = False
        self._again = False  # asked for while this round was reading
        self._failures = 0
        self._retry = QTimer(self)
        self._retry.setSingleShot(True)
        self._retry.timeout.connect(self.begin)
        self._routine = QTimer(self)
        self._routine.setInterval(WHILE_OPEN_MS)
        self._routine.timeout.connect(self._compare_open)

    @Slot()
    def begin(self) -> None:
        """Read everything recent; `is_ready` follows. A wish that comes meanwhile is granted afterwards."""
        if self._is_reading:
            self._again = True
            return
        self._round += 1
        self._is_reading, self._again = True, False
        self._retry.stop()
        self._routine.start()
        this_round = self._round
        self._link.read(
            list_orders("all"),
            lambda orders: self._take_recent(this_round, orders),
            lambda error: self._try_again(this_round, error),
        )

    def hold(self) -> None:
        """An interruption: what we know may be behind, and what is being read now as well."""
        self._round += 1
        self._is_reading = self._again = False
        self._set_ready(ready=False)

    def stop(self) -> None:
        """Read no more."""
        self._round += 1
        self._is_reading = self._again = False
        self._retry.stop()
        self._routine.stop()

    def read_one(self, order_id: str) -> None:
        """Read one order again, because an answer contradicted what we know of it."""
        self._link.read(read_order(order_id), lambda order: self.orders_read.emit((order,)), self._ignore)

    def _take_recent(self, this_round: int, orders: tuple[Order, ...]) -> None:
        if this_round != self._round:
            return
        self.orders_read.emit(orders)
        # Open orders may be older than the newest page of all orders.
        self._link.read(
            list_orders("open", limit=_OPEN_LIMIT),
            lambda found: self._take_open(this_round, found),
            lambda error: self._try_again(this_round, error),
        )

    def _take_open(self, this_round: int, orders: tuple[Order, ...]) -> None:
        if this_round != self._round:
            return
        self._failures = 0
        self._is_reading = False
        self._merge_open(orders)
        if self._again:
            self.begin()
        else:
            self._set_ready(ready=True)

    def _merge_open(self, orders: tuple[Order, ...]) -> None:
        self.orders_read.emit(orders)
        listed = {part.id for order in orders for part in (order, *order.legs)}
        for order in self._book.open_orders():
            # Open to us, yet not on the broker's list of open orders: an event was lost.
            if order.id not in listed and len(orders) < _OPEN_LIMIT:
                self.read_one(order.id)

    @Slot()
    def _compare_open(self) -> None:
        if self.is_ready and self._book.open_orders():
            self._link.read(list_orders("open", limit=_OPEN_LIMIT), self._merge_open, self._ignore)

    def _try_again(self, this_round: int, _error: AppError) -> None:
        if this_round == self._round:
            self._is_reading = False
            self._failures += 1
            self._retry.start(int(reread_wait_s(self._failures, random.random()) * 1000))  # noqa: S311

    def _ignore(self, _error: AppError) -> None:
        """The next round comes by itself."""

    def _set_ready(self, *, ready: bool) -> None:
        if ready != self.is_ready:
            self.is_ready = ready
            self.ready_changed.emit()

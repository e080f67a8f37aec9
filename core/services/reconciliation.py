"""Reads the account's orders and positions by REST: after every (re)start of the stream, and now and then.

The stream has no replay, and an event can be lost on a healthy connection (threat model S1, S2). What is read
is merged with what the stream tells meanwhile; the book does not mind the order, so nothing is held up.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal, Slot

from core.domain.book import OrderBook
from core.domain.listing import Listing
from core.domain.order import Order
from core.domain.position import Position
from core.domain.request_budget import Urgency
from core.errors import AppError
from core.protocol.retry import reread_wait_s
from core.protocol.trading import MAX_ORDERS, list_orders, read_order, read_positions
from core.services.desk_link import DeskLink
from core.services.timers import Timers

WHILE_OPEN_MS = 45_000
AFTER_FAILURE_MS = 5_000
WITHOUT_STREAM_MS = 3_000
PAGE = MAX_ORDERS


@dataclass(slots=True)
class _Listed:
    """What the pages of open orders hold: ids, legs included, and what of them could not be read."""

    ids: set[str] = field(default_factory=set)
    unreadable: list[str] = field(default_factory=list)


class Reconciliation(QObject):
    """Ready once orders and positions were read after the newest interruption. Lives on the GUI thread."""

    orders_read = Signal(object)  # tuple[Order, ...]: one page of a list
    unreadable_listed = Signal(object)  # tuple[str, ...]: of rows of a list that cannot be read, see Listing
    order_reread = Signal(object)  # Order: by its id, so that its word is the last
    positions_read = Signal(object)  # Listing[Position]: all of them
    ready_changed = Signal()

    def __init__(
        self,
        link: DeskLink,
        book: OrderBook,
        timers: Timers,
        chance: Callable[[], float],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._link, self._book, self._chance = link, book, chance
        self.is_ready = False
        self._round = 0  # an answer to an earlier round proves nothing about this one
        self._is_reading = False
        self._again = False  # asked for while this round was reading
        self._failures = 0
        self._is_stopped = False
        self._has_waited = False  # the routine stood back once for a round
        self._rereading: set[str] = set()
        self._retry = timers.timer(self.begin)
        self._routine = timers.timer(self._compare_open)

    def start(self) -> None:
        """Read the open orders soon, even if the stream never comes: they must be seen to be cancelled."""
        self._routine.start(WITHOUT_STREAM_MS)

    @Slot()
    def begin(self) -> None:
        """Read everything recent; `is_ready` follows. A wish that comes meanwhile is granted afterwards."""
        if self._is_reading:
            self._again = True
            return
        self._round += 1
        self._is_reading, self._again = True, False
        self._retry.stop()
        this_round = self._round
        self._link.read(
            list_orders("all"),
            lambda orders: self._take_recent(this_round, orders),
            lambda error: self._try_again(this_round, error),
            Urgency.RECONCILE,
        )

    def look(self) -> None:
        """Compare the open orders now, and not when the next time has come."""
        if not self._is_stopped:
            self._routine.start(0)

    def hold(self) -> None:
        """An interruption: what we know may be behind, and what is being read now as well."""
        self._round += 1
        self._is_reading = self._again = False
        self._set_ready(ready=False)

    def stop(self) -> None:
        """Read no more."""
        self._is_stopped = True
        self._round += 1
        self._is_reading = self._again = False
        self._retry.stop()
        self._routine.stop()

    def read_one(self, order_id: str) -> None:
        """Read one order that a list should have named."""
        if not order_id or order_id in self._rereading:
            return
        self._rereading.add(order_id)
        self._link.read(
            read_order(order_id),
            lambda order: self._take_one(order_id, order),
            lambda _error: self._rereading.discard(order_id),  # the next round asks again
            Urgency.LOOK_UP,
        )

    def _take_one(self, order_id: str, order: Order) -> None:
        self._rereading.discard(order_id)
        self.order_reread.emit(order)

    # A whole round: the newest of all orders, every open one, the positions.

    def _take_recent(self, this_round: int, orders: Listing[Order]) -> None:
        self._tell(orders)
        if this_round != self._round:
            return
        # Open orders may be older than the newest page of all orders.
        self._read_open(
            lambda listed: self._take_open(this_round, listed),
            lambda error: self._try_again(this_round, error),
            goes_on=lambda: this_round == self._round,
        )

    def _take_open(self, this_round: int, listed: "_Listed") -> None:
        self._reread_missing(listed)
        self._link.read(
            read_positions(),
            lambda positions: self._finish(this_round, positions),
            lambda error: self._try_again(this_round, error),
            Urgency.RECONCILE,
        )

    def _finish(self, this_round: int, positions: Listing[Position]) -> None:
        if this_round != self._round:
            return
        self._failures = 0
        self._is_reading = False
        self._routine.start(WHILE_OPEN_MS)
        self.positions_read.emit(positions)
        if self._again:
            self.begin()
        else:
            self._set_ready(ready=True)

    def _try_again(self, this_round: int, _error: AppError) -> None:
        if this_round == self._round:
            self._is_reading = False
            self._failures += 1
            self._retry.start(int(reread_wait_s(self._failures, self._chance()) * 1000))

    # Now and then, while the stream is away, or when somebody needs to know: the open orders alone.

    def compare(self, done: Callable[[tuple[str, ...]], None], failed: Callable[[AppError], None]) -> None:
        """Read every open order; `done` is called after the last page, when all that it told has been.

        It is given what of them could not be read, as in a Listing.
        """

        def compared(listed: _Listed) -> None:
            self._reread_missing(listed)
            done(tuple(listed.unreadable))

        self._read_open(compared, failed, goes_on=lambda: True)

    def _compare_open(self) -> None:
        if self._is_reading and not self._has_waited:
            self._has_waited = True
            self._routine.start(AFTER_FAILURE_MS)
            return
        # Interruptions, which may follow each other faster than a round is read, do not put this off.
        self._has_waited = False
        self._routine.start(WHILE_OPEN_MS)
        if not self.is_ready or self._book.open_orders():
            self._read_open(
                self._reread_missing,
                lambda _error: self._routine.start(AFTER_FAILURE_MS),
                goes_on=lambda: not self._is_stopped,
            )

    def _read_open(
        self,
        done: Callable[["_Listed"], None],
        failed: Callable[[AppError], None],
        *,
        goes_on: Callable[[], bool],
        before_id: str = "",
        listed: "_Listed | None" = None,
    ) -> None:
        """Read every page of open orders; `done` is given what they list."""
        found = _Listed() if listed is None else listed

        def take(orders: Listing[Order]) -> None:
            self._tell(orders)
            if not goes_on():
                return
            found.ids.update(part.id for order in orders for part in (order, *order.legs))
            found.ids.update(orders.unreadable)
            found.unreadable += orders.unreadable
            if orders.count < PAGE or orders.last_name in ("", before_id):
                done(found)
                return
            self._read_open(done, failed, goes_on=goes_on, before_id=orders.last_name, listed=found)

        call = list_orders("open", before_order_id=before_id, limit=PAGE)
        self._link.read(call, take, failed, Urgency.RECONCILE)

    def _tell(self, orders: Listing[Order]) -> None:
        """What was read is evidence, although an interruption may have made it no answer to its round."""
        if not self._is_stopped:
            self.orders_read.emit(orders.rows)
            if orders.unreadable:
                self.unreadable_listed.emit(orders.unreadable)

    def _reread_missing(self, listed: "_Listed") -> None:
        """Open to us, yet not on the list of open orders: an event was lost, or the list has a gap."""
        for order in self._book.open_orders():
            if order.id not in listed.ids:
                self.read_one(order.id)

    def _set_ready(self, *, ready: bool) -> None:
        if ready != self.is_ready:
            self.is_ready = ready
            self.ready_changed.emit()

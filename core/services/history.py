"""The account's past: every order and every activity, kept here and paged from the broker."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.domain.activity import Activity
from core.domain.order import Order
from core.errors import AppError, NotFound
from core.protocol.paging import ActivityWalk, OrderWalk
from core.protocol.trading import read_order
from core.services.broker_link import BrokerLink
from core.services.history_reader import HistoryReader, Source
from core.services.history_shelf import HistoryShelf
from core.store.export import write_activities
from core.store.history import History, HistoryList

_KEEP_AFTER_MS = 500
_READ_ACTIVITIES_AFTER_MS = 1_500  # the broker books a fill a moment after it tells of it


class OrderHistory(QObject):
    """Orders that are over, beside those the order desk knows. Lives on the GUI thread.

    What the desk learns is kept as well. An order that was open when it was last seen, and that the desk
    does not list, is read again, so that nothing old is shown as working.
    """

    arrived = Signal(object)  # tuple[Order, ...]

    def __init__(self, link: BrokerLink, shelf: HistoryShelf, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link, self._shelf = link, shelf
        source: Source[Order] = Source(
            of=HistoryList.ORDERS,
            read=History.orders,
            write=History.put_orders,
            walk=OrderWalk,
            key=lambda order: order.id,
        )
        self.reader = HistoryReader(source, link, shelf, self)
        self.reader.arrived.connect(self.arrived)
        self._unkept: dict[str, Order] = {}
        self._keeping = QTimer(self)
        self._keeping.setSingleShot(True)
        self._keeping.setInterval(_KEEP_AFTER_MS)
        self._keeping.timeout.connect(self._keep)
        self._doubtful: list[str] = []

    @Slot(object)
    def take_orders(self, orders: tuple[Order, ...]) -> None:
        """Keep what the desk learned, in a moment."""
        self._unkept.update((order.id, order) for order in orders)
        if not self._keeping.isActive():
            self._keeping.start()

    def check_open(self, known: Iterable[str]) -> None:
        """Read again every kept order that was open, save the `known` ones, which are up to date."""
        up_to_date = frozenset(known)
        self._shelf.use(
            History.open_order_ids,
            done=lambda ids: self._doubt([order_id for order_id in ids if order_id not in up_to_date]),
        )

    def stop(self) -> None:
        """Ask and write nothing more; an order that ends unwritten is one that `check_open` reads again."""
        self.reader.pause()
        self._doubtful.clear()
        self._keeping.stop()

    @Slot()
    def _keep(self) -> None:
        if self._unkept:
            orders, self._unkept = tuple(self._unkept.values()), {}
            self.reader.keep(orders)

    def _doubt(self, ids: list[str]) -> None:
        is_asking = bool(self._doubtful)
        self._doubtful += [order_id for order_id in ids if order_id not in self._doubtful]
        if not is_asking:
            self._ask_next()

    def _ask_next(self) -> None:
        """One at a time: the past can wait for everything else that is read."""
        if self._doubtful:
            self._link.read(read_order(self._doubtful[0]), self._take_checked, self._skip)

    def _take_checked(self, order: Order) -> None:
        self._doubtful = self._doubtful[1:]
        self.take_orders((order,))
        self.arrived.emit((order,))
        self._ask_next()

    def _skip(self, error: AppError) -> None:
        if isinstance(error, NotFound):
            self._doubtful = self._doubtful[1:]
            self._ask_next()
        else:
            self._doubtful.clear()  # asked again at the next start of the stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written, and where."""

    path: Path
    count: int


class ActivityFeed(QObject):
    """Everything that was booked to the account, newest first as far as it was read."""

    arrived = Signal(object)  # tuple[Activity, ...]
    exported = Signal(object)  # Exported
    export_failed = Signal(object)  # AppError

    def __init__(self, link: BrokerLink, shelf: HistoryShelf, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shelf = shelf
        source: Source[Activity] = Source(
            of=HistoryList.ACTIVITIES,
            read=History.activities,
            write=History.put_activities,
            walk=ActivityWalk,
            key=lambda entry: entry.id,
        )
        self.reader = HistoryReader(source, link, shelf, self)
        self.entries: dict[str, Activity] = {}  # what has arrived, for those who begin to look later
        self.reader.arrived.connect(self._take)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_READ_ACTIVITIES_AFTER_MS)
        self._soon.timeout.connect(self.reader.catch_up)

    @Slot(object)
    def _take(self, activities: tuple[Activity, ...]) -> None:
        self.entries.update((entry.id, entry) for entry in activities)
        self.arrived.emit(activities)

    @Slot()
    def refresh_soon(self) -> None:
        """Something was filled: look for new entries in a moment, if anybody has looked at all."""
        self._soon.start()

    def export(self, path: Path, activities: tuple[Activity, ...]) -> None:
        """Write activities to a file of the trader's; `exported` or `export_failed` follows."""
        self._shelf.elsewhere(
            lambda: write_activities(path, activities),
            done=lambda count: self.exported.emit(Exported(path=path, count=count)),
            failed=self.export_failed.emit,
        )

    def stop(self) -> None:
        """Ask nothing more."""
        self._soon.stop()
        self.reader.pause()

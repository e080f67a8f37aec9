"""Finds out at the broker what the desk does not know: fates of intents, doubted orders, lists, positions.

It only reads. What must be asked is decided in `core.domain.intent_book`, and so is what an answer means;
here are the four ways of asking, and what has to be answered before new orders are taken.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

from PySide6.QtCore import QObject, Signal, Slot

from core.domain.evidence import AskAbout, Outcome, Reread, Step, StopAsking
from core.domain.intent import IntentState
from core.domain.intent_book import IntentBook
from core.domain.order import Order
from core.domain.reading import Reading
from core.errors import AppError
from core.services.clock import Clock
from core.services.desk_link import DeskLink
from core.services.doubts import Doubts
from core.services.inquiries import Inquiries
from core.services.look_ups import LookUps
from core.services.reconciliation import Reconciliation
from core.services.timers import Timers
from core.services.unreadable_orders import UnreadableOrders

LISTED_WITHIN_S = 1.0


class Apply(Protocol):
    """Does what follows from evidence. `looked_up` is the intent that was just looked up."""

    def __call__(self, outcome: Outcome, looked_up: str = "") -> None: ...


class Investigation(QObject):
    """Everything that one desk reads of orders. Lives on the GUI thread.

    Each answer goes to the book at once; `apply` is given what that led to, and owes `follow` its steps.
    """

    positions_read = Signal(object)  # Listing[Position]: all of them, read together with the orders
    readiness_changed = Signal()  # `is_ready` may differ
    orders_read_changed = Signal()  # `has_read_orders` is another than before

    def __init__(
        self,
        link: DeskLink,
        book: IntentBook,
        now: Callable[[], Reading],
        apply: Apply,
        clock: Clock,
        timers: Timers,
        chance: Callable[[], float],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._book, self._now, self._apply = book, now, apply
        inquiries = Inquiries(link, book, now, apply)
        self._look_ups = LookUps(lambda key: inquiries.ask(key, self._look_ups), clock, timers, chance, self)
        self._look_ups.caught_up.connect(self.readiness_changed)
        self._doubts = Doubts(link, book, now, apply, clock, timers, chance)
        self._reconciliation = Reconciliation(link, book.orders, timers, chance, self)
        self._unreadable = UnreadableOrders(link, book, now, apply)
        self._reconciliation.orders_read.connect(self._take_list)
        self._reconciliation.unreadable_listed.connect(self._take_unreadable)
        self._reconciliation.order_reread.connect(self._take_reread)
        self._reconciliation.positions_read.connect(self.positions_read)
        self._reconciliation.ready_changed.connect(self.readiness_changed)
        self._reconciliation.ready_changed.connect(self.orders_read_changed)

    @property
    def is_ready(self) -> bool:
        """Whether earlier runs' open intents were asked about, and orders and positions read since a gap."""
        return self._look_ups.is_caught_up and self._reconciliation.is_ready

    @property
    def has_read_orders(self) -> bool:
        """Whether orders and positions were read since a gap, whatever is still being asked about."""
        return self._reconciliation.is_ready

    def start(self) -> None:
        """Read the open orders soon, even if the stream never comes."""
        self._reconciliation.start()

    def stop(self) -> None:
        """Ask nothing more."""
        self._look_ups.stop()
        self._doubts.stop()
        self._unreadable.stop()
        self._reconciliation.stop()

    def reconcile(self) -> None:
        """Read everything recent, after the order stream has (re)started; `is_ready` follows."""
        self._reconciliation.begin()

    def look(self) -> None:
        """Compare the open orders now, and not when the next time has come."""
        self._reconciliation.look()

    def hold(self) -> None:
        """The order stream is down: not ready before everything recent was read once more."""
        self._reconciliation.hold()

    def compare_open(
        self, done: Callable[[tuple[str, ...]], None], failed: Callable[[AppError], None]
    ) -> None:
        """Read every open order now, and each that is open to us but not listed; then call `done`.

        It is given the ids of those that could not be read, or nothing for one without an id.
        """
        self._reconciliation.compare(done, failed)

    def hurry(self, client_order_id: str) -> None:
        """Ask about a known intent now."""
        self._look_ups.hurry(client_order_id)

    def follow(self, steps: Iterable[Step], looked_up: str = "", *, first: bool = False) -> None:
        """Do what the steps say about asking.

        With `first` nothing new may happen before each intent of theirs was asked about.
        """
        for step in steps:
            match step:
                case AskAbout(key) if key == looked_up:
                    self._look_ups.again(key)
                case AskAbout(key, at_once=True):
                    self._look_ups.hurry(key)
                case AskAbout(key):
                    # The order list, read meanwhile, answers for most of what works.
                    works = first and self._book.intents[key].state is IntentState.WORKING
                    self._look_ups.begin(key, first=first, after_s=LISTED_WITHIN_S if works else 0.0)
                case StopAsking(key):
                    self._look_ups.settle(key)
                case Reread(order_id):
                    self._doubts.ask(order_id)

    @Slot(object)
    def _take_list(self, orders: tuple[Order, ...]) -> None:
        self._apply(self._book.listed(orders, self._now()))

    @Slot(object)
    def _take_unreadable(self, unreadable: tuple[str, ...]) -> None:
        self._unreadable.take(unreadable)

    @Slot(object)
    def _take_reread(self, order: Order) -> None:
        self._apply(self._book.reread(order, self._now()))

"""What is done about orders that the broker lists and this version cannot read: each is looked up once."""

from collections.abc import Callable

from core.domain.alarm import Alarm, AlarmKind
from core.domain.evidence import Outcome
from core.domain.intent_book import IntentBook
from core.domain.listing import UnreadableSeen
from core.domain.order import Order
from core.domain.reading import Reading
from core.errors import AppError, BadAnswer, NotFound
from core.protocol.trading import read_order
from core.services.desk_link import DeskLink

MOST_LOOKED_UP = 20  # of one list; where there are more, the broker speaks another language altogether


class UnreadableOrders:
    """Asks for them one after the other, and raises one alarm for those that stay unreadable.

    `apply` is given what each did to the book. A look-up without an answer proves nothing: it is repeated
    when a list brings the order up again. On the GUI thread.
    """

    def __init__(
        self,
        link: DeskLink,
        book: IntentBook,
        now: Callable[[], Reading],
        apply: Callable[[Outcome], None],
    ) -> None:
        self._link, self._book, self._now, self._apply = link, book, now, apply
        self._seen = UnreadableSeen()
        self._waiting: list[str] = []
        self._untold: list[str] = []
        self._is_stopped = False

    def take(self, unreadable: tuple[str, ...]) -> None:
        """A list had these ids, or rows without one, among what could not be read."""
        if self._is_stopped:
            return
        is_asking = bool(self._waiting)
        new = self._seen.new_of(unreadable)
        named = [order_id for order_id in new if order_id]
        self._waiting += named[:MOST_LOOKED_UP]
        self._untold += [*named[MOST_LOOKED_UP:], *(order_id for order_id in new if not order_id)]
        if not is_asking:
            self._ask_next()

    def stop(self) -> None:
        """Ask and tell nothing more."""
        self._is_stopped = True

    def _ask_next(self) -> None:
        if self._waiting:
            # As a read like any other: orders of the trader's own go before it.
            self._link.read(read_order(self._waiting[0]), self._take_order, self._failed)
        elif self._untold:
            untold, self._untold = self._untold, []
            names = tuple(order_id for order_id in untold if order_id)
            alarm = Alarm(
                kind=AlarmKind.UNREADABLE_ORDER,
                order_id=names[0] if names else "",
                names=names,
                count=len(untold),
            )
            self._apply(Outcome(alarms=(alarm,)))

    def _take_order(self, order: Order) -> None:
        if self._is_stopped:
            return
        order_id = self._waiting.pop(0)
        self._apply(self._book.reread(order, self._now()))
        if order.id != order_id:
            self._untold.append(order_id)
        self._ask_next()

    def _failed(self, error: AppError) -> None:
        if self._is_stopped:
            return
        order_id = self._waiting.pop(0)
        if isinstance(error, BadAnswer | NotFound):
            self._untold.append(order_id)
        else:
            self._seen.forget(order_id)
        self._ask_next()

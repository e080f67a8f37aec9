"""Reads single orders again when what was told of them cannot all be right, until one answer settles it."""

from collections import Counter
from collections.abc import Callable

from core.domain.evidence import Outcome, Reread
from core.domain.intent_book import IntentBook
from core.domain.order import Order
from core.domain.reading import Reading
from core.domain.request_budget import Urgency
from core.errors import AppError, NotFound, SignInExpired
from core.protocol.trading import read_order
from core.services.clock import Clock
from core.services.desk_link import DeskLink
from core.services.look_ups import LookUps
from core.services.timers import Timers

# About a minute of answers that lag behind, or know nothing. What works is compared again anyway.
MOST_ANSWERS = 9


class Doubts:
    """The orders in doubt, by the broker's id. `apply` is given what each answer did to the book.

    Silence and failures are no answer: they are asked through, however long they last. On the GUI thread.
    """

    def __init__(
        self,
        link: DeskLink,
        book: IntentBook,
        now: Callable[[], Reading],
        apply: Callable[[Outcome], None],
        clock: Clock,
        timers: Timers,
        chance: Callable[[], float],
    ) -> None:
        self._link, self._book, self._now, self._apply = link, book, now, apply
        self._asking = LookUps(self._read, clock, timers, chance)
        self._answers: Counter[str] = Counter()

    def ask(self, order_id: str) -> None:
        """Read an order now, and go on until it is beyond doubt; does nothing if it is being read."""
        if order_id:
            self._asking.begin(order_id)

    def stop(self) -> None:
        """Read no more."""
        self._asking.stop()

    def _read(self, order_id: str) -> None:
        self._link.read(
            read_order(order_id),
            lambda order: self._take(order_id, order),
            lambda error: self._failed(order_id, error),
            Urgency.LOOK_UP,
        )

    def _take(self, order_id: str, order: Order) -> None:
        outcome = self._book.reread(order, self._now())
        self._apply(outcome)
        # An answer about some other order settles nothing.
        is_settled = order.id == order_id and Reread(order_id) not in outcome.steps
        self._answered(order_id, is_settled=is_settled)

    def _failed(self, order_id: str, error: AppError) -> None:
        if isinstance(error, SignInExpired):
            self._asking.settle(order_id)
        elif isinstance(error, NotFound):
            self._answered(order_id, is_settled=False)
        else:
            self._asking.again(order_id)

    def _answered(self, order_id: str, *, is_settled: bool) -> None:
        self._answers[order_id] += 1
        if is_settled or self._answers[order_id] >= MOST_ANSWERS:
            del self._answers[order_id]
            self._asking.settle(order_id)
        else:
            self._asking.again(order_id)

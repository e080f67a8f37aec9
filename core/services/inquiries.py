"""Asks the broker what became of one intent, and hands the book what it says."""

from collections.abc import Callable

from core.domain.evidence import Outcome
from core.domain.intent import IntentKind
from core.domain.intent_book import IntentBook
from core.domain.order import Order
from core.domain.reading import Reading
from core.domain.request_budget import Urgency
from core.errors import AppError, BadAnswer, NotFound, NotPermitted, SignInExpired
from core.protocol.trading import look_up_order, read_order
from core.services.desk_link import DeskLink
from core.services.look_ups import LookUps


class Inquiries:
    """The answers to look-ups. `apply` is given what each did to the book, and the intent it was about."""

    def __init__(
        self,
        link: DeskLink,
        book: IntentBook,
        now: Callable[[], Reading],
        apply: Callable[[Outcome, str], None],
    ) -> None:
        self._link, self._book, self._now, self._apply = link, book, now, apply

    def ask(self, client_order_id: str, look_ups: LookUps) -> None:
        """Ask about a known intent by its id, or about the order that a cancel is about."""
        intent = self._book.intents[client_order_id]
        if intent.kind is IntentKind.CANCEL:
            call = read_order(intent.target_order_id or "")
        else:
            call = look_up_order(client_order_id)
        self._link.read(
            call,
            lambda order: self._found(client_order_id, order),
            lambda error: self._failed(client_order_id, error, look_ups),
            Urgency.LOOK_UP,
        )

    def _found(self, key: str, order: Order) -> None:
        self._apply(self._book.found(key, order, self._now()), key)

    def _failed(self, key: str, error: AppError, look_ups: LookUps) -> None:
        if isinstance(error, NotFound):
            self._apply(self._book.not_found(key, self._now()), key)
        elif isinstance(error, SignInExpired):
            look_ups.settle(key)
        else:
            # What cannot be read is an answer that will not get better: nothing is held up for it.
            look_ups.again(key, answered=isinstance(error, NotPermitted | BadAnswer))

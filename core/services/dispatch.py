"""Takes an intent to its lane, and brings home what came of it."""

from collections.abc import Callable, Mapping
from typing import Protocol

from PySide6.QtCore import SignalInstance

from core.domain.intent import Intent, IntentKind
from core.domain.order import Order
from core.domain.request_budget import Urgency
from core.domain.timeline import Moment
from core.errors import AppError
from core.services.clock import Clock
from core.services.departure import Departure
from core.services.desk_link import DeskLink
from core.services.order_sender import OpenedJournal


class Sender(Protocol):
    """What runs on a lane: `core.services.order_sender.OrderSender`."""

    left: SignalInstance

    def open(self) -> OpenedJournal: ...
    def send(self, intent: Intent, departure: Departure) -> Order | None: ...
    def note(self, intent: Intent) -> None: ...
    def note_moments(self, moments: Mapping[str, Mapping[str, int]]) -> None: ...
    def probe(self) -> None: ...


class Dispatch:
    """The way out and home of one account's intents. Lives on the GUI thread.

    `left` is called once a request has left, or may have; `answered` and `failed` with the moments that
    were passed; all with the client order id.
    """

    def __init__(
        self,
        link: DeskLink,
        sender: Sender,
        clock: Clock,
        left: Callable[[str], None],
        answered: Callable[[str, Order | None, Mapping[Moment, int]], None],
        failed: Callable[[str, AppError, Mapping[Moment, int]], None],
        *,
        stands_aside: bool = True,
    ) -> None:
        """`stands_aside` gives each request its head start; not where lanes run on this very thread."""
        self._link, self._sender, self._clock = link, sender, clock
        self._left, self._answered, self._failed = left, answered, failed
        self._stands_aside = stands_aside
        sender.left.connect(left)
        self._last: Departure | None = None

    def send(self, intent: Intent, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Journal and send, once, as soon as the request budget has room.

        For an order the desk has seen to that: none waits here, to leave when its price is old. `meanwhile`
        is called when it is handed over: what it does costs no time, for the lane has yet to wake.
        """
        urgency = Urgency.CANCEL if intent.kind is IntentKind.CANCEL else Urgency.ORDER
        self._link.when_allowed(urgency, lambda: self._submit(intent, meanwhile))

    def _submit(self, intent: Intent, meanwhile: Callable[[], None]) -> None:
        """Hand over, and let depart before anything is drawn."""
        key, departure = intent.client_order_id, Departure(self._clock)
        departure.is_seen_off = self._stands_aside
        lane = self._link.cancel_lane if intent.kind is IntentKind.CANCEL else self._link.order_lane
        lane.submit(
            departure.of(lambda: self._sender.send(intent, departure)),
            done=lambda order: self._answered(key, order, departure.moments),
            failed=lambda error: self._failed(key, error, departure.moments),
        )
        meanwhile()
        earlier, self._last = self._last, departure
        if self._stands_aside and departure.let_pass(after=earlier):
            self._left(key)

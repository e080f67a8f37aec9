"""What happens to an intent on its lane: the journal first, then exactly one request.

Every method but the constructor runs on a lane's thread.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.domain.environment import Environment
from core.domain.intent import Intent, IntentState
from core.domain.order import Order
from core.errors import StorageFailed
from core.net.http import Transport
from core.protocol.trading import cancel_order, place_order, replace_order
from core.store.journal import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedJournal:
    """What the journal remembers from earlier runs."""

    unsettled: tuple[Intent, ...]
    known_ids: frozenset[str]


class OrderSender(QObject):
    """Bound to one account, one environment, one journal, one transport. Lives on the GUI thread."""

    leaving = Signal(str)  # client order id: journaled and synced; the request is about to leave

    def __init__(
        self, transport: Transport, path: Path, *, account_id: str, environment: Environment
    ) -> None:
        super().__init__()
        self._transport, self._path = transport, path
        self._account_id, self._environment = account_id, environment
        self._journal: Journal | None = None

    def open(self) -> OpenedJournal:
        """Open the journal. Raises StorageFailed; then nothing can be sent."""
        self._journal = Journal(self._path, account_id=self._account_id, environment=self._environment)
        return OpenedJournal(unsettled=self._journal.unsettled(), known_ids=self._journal.known_ids())

    def place(self, intent: Intent, on_sent: Callable[[], None]) -> Order:
        """Journal and POST. Raises StorageFailed before a byte leaves, and what the transport raises.

        `on_sent`, here and below, is called once the request has begun to leave.
        """
        self._record(intent)
        return self._transport.run(place_order(intent.body), on_sent=on_sent)

    def replace(self, intent: Intent, on_sent: Callable[[], None]) -> Order:
        """Journal and PATCH; the answer is the new order."""
        self._record(intent)
        call = replace_order(intent.target_order_id or "", intent.body)
        return self._transport.run(call, on_sent=on_sent)

    def cancel(self, intent: Intent, on_sent: Callable[[], None]) -> None:
        """Journal and DELETE; the answer only says that the cancel was asked for."""
        self._record(intent)
        self._transport.run(cancel_order(intent.target_order_id or ""), on_sent=on_sent)

    def note(self, intent: Intent) -> None:
        """Write down what became of an intent."""
        if self._journal is not None:
            self._journal.update(intent)

    def close(self) -> None:
        """Close the journal; nothing can be sent any more."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _record(self, intent: Intent) -> None:
        if self._journal is None:
            raise StorageFailed("There is no order journal.", "Nothing was sent.")
        self._journal.record(replace(intent, state=IntentState.JOURNALED))
        self.leaving.emit(intent.client_order_id)

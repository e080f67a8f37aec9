"""What happens to an intent on its lane: the journal first, then exactly one request.

Every method but the constructor runs on a lane's thread.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal

from core.domain.environment import Environment
from core.domain.intent import Intent, IntentKind, IntentState
from core.domain.order import Order
from core.errors import Offline, StorageFailed
from core.protocol.call import Call
from core.protocol.trading import cancel_order, place_order, replace_order
from core.services.departure import Departure
from core.store.journal import Journal

Result = TypeVar("Result")


class Carrier(Protocol):
    """Carries one call to the broker: `core.net.http.Transport`, or a simulated one."""

    def run(
        self,
        call: Call[Result],
        *,
        on_sent: Callable[[], None] | None = None,
        on_first_byte: Callable[[], None] | None = None,
    ) -> Result:
        """Send the call once; see `Transport.run` for what is raised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedJournal:
    """What the journal remembers from earlier runs."""

    unsettled: tuple[Intent, ...]
    known_ids: frozenset[str]
    is_cut_short: bool = False  # what was written last may be missing


class OrderSender(QObject):
    """Bound to one account, one environment, one journal, one transport. Lives on the GUI thread."""

    # Client order id: journaled and synced; the request has left, or may have. Not if it was seen off.
    left = Signal(str)

    def __init__(self, transport: Carrier, path: Path, *, account_id: str, environment: Environment) -> None:
        super().__init__()
        self._transport, self._path = transport, path
        self._account_id, self._environment = account_id, environment
        self._journal: Journal | None = None

    def open(self) -> OpenedJournal:
        """Open the journal. Raises StorageFailed; then nothing can be sent."""
        journal = Journal(self._path, account_id=self._account_id, environment=self._environment)
        journal.make_room()
        self._journal = journal
        return OpenedJournal(
            unsettled=journal.unsettled(), known_ids=journal.known_ids(), is_cut_short=journal.is_cut_short
        )

    def send(self, intent: Intent, departure: Departure) -> Order | None:
        """Journal, then POST, PATCH or DELETE; None for a cancel, which was only asked for.

        Raises StorageFailed before a byte leaves, Offline for an order whose price grew old behind another
        that hangs, and what the transport raises.
        """
        if intent.kind is not IntentKind.CANCEL and departure.is_too_late:
            raise Offline(
                "It waited too long for its turn behind other orders.",
                "Nothing was sent. Look at the price, then place it again.",
            )
        self._record(intent, departure)
        departure.journaled()
        key, target = intent.client_order_id, intent.target_order_id or ""
        try:
            match intent.kind:
                case IntentKind.PLACE:
                    return self._carry(place_order(intent.body), key, departure)
                case IntentKind.REPLACE:
                    return self._carry(replace_order(target, intent.body), key, departure)
                case IntentKind.CANCEL:
                    return self._carry(cancel_order(target), key, departure)
        finally:
            # Ahead of what came of it, so that a failure is never taken for one before the journal.
            if not departure.has_left:
                self.left.emit(key)

    def note(self, intent: Intent) -> None:
        """Write down what became of an intent."""
        if self._journal is not None:
            self._journal.update(intent)

    def note_moments(self, moments: Mapping[str, Mapping[str, int]]) -> None:
        """Write down when intents passed which points, in nanoseconds since the click."""
        if self._journal is not None:
            self._journal.note_moments(moments)

    def probe(self) -> None:
        """Write something, to see whether the disk takes it again. Raises StorageFailed."""
        if self._journal is None:
            raise StorageFailed("There is no order journal.", "Nothing was sent.")
        self._journal.probe()

    def close(self) -> None:
        """Close the journal; nothing can be sent any more."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _carry(self, call: Call[Result], client_order_id: str, departure: Departure) -> Result:
        def sent() -> None:
            departure.written()
            if not departure.is_seen_off:
                self.left.emit(client_order_id)

        return self._transport.run(call, on_sent=sent, on_first_byte=departure.begun)

    def _record(self, intent: Intent, departure: Departure) -> None:
        if self._journal is None:
            raise StorageFailed("There is no order journal.", "Nothing was sent.")
        if intent.sendings > 1:
            self._journal.record_again(intent, at_ns=departure.clock.wall_ns())
        else:
            self._journal.record(replace(intent, state=IntentState.JOURNALED))

"""The conversations of a session, on the stream thread: about orders, and of each kind of market data."""

import logging

from PySide6.QtCore import QObject, Signal, Slot

from core.domain.connection import RefusalReason
from core.domain.secret import Secret
from core.net.mailbox import MarketMailbox
from core.protocol import data_stream, order_stream
from core.protocol.data_messages import Failure

# MessagePack decodes faster than JSON and arrives without a detour through UTF-16; the option stream speaks
# nothing else.
PACKED_HEADER = (b"Content-Type", b"application/msgpack")

_log = logging.getLogger(__name__)


class OrderConversation(QObject):
    """Order updates: every event goes to the GUI thread at once, none is dropped."""

    events_arrived = Signal(object)  # tuple[OrderEvent, ...]
    gap_suspected = Signal()  # an update could not be read: the orders must be read again

    def __init__(self, token: Secret) -> None:
        super().__init__()
        self._token = token
        self._session: order_stream.OrderStreamSession | None = None
        self.messages = 0
        self.unreadable = 0

    @property
    def is_live(self) -> bool:
        return self._session is not None and self._session.phase is order_stream.Phase.LIVE

    @property
    def refusal(self) -> RefusalReason:
        return RefusalReason.NONE if self._session is None else self._session.refusal

    def begin(self) -> None:
        self._session = order_stream.OrderStreamSession(self._token)

    def take(self, frame: bytes | str, received_ns: int) -> None:  # noqa: ARG002 - the protocol's signature
        session = self._session
        if session is None:
            return
        self.messages += 1
        damaged = session.unreadable
        events = session.receive(frame)
        if events:
            self.events_arrived.emit(tuple(events))
        if session.unreadable > damaged:
            self.unreadable += 1
            _log.info("an order update could not be read; the orders are read again")
            self.gap_suspected.emit()

    def outbox(self) -> list[str]:
        if self._session is None:
            return []
        outgoing, self._session.to_send = self._session.to_send, []
        return outgoing


class MarketConversation(QObject):
    """Market data of the mailbox's stream: conflated here; what is newest waits in the mailbox."""

    carried_changed = Signal(object)  # frozenset[str]: what the broker said it streams
    symbols_refused = Signal(object)  # frozenset[str]: over the plan's limit
    has_to_speak = Signal()

    def __init__(self, token: Secret, mailbox: MarketMailbox) -> None:
        super().__init__()
        self._token, self._mailbox = token, mailbox
        self._session: data_stream.DataStreamSession | None = None
        self._symbols: frozenset[str] = frozenset()
        self._carried: frozenset[str] = frozenset()
        self.refusal = RefusalReason.NONE
        self.messages = 0
        self.unreadable = 0

    @property
    def is_live(self) -> bool:
        return self._session is not None and self._session.phase is data_stream.Phase.LIVE

    @Slot(object)
    def want(self, symbols: frozenset[str]) -> None:
        """Stream these symbols, and only these, from now on and after every reconnect."""
        self._symbols = symbols
        if self._session is not None:
            self._session.want(symbols)
            self.has_to_speak.emit()

    def begin(self) -> None:
        self.refusal = RefusalReason.NONE
        self._session = data_stream.DataStreamSession(self._token, self._mailbox.stream)
        self._session.want(self._symbols)
        self._tell_carried(self._session.carried)

    def take(self, frame: bytes | str, received_ns: int) -> None:
        session = self._session
        if session is None:
            return
        damaged = session.unreadable
        messages = session.receive(frame)
        self.messages += len(messages)
        self.unreadable += session.unreadable - damaged
        self._mailbox.post(messages, received_ns)
        self.refusal = session.over_because
        first = messages[0] if messages else None
        if isinstance(first, Failure) and session.refusal(first) is RefusalReason.SYMBOL_LIMIT:
            self.symbols_refused.emit(session.refused_symbols)
        if session.carried is not self._carried:
            self._tell_carried(session.carried)

    def _tell_carried(self, carried: frozenset[str]) -> None:
        if carried != self._carried:
            self.carried_changed.emit(carried)
        self._carried = carried

    def outbox(self) -> list[bytes]:
        if self._session is None:
            return []
        outgoing, self._session.to_send = self._session.to_send, []
        return outgoing

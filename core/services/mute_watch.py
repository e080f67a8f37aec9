"""Replaces data streams that are connected but mute: some die without the connection noticing."""

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.domain.carriage import PRICE_STREAMS
from core.net.mailbox import Delivery
from core.services.connection import ConnectionMonitor
from core.services.market import QuoteBoard

# Five symbols that all say nothing for so long are not a quiet market.
ENOUGH_SYMBOLS = 5
TOO_LONG_S = 30.0
LONGEST_S = 600.0
_LOOK_MS = 2_000


class MuteWatch(QObject):
    """Asks for a new connection, and waits twice as long before it asks again. Lives on the GUI thread."""

    reconnect_wanted = Signal(object)  # StreamName

    def __init__(
        self, connection: ConnectionMonitor, board: QuoteBoard, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._connection, self._board = connection, board
        self._patience_s = dict.fromkeys(PRICE_STREAMS, TOO_LONG_S)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)
        board.delivered.connect(self._reset)

    def start(self) -> None:
        """Begin to watch."""
        self._timer.start()

    def stop(self) -> None:
        """Watch no more."""
        self._timer.stop()

    @Slot()
    def look(self) -> None:
        """Judge the streams now."""
        for name, feed in self._board.feeds.items():
            is_mute = self._connection.mute_s(name) > self._patience_s[name]
            if is_mute and len(feed.wanted) >= ENOUGH_SYMBOLS:
                self._patience_s[name] = min(self._patience_s[name] * 2, LONGEST_S)
                self.reconnect_wanted.emit(name)

    @Slot(object)
    def _reset(self, delivery: Delivery) -> None:
        # A greeting and a subscription come on every new connection, from a feed that is dead too.
        if delivery.quotes or delivery.trades or delivery.bars:
            self._patience_s[delivery.stream] = TOO_LONG_S

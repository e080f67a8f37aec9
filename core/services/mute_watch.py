"""Replaces a data stream that is connected but mute: some die without the connection noticing."""

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.services.connection import ConnectionMonitor
from core.services.market import QuoteBoard

# Five symbols that all say nothing for so long are not a quiet market.
ENOUGH_SYMBOLS = 5
TOO_LONG_S = 30.0
LONGEST_S = 600.0
_LOOK_MS = 2_000


class MuteWatch(QObject):
    """Asks for a new connection, and waits twice as long before it asks again. Lives on the GUI thread."""

    reconnect_wanted = Signal()

    def __init__(
        self, connection: ConnectionMonitor, board: QuoteBoard, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._connection, self._board = connection, board
        self._patience_s = TOO_LONG_S
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
        """Judge the stream now."""
        if len(self._board.streamed) >= ENOUGH_SYMBOLS and self._connection.mute_s > self._patience_s:
            self._patience_s = min(self._patience_s * 2, LONGEST_S)
            self.reconnect_wanted.emit()

    @Slot(object)
    def _reset(self, _delivery: object) -> None:
        self._patience_s = TOO_LONG_S

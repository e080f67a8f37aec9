"""Tells when a window has been drawn for the first time: what is not in sight at once can wait for that."""

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

_PATIENCE_MS = 1_000


class FirstFrame(QObject):
    """Emits `drawn` once, from the event loop: after the first frame, or after a moment without one.

    A window that starts minimised is not drawn, and must not keep the program waiting.
    """

    drawn = Signal()

    def __init__(self, window: QWidget) -> None:
        """Make it before the window is shown."""
        super().__init__(window)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.drawn)
        self._timer.start(_PATIENCE_MS)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint:
            watched.removeEventFilter(self)
            if self._timer.isActive():
                self._timer.start(0)  # fires when the frame is on the screen: drawing it is one event
        return False

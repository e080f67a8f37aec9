"""Frames: whoever has something to draw asks for the next one, and gets at most thirty a second."""

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

FRAME_MS = 33


class FrameClock(QObject):
    """Ticks only while somebody asked; an idle program costs nothing."""

    frame = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._asked = False

    @Slot()
    def ask(self) -> None:
        """Have `frame` emitted within one frame's time. Cheap to call any number of times."""
        self._asked = True
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _tick(self) -> None:
        if not self._asked:
            self._timer.stop()
            return
        self._asked = False
        self.frame.emit()

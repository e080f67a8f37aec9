"""How long the GUI thread needs for one frame: the slots that a frame calls and the painting after them."""

from collections import deque

from PySide6.QtCore import QObject, QTimer, Slot

from core.services.clock import Clock
from core.services.frame_clock import FrameClock

_REMEMBERED = 60
_NS_PER_MS = 1_000_000


class FrameMeter(QObject):
    """Make it before anything else listens to the frame clock, so that it starts the watch first."""

    def __init__(self, frames: FrameClock, clock: Clock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._started_ns = 0
        self._taken_ms: deque[float] = deque(maxlen=_REMEMBERED)
        # Zero: fires once everything that the frame set off, painting included, has been worked through.
        self._end = QTimer(self)
        self._end.setSingleShot(True)
        self._end.setInterval(0)
        self._end.timeout.connect(self._finish)
        frames.frame.connect(self._begin)

    @property
    def frame_ms(self) -> float | None:
        """The median of the last frames, or None before the first."""
        taken = sorted(self._taken_ms)
        return taken[len(taken) // 2] if taken else None

    @Slot()
    def _begin(self) -> None:
        self._started_ns = self._clock.running_ns()
        self._end.start()

    @Slot()
    def _finish(self) -> None:
        self._taken_ms.append((self._clock.running_ns() - self._started_ns) / _NS_PER_MS)

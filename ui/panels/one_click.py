"""One-click sending: armed on purpose, for a short while, and disarmed by itself."""

from enum import Enum

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.domain.freshness import NS_PER_S
from core.services.clock import Clock

ARMED_S = 300


class Disarmed(Enum):
    """Why one-click sending ended."""

    BY_HAND = "by hand"
    TIME_UP = "time up"
    OTHER_SYMBOL = "other symbol"
    LOOKED_AWAY = "looked away"
    ENDED = "ended"


class OneClick(QObject):
    """Whether the order button sends without asking. Never armed at the start, and in one ticket only."""

    changed = Signal()

    def __init__(self, clock: Clock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._until_ns: int | None = None
        self.reason: Disarmed | None = None  # why it was disarmed last
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._end_in_time)

    @property
    def is_armed(self) -> bool:
        """Whether an order goes without asking at this moment."""
        return self._until_ns is not None and self._clock.monotonic_ns() < self._until_ns

    @property
    def left_s(self) -> float:
        """For how many seconds more."""
        if self._until_ns is None:
            return 0.0
        return max(0.0, (self._until_ns - self._clock.monotonic_ns()) / NS_PER_S)

    @Slot()
    def arm(self) -> None:
        """Send without asking for ARMED_S seconds."""
        self._until_ns = self._clock.monotonic_ns() + ARMED_S * NS_PER_S
        self.reason = None
        self._timer.start(ARMED_S * 1000)
        self.changed.emit()

    def disarm(self, reason: Disarmed) -> None:
        """Ask again from now on."""
        if self._until_ns is None:
            return
        self._until_ns, self.reason = None, reason
        self._timer.stop()
        self.changed.emit()

    @Slot()
    def look(self) -> None:
        """Disarm if the time is up: a timer that stood still while the computer slept is late."""
        if self._until_ns is not None and not self.is_armed:
            self.disarm(Disarmed.TIME_UP)

    @Slot()
    def _end_in_time(self) -> None:
        self.disarm(Disarmed.TIME_UP)

"""Ends the tints of changed prices on time, with one timer for a whole table."""

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

_POLL_MS = 100


class Fading(QObject):
    """Told that something changed, it looks every now and then until no visible row has a tint left.

    `visible_rows` gives the places in view with their rows; those with `flash_until_ns` may be tinted.
    """

    faded = Signal(int)  # the place of a row whose tint has ended

    def __init__(
        self,
        visible_rows: Callable[[], Iterable[tuple[int, Any]]],
        now_ns: Callable[[], int],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._visible_rows, self._now_ns = visible_rows, now_ns
        self._looked_ns = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_POLL_MS)
        self._timer.timeout.connect(self._look)

    @property
    def is_busy(self) -> bool:
        """Whether a tint is still to end."""
        return self._timer.isActive()

    @Slot()
    def expect(self) -> None:
        """Something changed: look soon, unless that is planned already."""
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _look(self) -> None:
        before, self._looked_ns = self._looked_ns, self._now_ns()
        for place, row in self._visible_rows():
            until_ns = getattr(row, "flash_until_ns", 0)
            if until_ns > self._looked_ns:
                self.expect()
            elif until_ns > before:
                self.faded.emit(place)

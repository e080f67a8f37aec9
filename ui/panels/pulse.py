"""A slow beat for what grows older by itself, silent while nobody looks."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from core.clock import continuous_ns

BEAT_MS = 250
_NS_PER_MS = 1_000_000
_MISSED_BEATS = 2


class Pulse(QObject):
    """Beats while it is on and `watched` is visible; beats once at once when it becomes visible.

    Timers stand still while the computer sleeps, and one that is late may come after a paint: what is drawn
    first on waking would be as fresh as it was. So a paint of `watched`, or of a widget that was given to
    `precede`, is preceded by a beat when one is overdue.
    """

    beat = Signal()

    def __init__(
        self, watched: QWidget, every_ms: int = BEAT_MS, now_ns: Callable[[], int] = continuous_ns
    ) -> None:
        """`now_ns` is the clock that the shown ages are judged by."""
        super().__init__(watched)
        self._watched, self._now_ns = watched, now_ns
        self._is_on = self._beats_unseen = False
        self._overdue_ns = _MISSED_BEATS * every_ms * _NS_PER_MS
        self._beaten_ns = 0
        self._timer = QTimer(self)
        self._timer.setInterval(every_ms)
        self._timer.timeout.connect(self._beat)
        watched.installEventFilter(self)

    def precede(self, *painted: QWidget) -> None:
        """Beat before these are painted too: one that covers its parent is painted without it."""
        for widget in painted:
            widget.installEventFilter(self)

    def set_on(self, is_on: bool, *, unseen: bool = False) -> None:
        """Begin or end; `unseen`: beat while `watched` is hidden too, since others show its age."""
        self._is_on, self._beats_unseen = is_on, unseen
        self._follow(is_visible=self._watched.isVisible())

    def _follow(self, *, is_visible: bool) -> None:
        if self._is_on and (is_visible or self._beats_unseen):
            if not self._timer.isActive():
                self._timer.start()
                self._beat()
        else:
            self._timer.stop()

    @Slot()
    def _beat(self) -> None:
        self._beaten_ns = self._now_ns()
        self.beat.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        match event.type():
            case QEvent.Type.Paint:
                if self._timer.isActive() and self._now_ns() - self._beaten_ns > self._overdue_ns:
                    self._beat()
            case QEvent.Type.Show | QEvent.Type.Hide if watched is self._watched:
                self._follow(is_visible=event.type() == QEvent.Type.Show)
            case _:
                pass
        return super().eventFilter(watched, event)

"""A slow beat for what grows older by itself, silent while nobody looks."""

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

BEAT_MS = 250


class Pulse(QObject):
    """Beats while it is on and `watched` is visible; beats once at once when it becomes visible."""

    beat = Signal()

    def __init__(self, watched: QWidget, every_ms: int = BEAT_MS) -> None:
        super().__init__(watched)
        self._watched = watched
        self._is_on = self._beats_unseen = False
        self._timer = QTimer(self)
        self._timer.setInterval(every_ms)
        self._timer.timeout.connect(self.beat)
        watched.installEventFilter(self)

    def set_on(self, is_on: bool, *, unseen: bool = False) -> None:
        """Begin or end; `unseen`: beat while `watched` is hidden too, since others show its age."""
        self._is_on, self._beats_unseen = is_on, unseen
        self._follow(is_visible=self._watched.isVisible())

    def _follow(self, *, is_visible: bool) -> None:
        if self._is_on and (is_visible or self._beats_unseen):
            if not self._timer.isActive():
                self._timer.start()
                self.beat.emit()
        else:
            self._timer.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self._follow(is_visible=event.type() == QEvent.Type.Show)
        return super().eventFilter(watched, event)

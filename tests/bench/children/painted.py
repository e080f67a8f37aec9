"""Tells when a widget has been painted: after the frame is flushed, not when painting begins."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QPaintEvent, QRegion
from PySide6.QtWidgets import QWidget

_FLUSHED = QEvent.Type(QEvent.registerEventType())


class PaintWatch(QObject):
    """Calls `flushed(region)` once for every frame in which `widget` was painted.

    Painting and flushing are one event of the window; what is posted meanwhile is handled right after it.
    """

    def __init__(self, widget: QWidget, flushed: Callable[[QRegion], None]) -> None:
        super().__init__(widget)
        self._flushed = flushed
        self._region = QRegion()
        self._is_posted = False
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint and isinstance(event, QPaintEvent):
            self._region += event.region()
            if not self._is_posted:
                self._is_posted = True
                QCoreApplication.postEvent(self, QEvent(_FLUSHED), Qt.EventPriority.HighEventPriority.value)
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() != _FLUSHED:
            return super().event(event)
        region, self._region, self._is_posted = self._region, QRegion(), False
        self._flushed(region)
        return True

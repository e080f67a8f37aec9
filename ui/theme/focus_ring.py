"""The soft ring around whatever control has the keyboard.

The 1 px accent line is the style sheet's; a ring outside a widget's own rectangle is what QFocusFrame is for.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFocusFrame,
    QLineEdit,
    QPushButton,
    QWidget,
)
from shiboken6 import isValid

if TYPE_CHECKING:
    from ui.theme.theme import Theme

_RINGED = (QLineEdit, QComboBox, QAbstractSpinBox, QPushButton)
_RING_PX = 2.0
_RADIUS_PX = 7.0


class _Ring(QFocusFrame):
    def __init__(self, theme: "Theme") -> None:
        super().__init__()
        self._theme = theme

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.colors.focus_ring, _RING_PX))
        half = _RING_PX / 2
        painter.drawRoundedRect(
            QRectF(self.rect()).adjusted(half, half, -half, -half), _RADIUS_PX, _RADIUS_PX
        )
        painter.end()


class FocusRing(QObject):
    """Moves one ring to the control that got the keyboard focus, and removes it for everything else.

    A control with the property `plain` set keeps its style sheet's focus line only.
    """

    def __init__(self, theme: "Theme", app: QApplication) -> None:
        super().__init__(theme)
        self._theme = theme
        self._ring: _Ring | None = None
        app.focusChanged.connect(self._follow)
        theme.changed.connect(self._follow_again)

    @Slot(QWidget, QWidget)
    def _follow(self, _old: QWidget | None, new: QWidget | None) -> None:
        # A frame lives inside the window of its control and dies with it, so each control gets a new one.
        if self._ring is not None and isValid(self._ring):
            self._ring.hide()
            self._ring.deleteLater()
        self._ring = None
        if isinstance(new, _RINGED) and not new.property("plain"):
            self._ring = _Ring(self._theme)
            self._ring.setWidget(new)

    @Slot()
    def _follow_again(self) -> None:
        self._follow(None, QApplication.focusWidget())

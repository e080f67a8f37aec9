"""The buttons of panels and bars: an icon alone, or a word alone."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

from ui.theme.colors import Tone
from ui.theme.icons import ICON_PX
from ui.theme.theme import Theme

BUTTON_PX = 24


class IconButton(QToolButton):
    """A flat button that shows an icon; `name` says what it does, to the eye and to a screen reader."""

    def __init__(
        self, theme: Theme, icon: str, name: str, parent: QWidget | None = None, *, tone: Tone = "muted"
    ) -> None:
        super().__init__(parent)
        theme.set_icon(self, icon, tone)
        self.setIconSize(QSize(ICON_PX, ICON_PX))
        self.setFixedSize(BUTTON_PX, BUTTON_PX)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)


class LinkButton(QPushButton):
    """A word that acts, for title rows; `tone` "down" marks one that ends something."""

    def __init__(self, text: str, parent: QWidget | None = None, *, tone: Tone = "muted") -> None:
        super().__init__(text, parent)
        self.setProperty("kind", "link")
        self.setProperty("tone", tone)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)

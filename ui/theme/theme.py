"""The theme in force, and the one way to change it."""

from typing import Protocol
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from ui.theme.colors import Colors, Tone, qt_palette
from ui.theme.focus_ring import FocusRing
from ui.theme.fonts import Fonts
from ui.theme.icons import ICON_PX, IconSet
from ui.theme.style import style_sheet
from ui.theme.tokens import Palette, ThemeName, palette_named


class HasIcon(Protocol):
    """What `set_icon` can dress: buttons, actions, tabs' owners."""

    def setIcon(self, icon: QIcon, /) -> None:
        """Take the icon."""


class Theme(QObject):
    """Colours, fonts and icons of the running program; build it after the QApplication.

    Delegates and widgets that paint themselves read `colors` and `fonts` at paint time and repaint on
    `changed`; everything else follows the style sheet and the palette by itself.
    """

    changed = Signal()

    def __init__(self, name: ThemeName = "dark", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.fonts = Fonts()
        self._palette = palette_named(name)
        self._colors = Colors(self._palette)
        self._icon_set = IconSet()
        self._dressed: WeakKeyDictionary[HasIcon, tuple[str, Tone]] = WeakKeyDictionary()
        self._app: QApplication | None = None

    @property
    def name(self) -> ThemeName:
        """Which theme is in force."""
        return self._palette.name

    @property
    def palette(self) -> Palette:
        """The tokens in force."""
        return self._palette

    @property
    def colors(self) -> Colors:
        """The tokens in force as Qt colours."""
        return self._colors

    def apply(self, app: QApplication) -> None:
        """Dress the application; call it once, before the first window is shown."""
        self._app = app
        app.setStyle("Fusion")
        app.setFont(self.fonts.base)
        self._dress_app(app)
        FocusRing(self, app)

    def set(self, name: ThemeName) -> None:
        """Change the theme of everything that is on screen; the same name again does nothing."""
        if name == self._palette.name:
            return
        self._palette = palette_named(name)
        self._colors = Colors(self._palette)
        self._icon_set.clear()
        if self._app is not None:
            self._dress_app(self._app)
        for target, (icon_name, tone) in list(self._dressed.items()):
            if isValid(target):
                target.setIcon(self.icon(icon_name, tone))
        self.changed.emit()

    def icon(self, name: str, tone: Tone = "muted") -> QIcon:
        """Return the icon in this theme's colours; `set_icon` is better for what outlives a theme."""
        colors = self._colors
        return self._icon_set.icon(name, colors.tone(tone), colors.text, colors.faint)

    def pixmap(self, name: str, tone: Tone = "muted", size: int = ICON_PX, ratio: float = 1.0) -> QPixmap:
        """Return the icon as a pixmap, for painters; it is remembered."""
        return self._icon_set.pixmap(name, self._colors.tone(tone), size, ratio)

    def set_icon(self, target: HasIcon, name: str, tone: Tone = "muted") -> None:
        """Give `target` the icon, now and after every change of theme, for as long as it lives."""
        self._dressed[target] = (name, tone)
        target.setIcon(self.icon(name, tone))

    def _dress_app(self, app: QApplication) -> None:
        app.setPalette(qt_palette(self._palette))
        app.setStyleSheet(style_sheet(self._palette))

"""The icon in the system's tray: shows the window, flattens, signs out, quits."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon, QWidget

from core.domain.product import NAME
from ui.controls.menus import named


class Tray(QObject):
    """Made where the desktop has a tray. It keeps nothing alive: with the main window it goes.

    `actions` are the window's own, so that what cannot be done there cannot be done here.
    """

    window_wanted = Signal()

    def __init__(self, window: QWidget, actions: Sequence[QAction]) -> None:
        super().__init__(window)
        self.menu = named(QMenu(window), NAME)
        self._account = self.menu.addAction("")  # whose Flatten it is; says only that
        self._account.setEnabled(False)
        show = self.menu.addAction(self.tr("Show the window"))
        show.triggered.connect(self.window_wanted)
        self.menu.addSeparator()
        for action in actions:
            # What a shown action asks is asked in the window, which may be behind others or minimised.
            mine = self.menu.addAction(action.text())
            mine.setCheckable(action.isCheckable())
            _follow(mine, action)
            mine.triggered.connect(self.window_wanted)
            mine.triggered.connect(action.trigger)
            action.changed.connect(partial(_follow, mine, action))
        self._icon = QSystemTrayIcon(self)
        self._follow_window(window.windowTitle())
        self._icon.setContextMenu(self.menu)
        self._icon.activated.connect(self._on_icon_activated)
        window.windowTitleChanged.connect(self._follow_window)

    def show(self) -> None:
        """Put the icon into the tray."""
        self._icon.show()

    def hide(self) -> None:
        """Take the icon away."""
        self._icon.hide()

    @Slot(str)
    def _follow_window(self, title: str) -> None:
        """Name the account, and show its environment: paper and live must not be mistaken here either."""
        self._icon.setToolTip(title)
        self._account.setText(title.removeprefix(f"{NAME} - "))
        self._account.setVisible(title != NAME)
        self._icon.setIcon(QApplication.windowIcon())

    @property
    def icon(self) -> QIcon:
        """What stands in the tray: the program's icon, with the environment on it."""
        return self._icon.icon()

    @property
    def tool_tip(self) -> str:
        """What the icon says under the pointer: the account, as the window's title has it."""
        return self._icon.toolTip()

    @Slot(QSystemTrayIcon.ActivationReason)
    def _on_icon_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.window_wanted.emit()


def is_available() -> bool:
    """Whether the desktop has a tray now."""
    return QSystemTrayIcon.isSystemTrayAvailable()


def _follow(mine: QAction, action: QAction) -> None:
    mine.setText(action.text())
    mine.setEnabled(action.isEnabled())
    mine.setVisible(action.isVisible())
    mine.setChecked(action.isChecked())

"""Everything the window can be told to do: one list for the menu, the shortcuts and the command field."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from ui.command_field import Command

Deed = Callable[[], object]


class WindowActions(QObject):
    """Owns the actions of one window. Actions that need a session are off while there is none."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._groups: list[list[QAction]] = []
        self._session_actions: list[QAction] = []

    def start_group(self) -> None:
        """What is added next stands under a line in the menu."""
        self._groups.append([])

    def add(
        self, text: str, deed: Deed, *shortcuts: str, needs_session: bool = False, is_listed: bool = True
    ) -> QAction:
        """Add an action; a listed one is in the menu, and is found in the command field by `text`."""
        action = QAction(text, self._window)
        action.triggered.connect(lambda _checked=False: deed())
        # A held key must not send, cancel or switch anything twice.
        action.setAutoRepeat(False)
        action.setShortcuts([QKeySequence(shortcut) for shortcut in shortcuts])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        self._window.addAction(action)
        if needs_session:
            self._session_actions.append(action)
            action.setEnabled(False)
        if is_listed:
            self._groups[-1].append(action)
        return action

    def add_switch(self, text: str, is_on: bool, deed: Callable[[bool], object], *shortcuts: str) -> QAction:
        """Add an action with a tick."""
        action = self.add(text, lambda: deed(action.isChecked()), *shortcuts)
        action.setCheckable(True)
        action.setChecked(is_on)
        return action

    def add_choice(
        self, choices: tuple[tuple[str, str], ...], current: str, deed: Callable[[str], object]
    ) -> dict[str, QAction]:
        """Add actions of which one is ticked: pairs of code and text."""
        group = QActionGroup(self)
        made: dict[str, QAction] = {}
        for code, text in choices:
            action = self.add(text, partial(deed, code))
            action.setCheckable(True)
            action.setChecked(code == current)
            group.addAction(action)
            made[code] = action
        return made

    def set_session(self, is_there: bool) -> None:
        """Switch the actions that need a session."""
        for action in self._session_actions:
            action.setEnabled(is_there)

    def fill(self, menu: QMenu) -> None:
        """Put the groups into `menu`."""
        menu.clear()
        for group in self._groups:
            if not menu.isEmpty():
                menu.addSeparator()
            menu.addActions(group)

    def keys(self) -> dict[str, str]:
        """Every shortcut in use, in Qt's portable spelling, with the name of its action."""
        return {
            keys.toString(QKeySequence.SequenceFormat.PortableText): action.text()
            for action in self._window.actions()
            for keys in action.shortcuts()
        }

    def commands(self) -> list[Command]:
        """What can be done now, for the command field."""
        return [
            Command(
                action.text(),
                action.trigger,
                action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
            )
            for group in self._groups
            for action in group
            if action.isEnabled() and action.isVisible()
        ]

"""Menus that open at a place, with a name for those who do not see what they were opened from."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget


def popup_menu(name: str, parent: QWidget) -> QMenu:
    """A menu to fill and show once; it is gone when it closes."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return named(menu, name)


def named(menu: QMenu, name: str) -> QMenu:
    """Make `menu` one that assistive technology can read and use."""
    menu.setAccessibleName(name)
    # An entry that is pressed by other means than mouse and keyboard would leave the menu open.
    menu.triggered.connect(menu.close)
    return menu


def open_under(menu: QMenu, button: QWidget) -> None:
    """Open `menu` under `button`, with the keyboard on its first entry."""
    # A menu of the button's own would be out of reach: Qt offers assistive technology an action that opens
    # it, but carries it out only for buttons that do something else as well.
    left = min(0, button.width() - menu.sizeHint().width())
    menu.popup(button.mapToGlobal(QPoint(left, button.height())))
    menu.setActiveAction(next((action for action in menu.actions() if action.isEnabled()), menu.actions()[0]))

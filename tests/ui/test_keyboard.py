"""The main window without a mouse: whatever has the keyboard shows it, in both themes."""

from collections.abc import Iterator
from typing import cast

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QAbstractItemView, QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from core.services.frame_clock import FrameClock
from core.services.session import Session
from core.services.settings import Settings
from tests.fakes.services import FakeSettings, StandingClock
from tests.ui.scene import reference_session
from ui.main_window import MainWindow
from ui.theme.theme import Theme
from ui.theme.tokens import ThemeName

RING_PX = 4  # how far outside a control its ring may reach
EDGE = (2 * RING_PX, 2 * RING_PX, -2 * RING_PX, -2 * RING_PX)


@pytest.fixture
def window(theme: Theme, qtbot: QtBot) -> Iterator[MainWindow]:
    settings = FakeSettings(confirm_paper_orders=False)
    made = MainWindow(theme, cast(Settings, settings), FrameClock(), StandingClock())
    qtbot.addWidget(made)
    made.resize(1440, 900)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    made.show_session(cast(Session, reference_session()), {})
    yield made
    made.close_session()


def around(window: MainWindow, control: QWidget) -> QImage:
    """The window's picture of a control with its ring; of a field the edge only, since its cursor is thin."""
    place = QRect(control.mapTo(window, QPoint(0, 0)), control.size())
    QApplication.processEvents()
    picture = window.grab(place.adjusted(-RING_PX, -RING_PX, RING_PX, RING_PX)).toImage()
    if isinstance(control, QLineEdit):
        painter = QPainter(picture)
        painter.fillRect(picture.rect().adjusted(*EDGE), Qt.GlobalColor.black)
        painter.end()
    return picture


def stops(window: MainWindow) -> list[QWidget]:
    """Where Tab goes, once round."""
    first = window.top_bar.command_field
    first.setFocus(Qt.FocusReason.TabFocusReason)
    found: list[QWidget] = []
    while (control := QApplication.focusWidget()) not in found:
        assert control is not None
        found.append(control)
        window.focusNextChild()
    return found


@pytest.mark.parametrize("name", ["dark", "light"])
def test_whatever_has_the_keyboard_shows_it(
    window: MainWindow, theme: Theme, qtbot: QtBot, name: ThemeName
) -> None:
    theme.set(name)
    controls = stops(window)
    assert len(controls) > 12
    for control, elsewhere in zip(controls, [*controls[1:], controls[0]], strict=True):
        if isinstance(control, QAbstractItemView):
            control.setCurrentIndex(control.model().index(0, 0))
        elsewhere.setFocus(Qt.FocusReason.TabFocusReason)
        without = around(window, control)
        control.setFocus(Qt.FocusReason.TabFocusReason)
        assert around(window, control) != without, f"{control.accessibleName() or control} looks the same"

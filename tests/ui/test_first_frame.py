"""When the rest of the program may be built: once the window has been drawn."""

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ui.first_frame import FirstFrame


def test_the_first_frame_is_told_of_after_it_was_drawn(qtbot: QtBot) -> None:
    window = Drawn()
    qtbot.addWidget(window)
    frame = FirstFrame(window)
    seen: list[int] = []
    frame.drawn.connect(lambda: seen.append(window.frames))
    with qtbot.waitSignal(frame.drawn):
        window.show()
    assert seen[0] >= 1


def test_only_the_first_frame_is_told_of(qtbot: QtBot) -> None:
    window = Drawn()
    qtbot.addWidget(window)
    frame = FirstFrame(window)
    seen: list[int] = []
    frame.drawn.connect(lambda: seen.append(window.frames))
    with qtbot.waitSignal(frame.drawn):
        window.show()
    window.update()
    qtbot.waitUntil(lambda: window.frames > seen[0])
    assert len(seen) == 1


def test_a_window_that_is_not_drawn_keeps_nobody_waiting(qtbot: QtBot) -> None:
    window = Drawn()
    qtbot.addWidget(window)
    frame = FirstFrame(window)
    with qtbot.waitSignal(frame.drawn):
        pass
    assert window.frames == 0


class Drawn(QWidget):
    """Counts how often it was drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.frames = 0

    def paintEvent(self, _event: object) -> None:
        self.frames += 1

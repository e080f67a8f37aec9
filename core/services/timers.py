"""Timers, passed in: Qt's in the program, a simulation's own where time is made up."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, QTimer


class Timer(Protocol):
    """Calls what it was made for once, some time after `start`."""

    def start(self, delay_ms: int) -> None:
        """Wait from now on, whatever was waited for before."""

    def stop(self) -> None:
        """Do not call, unless started again."""


class Timers(Protocol):
    """Makes timers, which call on the GUI thread."""

    def timer(self, due: Callable[[], None]) -> Timer:
        """Return a timer that is not started yet."""


class QtTimers:
    """Qt's timers, owned by `parent`."""

    def __init__(self, parent: QObject) -> None:
        self._parent = parent

    def timer(self, due: Callable[[], None]) -> Timer:
        timer = QTimer(self._parent)
        timer.setSingleShot(True)
        timer.timeout.connect(due)
        return timer

"""Notices the end of the trading process, which is the end of this process's standard input."""

import os
import threading

from PySide6.QtCore import QObject, Signal

from ui.signin.pipe import STDIN


class ParentWatch(QObject):
    """Says when standard input ends, which is when the trading process has gone."""

    parent_gone = Signal()

    def start(self) -> None:
        """Watch from a thread of its own: a notifier on a pipe does not exist on every system."""
        threading.Thread(target=self._wait, name="parent-watch", daemon=True).start()

    def _wait(self) -> None:
        try:
            while os.read(STDIN, 4096):
                continue
        except OSError:
            pass  # a pipe that cannot be read is a parent that cannot be heard
        self.parent_gone.emit()

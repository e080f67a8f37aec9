"""Writes reports to the data directory, on a lane that exists only while there is something to write."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from core.errors import AppError, StorageFailed
from core.net.lanes import Lane
from core.store.reports import write_report


class Reports(QObject):
    """Lives on the GUI thread. What is still to be written when it stops is written before it has stopped."""

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self._lane: Lane | None = None
        self._waiting: dict[str, str] = {}
        self._has_stopped = False

    def keep(
        self, name: str, text: str, done: Callable[[Path], None], failed: Callable[[AppError], None]
    ) -> None:
        """Write `text` to the file `name`; `done` gets its path, `failed` a StorageFailed."""
        if self._has_stopped:
            return
        self._waiting[name] = text
        if self._lane is None:
            self._lane = Lane("reports", parent=self)
        self._lane.submit(lambda: self._write(name), done=done, failed=failed)

    def stop(self) -> None:
        """Write what is left, and nothing afterwards."""
        self._has_stopped = True
        if self._lane is not None:
            self._lane.stop(self._write_rest)

    def _write(self, name: str) -> Path:
        """Runs on the lane, which is the only one that takes anything out of what waits."""
        return write_report(self.folder / name, self._waiting.pop(name))

    def _write_rest(self) -> None:
        for name in tuple(self._waiting):
            try:
                self._write(name)
            except StorageFailed:
                return  # the program is ending, and the next one would fail as well

"""The trader's settings on the GUI thread, written to disk shortly after a change."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.errors import AppError
from core.net.lanes import Lane
from core.store.settings import SettingsValues, read_settings, write_settings

_WRITE_AFTER_MS = 400


class Settings(QObject):
    """Holds the values and announces changes by name."""

    changed = Signal(str)  # the name of the setting
    failed = Signal(object)  # AppError: could not be written

    def __init__(self, path: Path, disk: Lane, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path, self._disk = path, disk
        # Read here and not in a lane: the theme must be known before the first window, and it is 1 KB.
        self.values, self.notice = read_settings(path)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WRITE_AFTER_MS)
        self._timer.timeout.connect(self._write)

    def change(self, **values: Any) -> None:
        """Change settings by name; unchanged ones are not announced."""
        changed = {name: value for name, value in values.items() if getattr(self.values, name) != value}
        if not changed:
            return
        self.values = replace(self.values, **changed)
        self._timer.start()
        for name in changed:
            self.changed.emit(name)

    def flush(self) -> SettingsValues:
        """Stop waiting and return what is still to be written; for the end of the program."""
        self._timer.stop()
        return self.values

    @Slot()
    def _write(self) -> None:
        values = self.values
        self._disk.submit(lambda: write_settings(self._path, values), failed=self._report)

    def _report(self, error: AppError) -> None:
        self.failed.emit(error)

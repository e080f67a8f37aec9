"""Where the account's past is kept on this computer, and the thread that reads and writes it."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from core.domain.environment import Environment
from core.errors import AppError, StorageFailed
from core.net.lanes import Lane
from core.store.history import History

Result = TypeVar("Result")

_log = logging.getLogger(__name__)


class HistoryShelf(QObject):
    """Opens the file at the first use, on a lane of its own. Lives on the GUI thread.

    A history that cannot be kept is no reason not to show it: the first failure is told, later ones only
    fail what was asked.
    """

    failed = Signal(object)  # StorageFailed

    def __init__(
        self, path: Path, *, account_id: str, environment: Environment, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._path, self._account_id, self._environment = path, account_id, environment
        self._lane = Lane("history", parent=self)
        self._history: History | None = None
        self._error: StorageFailed | None = None
        self._has_told = False

    def use(
        self,
        work: Callable[[History], Result],
        *,
        done: Callable[[Result], None] | None = None,
        failed: Callable[[AppError], None] | None = None,
    ) -> None:
        """Do `work` with the history on its lane; `done` or `failed` follows on the GUI thread."""

        def fail(error: AppError) -> None:
            self._tell(error)
            if failed is not None:
                failed(error)

        self._lane.submit(lambda: work(self._open()), done=done, failed=fail)

    def elsewhere(
        self,
        work: Callable[[], Result],
        *,
        done: Callable[[Result], None],
        failed: Callable[[AppError], None],
    ) -> None:
        """Do disk work that does not need the history, in the same queue."""
        self._lane.submit(work, done=done, failed=failed)

    def stop(self) -> None:
        """Close the file; nothing is read or written afterwards."""
        self._lane.stop(self._close)

    def _open(self) -> History:
        """Runs on the lane."""
        if self._error is not None:
            raise self._error
        if self._history is None:
            try:
                self._history = History(
                    self._path, account_id=self._account_id, environment=self._environment
                )
            except StorageFailed as error:
                self._error = error
                raise
            if self._history.was_put_aside:
                _log.info("the local history was not sound; it was put aside and is read again")
        return self._history

    def _close(self) -> None:
        if self._history is not None:
            self._history.close()
            self._history = None

    def _tell(self, error: AppError) -> None:
        _log.info("local history: %s", error)
        if not self._has_told:
            self._has_told = True
            self.failed.emit(error)

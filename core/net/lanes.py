"""Lanes: work goes out as a callable to a thread, and comes home on the GUI thread.

A lane is a queue with one or more threads. What changes orders has lanes of its own, so that nothing that
merely reads can queue in front of it.
"""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from core.errors import AppError

Result = TypeVar("Result")

JOIN_S = 5.0
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Errand:
    work: Callable[[], Any]
    done: Callable[[Any], None] | None
    failed: Callable[[AppError], None] | None
    result: Any = None
    error: AppError | None = None
    aside: Callable[[], None] | None = None


class Lane(QObject):
    """A named queue with `threads` workers. Make, use and stop it on the GUI thread."""

    _came_home = Signal(object)  # _Errand

    def __init__(
        self,
        name: str,
        threads: int = 1,
        parent: QObject | None = None,
        *,
        aside: Callable[[], Callable[[], None] | None] | None = None,
    ) -> None:
        """`aside` is called on the worker after each piece of work; what it returns, on the GUI thread.

        That is before a failure, which may depend on it, and after a result, which should not wait for it.
        """
        super().__init__(parent)
        self._name, self._aside = name, aside
        self._queue: queue.SimpleQueue[_Errand | None] = queue.SimpleQueue()
        self._is_open = True
        self._came_home.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        # Daemons, because a keyring call may hang without limit and must not keep the program from ending.
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(
        self,
        work: Callable[[], Result],
        *,
        done: Callable[[Result], None] | None = None,
        failed: Callable[[AppError], None] | None = None,
    ) -> None:
        """Run `work` on the lane; then `done(result)` or `failed(error)` on the GUI thread.

        After `stop` nothing is run and nothing comes home.
        """
        if self._is_open:
            self._queue.put(_Errand(work, done, failed))

    def stop(self, last: Callable[[], None] | None = None) -> bool:
        """Drop what waits, run `last` on one worker, and join. Returns whether every thread ended in time."""
        if not self._is_open:
            return True
        self._is_open = False
        while True:
            try:
                self._queue.get_nowait()
            except queue.Empty:
                break
        if last is not None:
            self._queue.put(_Errand(last, None, None))
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(JOIN_S)
        stuck = [thread.name for thread in self._threads if thread.is_alive()]
        if stuck:
            _log.error("lane %s did not stop: %s", self._name, ", ".join(stuck))
        return not stuck

    def _work(self) -> None:
        while (errand := self._queue.get()) is not None:
            try:
                errand.result = errand.work()
            except AppError as error:
                errand.error = error
            except Exception as error:  # noqa: BLE001 - the top of the thread: report, and go on
                _log.exception("unexpected failure in lane %s", self._name)
                errand.error = AppError(
                    "Something failed inside Bellwether.",
                    "Please report it; the log has the details.",
                    detail=type(error).__name__,
                )
            if self._aside is not None:
                errand.aside = self._aside()
            if self._is_open:
                try:
                    self._came_home.emit(errand)
                except RuntimeError:
                    return  # the lane's QObject is gone: the program is ending

    @Slot(object)
    def _deliver(self, errand: _Errand) -> None:
        if not self._is_open:
            return
        if errand.error is not None:
            self._tell_aside(errand)
            if errand.failed is not None:
                errand.failed(errand.error)
            else:
                _log.warning("nobody asked about a failure in lane %s: %s", self._name, errand.error)
        else:
            try:
                if errand.done is not None:
                    errand.done(errand.result)
            finally:
                self._tell_aside(errand)

    def _tell_aside(self, errand: _Errand) -> None:
        if errand.aside is not None and self._is_open:
            errand.aside()

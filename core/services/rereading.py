"""Reads one thing again and again: on demand, on a timer, and after failures with growing waits."""

import random
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, QTimer, Slot

from core.errors import AppError
from core.protocol.call import Call
from core.protocol.retry import reread_wait_s
from core.services.broker_link import BrokerLink

Result = TypeVar("Result")


class Rereading(QObject, Generic[Result]):
    """At most one read under way; a wish that comes meanwhile is granted once afterwards."""

    def __init__(
        self,
        link: BrokerLink,
        call: Callable[[], Call[Result]],
        *,
        done: Callable[[Result], None],
        failed: Callable[[AppError], None],
        every_s: float | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._link, self._call, self._done, self._failed = link, call, done, failed
        self._every_ms = None if every_s is None else int(every_s * 1000)
        self._failures = 0
        self._under_way = False
        self._again = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.now)

    @Slot()
    def now(self) -> None:
        """Read now, or right after the read that is under way."""
        if self._under_way:
            self._again = True
            return
        self._timer.stop()
        self._under_way = True
        self._link.read(self._call(), self._on_done, self._on_failed)

    def soon(self, within_ms: int) -> None:
        """Read within that time; several wishes become one."""
        if self._timer.isActive() and self._timer.remainingTime() <= within_ms:
            return
        self._timer.start(within_ms)

    def stop(self) -> None:
        """Read no more."""
        self._timer.stop()
        self._again = False

    def _on_done(self, result: Any) -> None:
        self._failures = 0
        self._finish(self._every_ms)
        self._done(result)

    def _on_failed(self, error: AppError) -> None:
        self._failures += 1
        self._finish(int(reread_wait_s(self._failures, random.random()) * 1000))  # noqa: S311 - jitter
        self._failed(error)

    def _finish(self, next_ms: int | None) -> None:
        self._under_way = False
        if self._again:
            self._again = False
            self._timer.start(0)
        elif next_ms is not None:
            self._timer.start(next_ms)

"""Reads one thing again and again: on demand, on a timer, and after failures with growing waits."""

import random
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, QTimer, Slot

from core.errors import AppError, Overloaded
from core.protocol.call import Call
from core.protocol.retry import reread_wait_s
from core.services.broker_link import BrokerLink

Result = TypeVar("Result")
LONGEST_OBEYED_S = 120.0  # a broker may ask for patience, not for silence


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
        self._is_stopped = False
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
        self._under_way, self._is_stopped = True, False
        self._link.read(self._call(), self._on_done, self._on_failed)

    def soon(self, within_ms: int) -> None:
        """Read within that time; several wishes become one, and none is lost to a read under way."""
        if not (self._timer.isActive() and self._timer.remainingTime() <= within_ms):
            self._timer.start(within_ms)

    def stop(self) -> None:
        """Read no more, also when the answer that is under way comes."""
        self._timer.stop()
        self._again = False
        self._is_stopped = True

    def _on_done(self, result: Any) -> None:
        self._failures = 0
        self._finish(self._every_ms)
        self._done(result)

    def _on_failed(self, error: AppError) -> None:
        self._failures += 1
        wait_s = reread_wait_s(self._failures, random.random())  # noqa: S311 - jitter
        if isinstance(error, Overloaded) and error.retry_after_s is not None:
            wait_s = max(wait_s, min(error.retry_after_s, LONGEST_OBEYED_S))
        self._finish(int(wait_s * 1000))
        self._failed(error)

    def _finish(self, next_ms: int | None) -> None:
        self._under_way = False
        if self._is_stopped:
            return
        if self._again:
            self._again = False
            self.soon(0)
        elif next_ms is not None:
            self.soon(next_ms)

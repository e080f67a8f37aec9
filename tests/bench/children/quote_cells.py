"""Counts quotes, and notes how old each painted one is and how long frames are apart."""

import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QRegion

from core.domain.connection import StreamName
from tests.bench.children.observer import Observer
from tests.bench.children.painted import PaintWatch
from ui.models.watchlist import CHANGE

if TYPE_CHECKING:
    from core.services.session import Session
    from ui.main_window import MainWindow


class QuoteCells(Observer):
    """After a warm-up, watches the list for `seconds`; it is sorted by a column that ticks."""

    def __init__(self, order: dict[str, Any]) -> None:
        super().__init__(order)
        self._is_measuring = False
        self._frames: list[int] = []
        self._latencies: list[float] = []
        self._painted: dict[str, int] = {}

    def session_shown(self, window: "MainWindow", session: "Session") -> None:
        self._session = session
        self._panel = window.desk.watchlist
        self._panel.view.sortByColumn(CHANGE, Qt.SortOrder.DescendingOrder)
        PaintWatch(self._panel.view.viewport(), self._flushed)
        QTimer.singleShot(int(self.order["warm_up_s"] * 1000), self._begin)

    def _begin(self) -> None:
        self._is_measuring = True
        self._started = (time.monotonic_ns(), self._messages, time.process_time())
        QTimer.singleShot(int(self.order["seconds"] * 1000), self._end)

    def _end(self) -> None:
        started_ns, messages, cpu_s = self._started
        elapsed_s = (time.monotonic_ns() - started_ns) / 1e9
        self.finish(
            per_second=(self._messages - messages) / elapsed_s,
            cpu=(time.process_time() - cpu_s) / elapsed_s,
            frames=self._frames,
            latencies_ms=self._latencies,
            rows=self._panel.model.rowCount(),
        )

    @property
    def _messages(self) -> int:
        return self._session.connection.status(StreamName.QUOTES).messages

    def _flushed(self, _region: QRegion) -> None:
        if not self._is_measuring:
            return
        at, now = time.monotonic_ns(), time.time_ns()
        is_news = False
        view, model = self._panel.view, self._panel.model
        first = view.rowAt(0)
        last = view.indexAt(QPoint(1, view.viewport().height() - 1)).row()
        for place in range(first, last + 1 if last >= 0 else model.rowCount()):
            row = model.row_at(place)
            quote = None if row.ticker is None else row.ticker.quote
            if quote is not None and quote.exchange_ns != self._painted.get(row.symbol):
                is_news = True
                self._painted[row.symbol] = quote.exchange_ns
                self._latencies.append((now - quote.exchange_ns) / 1e6)
        if is_news:  # a hover or the end of a tint is painted too, and is no frame of quotes
            self._frames.append(at)

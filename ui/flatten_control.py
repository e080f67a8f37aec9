"""Flatten for one session: asks, starts, shows the way in a window of its own, and keeps the report."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from core.domain.cancels import standing_orders
from core.domain.request import closing_request
from core.errors import AppError, NotPermitted
from core.services.clock import Clock
from core.services.flatten import FlattenReport
from ui import flatten_report, sentences, words
from ui.dialogs.flatten import FlattenQuestion, FlattenWindow
from ui.theme.theme import Theme

if TYPE_CHECKING:
    from core.services.session import Session


class FlattenControl(QObject):
    """Made with the first look at Flatten; `end` before the session ends."""

    running_changed = Signal(bool)
    noticed = Signal(object)  # AppError

    def __init__(self, session: "Session", theme: Theme, clock: Clock, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._theme, self._clock, self._parent = session, theme, clock, window
        self.window: FlattenWindow | None = None
        self._question: FlattenQuestion | None = None
        session.flatten.changed.connect(self._show_lines)
        session.flatten.finished.connect(self._finish)

    @Slot()
    def ask(self) -> None:
        """Ask before a run; while one goes on, show it."""
        if self._session.flatten.is_running and self.window is not None:
            self.window.show()
            self.window.raise_()
            self.window.activateWindow()
        elif self._question is None:
            self._open_question()

    def end(self) -> None:
        """Stop a run, keep its report, and hear no more."""
        flatten = self._session.flatten
        if flatten.is_running:
            flatten.stop()
        flatten.changed.disconnect(self._show_lines)
        flatten.finished.disconnect(self._finish)
        if self._question is not None:
            self._question.reject()
        if self.window is not None:
            self.window.hide()
            self.window.deleteLater()
            self.window = None
        self.deleteLater()

    def _open_question(self) -> None:
        session = self._session
        orders = [sentences.order_sentence(order) for order in standing_orders(session.orders.orders)]
        closes = [
            sentences.request_sentence(closing_request(position, abs(position.qty)))
            for position in session.positions.positions.values()
        ]
        question = FlattenQuestion(
            self._theme, orders, closes, session.environment, self._short_number, self._parent
        )
        if session.market_clock.is_open is False:
            question.add_warning(
                self.tr(
                    "The exchange is closed: closing orders for shares and options wait at the broker until "
                    "it opens, and fill at the price they meet then."
                )
            )
        question.confirmed.connect(self._start)
        question.finished.connect(self._forget_question)
        self._question = question
        question.open()

    @property
    def _short_number(self) -> str:
        account = self._session.account.account
        return "" if account is None else account.short_number

    @Slot()
    def _forget_question(self) -> None:
        self._question = None

    @Slot()
    def _start(self) -> None:
        session = self._session
        if self.window is not None:
            self.window.deleteLater()
        self.window = FlattenWindow(
            self._theme, self._clock, session.environment, self._short_number, self._parent
        )
        self.window.stop_requested.connect(session.flatten.stop)
        try:
            session.flatten.start()
        except NotPermitted:
            self.window.deleteLater()
            self.window = None
            reason = words.trading_block(session.orders.trading_block)
            self.noticed.emit(NotPermitted(self.tr("Flatten could not begin: nothing was sent."), reason))
            return
        self.window.show()
        self.running_changed.emit(session.flatten.is_running)

    @Slot()
    def _show_lines(self) -> None:
        if self.window is not None:
            session = self._session
            self.window.show_lines(session.flatten.lines, session.orders.orders)

    @Slot(object)
    def _finish(self, report: FlattenReport) -> None:
        session = self._session
        text = flatten_report.report_text(
            report, session.environment, self._short_number, session.orders.orders
        )
        if self.window is not None:
            self.window.show_end(flatten_report.outcome(report), text, is_flat=report.is_flat)
        session.reports.keep(flatten_report.file_name(report), text, self._show_kept, self._show_not_kept)
        self.running_changed.emit(False)

    def _show_kept(self, path: Path) -> None:
        if self.window is not None:
            self.window.show_kept(path)

    def _show_not_kept(self, error: AppError) -> None:
        if self.window is not None:
            self.window.show_not_kept(error)
        self.noticed.emit(error)

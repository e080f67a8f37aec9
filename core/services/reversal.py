"""Carries a reversal out on the order desk: closes, waits for proof, then opens once, or never."""

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import QObject, Signal, Slot

from core.domain.intent import Intent
from core.domain.position import Position
from core.domain.request import OrderRequest
from core.domain.reversal import Ruling, judge_close, opening_request
from core.errors import AppError
from core.services.orders import OrderDesk
from core.services.positions import PositionKeeper
from core.services.timers import QtTimers, Timers

PATIENCE_MS = 60_000
LOOK_MS = 1_000


class Step(StrEnum):
    """How far a reversal is; the last three are ends."""

    CLOSING = "closing"
    PROVING = "proving"  # filled; the broker still lists the position
    OPENED = "opened"  # the second order was sent; it is an order like any other now
    STOPPED = "stopped"  # the second order is never sent
    TOO_LATE = "too_late"  # the first took so long that the second is a decision of its own


class Reversal(QObject):
    """One reversal of one position. Lives on the GUI thread; nothing of it outlives the program."""

    changed = Signal()

    def __init__(
        self,
        desk: OrderDesk,
        positions: PositionKeeper,
        position: Position,
        *,
        objection: Callable[[OrderRequest], str],
        timers: Timers | None = None,
        parent: QObject | None = None,
    ) -> None:
        """`objection` says why the opening order must not be sent at that moment, or nothing."""
        super().__init__(parent)
        self._desk, self._positions, self._objection = desk, positions, objection
        self.position = position
        self.step = Step.STOPPED
        self.reason = ""
        self.close_id, self.open_id = "", ""
        timers = timers or QtTimers(self)
        self._patience = timers.timer(self._give_up)
        self._look = timers.timer(self._look_again)
        self._is_opening = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be sent."""
        return self.step in (Step.OPENED, Step.STOPPED, Step.TOO_LATE)

    def intent(self) -> Intent | None:
        """The closing order's intent."""
        return self._desk.intent(self.close_id)

    def start(self) -> None:
        """Send the close. Raises as `OrderDesk.place`; then nothing was sent. Once only."""
        if self.close_id:
            return
        self.close_id = self._desk.close_position(self.position).client_order_id
        self.step = Step.CLOSING
        for signal in (self._desk.intents_changed, self._desk.orders_changed, self._positions.changed):
            signal.connect(self._judge)
        self._patience.start(PATIENCE_MS)
        self._judge()

    def stop(self, reason: str = "") -> None:
        """Never send the second order; the first stays as it is."""
        if not self.is_over:
            self._end(Step.STOPPED, reason)

    @Slot()
    def _judge(self, _what: object = None) -> None:
        if self.is_over or self._is_opening:
            return
        intent = self.intent()
        order = None if intent is None else self._desk.orders.get(intent.order_id or "")
        held = self._positions.positions.get(self.position.symbol)
        ruling = judge_close(self.position.qty, intent, order, held)
        # What cannot be read is not gone: no second order before it is.
        is_proven = not self._positions.may_hold_unread(self.position.symbol)
        if ruling is Ruling.OPEN and is_proven:
            self._open()
        elif ruling is Ruling.STOP:
            self._end(Step.STOPPED, "" if intent is None else intent.reason)
        elif intent is not None and intent.state.is_settled and self.step is Step.CLOSING:
            self.step = Step.PROVING
            self._look.start(LOOK_MS)
            self.changed.emit()

    def _open(self) -> None:
        self._is_opening = True  # placing tells of changes at once, and those lead back to judging
        request = opening_request(self.position)
        reason = self._objection(request)
        if not reason:
            try:
                self.open_id = self._desk.place(request).client_order_id
            except AppError as error:
                reason = error.remedy or error.detail or error.headline
        self._end(Step.STOPPED if reason else Step.OPENED, reason)

    def _look_again(self) -> None:
        if not self.is_over:
            self._positions.refresh()
            self._look.start(LOOK_MS)

    def _give_up(self) -> None:
        if not self.is_over:
            self._end(Step.TOO_LATE, "")

    def _end(self, step: Step, reason: str) -> None:
        self.step, self.reason = step, reason
        self._patience.stop()
        self._look.stop()
        for signal in (self._desk.intents_changed, self._desk.orders_changed, self._positions.changed):
            signal.disconnect(self._judge)
        self.changed.emit()

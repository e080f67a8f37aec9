"""The account's positions, as the broker last told."""

import logging
from collections.abc import Mapping

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.domain.alarm import Alarm, AlarmKind
from core.domain.listing import Listing, UnreadableSeen
from core.domain.position import Position
from core.errors import AppError
from core.protocol.call import Call
from core.protocol.trading import read_positions
from core.services.broker_link import BrokerLink
from core.services.clock import Clock
from core.services.rereading import Rereading

_log = logging.getLogger(__name__)

EVERY_S = 30.0
AFTER_FILL_MS = 150
# Positions lag fills by up to some seconds at the broker (protocol page section 3.11), so look twice.
SECOND_LOOK_MS = 2_500


class PositionKeeper(QObject):
    """Keeps the newest positions and when they came."""

    changed = Signal(object)  # tuple[Position, ...]: all of them
    failed = Signal(object)  # AppError
    alarmed = Signal(object)  # Alarm: the broker lists positions that cannot be read; each is told of once

    def __init__(self, link: BrokerLink, clock: Clock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._positions: dict[str, Position] = {}
        self.unread: tuple[str, ...] = ()  # of what cannot be read in the newest list, as in a Listing
        self._seen = UnreadableSeen()
        self.received_ns: int | None = None  # monotonic
        self._asked_ns = 0
        self._reading = Rereading(
            link, self._ask, done=self._take_answer, failed=self._report, every_s=EVERY_S, parent=self
        )
        self._second_look = QTimer(self)
        self._second_look.setSingleShot(True)
        self._second_look.setInterval(SECOND_LOOK_MS)
        self._second_look.timeout.connect(self._reading.now)

    @property
    def positions(self) -> Mapping[str, Position]:
        """Every open position by symbol."""
        return self._positions

    def may_hold_unread(self, symbol: str) -> bool:
        """Whether the newest list had something in it that cannot be read and may be this position."""
        return "" in self.unread or symbol in self.unread

    @Slot()
    def refresh(self) -> None:
        """Read the positions now."""
        self._reading.now()

    @Slot()
    def refresh_soon(self) -> None:
        """Read the positions shortly, and once more when the broker has had time to settle."""
        self._reading.soon(AFTER_FILL_MS)
        self._second_look.start()

    def stop(self) -> None:
        """Read no more."""
        self._reading.stop()
        self._second_look.stop()

    @Slot(object)
    def take(self, positions: Listing[Position]) -> None:
        """Take all of them, as just read."""
        self._keep(positions, self._clock.monotonic_ns())

    def _ask(self) -> Call[Listing[Position]]:
        self._asked_ns = self._clock.monotonic_ns()
        return read_positions()

    def _take_answer(self, positions: Listing[Position]) -> None:
        # As old as the question: while the computer slept, the answer may have lain.
        self._keep(positions, self._asked_ns)

    def _keep(self, positions: Listing[Position], received_ns: int) -> None:
        self._positions = {position.symbol: position for position in positions}
        self.unread = positions.unreadable
        self.received_ns = received_ns
        self.changed.emit(positions.rows)
        if unreadable := self._seen.new_of(positions.unreadable):
            names = tuple(name for name in unreadable if name)
            _log.warning("%d positions could not be read", len(unreadable))
            alarm = Alarm(kind=AlarmKind.UNREADABLE_POSITION, names=names, count=len(unreadable))
            self.alarmed.emit(alarm)

    def _report(self, error: AppError) -> None:
        self.failed.emit(error)

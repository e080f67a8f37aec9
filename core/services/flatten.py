"""Flatten: carries out what `core.domain.flattening` works out, and keeps a record for the report."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from core.domain.flattening import (
    CancelOrder,
    ClosePosition,
    Flattening,
    Line,
    Picture,
    ReadAgain,
    Stage,
)
from core.domain.listing import Listing
from core.domain.position import Position
from core.domain.request_budget import Urgency
from core.errors import AppError, NotPermitted
from core.protocol.trading import read_positions
from core.services.clock import Clock
from core.services.desk_link import DeskLink
from core.services.orders import OrderDesk
from core.services.positions import PositionKeeper
from core.services.timers import QtTimers, Timers

TICK_MS = 500
READ_EVERY_MS = 1_000
_NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened on the way, at nanoseconds since 1970 UTC. `stage` None: a note of its own."""

    at_ns: int
    line: Line
    intent_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlattenReport:
    """How a run went: everything it did and met, and how it ended.

    `is_flat` means that the broker listed neither order nor position when it was asked after the last deed;
    `open_lines` are what was left otherwise.
    """

    started_ns: int
    ended_ns: int
    is_flat: bool
    entries: tuple[Entry, ...]
    open_lines: tuple[Line, ...]


class Flatten(QObject):
    """One account's way to zero. Lives on the GUI thread; started by a person only."""

    changed = Signal()  # lines or state
    finished = Signal(object)  # FlattenReport: flat, or stopped by the trader

    def __init__(
        self,
        link: DeskLink,
        desk: OrderDesk,
        positions: PositionKeeper,
        clock: Clock,
        *,
        timers: Timers | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._link, self._desk, self._positions, self._clock = link, desk, positions, clock
        self._tick = (timers or QtTimers(self)).timer(self._step)
        self._run: Flattening | None = None
        self._entries: list[Entry] = []
        self._shown: dict[str, Line] = {}
        self._started_ns = 0
        self._round = 0  # reads of an earlier run say nothing about this one
        self._is_stepping = False
        self._reset_reads()

    @property
    def is_running(self) -> bool:
        """Whether a run is under way."""
        return self._run is not None

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every order and position of the run, as it stands; those of the last run after its end."""
        return tuple(self._shown.values())

    def start(self) -> None:
        """Begin: cancel every order and close every position, until the broker confirms zero.

        Raises NotPermitted when not even a cancel can be sent.
        """
        if self._run is not None:
            return
        if not self._desk.may_cancel:
            raise NotPermitted("Orders cannot be sent right now.", detail=self._desk.trading_block.value)
        self._run, self._entries, self._shown = Flattening(), [], {}
        self._started_ns = self._clock.wall_ns()
        self._round += 1
        self._reset_reads()
        for signal in (self._desk.orders_changed, self._desk.intents_changed):
            signal.connect(self._step_soon)
        self._step()

    def stop(self) -> None:
        """Send nothing more; what was sent already stays with the broker, and the report says so."""
        self._end(is_flat=False)

    # ---- one step ------------------------------------------------------------------------------------

    def _reset_reads(self) -> None:
        self._positions_asked_ns: int | None = None
        self._orders_asked_ns: int | None = None
        self._last_read_ns: int | None = None
        self._held: Listing[Position] = Listing()
        self._unreadable_orders: tuple[str, ...] = ()
        self._reading = 0

    @Slot(object)
    def _step_soon(self, _what: object) -> None:
        self._tick.start(0)

    @Slot()
    def _step(self) -> None:
        run = self._run
        if run is None or self._is_stepping:
            return
        self._is_stepping = True  # sending tells of changes at once, and those lead here
        try:
            for deed in run.next(self._picture()):
                self._do(run, deed)
        finally:
            self._is_stepping = False
        self._show(run.lines)
        if run.is_flat:
            self._end(is_flat=True)
        else:
            self._tick.start(TICK_MS)

    def _picture(self) -> Picture:
        intents = (self._desk.intent(key) for key in self._asked_about())
        return Picture(
            now_ns=self._clock.monotonic_ns(),
            positions=self._held.rows,
            unreadable_positions=self._held.unreadable,
            unreadable_orders=self._unreadable_orders,
            positions_asked_ns=self._positions_asked_ns,
            orders=self._desk.orders,
            orders_asked_ns=self._orders_asked_ns,
            intents={intent.client_order_id: intent for intent in intents if intent is not None},
            block=self._desk.close_block,
        )

    def _asked_about(self) -> set[str]:
        return set() if self._run is None else set(self._run.intent_ids)

    def _do(self, run: Flattening, deed: CancelOrder | ClosePosition | ReadAgain) -> None:
        match deed:
            case ReadAgain():
                self._read()
            case CancelOrder(order_id):
                self._try(run, deed, lambda: self._cancel(run, order_id))
            case ClosePosition(position):
                self._try(run, deed, lambda: self._close(run, position))

    def _cancel(self, run: Flattening, order_id: str) -> None:
        run.cancel_sent(order_id, self._desk.cancel(order_id).client_order_id)

    def _close(self, run: Flattening, position: Position) -> None:
        run.close_sent(position, self._desk.close_position(position).client_order_id)

    def _try(self, run: Flattening, deed: CancelOrder | ClosePosition, act: Callable[[], None]) -> None:
        try:
            act()
        except AppError as error:
            run.could_not(deed, error.detail or error.headline, self._clock.monotonic_ns())
        except ValueError as error:
            run.could_not(deed, str(error), self._clock.monotonic_ns())

    # ---- reading -------------------------------------------------------------------------------------

    def _read(self) -> None:
        """Ask for positions and open orders, at most once a second and never twice at a time."""
        now = self._clock.monotonic_ns()
        recently = self._last_read_ns is not None and now - self._last_read_ns < READ_EVERY_MS * _NS_PER_MS
        if self._reading or recently:
            return
        this_round, self._last_read_ns, self._reading = self._round, now, 2

        def positions_came(positions: Listing[Position]) -> None:
            if this_round == self._round:
                self._reading -= 1
                self._held, self._positions_asked_ns = positions, now
                self._positions.take(positions)
                self._tick.start(0)

        def orders_came(unreadable: tuple[str, ...]) -> None:
            if this_round == self._round:
                self._reading -= 1
                self._orders_asked_ns, self._unreadable_orders = now, unreadable
                self._tick.start(0)

        def failed(_error: AppError) -> None:
            if this_round == self._round:
                self._reading -= 1

        self._link.read(read_positions(), positions_came, failed, Urgency.RECONCILE)
        self._desk.compare_open(orders_came, failed)

    # ---- what is told --------------------------------------------------------------------------------

    def _show(self, lines: tuple[Line, ...]) -> None:
        shown = {line.key: line for line in lines}
        if shown == self._shown:
            return
        for key, line in shown.items():
            before = self._shown.get(key)
            if before is None or (before.stage, before.reason) != (line.stage, line.reason):
                self._entries.append(
                    Entry(at_ns=self._clock.wall_ns(), line=line, intent_id=self._intent_of(key))
                )
        self._shown = shown
        self.changed.emit()

    def _intent_of(self, key: str) -> str:
        return "" if self._run is None else self._run.intent_of(key)

    def _end(self, *, is_flat: bool) -> None:
        if self._run is None:
            return
        self._run = None
        self._round += 1
        self._tick.stop()
        for signal in (self._desk.orders_changed, self._desk.intents_changed):
            signal.disconnect(self._step_soon)
        report = FlattenReport(
            started_ns=self._started_ns,
            ended_ns=self._clock.wall_ns(),
            is_flat=is_flat,
            entries=tuple(self._entries),
            open_lines=tuple(line for line in self._shown.values() if line.stage is not Stage.DONE),
        )
        self.changed.emit()
        self.finished.emit(report)

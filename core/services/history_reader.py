"""Brings one long list of the account's past: what this computer keeps first, then pages of the broker's."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.errors import AppError, Offline, Overloaded
from core.protocol.paging import Walk
from core.protocol.retry import reread_wait_s
from core.services.broker_link import BrokerLink
from core.services.history_shelf import HistoryShelf
from core.store.history import Cursor, History, HistoryList, Spans

Item = TypeVar("Item")

CHUNK = 500  # records of the disk that reach the GUI thread at once
EVERYTHING = 1_000_000_000
PACE_MS = 400  # between two pages: the broker's limit is 200 requests a minute, and orders come first


class HistoryPhase(StrEnum):
    """What a reader is doing."""

    IDLE = "idle"  # nothing was asked for yet, or it was stopped
    DISK = "disk"
    BROKER = "broker"
    WAITING = "waiting"  # the broker is out of reach or wants fewer requests; goes on by itself
    PAUSED = "paused"  # as much was read as was asked for; there is more
    COMPLETE = "complete"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryProgress:
    """How far the list is known without a gap; `reached` is 1970 when all of it is."""

    phase: HistoryPhase = HistoryPhase.IDLE
    count: int = 0
    reached: datetime | None = None
    error: AppError | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something is being read, so that it can be stopped."""
        return self.phase in (HistoryPhase.DISK, HistoryPhase.BROKER, HistoryPhase.WAITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Generic[Item]):
    """What differs between the lists."""

    of: HistoryList
    read: Callable[[History, Cursor, int], tuple[tuple[Item, ...], Cursor]]
    write: Callable[[History, tuple[Item, ...], Spans | None], None]
    walk: Callable[[Spans], Walk[Item]]
    key: Callable[[Item], str]


class HistoryReader(QObject, Generic[Item]):
    """Reads only as much as it is asked for, stops when told, and goes on where it stopped.

    Also in the next run: what was read is kept with how far it reaches. Lives on the GUI thread.
    """

    arrived = Signal(object)  # tuple[Item, ...]: older entries, or newer versions of known ones
    progress_changed = Signal(object)  # HistoryProgress

    def __init__(
        self, source: Source[Item], link: BrokerLink, shelf: HistoryShelf, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._source, self._link, self._shelf = source, link, shelf
        self.progress = HistoryProgress()
        self._known: set[str] = set()
        self._walk: Walk[Item] | None = None
        self._wanted = 0  # pages still to be read
        self._round = 0  # what was asked before a stop is not heard
        self._failures = 0
        self._begins_again = False
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.timeout.connect(self._ask)

    # What is asked for.

    def read(self, pages: int = 1) -> None:
        """Read what is kept here, if that has not been done, and then `pages` more from the broker."""
        self._wanted = max(self._wanted, pages)
        if self.progress.is_busy:
            return
        self._round += 1
        if self._walk is None:
            self._show(HistoryPhase.DISK)
            self._read_kept((), self._round)
        else:
            self._ask()

    def read_all(self) -> None:
        """Read down to the first entry there is."""
        self.read(EVERYTHING)

    @Slot()
    def catch_up(self) -> None:
        """Entries may have come at the new end: begin there again, skipping what is known."""
        if self.progress.is_busy:
            self._begins_again = True
        elif self._walk is not None:
            self._walk = self._source.walk(self._walk.spans())
            self.read()

    @Slot()
    def pause(self) -> None:
        """Stop reading; `read` goes on from here."""
        self._round += 1
        self._wanted, self._begins_again = 0, False
        self._next.stop()
        if self.progress.is_busy:
            self._show(HistoryPhase.IDLE if self._walk is None else HistoryPhase.PAUSED)

    def keep(self, items: tuple[Item, ...]) -> None:
        """Keep entries that came another way, on the stream for instance."""
        self._known.update(map(self._source.key, items))
        self._shelf.use(lambda history: self._source.write(history, items, None))

    # The disk.

    def _read_kept(self, cursor: Cursor, this_round: int) -> None:
        self._shelf.use(
            lambda history: self._source.read(history, cursor, CHUNK),
            done=lambda found: self._take_kept(this_round, *found),
            failed=lambda _error: self._begin_walk(this_round, ()),
        )

    def _take_kept(self, this_round: int, items: tuple[Item, ...], cursor: Cursor) -> None:
        if this_round != self._round:
            return
        self._announce(items)
        self._show(HistoryPhase.DISK)
        if cursor:
            self._read_kept(cursor, this_round)
            return
        self._shelf.use(
            lambda history: history.spans(self._source.of),
            done=lambda spans: self._begin_walk(this_round, spans),
            failed=lambda _error: self._begin_walk(this_round, ()),
        )

    def _begin_walk(self, this_round: int, spans: Spans) -> None:
        if this_round == self._round:
            self._walk = self._source.walk(spans)
            self._ask()

    # The broker.

    @Slot()
    def _ask(self) -> None:
        walk = self._walk
        if walk is None:
            return
        call = walk.next_call()
        if call is None:
            self._rest(HistoryPhase.COMPLETE)
        elif self._wanted <= 0:
            self._rest(HistoryPhase.PAUSED)
        else:
            self._show(HistoryPhase.BROKER)
            this_round = self._round
            self._link.read(
                call,
                lambda page: self._take_page(this_round, walk, page),
                lambda error: self._take_failure(this_round, error),
            )

    def _rest(self, phase: HistoryPhase) -> None:
        self._wanted = 0
        self._show(phase)
        if self._begins_again:
            self._begins_again = False
            self.catch_up()

    def _take_page(self, this_round: int, walk: Walk[Item], page: tuple[Item, ...]) -> None:
        if this_round != self._round:
            return
        self._failures = 0
        walk.take(page)
        spans = walk.spans()
        # A gap between what was read in two runs is closed unasked: nobody would look for it.
        self._wanted = max(self._wanted - 1, 1 if len(spans) > 1 else 0)
        self._shelf.use(lambda history: self._source.write(history, page, spans))
        self._announce(page)
        self._show(HistoryPhase.BROKER)
        self._next.start(PACE_MS if self._wanted > 0 else 0)

    def _take_failure(self, this_round: int, error: AppError) -> None:
        if this_round != self._round:
            return
        if isinstance(error, Offline | Overloaded):
            self._failures += 1
            wait_s = getattr(error, "retry_after_s", None) or reread_wait_s(self._failures, 1.0)
            self._next.start(int(wait_s * 1000))
            self._show(HistoryPhase.WAITING, error)
        else:
            self._wanted = 0
            self._show(HistoryPhase.FAILED, error)

    def _announce(self, items: tuple[Item, ...]) -> None:
        if items:
            self._known.update(map(self._source.key, items))
            self.arrived.emit(items)

    def _show(self, phase: HistoryPhase, error: AppError | None = None) -> None:
        progress = replace(
            self.progress,
            phase=phase,
            count=len(self._known),
            reached=None if self._walk is None else self._walk.reached,
            error=error,
        )
        if progress != self.progress:
            self.progress = progress
            self.progress_changed.emit(progress)

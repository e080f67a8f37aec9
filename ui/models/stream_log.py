"""The lines of the event log: bounded, filtered, and able to stand still while a person reads."""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible

from core.domain.connection import LogLine, StreamName
from ui import figures, words
from ui.models.column import Column
from ui.models.column_model import NO_PARENT, ColumnModel, Index

TIME, STREAM, KIND, SYMBOL, SUMMARY = range(5)
CAPACITY = 2_500
# Assistive technology makes an object of each cell it looks at, and Qt goes through all of these for every
# frame's new lines: after a look at 800 lines the window stood still. Fewer are shown then; all are kept.
SPOKEN_CAPACITY = 120
_TRIMMED_AT_ONCE = 500  # dropping old lines one by one would move every row of the view each frame
_NS_PER_S = 1_000_000_000


class LogRow(NamedTuple):
    """A line with its number since the start, by which it is found again."""

    serial: int
    line: LogLine


class StreamLogModel(ColumnModel[LogRow]):
    """The newest line last. Paused, it takes lines but shows none until it goes on."""

    def __init__(self, parent: QObject | None = None, *, capacity: int = CAPACITY) -> None:
        super().__init__(parent)
        self._capacity = capacity
        self._kept: deque[LogRow] = deque(maxlen=capacity)
        self._shown: list[LogRow] = []
        self._serials: list[int] = []
        self._taken = 0
        self._unseen = 0
        self._is_paused = False
        self._paused_at = 0  # the number of the first line held back
        self._needle = ""
        self._streams = frozenset(StreamName)

    def make_columns(self) -> tuple[Column[LogRow], ...]:
        return (
            Column(
                title=self.tr("Time"),
                text=lambda row: figures.local_time(_moment(row.line.at_ns), milliseconds=True),
                tone=lambda _row: "muted",
                sample="88:88:88.888",
            ),
            Column(
                title=self.tr("Stream"),
                text=lambda row: words.stream_name(row.line.stream),
                tone=lambda _row: "muted",
                sample="Options",
                gives_way=1,  # the type tells nearly as much
            ),
            Column(
                title=self.tr("Type"),
                text=lambda row: words.outside_text(row.line.kind.replace("_", " "), 24),
                tone=lambda _row: "muted",
                sample="pending cancel",
                least="trade",
            ),
            Column(
                title=self.tr("Symbol"),
                text=lambda row: words.outside_text(row.line.symbol, 24),
                sample="ETH/USDT",
            ),
            Column(
                title=self.tr("Summary"),
                text=lambda row: words.outside_text(row.line.summary),
                tool_tip=lambda row: words.outside_text(row.line.summary),
                sample="x" * 24,
                least="x" * 19,
                stretches=True,
            ),
        )

    def key_of(self, row: LogRow) -> int:
        return row.serial

    def row_at(self, place: int) -> LogRow:
        return self._shown[place]

    def place_of(self, key: object) -> int | None:
        if not isinstance(key, int):
            return None
        place = bisect_left(self._serials, key)
        return place if place < len(self._serials) and self._serials[place] == key else None

    # ---- what the panel brings ----------------------------------------------------------------------

    def take(self, lines: Iterable[LogLine]) -> None:
        """Take a frame's worth of lines; the views hear of one insertion."""
        rows = []
        for line in lines:
            rows.append(LogRow(self._taken, line))
            self._taken += 1
        self._kept.extend(rows)
        if self._is_paused:
            self._unseen += sum(1 for row in rows if self._admits(row))
        else:
            self._append([row for row in rows if self._admits(row)])

    def start_over(self, lines: Iterable[LogLine], *, before: int = 0) -> None:
        """Forget everything and take `lines`; `before` of them came, and are counted, that nobody kept."""
        self._kept.clear()
        self._taken += before
        self._paused_at = self._taken
        self._rebuild()
        self.take(lines)

    def set_paused(self, is_paused: bool) -> None:
        """Stand still, or go on and catch up."""
        if is_paused == self._is_paused:
            return
        self._is_paused = is_paused
        if is_paused:
            self._paused_at = self._taken
        else:
            self._unseen = 0
            self._append([row for row in self._kept if row.serial >= self._paused_at and self._admits(row)])

    def set_filter(self, text: str, streams: Iterable[StreamName]) -> None:
        """Show only lines of `streams` that hold `text` in type, symbol or summary, in any case."""
        self._needle = text.strip().casefold()
        self._streams = frozenset(streams)
        self._rebuild()

    @property
    def is_paused(self) -> bool:
        """Whether new lines are held back."""
        return self._is_paused

    @property
    def unseen(self) -> int:
        """How many lines came since the pause that the filter would show."""
        return self._unseen

    @property
    def taken(self) -> int:
        """How many lines came at all."""
        return self._taken

    def text_of(self, place: int) -> str:
        """Return a line as text for the clipboard, its columns apart by tabs."""
        return "\t".join(self.cell(place, column).text for column in range(len(self.columns)))

    # ---- the machinery ------------------------------------------------------------------------------

    @property
    def _room(self) -> int:
        return min(self._capacity, SPOKEN_CAPACITY) if QAccessible.isActive() else self._capacity

    def _admits(self, row: LogRow) -> bool:
        line = row.line
        if line.stream not in self._streams:
            return False
        if not self._needle:
            return True
        return self._needle in f"{line.kind}\n{line.symbol}\n{line.summary}".casefold()

    def _append(self, rows: list[LogRow]) -> None:
        room = self._room
        rows = rows[-room:]
        excess = len(self._shown) + len(rows) - room
        if excess > 0:
            self._drop_oldest(min(len(self._shown), max(excess, min(_TRIMMED_AT_ONCE, room // 4))))
        if rows:
            first = len(self._shown)
            self.beginInsertRows(NO_PARENT, first, first + len(rows) - 1)
            self._shown.extend(rows)
            self._serials.extend(row.serial for row in rows)
            self.endInsertRows()

    def _drop_oldest(self, count: int) -> None:
        if count <= 0:
            return
        self.beginRemoveRows(NO_PARENT, 0, count - 1)
        for serial in self._serials[:count]:
            self.forget_cells(serial)
        del self._shown[:count]
        del self._serials[:count]
        self.endRemoveRows()

    def _rebuild(self) -> None:
        """Show what the filter admits among the lines that were on show or could have been."""
        end = self._paused_at if self._is_paused else self._taken
        self.beginResetModel()
        self._shown = [row for row in self._kept if row.serial < end and self._admits(row)][-self._room :]
        self._serials = [row.serial for row in self._shown]
        self._cells.clear()
        self._unseen = sum(1 for row in self._kept if row.serial >= end and self._admits(row))
        self.endResetModel()

    # ---- Qt -----------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self._shown)


def _moment(at_ns: int) -> datetime:
    return datetime.fromtimestamp(at_ns / _NS_PER_S, tz=UTC)

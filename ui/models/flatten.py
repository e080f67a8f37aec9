"""The rows of a run of Flatten: every order and position, and where it stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject

from core.domain.flattening import Line, Stage
from core.domain.freshness import NS_PER_S
from core.domain.order import Order
from ui import figures, flatten_words
from ui.models.column import CellKind, Column
from ui.models.table import TableModel

SUBJECT, STAGE, REASON, TRIES, ELAPSED = range(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlattenRow:
    """One line with its words; times on the monotonic clock. `ended_ns` is set once it is done."""

    line: Line
    subject: str
    reason: str
    since_ns: int
    seconds: int = 0
    ended_ns: int | None = None


class FlattenModel(TableModel[FlattenRow]):
    """What is open stands above what is done; otherwise in the order in which it came."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._subjects: dict[str, str] = {}

    def make_columns(self) -> tuple[Column[FlattenRow], ...]:
        return (
            Column(
                title=self.tr("Order or position"),
                text=lambda row: row.subject,
                tone=lambda row: "muted" if row.line.stage is Stage.DONE else "text",
                sample="Short 10 AAPL261218C00200000",
                tool_tip=lambda row: row.subject,
            ),
            Column(
                title=self.tr("Stage"),
                text=lambda row: flatten_words.stage(row.line.stage),
                kind=CellKind.CHIP,
                tone=lambda row: flatten_words.stage_tone(row.line.stage),
                sample=self.tr("Filled, being confirmed"),
            ),
            Column(
                title=self.tr("Why"),
                text=lambda row: row.reason,
                tone=lambda row: "warning" if row.line.stage is Stage.RESISTS else "muted",
                tool_tip=lambda row: row.reason,
                sample="\u2014" * 8,
                stretches=True,
            ),
            Column(
                title=self.tr("Tries"),
                text=lambda row: str(row.line.tries + 1),
                kind=CellKind.FIGURE,
                tone=lambda _row: "muted",
                sample="88",
            ),
            Column(
                title=self.tr("Elapsed"),
                text=lambda row: figures.countdown(row.seconds),
                kind=CellKind.FIGURE,
                tone=lambda _row: "muted",
                sample="0:00:00",
            ),
        )

    def key_of(self, row: FlattenRow) -> str:
        return row.line.key

    def show_lines(self, lines: Iterable[Line], orders: Mapping[str, Order], now_ns: int) -> None:
        """Show exactly these lines. What is gone keeps the words it had while it was there."""
        rows = [self._row(line, orders, now_ns) for line in lines]
        self.replace_all(sorted(rows, key=lambda row: row.line.stage is Stage.DONE))

    def grow_older(self, now_ns: int) -> None:
        """Count the seconds of what is not done."""
        older = [
            replace(row, seconds=int((now_ns - row.since_ns) // NS_PER_S))
            for row in self.rows()
            if row.ended_ns is None
        ]
        self.put(older)

    @property
    def done(self) -> int:
        """How many lines are done."""
        return sum(row.line.stage is Stage.DONE for row in self.rows())

    def _row(self, line: Line, orders: Mapping[str, Order], now_ns: int) -> FlattenRow:
        before = self.row(line.key)
        is_done = line.stage is Stage.DONE
        if line.key not in self._subjects or (line.qty is not None and not is_done):
            self._subjects[line.key] = flatten_words.subject(line, orders)
        since_ns = now_ns if before is None else before.since_ns
        ended_ns = (before.ended_ns if before is not None else None) or (now_ns if is_done else None)
        return FlattenRow(
            line=line,
            subject=self._subjects[line.key],
            reason="" if is_done else flatten_words.reason(line.reason),
            since_ns=since_ns,
            seconds=int(((ended_ns or now_ns) - since_ns) // NS_PER_S),
            ended_ns=ended_ns if is_done else None,
        )

"""What a column of a table is: its title, and how a row's cell is worded, judged, sorted and spoken."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum, auto
from typing import Any, Generic, NamedTuple, TypeVar

from PySide6.QtCore import Qt

from ui.figures import for_ears
from ui.theme.colors import Tone

Row = TypeVar("Row")


class Role(IntEnum):
    """Item roles of our own, beside Qt's."""

    SORT = Qt.ItemDataRole.UserRole + 1
    TONE = Qt.ItemDataRole.UserRole + 2
    BADGE = Qt.ItemDataRole.UserRole + 3
    KEY = Qt.ItemDataRole.UserRole + 4


class CellKind(Enum):
    """How a cell is drawn."""

    TEXT = auto()  # left, elided at the right
    FIGURE = auto()  # right; whole or an ellipsis, and the column grows with what it has to show
    REMARKED = auto()  # a figure that may have a remark in amber before it
    PRICE = auto()  # such a figure that may tint when it moves, with its age when stale
    CHANGE = auto()  # a figure with the arrow of its tone
    CHIP = auto()  # a word on a tint
    SYMBOL = auto()  # a strong word, and a pill with the quantity held
    SPARKLINE = auto()  # a small line of recent prices
    AGE = auto()  # seconds; stale ones as an amber chip
    ACTIONS = auto()  # what can be done with the row


class Cell(NamedTuple):
    """What a delegate draws: made once per change, not once per paint."""

    text: str
    tone: Tone = "text"
    badge: str = ""


class RowAction(NamedTuple):
    """Something a row offers: `code` goes back to the panel; it is drawn as an icon, or as its word."""

    code: str
    text: str
    icon: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[Row]):
    """One column over rows of one type.

    `sample` is the widest text it should need to show, so that its width holds; it grows with wider ones.
    Where there is no room, words are elided down to `least` and to what `must` says of a row, figures never.
    """

    title: str
    text: Callable[[Row], str]
    sort: Callable[[Row], Any] | None = None  # None where sorting makes no sense; a None key sorts last
    kind: CellKind = CellKind.TEXT
    tone: Callable[[Row], Tone] | None = None
    badge: Callable[[Row], str] | None = None
    tool_tip: Callable[[Row], str] | None = None
    spoken: Callable[[Row], str] | None = None
    actions: Callable[[Row], tuple[RowAction, ...]] | None = None
    sample: str = ""
    least: str = ""  # of words: what still has to be whole in a narrow table; the sample if empty
    must: Callable[[Row], str] | None = None  # how much of a row's words has to be whole there too
    spoken_title: str = ""  # where the title is a sign or nothing
    stretches: bool = False
    place_when_tight: int = 0  # where it stands in a table that is wider than its room; 0: as ever
    gives_way: int = 0  # where there is no room for all, the largest goes first; 0 always stays

    def cell(self, row: Row) -> Cell:
        """Return what to draw for `row`."""
        return Cell(
            self.text(row),
            "text" if self.tone is None else self.tone(row),
            "" if self.badge is None else self.badge(row),
        )

    def accessible_text(self, row: Row) -> str:
        """Return what a screen reader says for `row`, with the column's title in front."""
        if self.spoken is not None:
            return self.spoken(row)
        cell = self.cell(row)
        words = [self.spoken_title or self.title, for_ears(cell.text), for_ears(cell.badge)]
        return " ".join(word for word in words if word)

    @property
    def is_right_aligned(self) -> bool:
        """Whether cells and title stand at the right edge."""
        return self.kind not in (CellKind.TEXT, CellKind.SYMBOL, CellKind.SPARKLINE)

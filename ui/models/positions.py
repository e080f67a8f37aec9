"""The rows of the positions table: holdings valued at a price we can name, and their total."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal

from PySide6.QtCore import QObject

from core.domain.freshness import ACCOUNT_STALE_S, Freshness, age_s, freshness_of
from core.domain.market import Ticker
from core.domain.position import Position, Valuation
from ui import figures, words
from ui.models.column import CellKind, Column, RowAction
from ui.models.table import TableModel
from ui.theme.colors import Tone

SYMBOL, SIDE, QTY, AVERAGE, MARK, VALUE, DAY, UNREALISED, PERCENT, WORKING, ACTIONS = range(11)
TOTAL_KEY = ""
CLOSE = "close"
FLASH_NS = 300_000_000


class PositionRow:
    """One position at its mark, or the total of all; only the model writes."""

    __slots__ = (
        "age",
        "flash_until_ns",
        "freshness",
        "moved",
        "position",
        "symbol",
        "ticker",
        "valuation",
        "working",
    )

    def __init__(self, symbol: str, position: Position | None) -> None:
        self.symbol = symbol
        self.position = position
        self.ticker: Ticker | None = None
        self.valuation: Valuation | None = None
        self.working = 0
        self.age: float | None = None
        self.freshness = Freshness.ABSENT
        self.moved: Literal[-1, 0, 1] = 0
        self.flash_until_ns = 0

    @property
    def is_total(self) -> bool:
        """Whether this row adds up the others."""
        return self.position is None

    @property
    def is_stale(self) -> bool:
        """Whether figures derived from the mark must not look like news."""
        return self.freshness >= Freshness.STALE

    @property
    def mark(self) -> Decimal | None:
        """The price the position is valued at."""
        return None if self.is_total or self.valuation is None else self.valuation.mark

    @property
    def value(self) -> Decimal | None:
        """Signed market value."""
        return None if self.valuation is None else self.valuation.market_value

    @property
    def day(self) -> Decimal | None:
        """Profit since the previous close."""
        return None if self.valuation is None else self.valuation.day

    @property
    def unrealised(self) -> Decimal | None:
        """Profit since entry."""
        return None if self.valuation is None else self.valuation.unrealized

    @property
    def fraction(self) -> Decimal | None:
        """`unrealised` as a fraction of the cost."""
        return None if self.valuation is None else self.valuation.unrealized_fraction


class PositionsModel(TableModel[PositionRow]):
    """Positions by symbol, and under them their total, which stays last however they are sorted."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._received_ns: int | None = None
        self._stream_is_live = True

    def make_columns(self) -> tuple[Column[PositionRow], ...]:
        return (
            Column(
                title=self.tr("Symbol"),
                text=lambda row: self.tr("Total") if row.is_total else row.symbol,
                sort=lambda row: row.symbol,
                kind=CellKind.SYMBOL,
                tone=_tone_of_symbol,
                sample="BTC/USD",
            ),
            Column(
                title=self.tr("Side"),
                text=lambda row: "" if row.position is None else words.position_side(row.position.is_short),
                sort=lambda row: None if row.position is None else row.position.is_short,
                kind=CellKind.CHIP,
                tone=lambda row: "down" if row.position is not None and row.position.is_short else "up",
                sample="Short",
            ),
            Column(
                title=self.tr("Qty"),
                text=lambda row: "" if row.position is None else figures.quantity(row.position.qty),
                sort=lambda row: None if row.position is None else row.position.qty,
                kind=CellKind.FIGURE,
                sample="\u221210,000",
            ),
            Column(
                title=self.tr("Avg price"),
                text=lambda row: "" if row.position is None else figures.price(row.position.avg_entry_price),
                sort=lambda row: None if row.position is None else row.position.avg_entry_price,
                kind=CellKind.FIGURE,
                sample="91,240.50",
                gives_way=2,
            ),
            Column(
                title=self.tr("Mark"),
                text=lambda row: "" if row.is_total else figures.price(row.mark),
                sort=lambda row: row.mark,
                kind=CellKind.PRICE,
                tone=_tone_of_figure,
                badge=lambda row: figures.age(row.age) if _shows_age(row) else "",
                tool_tip=self._mark_tool_tip,
                sample="91,240.50 59 s",
            ),
            Column(
                title=self.tr("Value"),
                text=lambda row: figures.money(row.value),
                sort=lambda row: row.value,
                kind=CellKind.FIGURE,
                tone=_tone_of_figure,
                sample="\u2212888,888.88",
                gives_way=3,
            ),
            Column(
                title=self.tr("Day P&L"),
                text=lambda row: figures.money(row.day, sign=True),
                sort=lambda row: row.day,
                kind=CellKind.CHANGE,
                tone=lambda row: _tone_of_gain(row, row.day),
                sample="+88,888.88",
                gives_way=1,
            ),
            Column(
                title=self.tr("Unrealised"),
                text=lambda row: figures.money(row.unrealised, sign=True),
                sort=lambda row: row.unrealised,
                kind=CellKind.CHANGE,
                tone=lambda row: _tone_of_gain(row, row.unrealised),
                sample="+88,888.88",
            ),
            Column(
                title=self.tr("%"),
                spoken_title=self.tr("Unrealised percent"),
                text=lambda row: figures.percent(row.fraction),
                sort=lambda row: row.fraction,
                kind=CellKind.FIGURE,
                tone=lambda row: _tone_of_gain(row, row.fraction),
                sample="+888.88 %",
                gives_way=4,
            ),
            Column(
                title=self.tr("Working"),
                spoken_title=self.tr("Working orders"),
                text=lambda row: "" if row.is_total else str(row.working) if row.working else figures.MISSING,
                sort=lambda row: None if row.is_total else row.working,
                kind=CellKind.FIGURE,
                tone=lambda row: "muted" if row.working else "faint",
                sample="88",
                gives_way=5,
            ),
            Column(
                title="",
                spoken_title=self.tr("Actions"),
                text=lambda row: "" if row.is_total else self.tr("Close"),
                kind=CellKind.ACTIONS,
                actions=self._actions,
                sample=self.tr("Close"),
            ),
        )

    def key_of(self, row: PositionRow) -> str:
        return TOTAL_KEY if row.position is None else row.symbol

    def arranged(self, rows: Iterable[PositionRow]) -> list[PositionRow]:
        rows = list(rows)
        positions = super().arranged(row for row in rows if not row.is_total)
        return positions + [row for row in rows if row.is_total]

    # ---- what the panel brings ----------------------------------------------------------------------

    def show_positions(self, positions: Iterable[Position], received_ns: int | None, now_ns: int) -> None:
        """Hold exactly `positions`, keeping the prices of those that stay."""
        self._received_ns = received_ns
        rows = []
        for position in positions:
            row = self.row(position.symbol) or PositionRow(position.symbol, position)
            row.position = position
            self._value(row, now_ns)
            rows.append(row)
        if rows:
            total = self.row(TOTAL_KEY) or PositionRow(TOTAL_KEY, None)
            _add_up(total, rows)
            rows.append(total)
        self.replace_all(rows)

    def apply(self, tickers: Mapping[str, Ticker], now_ns: int) -> None:
        """Take a frame's worth of changed tickers and tell the views once."""
        touched: list[str] = []
        for symbol, ticker in tickers.items():
            row = self.row(symbol)
            if row is None or row.is_total:
                continue
            before = row.mark
            row.ticker = ticker
            self._value(row, now_ns)
            if before is not None and row.mark is not None and row.mark != before:
                row.moved = 1 if row.mark > before else -1
                row.flash_until_ns = now_ns + FLASH_NS
            touched.append(symbol)
        if touched:
            self._touch_with_total(touched)

    def grow_older(self, now_ns: int, *, stream_is_live: bool) -> None:
        """Judge every mark's age again; call it a few times a second."""
        self._stream_is_live = stream_is_live
        touched = []
        for row in self.rows():
            if row.is_total:
                continue
            before = (row.freshness, figures.age(row.age) if _shows_age(row) else "")
            self._judge(row, now_ns)
            if before != (row.freshness, figures.age(row.age) if _shows_age(row) else ""):
                touched.append(row.symbol)
        if touched:
            self._touch_with_total(touched)

    def show_working(self, working: Mapping[str, int]) -> None:
        """Show how many orders work in each symbol."""
        touched = []
        for row in self.rows():
            count = working.get(row.symbol, 0)
            if not row.is_total and count != row.working:
                row.working = count
                touched.append(row.symbol)
        if touched:
            self.touch(touched, columns=(WORKING, WORKING))

    # ---- figures ------------------------------------------------------------------------------------

    def _value(self, row: PositionRow, now_ns: int) -> None:
        if row.position is None:
            return
        last = None if row.ticker is None else row.ticker.last
        mark = row.position.current_price if last is None else Decimal(repr(last))
        row.valuation = None if mark is None else row.position.valued_at(mark)
        self._judge(row, now_ns)

    def _judge(self, row: PositionRow, now_ns: int) -> None:
        """A streamed mark ages by the stream's rule, the broker's own by the rule for accounts."""
        streamed_ns = None
        if row.ticker is not None and row.ticker.last is not None:
            streamed_ns = row.ticker.received_ns
        if streamed_ns is not None:
            row.age = age_s(streamed_ns, now_ns)
            row.freshness = freshness_of(streamed_ns, now_ns, stream_is_live=self._stream_is_live)
            return
        row.age = age_s(self._received_ns, now_ns)
        if row.age is None or row.valuation is None:
            row.freshness = Freshness.ABSENT
        else:
            row.freshness = Freshness.STALE if row.age > ACCOUNT_STALE_S else Freshness.FRESH

    def _touch_with_total(self, symbols: list[str]) -> None:
        total = self.row(TOTAL_KEY)
        if total is not None:
            _add_up(total, [row for row in self.rows() if not row.is_total])
        self.touch([*symbols, TOTAL_KEY])

    def _actions(self, row: PositionRow) -> tuple[RowAction, ...]:
        return () if row.is_total else (RowAction(CLOSE, self.tr("Close")),)

    def _mark_tool_tip(self, row: PositionRow) -> str:
        if row.is_total or row.mark is None:
            return ""
        if row.ticker is None or row.ticker.last is None:
            return self.tr("Price from the broker's positions, {age} old").format(age=figures.age(row.age))
        return self.tr("Last price, {age} old").format(age=figures.age(row.age))


def _add_up(total: PositionRow, rows: list[PositionRow]) -> None:
    """Write the sums into `total`; a sum with an unknown part is unknown, and as old as its oldest part."""
    valuations = [row.valuation for row in rows]
    known = [valuation for valuation in valuations if valuation is not None]
    total.freshness = max(row.freshness for row in rows)
    if len(known) < len(valuations):
        total.valuation = None
        return
    days = [valuation.day for valuation in known]
    unrealised = sum((valuation.unrealized for valuation in known), Decimal(0))
    costs = [abs(row.position.qty * row.position.avg_entry_price) for row in rows if row.position]
    cost = sum(costs, Decimal(0))
    total.valuation = Valuation(
        mark=Decimal(0),
        market_value=sum((valuation.market_value for valuation in known), Decimal(0)),
        unrealized=unrealised,
        unrealized_fraction=unrealised / cost if cost else None,
        day=None if None in days else sum((day for day in days if day is not None), Decimal(0)),
    )


def _shows_age(row: PositionRow) -> bool:
    return row.freshness is Freshness.STALE and not row.is_total


def _tone_of_symbol(row: PositionRow) -> Tone:
    return "muted" if row.is_total else "text"


def _tone_of_figure(row: PositionRow) -> Tone:
    return "faint" if row.is_stale else "text"


def _tone_of_gain(row: PositionRow, gain: Decimal | None) -> Tone:
    if row.is_stale or gain is None:
        return "faint"
    return ("muted", "up", "down")[figures.direction(gain)]

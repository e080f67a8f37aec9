"""The rows of the positions table: holdings valued at a price we can name, what is flat, and the total."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from PySide6.QtCore import QObject

from core.domain.carriage import carrier_of, price_freshness
from core.domain.connection import StreamName
from core.domain.freshness import ACCOUNT_STALE_S, Freshness, age_s
from core.domain.gains import Gains
from core.domain.instrument import position_symbol
from core.domain.market import Ticker
from core.domain.marking import MarkBy, MarkKind, mark_of
from core.domain.position import Position
from core.domain.provenance import Figure, Provenance, explain, oddities
from ui import figures
from ui.models.column import Column
from ui.models.position_columns import WORKING, position_columns, shows_age
from ui.models.position_row import PositionRow, add_up, added_gains, was_closed_today
from ui.models.table import TableModel

TOTAL_KEY = ""
FLASH_NS = 300_000_000


class PositionsModel(TableModel[PositionRow]):
    """Positions by symbol, under them what was closed today, and last their total, however they are sorted.

    Tickers and working orders are looked up by the market's spelling of a symbol, gains by the position's.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._received_ns: int | None = None
        self._live: AbstractSet[StreamName] = frozenset(StreamName)
        self._mark_by = MarkBy.LAST
        self._gains: Mapping[str, Gains] = {}
        self._key_of_market: dict[str, str] = {}  # the market's spelling -> the row's key
        self._shows_closed = True

    def make_columns(self) -> tuple[Column[PositionRow], ...]:
        return position_columns()

    def key_of(self, row: PositionRow) -> str:
        return TOTAL_KEY if row.is_total else row.symbol

    def arranged(self, rows: Iterable[PositionRow]) -> list[PositionRow]:
        rows = list(rows)
        positions = super().arranged(row for row in rows if row.position is not None)
        flat = super().arranged(row for row in rows if row.is_flat)
        return positions + flat + [row for row in rows if row.is_total]

    # ---- what the panel brings ----------------------------------------------------------------------

    @property
    def mark_by(self) -> MarkBy:
        """What positions are valued at, where there is such a price."""
        return self._mark_by

    def choose_mark(self, by: MarkBy, now_ns: int) -> None:
        """Value everything anew."""
        self._mark_by = by
        held = self._held()
        for row in held:
            self._value(row, now_ns)
        if held:
            self._touch_with_total([row.symbol for row in held])

    def show_positions(self, positions: Iterable[Position], received_ns: int | None, now_ns: int) -> None:
        """Hold exactly `positions`, keeping the prices of those that stay."""
        self._received_ns = received_ns
        rows = []
        self._key_of_market = {}
        for position in positions:
            row = self.row(position.symbol) or PositionRow(position.symbol, position)
            row.position = position
            self._key_of_market[position.market_symbol] = position.symbol
            self._take_gains(row)
            self._value(row, now_ns)
            rows.append(row)
        self._show_with_closed(rows)

    def show_gains(self, gains: Mapping[str, Gains]) -> None:
        """Take what the fills come to, by the symbol as positions spell it."""
        self._gains = gains
        held = self._held()
        for row in held:
            self._take_gains(row)
        self._show_with_closed(held)

    def show_closed(self, is_shown: bool) -> None:
        """List the symbols that were closed today, or leave them to the total."""
        self._shows_closed = is_shown
        self._show_with_closed(self._held())

    def _show_with_closed(self, held: list[PositionRow]) -> None:
        """Show these holdings, what was closed today, and the total of all."""
        rows = held + self._closed({position_symbol(row.symbol) for row in held})
        if rows:
            total = self.row(TOTAL_KEY) or PositionRow(TOTAL_KEY, None)
            add_up(total, held)
            self._take_gains(total)
            rows.append(total)
        self.replace_all(rows)

    def _closed(self, held: set[str]) -> list[PositionRow]:
        rows = []
        for symbol, gains in self._gains.items() if self._shows_closed else ():
            if symbol not in held and was_closed_today(gains):
                known = self.row(symbol)
                row = PositionRow(symbol, None) if known is None or not known.is_flat else known
                row.gains = gains
                rows.append(row)
        return rows

    def _held(self) -> list[PositionRow]:
        return [row for row in self.rows() if row.position is not None]

    def apply(self, tickers: Mapping[str, Ticker], now_ns: int) -> None:
        """Take a frame's worth of changed tickers and tell the views once."""
        touched: list[str] = []
        for symbol, ticker in tickers.items():
            row = self.row(self._key_of_market.get(symbol, ""))
            if row is None or row.position is None:
                continue
            before = row.mark
            row.ticker = ticker
            self._value(row, now_ns)
            if before is not None and row.mark is not None and row.mark != before:
                row.moved = 1 if row.mark > before else -1
                row.flash_until_ns = now_ns + FLASH_NS
            touched.append(row.symbol)
        if touched:
            self._touch_with_total(touched)

    def grow_older(self, now_ns: int, live: AbstractSet[StreamName]) -> None:
        """Judge every mark's age again, given the streams that are live; call it a few times a second."""
        self._live = live
        touched = []
        for row in self._held():
            before = (row.freshness, figures.age(row.age) if shows_age(row) else "")
            self._judge(row, now_ns)
            if before != (row.freshness, figures.age(row.age) if shows_age(row) else ""):
                touched.append(row.symbol)
        if touched:
            self._touch_with_total(touched)

    def show_working(self, working: Mapping[str, int]) -> None:
        """Show how many orders work in each symbol, as orders spell it."""
        counts = {position_symbol(symbol): count for symbol, count in working.items()}
        touched = []
        for row in self.rows():
            if row.is_total:
                continue
            count = counts.get(position_symbol(row.symbol), 0)
            if count != row.working:
                row.working = count
                touched.append(row.symbol)
        if touched:
            self.touch(touched, columns=(WORKING, WORKING))

    def explain(self, key: object, figure: Figure) -> Provenance | None:
        """Where a figure of a position comes from; None for the total and for what is gone."""
        row = self.row(str(key))
        if row is None or row.position is None:
            return None
        return explain(figure, row.position, row.mark_used, row.gains, self._received_ns)

    # ---- figures ------------------------------------------------------------------------------------

    def _value(self, row: PositionRow, now_ns: int) -> None:
        if row.position is None:
            return
        mark = mark_of(row.position, row.ticker, self._mark_by, self._received_ns)
        row.mark_used = mark
        row.is_as_chosen = mark is None or mark.is_as_chosen(self._mark_by)
        row.valuation = None if mark is None else row.position.valued_at(mark.price)
        self._judge(row, now_ns)

    def _judge(self, row: PositionRow, now_ns: int) -> None:
        """A market's mark ages by the rule for prices, the broker's own by the rule for accounts."""
        mark = row.mark_used
        if mark is None or row.position is None:
            row.age, row.freshness = None, Freshness.ABSENT
            return
        row.age = age_s(mark.heard_ns, now_ns)
        if mark.kind is not MarkKind.BROKER:
            carrier = carrier_of(row.position.market_symbol)
            row.freshness = price_freshness(carrier, mark.heard_by, mark.heard_ns, now_ns, self._live)
        elif row.age is None:
            row.freshness = Freshness.ABSENT
        else:
            row.freshness = Freshness.STALE if row.age > ACCOUNT_STALE_S else Freshness.FRESH

    def _take_gains(self, row: PositionRow) -> None:
        if row.position is None:  # the total; what is flat has its own from the start
            row.gains = added_gains(list(self._gains.values())) if self._gains else None
            return
        row.gains = self._gains.get(position_symbol(row.symbol))
        row.oddities = oddities(row.position, row.gains)

    def _touch_with_total(self, symbols: list[str]) -> None:
        total = self.row(TOTAL_KEY)
        if total is not None:
            add_up(total, self._held())
        self.touch([*symbols, TOTAL_KEY])

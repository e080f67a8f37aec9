"""The rows of the watchlist: symbols with their prices, and how old those are."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Literal

from PySide6.QtCore import QObject

from core.domain.carriage import carrier_of, price_freshness
from core.domain.connection import StreamName
from core.domain.freshness import Freshness, age_s
from core.domain.market import Ticker
from ui import figures, words
from ui.instrument_words import is_contract, near_name, spoken_name
from ui.models.column import CellKind, Column
from ui.models.table import TableModel
from ui.theme.colors import Tone

SYMBOL, TREND, LAST, CHANGE, AGE = range(5)
FLASH_NS = 300_000_000
_SHOWN_PLACES = 4  # of a fraction: two of its percentage


class WatchRow:
    """One symbol. Mutable, since a hundred thousand quotes a second pass through; only the model writes."""

    __slots__ = (
        "age",
        "carrier",
        "change",
        "flash_until_ns",
        "freshness",
        "held",
        "history",
        "last",
        "moved",
        "symbol",
        "ticker",
    )

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.carrier = carrier_of(symbol)
        self.ticker: Ticker | None = None
        self.last: float | None = None
        self.change: float | None = None
        self.held: Decimal | None = None
        self.history: tuple[float, ...] = ()
        self.age: float | None = None
        self.freshness = Freshness.ABSENT
        self.moved: Literal[-1, 0, 1] = 0
        self.flash_until_ns = 0

    @property
    def is_stale(self) -> bool:
        """Whether the price must not look like news."""
        return self.freshness >= Freshness.STALE


class WatchlistModel(TableModel[WatchRow]):
    """Symbols in the person's order until a column is chosen to sort by."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._live: AbstractSet[StreamName] = frozenset(StreamName)

    def make_columns(self) -> tuple[Column[WatchRow], ...]:
        return (
            Column(
                title=self.tr("Symbol"),
                text=lambda row: near_name(row.symbol),
                sort=lambda row: row.symbol,
                kind=CellKind.SYMBOL,
                tone=lambda row: "faint" if row.is_stale else "text",
                badge=lambda row: figures.about(row.held) if row.held else "",
                tool_tip=self._symbol_tip,
                must=lambda row: near_name(row.symbol) if is_contract(row.symbol) else "",
                spoken=self._spoken_symbol,
                sample="BTC/USD",
                least="BTC/USD",
            ),
            Column(
                title="",
                spoken_title=self.tr("Recent prices"),
                text=lambda _row: "",
                kind=CellKind.SPARKLINE,
                tone=_tone_of_change,
                spoken=self._spoken_trend,
                stretches=True,
                gives_way=2,
            ),
            Column(
                title=self.tr("Last"),
                text=lambda row: figures.price(row.last, row.symbol),
                sort=lambda row: row.last,
                kind=CellKind.PRICE,
                tone=lambda row: "faint" if row.is_stale else "text",
                sample="91,240.50",
            ),
            Column(
                title=self.tr("Change"),
                text=_change_text,
                sort=lambda row: row.change,
                kind=CellKind.CHANGE,
                tone=_tone_of_change,
                sample="+88.88 %",
                gives_way=1,  # and not the age: a price without one would look fresh
            ),
            Column(
                title=self.tr("Age"),
                text=lambda row: figures.age(row.age),
                sort=lambda row: row.age,
                kind=CellKind.AGE,
                tone=_tone_of_age,
                spoken=self._spoken_age,
                sample="59 s",
            ),
        )

    def key_of(self, row: WatchRow) -> str:
        return row.symbol

    # ---- what the panel brings ----------------------------------------------------------------------

    def show_symbols(self, symbols: Iterable[str]) -> None:
        """Hold exactly `symbols`, keeping what is known of those that stay."""
        self.replace_all(self.row(symbol) or WatchRow(symbol) for symbol in symbols)

    def apply(self, tickers: Mapping[str, Ticker], now_ns: int) -> None:
        """Take a frame's worth of changed tickers and tell the views once."""
        touched = []
        for symbol, ticker in tickers.items():
            row = self.row(symbol)
            if row is None:
                continue
            row.ticker = ticker
            last = ticker.last
            if last is not None and row.last is not None and last != row.last:
                row.moved = 1 if last > row.last else -1
                row.flash_until_ns = now_ns + FLASH_NS
            row.last = last
            row.change = ticker.change_fraction
            self._age(row, now_ns)
            touched.append(symbol)
        if touched:
            self.touch(touched)

    def grow_older(self, now_ns: int, live: AbstractSet[StreamName]) -> None:
        """Judge every age again, given the streams that are live; call it a few times a second."""
        self._live = live
        aged, tired = [], []
        for row in self.rows():
            shown, freshness = figures.age(row.age), row.freshness
            self._age(row, now_ns)
            if row.freshness is not freshness:
                tired.append(row.symbol)
            elif figures.age(row.age) != shown:
                aged.append(row.symbol)
        if tired:
            self.touch(tired + aged)
        elif aged:
            self.touch(aged, columns=(AGE, AGE))

    def show_held(self, held: Mapping[str, Decimal]) -> None:
        """Show how much of each symbol the account holds; what is missing is not held."""
        changed = []
        for row in self.rows():
            qty = held.get(row.symbol)
            if qty != row.held:
                row.held = qty
                changed.append(row.symbol)
        if changed:
            self.touch(changed, columns=(SYMBOL, SYMBOL))

    def show_histories(self, histories: Mapping[str, tuple[float, ...]]) -> None:
        """Show each symbol's recent prices, oldest first."""
        changed = []
        for symbol, history in histories.items():
            row = self.row(symbol)
            if row is not None and history != row.history:
                row.history = history
                changed.append(symbol)
        if changed:
            self.touch(changed, columns=(TREND, TREND))

    def _age(self, row: WatchRow, now_ns: int) -> None:
        ticker = row.ticker
        received_ns, source = (None, None) if ticker is None else (ticker.received_ns, ticker.source)
        row.age = age_s(received_ns, now_ns)
        row.freshness = price_freshness(row.carrier, source, received_ns, now_ns, self._live)

    # ---- for ears -----------------------------------------------------------------------------------

    def _spoken_symbol(self, row: WatchRow) -> str:
        if not row.held:
            return spoken_name(row.symbol)
        return self.tr("{symbol}, {quantity} held").format(
            symbol=spoken_name(row.symbol), quantity=figures.for_ears(figures.quantity(row.held))
        )

    def _symbol_tip(self, row: WatchRow) -> str:
        """What is held, of a contract its code, where there is something that the cell does not say."""
        held = self._spoken_symbol(row) if row.held else ""
        code = words.outside_text(row.symbol, 40) if is_contract(row.symbol) else ""
        return "\n".join(filter(None, (code, held)))

    def _spoken_trend(self, row: WatchRow) -> str:
        if len(row.history) < 2 or row.history[-1] == row.history[0]:
            return self.tr("Recent prices: no trend")
        rises = row.history[-1] > row.history[0]
        return self.tr("Recent prices: rising") if rises else self.tr("Recent prices: falling")

    def _spoken_age(self, row: WatchRow) -> str:
        if row.age is None:
            return self.tr("No price yet")
        words = self.tr("Stale, {age} old") if row.is_stale else self.tr("{age} old")
        return words.format(age=figures.age(row.age))


def _change_text(row: WatchRow) -> str:
    """Two decimals; fewer from 100 % up, so that the column can stay narrow."""
    size = 0.0 if row.change is None else abs(row.change)
    return figures.percent(row.change, 2 if size < 1 else 1 if size < 10 else 0)


def _tone_of_change(row: WatchRow) -> Tone:
    if row.is_stale:
        return "faint"
    # What is shown as nothing is neither gain nor loss.
    moved = 0.0 if row.change is None else round(row.change, _SHOWN_PLACES)
    return "muted" if not moved else "up" if moved > 0 else "down"


def _tone_of_age(row: WatchRow) -> Tone:
    return "warning" if row.freshness is Freshness.STALE else "faint"

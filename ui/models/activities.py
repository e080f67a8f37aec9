"""The rows of the activity table: newest first, by type, words and dates."""

from collections import Counter
from collections.abc import Hashable, Iterable
from datetime import datetime, time

from PySide6.QtCore import QObject

from core.domain.activity import Activity
from ui import activity_words, figures, words
from ui.instrument_words import near_name
from ui.models.column import CellKind, Column
from ui.models.order_search import NO_SEARCH, OrderSearch
from ui.models.table import TableModel
from ui.theme.colors import Tone

TIME, TYPE, SYMBOL, SIDE, QTY, PRICE, AMOUNT, DETAILS = range(8)
_TONES: tuple[Tone, ...] = ("muted", "up", "down")


class ActivitiesModel(TableModel[Activity]):
    """What was booked, as far as it was read; ids sort by time."""

    def __init__(self, parent: QObject | None = None) -> None:
        self._type = ""
        self._search = NO_SEARCH
        self._oldest = ""
        self._types: Counter[str] = Counter()
        super().__init__(parent)

    def make_columns(self) -> tuple[Column[Activity], ...]:
        return (
            Column(
                title=self.tr("Time"),
                text=_time_text,
                sort=lambda row: row.id,
                tone=lambda _row: "muted",
                tool_tip=_moment_text,
                sample="8888-88-88 88:88",
                least="88-88",
                must=_day_text,
            ),
            Column(
                title=self.tr("Type"),
                text=lambda row: activity_words.activity_type(row.type),
                sort=lambda row: row.type,
                tool_tip=lambda row: " ".join(words.outside_text(c, 20) for c in (row.type, row.sub_type)),
                sample=self.tr("Option assignment"),
                least=self.tr("Dividend"),
            ),
            Column(
                title=self.tr("Symbol"),
                text=lambda row: near_name(row.symbol),
                sort=lambda row: row.symbol or None,
                kind=CellKind.SYMBOL,
                tool_tip=lambda row: words.outside_text(row.symbol, 40),
                sample="BTC/USD",
            ),
            Column(
                title=self.tr("Side"),
                text=lambda row: words.side(row.side) if row.side else "",
                sort=lambda row: row.side or None,
                kind=CellKind.CHIP,
                tone=lambda row: "up" if row.side == "buy" else "down" if row.side else "muted",
                sample="Sell",
                gives_way=3,
            ),
            Column(
                title=self.tr("Qty"),
                text=lambda row: figures.quantity(row.qty),
                sort=lambda row: None if row.qty is None else float(row.qty),
                kind=CellKind.FIGURE,
                tone=lambda row: "faint" if row.qty is None else "text",
                tool_tip=lambda row: figures.quantity(row.qty),
                sample="\u22121,000",
                gives_way=1,  # after the price: the amount, which they make, stays
            ),
            Column(
                title=self.tr("Price"),
                text=lambda row: figures.price(row.price, row.symbol),
                sort=lambda row: None if row.price is None else float(row.price),
                kind=CellKind.FIGURE,
                tone=lambda row: "faint" if row.price is None else "text",
                sample="91,240.50",
                gives_way=2,
            ),
            Column(
                title=self.tr("Amount"),
                text=_amount_text,
                sort=lambda row: None if row.amount is None else float(row.amount),
                kind=CellKind.FIGURE,
                tone=_tone_of_amount,
                tool_tip=lambda row: row.currency,
                sample="\u25b2 +91,240.50",
            ),
            Column(
                title=self.tr("Details"),
                text=self._details,
                tone=lambda _row: "muted",
                tool_tip=self._details,
                sample=self.tr("Cash dividend, 0.25 a share"),
                stretches=True,
                gives_way=4,
            ),
        )

    def key_of(self, row: Activity) -> Hashable:
        return row.id

    # ---- what the panel brings ----------------------------------------------------------------------

    def take(self, entries: Iterable[Activity]) -> None:
        """Fold in entries; a page that is older than all there is costs no more than itself."""
        news = {entry.id: entry for entry in entries if self._rows.get(entry.id) != entry}
        fresh = [entry for entry in news.values() if entry.id not in self._rows]
        self._types.update(entry.type for entry in fresh)
        is_older = bool(self._rows) and not self.is_sorted and len(fresh) == len(news)
        if fresh and is_older and max(entry.id for entry in fresh) < self._oldest:
            self._rows.update(news)
            lines = [entry for entry in sorted(fresh, key=_by_id, reverse=True) if self._passes(entry)]
            if lines:
                self._insert(self.rowCount(), lines)
        else:
            self.put(news.values())
        if fresh:
            first = min(entry.id for entry in fresh)
            self._oldest = min(first, self._oldest) if self._oldest else first

    def start_over(self) -> None:
        """Forget everything."""
        self._types.clear()
        self._oldest = ""
        self.replace_all(())

    def show_only(self, type_code: str, search: OrderSearch) -> None:
        """Show entries of one type (empty for all) that are looked for."""
        if (type_code, search) != (self._type, self._search):
            self._type, self._search = type_code, search
            self._show_anew(self.arranged(self._rows.values()))

    @property
    def types(self) -> tuple[str, ...]:
        """The types there are, the most frequent first."""
        return tuple(code for code, _count in self._types.most_common())

    @property
    def total(self) -> int:
        """How many entries there are, shown or not."""
        return len(self._rows)

    def shown(self) -> tuple[Activity, ...]:
        """What is shown, in its order: what an export takes."""
        return tuple(self._shown)

    # ---- arranging ----------------------------------------------------------------------------------

    def arranged(self, rows: Iterable[Activity]) -> list[Activity]:
        if self._type or not self._search.is_empty:
            rows = filter(self._passes, rows)
        newest_first = sorted(rows, key=_by_id, reverse=True)
        return self.sorted_rows(newest_first) if self.is_sorted else newest_first

    def _passes(self, entry: Activity) -> bool:
        search = self._search
        if self._type and entry.type != self._type:
            return False
        if search.is_empty:
            return True
        if search.since is not None or search.before is not None:
            at = _moment(entry)
            if at is None or (search.since is not None and at < search.since):
                return False
            if search.before is not None and at >= search.before:
                return False
        text = (
            f"{entry.symbol} {entry.type} {activity_words.activity_type(entry.type)} {entry.sub_type} "
            f"{entry.side} {entry.description} {entry.order_id} {entry.id}"
        ).lower()
        return all(part in text for part in search.parts)

    def _details(self, row: Activity) -> str:
        parts = []
        if row.is_fill and row.leaves_qty:
            left = figures.quantity(row.leaves_qty)
            parts.append(self.tr("{qty} of the order left").format(qty=left))
        if row.per_share_amount is not None:
            parts.append(self.tr("{amount} a share").format(amount=figures.quantity(row.per_share_amount)))
        parts += [words.outside_text(row.description), activity_words.activity_status(row.status)]
        return " \u00b7 ".join(part for part in parts if part)


def _amount_text(row: Activity) -> str:
    """Only a gain or a cost has the arrow of one: what a purchase took is in the shares now."""
    return figures.signed_money(row.amount) if row.is_gain_or_cost else figures.money(row.amount, sign=True)


def _tone_of_amount(row: Activity) -> Tone:
    if row.is_gain_or_cost:
        return _TONES[figures.direction(row.amount)]
    return "text" if row.amount else "muted"


def _by_id(entry: Activity) -> str:
    return entry.id


def _moment(entry: Activity) -> datetime | None:
    """When it happened; what is booked by the day counts as noon here, so that its day is the one shown."""
    if entry.at is not None:
        return entry.at
    return None if entry.day is None else datetime.combine(entry.day, time(12)).astimezone()


def _moment_text(row: Activity) -> str:
    if row.at is None:
        return "" if row.day is None else row.day.isoformat()
    return f"{row.at.astimezone():%Y-%m-%d %H:%M:%S %Z}"


def _day_text(row: Activity) -> str:
    """The day for a narrow table: `11-20`, with its year if that is not this one."""
    day = row.day if row.at is None else row.at.astimezone().date()
    if day is None:
        return ""
    is_this_year = day.year == datetime.now().astimezone().year
    return f"{day:%m-%d}" if is_this_year else day.isoformat()


def _time_text(row: Activity) -> str:
    if row.at is not None:
        return f"{row.at.astimezone():%Y-%m-%d %H:%M}"
    return figures.MISSING if row.day is None else row.day.isoformat()

"""The columns of the orders table, and the words in its cells."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from PySide6.QtCore import QCoreApplication, QObject

from core.domain.intent import IntentKind
from core.domain.maker import Maker
from core.domain.order import Order, OrderStatus, Side
from ui import figures, refusals, words
from ui.instrument_words import is_contract, near_name, spoken_name
from ui.models.column import CellKind, Column, RowAction
from ui.models.order_row import NS_PER_S, OrderRow
from ui.theme.colors import Tone

TIME, SYMBOL, SIDE, TYPE, QTY, FILLED, LIMIT, STOP, AVERAGE, TIF, STATUS, ACTIONS = range(12)
LEG_MARK = "\u21b3 "
OPEN_MARK, SHUT_MARK = "\u25be ", "\u25b8 "
_COUNTED_S = 60  # up to here an unknown outcome's seconds are counted
_DIMMED = frozenset({OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REPLACED})


# Figures are sorted by as floats: those compare several times as fast as decimals, and among a hundred
# thousand rows that is felt. Equal keys fall back on the time.


class OrderWords(QObject):
    """Words the cells; knows the time, for ages and for what is today's, and who placed what."""

    def __init__(
        self,
        actions_of: Callable[[OrderRow], tuple[RowAction, ...]],
        mark_of: Callable[[OrderRow], str],
        parent: QObject,
    ) -> None:
        """`mark_of` says what stands before the symbol of an order with legs."""
        super().__init__(parent)
        self._actions_of, self._mark_of = actions_of, mark_of
        self.now_ns = 0
        self.today: date | None = None
        self.maker_of: Callable[[OrderRow], Maker] = lambda _row: Maker.OURS

    def columns(self) -> tuple[Column[OrderRow], ...]:
        """The columns, in order."""
        return (
            Column(
                title=self.tr("Time"),
                text=self.time_text,
                sort=lambda row: row.since,
                tone=lambda _row: "muted",
                tool_tip=lambda row: "" if row.at is None else f"{row.at.astimezone():%Y-%m-%d %H:%M:%S %Z}",
                sample="88-88 88:88",
                gives_way=4,
            ),
            Column(
                title=self.tr("Symbol"),
                text=self._symbol_text,
                sort=lambda row: row.shown.symbol,
                kind=CellKind.SYMBOL,
                tone=lambda row: "muted" if row.is_leg else "text",
                spoken=self.spoken_symbol,
                tool_tip=lambda row: words.outside_text(row.shown.symbol, 40),
                sample="BTC/USD",
                must=lambda row: self._symbol_text(row) if is_contract(row.shown.symbol) else "",
            ),
            Column(
                title=self.tr("Side"),
                text=lambda row: words.side(row.shown.side),
                sort=lambda row: row.shown.side,
                kind=CellKind.CHIP,
                tone=_tone_of_side,
                sample="Sell",
            ),
            Column(
                title=self.tr("Type"),
                text=lambda row: words.order_type(row.shown.type, short=True),
                sort=lambda row: row.shown.type,
                spoken=lambda row: f"{self.tr('Type')} {words.order_type(row.shown.type)}",
                tool_tip=lambda row: words.order_type(row.shown.type),
                sample="Stop limit",
                gives_way=2,
            ),
            Column(
                title=self.tr("Qty"),
                text=_qty_text,
                tool_tip=_qty_text,
                sort=lambda row: None if (figure := row.shown.qty) is None else float(figure),
                kind=CellKind.FIGURE,
                sample="1,000",
            ),
            Column(
                title=self.tr("Filled"),
                text=lambda row: (
                    figures.quantity(row.shown.filled_qty) if row.shown.filled_qty else figures.MISSING
                ),
                sort=lambda row: float(row.shown.filled_qty),
                kind=CellKind.FIGURE,
                tone=lambda row: "text" if row.shown.filled_qty else "faint",
                tool_tip=lambda row: figures.quantity(row.shown.filled_qty) if row.shown.filled_qty else "",
                sample="10,000",
                gives_way=3,
            ),
            Column(
                title=self.tr("Limit"),
                text=lambda row: figures.exact_price(row.shown.limit_price, row.shown.symbol),
                sort=lambda row: None if (figure := row.shown.limit_price) is None else float(figure),
                kind=CellKind.FIGURE,
                tone=lambda row: "faint" if row.shown.limit_price is None else "text",
                sample="240.50",
            ),
            Column(
                title=self.tr("Stop"),
                text=_stop_text,
                sort=lambda row: None if (figure := row.stop_price) is None else float(figure),
                kind=CellKind.FIGURE,
                tone=lambda row: "faint" if _stop_text(row) == figures.MISSING else "text",
                sample="240.50",
            ),
            Column(
                title=self.tr("Avg price"),
                text=lambda row: figures.price(row.shown.filled_avg_price, row.shown.symbol),
                sort=lambda row: None if (figure := row.shown.filled_avg_price) is None else float(figure),
                kind=CellKind.FIGURE,
                tone=lambda row: "faint" if row.shown.filled_avg_price is None else "text",
                sample="1,240.50",
                gives_way=5,
            ),
            Column(
                title=self.tr("TIF"),
                spoken_title=self.tr("Time in force"),
                text=lambda row: words.time_in_force(row.shown.time_in_force, short=True),
                sort=lambda row: row.shown.time_in_force,
                tone=lambda _row: "muted",
                tool_tip=lambda row: words.time_in_force(row.shown.time_in_force),
                sample="Close",
                gives_way=6,
            ),
            Column(
                title=self.tr("Status"),
                text=self.status_cell,
                sort=_status_order,
                spoken=lambda row: f"{self.tr('Status')} {figures.for_ears(self.status_text(row))}",
                tone=_tone_of_status,
                tool_tip=self.status_tip,
                sample=self.tr("Unknown \u00b7 59 s, checking"),
                # How long an outcome has been unknown is read in the narrowest table too: where there is one,
                # the column is as wide as that.
                least=self.tr("Partly filled"),
                must=self.status_must,
                place_when_tight=SIDE + 1,
                stretches=True,
            ),
            Column(
                title="",
                spoken_title=self.tr("Actions"),
                text=lambda row: ", ".join(action.text for action in self._actions_of(row)),
                kind=CellKind.ACTIONS,
                actions=self._actions_of,
                sample="icons:2",
                gives_way=1,  # keys and the row's menu do the same
            ),
        )

    # ---- words --------------------------------------------------------------------------------------

    def _symbol_text(self, row: OrderRow) -> str:
        mark = LEG_MARK if row.is_leg else self._mark_of(row)
        return mark + (near_name(row.shown.symbol) or self.tr("Multi-leg"))

    def time_text(self, row: OrderRow) -> str:
        """When it was submitted: the time of today's, the date of earlier ones."""
        if row.at is None:
            return figures.MISSING
        local = row.at.astimezone()
        if self.today is None or local.date() == self.today:
            return figures.local_time(row.at)
        return f"{local:%m-%d %H:%M}" if local.year == self.today.year else f"{local:%Y-%m-%d}"

    def spoken_symbol(self, row: OrderRow) -> str:
        """The symbol for ears, which hear no indentation."""
        if row.is_leg:
            symbol = spoken_name(row.shown.symbol)
            return self.tr("Leg of an order: {symbol}").format(symbol=symbol)
        symbol = spoken_name(row.shown.symbol) or self.tr("Multi-leg")
        mark = self._mark_of(row)
        if not mark:
            return symbol
        legs = self.tr("legs hidden") if mark == SHUT_MARK else self.tr("legs shown")
        return f"{symbol}, {legs}"

    def status_text(self, row: OrderRow) -> str:
        """Where the order stands; what is not known is said so, with its age."""
        if row.is_unknown:
            return self._unknown_whole_text(row)
        if row.is_on_the_way:
            return self._sending_text(row)
        if row.order is not None:
            return self._order_text(row, row.order)
        if row.intent is None:
            return figures.MISSING
        text = words.intent_state(row.intent)
        reason = refusals.meaning(row.intent.reason) or words.outside_text(row.intent.reason)
        return f"{text}: {reason}" if reason else text

    def status_cell(self, row: OrderRow) -> str:
        """Where the order stands in the words that a column has room for; the tool tip has all of them."""
        if row.is_unknown or row.is_on_the_way or row.order is None:
            return self.status_text(row)
        return self._order_text(row, row.order, is_short=True)

    def status_must(self, row: OrderRow) -> str:
        """What has to be read in the narrowest table too: what is unknown, and that an order is not ours."""
        if row.is_unknown or row.is_refused or self.maker_of(row) is Maker.OURS:
            return self.unknown_text(row)
        return self.status_cell(row)

    def status_tip(self, row: OrderRow) -> str:
        """The status whole; for a refusal with the broker's own words and the id of the request."""
        text = self.status_text(row)
        reason = row.intent.reason if row.intent is not None else row.shown.reject_reason
        if row.is_refused and reason:
            text += "\n" + self.tr("The broker's words: {reason}").format(reason=words.outside_text(reason))
        if self.maker_of(row) is Maker.UNRECORDED:
            text += "\n" + self.tr(
                "Bellwether placed this order, but this computer's journal does not know it: "
                "it was placed on another computer, or the journal has lost it."
            )
        if row.intent is not None and row.intent.request_id:
            text += "\n" + self.tr("Request id: {id}").format(
                id=words.outside_text(row.intent.request_id, 64)
            )
        return text

    def _order_text(self, row: OrderRow, order: Order, *, is_short: bool = False) -> str:
        text = words.order_status(order)
        if row.is_refused and order.reject_reason:
            reason = refusals.meaning(order.reject_reason) or words.outside_text(order.reject_reason)
            text = f"{text}: {reason}"
        match self.maker_of(row):
            case Maker.UNRECORDED:
                maker = self.tr("no record") if is_short else self.tr("not in the journal")
            case Maker.OTHER:
                maker = self.tr("external") if is_short else self.tr("other program")
            case _:
                return text
        return f"{text} \u00b7 {maker}"

    def unknown_text(self, row: OrderRow) -> str:
        """What is unknown and for how long, in the fewest words; empty for what is known."""
        if not row.is_unknown or row.waiting is None:
            return ""
        if row.change is None:
            text = self.tr("Unknown \u00b7 {age}")
        elif row.change.kind is IntentKind.CANCEL:
            text = self.tr("Cancel unknown \u00b7 {age}")
        else:
            text = self.tr("Replace unknown \u00b7 {age}")
        return text.format(age=self.unknown_age(row.waiting.since_ns))

    def unknown_age(self, since_ns: int) -> str:
        """For how long something has been unknown; the first minute in whole seconds."""
        since_s = max(0.0, (self.now_ns - since_ns) / NS_PER_S) if self.now_ns else 0.0
        return figures.age(since_s) if since_s >= _COUNTED_S else f"{int(since_s)} s"

    def _unknown_whole_text(self, row: OrderRow) -> str:
        if row.waiting is not None and row.waiting.is_let_go:
            return self.tr("{unknown}, not checked any more").format(unknown=self.unknown_text(row))
        text = self.tr("{unknown}, checking").format(unknown=self.unknown_text(row))
        seen_ns = None if row.waiting is None else row.waiting.last_lookup_ns
        if seen_ns is None:
            return text
        at = figures.local_time(datetime.fromtimestamp(seen_ns / NS_PER_S, tz=UTC))
        return f"{text} \u00b7 " + self.tr("not at the broker at {time}").format(time=at)

    def _sending_text(self, row: OrderRow) -> str:
        if row.change is None:
            return self.tr("Sending\u2026")
        is_cancel = row.change.kind is IntentKind.CANCEL
        return self.tr("Cancelling\u2026") if is_cancel else self.tr("Replacing\u2026")


def _status_order(row: OrderRow) -> str:
    waiting = row.waiting
    return row.shown.status_text if waiting is None else f" {waiting.state.value}"


def _qty_text(row: OrderRow) -> str:
    if row.shown.qty is None and row.shown.notional is not None:
        return f"${figures.money(row.shown.notional)}"
    return figures.quantity(row.shown.qty)


def _stop_text(row: OrderRow) -> str:
    if row.stop_price is None and row.shown.trail_percent is not None:
        return f"{figures.quantity(row.shown.trail_percent)} %"
    if row.shown.stop_price is None and row.shown.trail_price is not None:
        return QCoreApplication.translate("OrderColumns", "by {distance}").format(
            distance=figures.exact_price(row.shown.trail_price, row.shown.symbol)
        )
    return figures.exact_price(row.stop_price, row.shown.symbol)


def _tone_of_side(row: OrderRow) -> Tone:
    if not row.shown.side:
        return "muted"
    return "up" if row.shown.side == Side.BUY else "down"


def _tone_of_status(row: OrderRow) -> Tone:
    if row.is_unknown or row.is_refused:
        return "warning"
    if row.is_on_the_way:
        return "muted"
    return "muted" if row.order is not None and row.order.status in _DIMMED else "text"

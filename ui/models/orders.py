"""The rows of the orders table: working, filled or all, newest first, legs under their parents."""

from collections.abc import Iterable
from datetime import date
from enum import Enum

from PySide6.QtCore import QObject

from core.domain.intent import Intent, IntentKind
from core.domain.order import Order, OrderStatus, Side
from ui import figures, words
from ui.models.column import CellKind, Column, RowAction
from ui.models.order_row import (
    NS_PER_S,
    OrderRow,
    is_pending_change,
    key_of_order,
    row_of_intent,
    row_of_order,
)
from ui.models.table import TableModel
from ui.theme.colors import Tone

TIME, SYMBOL, SIDE, TYPE, QTY, FILLED, LIMIT, STOP, AVERAGE, TIF, STATUS, ACTIONS = range(12)
CANCEL, REPLACE = "cancel", "replace"
LEG_MARK = "\u21b3 "
_DIMMED = frozenset({OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REPLACED})


class OrdersView(Enum):
    """Which orders are shown."""

    WORKING = "working"
    FILLED = "filled"
    ALL = "all"

    def includes(self, row: OrderRow) -> bool:
        """Whether a line that stands for itself (no leg) belongs into this view."""
        if self is OrdersView.WORKING:
            return row.is_working
        return row.is_filled if self is OrdersView.FILLED else True


class OrdersModel(TableModel[OrderRow]):
    """Orders as the broker shows them, and intents that the broker has not shown yet."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = OrdersView.WORKING
        self._now_ns = 0
        self._today: date | None = None
        self._changes: dict[str, Intent] = {}  # by the id of the order that is to change
        self._key_of_order_id: dict[str, str] = {}

    def make_columns(self) -> tuple[Column[OrderRow], ...]:
        return (
            Column(
                title=self.tr("Time"),
                text=self._time_text,
                sort=lambda row: row.at,
                tone=lambda _row: "muted",
                tool_tip=lambda row: "" if row.at is None else f"{row.at.astimezone():%Y-%m-%d %H:%M:%S %Z}",
                sample="88:88:88",
            ),
            Column(
                title=self.tr("Symbol"),
                text=lambda row: LEG_MARK + row.symbol if row.is_leg else row.symbol,
                sort=lambda row: row.symbol,
                kind=CellKind.SYMBOL,
                tone=lambda row: "muted" if row.is_leg else "text",
                spoken=self._spoken_symbol,
                sample="BTC/USD",
            ),
            Column(
                title=self.tr("Side"),
                text=lambda row: words.side(row.side),
                sort=lambda row: row.side,
                kind=CellKind.CHIP,
                tone=_tone_of_side,
                sample="Sell",
            ),
            Column(
                title=self.tr("Type"),
                text=lambda row: words.order_type(row.type),
                sort=lambda row: row.type,
                sample="Trailing stop",
            ),
            Column(
                title=self.tr("Qty"),
                text=_qty_text,
                sort=lambda row: row.qty,
                kind=CellKind.FIGURE,
                sample="10,000",
            ),
            Column(
                title=self.tr("Filled"),
                text=lambda row: figures.quantity(row.filled_qty) if row.filled_qty else figures.MISSING,
                sort=lambda row: row.filled_qty,
                kind=CellKind.FIGURE,
                tone=lambda row: "text" if row.filled_qty else "faint",
                sample="10,000",
            ),
            Column(
                title=self.tr("Limit"),
                text=lambda row: figures.price(row.limit_price),
                sort=lambda row: row.limit_price,
                kind=CellKind.FIGURE,
                tone=lambda row: "faint" if row.limit_price is None else "text",
                sample="91,240.50",
            ),
            Column(
                title=self.tr("Stop"),
                text=_stop_text,
                sort=lambda row: row.stop_price,
                kind=CellKind.FIGURE,
                tone=lambda row: "faint" if _stop_text(row) == figures.MISSING else "text",
                sample="91,240.50",
            ),
            Column(
                title=self.tr("Avg price"),
                text=lambda row: figures.price(row.average_price),
                sort=lambda row: row.average_price,
                kind=CellKind.FIGURE,
                tone=lambda row: "faint" if row.average_price is None else "text",
                sample="91,240.50",
                gives_way=1,
            ),
            Column(
                title=self.tr("TIF"),
                spoken_title=self.tr("Time in force"),
                text=lambda row: words.time_in_force(row.time_in_force, short=True),
                sort=lambda row: row.time_in_force,
                tone=lambda _row: "muted",
                tool_tip=lambda row: words.time_in_force(row.time_in_force),
                sample="Close",
                gives_way=2,
            ),
            Column(
                title=self.tr("Status"),
                text=self._status_text,
                sort=self._status_text,
                tone=_tone_of_status,
                tool_tip=self._status_text,
                sample=self.tr("Unknown, checking \u00b7 59 s"),
                stretches=True,
            ),
            Column(
                title="",
                spoken_title=self.tr("Actions"),
                text=lambda row: ", ".join(action.text for action in self.actions_of(row)),
                kind=CellKind.ACTIONS,
                actions=self.actions_of,
                sample="icons:2",
            ),
        )

    def key_of(self, row: OrderRow) -> str:
        return row.key

    # ---- what the panel brings ----------------------------------------------------------------------

    def show_orders(self, orders: Iterable[Order]) -> None:
        """Fold in orders that are new or changed, with their legs."""
        rows: dict[str, OrderRow] = {}
        for order in orders:
            self._put_order(order, rows)
        self.put(rows.values())

    def show_intents(self, intents: Iterable[Intent]) -> None:
        """Fold in what was asked for: new orders as lines of their own, changes onto the orders they mean."""
        rows: dict[str, OrderRow] = {}
        for intent in intents:
            if intent.kind is IntentKind.PLACE:
                known = self.row(intent.client_order_id)
                if known is None or known.order is None:
                    rows[intent.client_order_id] = row_of_intent(intent)
            elif intent.target_order_id is not None:
                self._take_change(intent, intent.target_order_id, rows)
        self.put(rows.values())

    def start_over(self) -> None:
        """Forget every order and intent."""
        self._changes.clear()
        self._key_of_order_id.clear()
        self.replace_all(())

    def show_view(self, view: OrdersView) -> None:
        """Show these orders only."""
        if view is not self._view:
            self._view = view
            self.touch(())

    def grow_older(self, now_ns: int, today: date) -> None:
        """Count the seconds of what is under way; `now_ns` since 1970, `today` as on the wall clock here."""
        self._now_ns = now_ns
        if today != self._today:
            self._today = today
            self.touch([row.key for row in self.rows()], columns=(TIME, TIME))
        waiting = [row.key for row in self.rows() if row.is_unknown]
        if waiting:
            self.touch(waiting, columns=(STATUS, STATUS))

    def count(self, view: OrdersView) -> int:
        """Return how many orders `view` has, legs not counted."""
        return sum(1 for row in self.rows() if not row.is_leg and view.includes(row))

    def actions_of(self, row: OrderRow) -> tuple[RowAction, ...]:
        """Return what can be asked for now."""
        actions = []
        if row.may_replace:
            actions.append(RowAction(REPLACE, self.tr("Replace"), "pencil"))
        if row.may_cancel:
            actions.append(RowAction(CANCEL, self.tr("Cancel"), "x"))
        return tuple(actions)

    def arranged(self, rows: Iterable[OrderRow]) -> list[OrderRow]:
        """Parents by the chosen column, or newest first; legs right under theirs, in the broker's order."""
        legs: dict[str, list[OrderRow]] = {}
        parents = []
        for row in rows:
            if row.is_leg:
                legs.setdefault(row.parent_key, []).append(row)
            elif self._view.includes(row):
                parents.append(row)
        if self.is_sorted:
            parents = self.sorted_rows(parents)
        else:
            parents.sort(key=_newest_first, reverse=True)
        return [line for parent in parents for line in (parent, *legs.get(parent.key, ()))]

    # ---- folding ------------------------------------------------------------------------------------

    def _put_order(self, order: Order, rows: dict[str, OrderRow], parent_key: str = "") -> None:
        key = key_of_order(order)
        known = self.row(key)
        if not parent_key and known is not None:
            parent_key = known.parent_key  # a leg's own event does not say whose leg it is
        change = self._changes.get(order.id)
        if change is not None and not order.is_open:
            change = None
            del self._changes[order.id]
        self._key_of_order_id[order.id] = key
        rows[key] = row_of_order(order, change, parent_key)
        for leg in order.legs:
            self._put_order(leg, rows, key)

    def _take_change(self, intent: Intent, order_id: str, rows: dict[str, OrderRow]) -> None:
        if is_pending_change(intent):
            self._changes[order_id] = intent
        elif order_id in self._changes:
            del self._changes[order_id]
        key = self._key_of_order_id.get(order_id, "")
        known = rows.get(key) or self.row(key)
        if known is not None and known.order is not None:
            rows[key] = row_of_order(known.order, self._changes.get(order_id), known.parent_key)

    # ---- words --------------------------------------------------------------------------------------

    def _time_text(self, row: OrderRow) -> str:
        if row.at is None:
            return figures.MISSING
        local = row.at.astimezone()
        if self._today is None or local.date() == self._today:
            return figures.local_time(row.at)
        return f"{local:%m-%d %H:%M}"

    def _spoken_symbol(self, row: OrderRow) -> str:
        return self.tr("Leg of an order: {symbol}").format(symbol=row.symbol) if row.is_leg else row.symbol

    def _status_text(self, row: OrderRow) -> str:
        if row.is_unknown:
            return self._unknown_text(row)
        if row.is_on_the_way:
            return self._sending_text(row)
        if row.order is not None:
            return words.order_status(row.order)
        if row.intent is None:
            return figures.MISSING
        text = words.intent_state(row.intent)
        return f"{text}: {words.outside_text(row.intent.reason)}" if row.intent.reason else text

    def _unknown_text(self, row: OrderRow) -> str:
        since = 0.0
        if row.waiting is not None and self._now_ns:
            since = max(0.0, (self._now_ns - row.waiting.since_ns) / NS_PER_S)
        if row.change is None:
            text = self.tr("Outcome unknown, checking \u00b7 {seconds} s")
        elif row.change.kind is IntentKind.CANCEL:
            text = self.tr("Cancel unknown, checking \u00b7 {seconds} s")
        else:
            text = self.tr("Replace unknown, checking \u00b7 {seconds} s")
        return text.format(seconds=int(since))

    def _sending_text(self, row: OrderRow) -> str:
        if row.change is None:
            return self.tr("Sending\u2026")
        is_cancel = row.change.kind is IntentKind.CANCEL
        return self.tr("Cancelling\u2026") if is_cancel else self.tr("Replacing\u2026")


def _newest_first(row: OrderRow) -> float:
    return row.at.timestamp() if row.at is not None else 0.0


def _qty_text(row: OrderRow) -> str:
    if row.qty is None and row.notional is not None:
        return f"${figures.money(row.notional)}"
    return figures.quantity(row.qty)


def _stop_text(row: OrderRow) -> str:
    if row.stop_price is None and row.trail_percent is not None:
        return f"{figures.quantity(row.trail_percent)} %"
    return figures.price(row.stop_price)


def _tone_of_side(row: OrderRow) -> Tone:
    if not row.side:
        return "muted"
    return "up" if row.side == Side.BUY else "down"


def _tone_of_status(row: OrderRow) -> Tone:
    if row.is_unknown or row.is_refused:
        return "warning"
    if row.is_on_the_way:
        return "muted"
    return "muted" if row.order is not None and row.order.status in _DIMMED else "text"

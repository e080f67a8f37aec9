"""The rows of the orders table: working, filled, refused or all, newest first, legs under their parents."""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from datetime import date, datetime
from enum import Enum
from operator import attrgetter

from PySide6.QtCore import QObject, Qt

from core.domain.intent import Intent, IntentKind
from core.domain.order import Order
from ui.models.column import Column, RowAction
from ui.models.column_model import NO_PARENT
from ui.models.order_columns import OPEN_MARK, SHUT_MARK, STATUS, TIME, OrderWords
from ui.models.order_row import (
    FILLED,
    KINDS,
    NEVER,
    WORKING,
    OrderRow,
    is_pending_change,
    key_of_order,
    row_of_intent,
    row_of_order,
)
from ui.models.order_search import NO_SEARCH, OrderSearch
from ui.models.table import UNSORTED, TableModel

CANCEL, REPLACE, RETRY = "cancel", "replace", "retry"
_FEW = 64  # rows that are put in their places one by one; more are sorted in
_key_of = attrgetter("key")
_since = attrgetter("since")
_kind_of = attrgetter("kind")


class OrdersView(Enum):
    """Which orders are shown."""

    WORKING = "working"
    FILLED = "filled"
    REFUSED = "refused"
    ALL = "all"

    def includes(self, row: OrderRow) -> bool:
        """Whether a line that stands for itself (no leg) belongs into this view by its own state."""
        return self is OrdersView.ALL or row.kind == self.value


class OrdersModel(TableModel[OrderRow]):
    """Orders as the broker shows them, and intents that the broker has not shown yet.

    Made for a hundred thousand: a change costs what it changes, and only a sort or a filter goes through all.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        self._view = OrdersView.WORKING
        self._search = NO_SEARCH
        self._changes: dict[str, Intent] = {}  # by the id of the order that is to change
        self._key_of_working: dict[str, str] = {}  # by the broker's id; only what works can be changed
        self._legs: dict[str, list[str]] = {}  # by the key of the parent
        self._shut: set[Hashable] = set()  # parents whose legs are not shown
        self._exiting: set[str] = set()  # parents that are over while a leg of theirs still works
        self._oldest_first: list[OrderRow] = []  # every row but legs
        self._unknown: set[str] = set()
        self._counts: Counter[str] = Counter()  # by kind
        self.may_retry: Callable[[str], bool] = lambda _client_order_id: False
        super().__init__(parent)

    def make_columns(self) -> tuple[Column[OrderRow], ...]:
        self.words = OrderWords(self.actions_of, self._mark_of, self)
        return self.words.columns()

    def key_of(self, row: OrderRow) -> str:
        return row.key

    # ---- what the panel brings ----------------------------------------------------------------------

    def show_orders(self, orders: Iterable[Order]) -> None:
        """Fold in orders that are new or changed, with their legs."""
        known, working = self._rows, self._key_of_working
        are_plain = not self._changes
        fresh: list[OrderRow] = []
        rows: dict[str, OrderRow] = {}
        for order in orders:
            key = order.client_order_id or order.id
            if are_plain and not order.legs and not order.parent_id and key not in known:
                kind = KINDS[order.status._value_]  # `kind_of_order`, without a call for each
                if kind is WORKING:
                    working[order.id] = key
                elif order.filled_qty:
                    kind = FILLED
                known[key] = row = OrderRow(key, order, order.submitted_at or NEVER, kind)
                fresh.append(row)
            else:
                self._put_order(order, rows)
        self._fold(rows, fresh)

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
        self._fold(rows, [])

    def key_of_change(self, intent: Intent) -> str:
        """The line that shows a cancel; empty for what has or gets a line of its own, or is not known."""
        if intent.kind is not IntentKind.CANCEL:
            return ""
        return self._key_of_working.get(intent.target_order_id or "", "")

    def start_over(self) -> None:
        """Forget every order and intent."""
        for keyed in (self._changes, self._key_of_working, self._legs):
            keyed.clear()
        for keys in (self._shut, self._exiting, self._unknown):
            keys.clear()
        self._oldest_first = []
        self._counts.clear()
        self._rows.clear()
        if self._shown:
            self._show_anew([])

    def show_view(self, view: OrdersView) -> None:
        """Show these orders only."""
        if view is not self._view:
            self._view = view
            self._arrange()

    def search(self, search: OrderSearch) -> None:
        """Show only what is looked for, within the view."""
        if search != self._search:
            self._search = search
            self._arrange()

    def toggle_legs(self, key: Hashable, *, show: bool | None = None) -> None:
        """Show the legs of an order, or hide them; without `show` the other way round."""
        row = self.row(key)
        if row is None or key not in self._legs or show is (key not in self._shut):
            return
        self._shut ^= {key}
        self._put_in_place(row)
        self._say_changed((key,), None)

    def grow_older(self, now_ns: int, today: date) -> None:
        """Count the seconds of what is under way; `now_ns` since 1970, `today` as on the wall clock here."""
        self.words.now_ns = now_ns
        if today != self.words.today:
            self.words.today = today
            self._say_changed(list(self._rows), (TIME, TIME))
        if self._unknown:
            self._say_changed(self._unknown, (STATUS, STATUS))

    @property
    def unknown_since_ns(self) -> list[int]:
        """Since when, in wall time, each outcome that is unknown has been so, shown or not."""
        waiting = (self._rows[key].waiting for key in self._unknown)
        return [intent.since_ns for intent in waiting if intent is not None]

    @property
    def is_searching(self) -> bool:
        """Whether a search hides what does not match."""
        return not self._search.is_empty

    def count(self, view: OrdersView) -> int:
        """Return how many orders `view` has; legs count as one with their parent."""
        if view is OrdersView.ALL:
            return len(self._oldest_first)
        return self._counts[view.value] + (len(self._exiting) if view is OrdersView.WORKING else 0)

    def actions_of(self, row: OrderRow) -> tuple[RowAction, ...]:
        """Return what can be asked for now."""
        actions = []
        waiting = row.waiting
        if row.is_unknown and waiting is not None and self.may_retry(waiting.client_order_id):
            actions.append(RowAction(RETRY, self.tr("Send again with the same id"), "refresh-cw"))
        if row.may_replace:
            actions.append(RowAction(REPLACE, self.tr("Replace"), "pencil"))
        if row.may_cancel:
            actions.append(RowAction(CANCEL, self.tr("Cancel"), "x"))
        return tuple(actions)

    # ---- arranging ----------------------------------------------------------------------------------

    def arranged(self, rows: Iterable[OrderRow]) -> list[OrderRow]:  # noqa: ARG002 - kept in order here
        """Parents by the chosen column, or newest first; legs right under theirs, in the broker's order."""
        parents = self._oldest_first[::-1]
        if self._view is not OrdersView.ALL:
            kind, exiting = self._view.value, self._exiting
            if self._view is OrdersView.WORKING and exiting:
                parents = [row for row in parents if row.kind == kind or row.key in exiting]
            else:
                parents = [row for row in parents if row.kind == kind]
        if not self._search.is_empty:
            parents = list(filter(self._is_found if self._legs else self._search.matches, parents))
        if self.is_sorted:
            parents = self.sorted_rows(parents)
        if not self._legs:
            return parents
        legs = self._legs
        lines: list[OrderRow] = []
        for row in parents:
            lines.append(row)
            if row.key in legs:
                lines += self._legs_shown(row)
        return lines

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sort_column = column if 0 <= column < len(self.columns) else UNSORTED
        self._is_descending = order is Qt.SortOrder.DescendingOrder
        self._reorder(self.arranged(()))

    def _arrange(self) -> None:
        self._show_anew(self.arranged(()))

    def _is_in_view(self, row: OrderRow) -> bool:
        # A filled entry is done, but its stop loss is what a trader looks for among what works.
        is_exiting = self._view is OrdersView.WORKING and row.key in self._exiting
        return is_exiting or self._view.includes(row)

    def _is_found(self, row: OrderRow) -> bool:
        matches = self._search.matches
        return matches(row) or any(matches(self._rows[key]) for key in self._legs.get(row.key, ()))

    def _legs_shown(self, row: OrderRow) -> list[OrderRow]:
        if row.key in self._shut:
            return []
        return [self._rows[key] for key in self._legs.get(row.key, ())]

    def _mark_of(self, row: OrderRow) -> str:
        if row.key not in self._legs:
            return ""
        return SHUT_MARK if row.key in self._shut else OPEN_MARK

    def _precedes(self, one: OrderRow, other: OrderRow) -> bool:
        sort = self.columns[self._sort_column].sort if self.is_sorted else None
        if sort is not None:
            key, other_key = sort(one), sort(other)
            if (key is None) is not (other_key is None):
                return other_key is None
            if key is not None and key != other_key:
                return bool((key < other_key) is not self._is_descending)
        return one.since > other.since

    def _position(self, row: OrderRow, low: int, high: int) -> int:
        """Where among the lines from `low` to `high` a parent belongs; both ends are beginnings of orders."""
        while low < high:
            middle = (low + high) // 2
            parent = middle
            while self._shown[parent].parent_key:
                parent -= 1
            if self._precedes(row, self._shown[parent]):
                high = parent
            else:
                low = self._end_of(parent)
        return low

    def _end_of(self, place: int) -> int:
        """The place after the last leg of the order at `place`."""
        end = place + 1
        while end < len(self._shown) and self._shown[end].parent_key:
            end += 1
        return end

    # ---- folding ------------------------------------------------------------------------------------

    def _fold(self, rows: dict[str, OrderRow], fresh: list[OrderRow]) -> None:
        """Take new rows and new versions of known ones, and tell the views; `fresh` are kept already."""
        oldest = self._oldest_first[0].since if self._oldest_first else None
        self._add(fresh)
        news = len(fresh)
        parents: dict[str, None] = {}
        has_moved = False
        for key, row in rows.items():
            known = self._rows.get(key)
            self._rows[key] = row
            if row.change is not None or row.intent is not None or key in self._unknown:
                (self._unknown.add if row.is_unknown else self._unknown.discard)(key)
            if row.parent_key:
                parents[row.parent_key] = None
                if known is not None and not known.parent_key:
                    self._forget_line(known)  # it came alone before anybody said whose leg it is
                has_moved = has_moved or (known is not None and known.parent_key not in ("", row.parent_key))
            elif known is None:
                fresh.append(row)
            else:
                parents[key] = None
                self._renew(known, row)
        self._add(fresh[news:])
        for key in (*parents, *(row.key for row in fresh[news:] if row.key in self._legs)):
            (self._exiting.add if self._is_exiting(key) else self._exiting.discard)(key)
        if has_moved:
            self._show_anew(self.arranged(()))
        else:
            self._place_parents(fresh, parents, oldest)
        self._say_changed(rows, None)

    def _is_exiting(self, key: str) -> bool:
        row = self._rows.get(key)
        is_over = row is not None and not row.is_working
        return is_over and any(self._rows[leg].is_working for leg in self._legs.get(key, ()))

    def _add(self, fresh: list[OrderRow]) -> None:
        if len(fresh) <= _FEW:
            for row in fresh:
                insort(self._oldest_first, row, key=_since)
        else:
            self._oldest_first += reversed(fresh)  # lists come newest first, so that little is left to sort
            self._oldest_first.sort(key=_since)
        self._counts.update(map(_kind_of, fresh))

    def _place_parents(self, fresh: list[OrderRow], known: dict[str, None], oldest: datetime | None) -> None:
        """Show what is new, and what has changed, where it belongs."""
        if len(fresh) + len(known) <= _FEW:
            for key in dict.fromkeys((*map(_key_of, fresh), *known)):
                self._put_in_place(self._rows[key])
            return
        is_page = oldest is not None and not self.is_sorted and fresh and len(known) <= _FEW
        if is_page and oldest is not None and oldest >= max(map(_since, fresh)):
            self._append(fresh)  # a page of history belongs as a whole under everything that was there
            for key in known:
                self._put_in_place(self._rows[key])
        else:
            self._show_anew(self.arranged(()))

    def _append(self, fresh: list[OrderRow]) -> None:
        lines: list[OrderRow] = []
        for row in sorted(fresh, key=_since, reverse=True):
            if self._is_in_view(row) and (self._search.is_empty or self._is_found(row)):
                lines += (row, *self._legs_shown(row))
        if lines:
            self._insert(len(self._shown), lines)

    def _put_in_place(self, row: OrderRow) -> None:
        """Show an order and its legs where they belong now, or no longer."""
        lines: list[OrderRow] = []
        if self._is_in_view(row) and (self._search.is_empty or self._is_found(row)):
            lines = [row, *self._legs_shown(row)]
        place = self.place_of(row.key)
        if place is None:
            if lines:
                self._insert(self._position(row, 0, len(self._shown)), lines)
            return
        end = self._end_of(place)
        if not lines:
            self._remove(place, end - 1)
            return
        if [line.key for line in lines] != [line.key for line in self._shown[place:end]]:
            if end > place + 1:
                self._remove(place + 1, end - 1)
            self._shown[place] = row
            if len(lines) > 1:
                self._insert(place + 1, lines[1:])
        else:
            self._shown[place:end] = lines
        self._move_if_due(row, place, place + len(lines))

    def _move_if_due(self, row: OrderRow, place: int, end: int) -> None:
        above = self._position(row, 0, place)
        below = end if above < place else self._position(row, end, len(self._shown))
        target = above if above < place else below
        if place <= target <= end:
            return
        self.beginMoveRows(NO_PARENT, place, end - 1, NO_PARENT, target)
        lines = self._shown[place:end]
        del self._shown[place:end]
        start = target if target < place else target - len(lines)
        self._shown[start:start] = lines
        first, last = min(start, place), max(start + len(lines), end)
        for number, line in enumerate(self._shown[first:last], first):
            self._place[line.key] = number - self._shift
        self.endMoveRows()

    def _renew(self, known: OrderRow, row: OrderRow) -> None:
        """Put a newer version in the place of `known`, in time and in what is counted."""
        self._counts[known.kind] -= 1
        self._counts[row.kind] += 1
        at = self._index_of(known)
        if row.since == known.since:
            self._oldest_first[at] = row
        else:
            del self._oldest_first[at]
            insort(self._oldest_first, row, key=_since)

    def _index_of(self, known: OrderRow) -> int:
        at = bisect_left(self._oldest_first, known.since, key=_since)
        while self._oldest_first[at] is not known:
            at += 1
        return at

    def _forget_line(self, known: OrderRow) -> None:
        """A line of its own turned out to be a leg."""
        self._counts[known.kind] -= 1
        del self._oldest_first[self._index_of(known)]
        place = self.place_of(known.key)
        if place is not None:
            self._remove(place, self._end_of(place) - 1)

    def _put_order(self, order: Order, rows: dict[str, OrderRow], parent_key: str = "") -> None:
        key = key_of_order(order)
        if not parent_key and (known := rows.get(key) or self._rows.get(key)) is not None:
            parent_key = known.parent_key  # a leg's own event does not say whose leg it is
        change = None
        if self._changes and (change := self._changes.get(order.id)) is not None and not order.is_open:
            change = None
            del self._changes[order.id]
        if order.is_open:
            self._key_of_working[order.id] = key
        rows[key] = row_of_order(order, change, parent_key)
        if order.legs:
            for leg in order.legs:
                self._put_order(leg, rows, key)
            self._legs[key] = [key_of_order(leg) for leg in order.legs]
        elif key in self._legs:
            del self._legs[key]  # they went along with what replaced it

    def _take_change(self, intent: Intent, order_id: str, rows: dict[str, OrderRow]) -> None:
        if is_pending_change(intent):
            self._changes[order_id] = intent
        elif order_id in self._changes:
            del self._changes[order_id]
        key = self._key_of_working.get(order_id, "")
        known = rows.get(key) or self.row(key)
        if known is not None and known.order is not None:
            rows[key] = row_of_order(known.order, self._changes.get(order_id), known.parent_key)

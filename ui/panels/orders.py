"""The orders: working, filled, refused or all of history, and how to change or cancel them."""

from collections.abc import Hashable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QModelIndex, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QResizeEvent
from PySide6.QtWidgets import QMenu, QWidget

from core.domain.intent import Intent
from core.domain.maker import Maker
from core.domain.order import Order
from core.domain.timeline import Moment
from core.services.clock import Clock
from ui.controls.menus import open_under, popup_menu
from ui.controls.segmented import Segment, SegmentedControl
from ui.models.order_columns import ACTIONS, AVERAGE, FILLED, STATUS, TIF
from ui.models.order_row import NS_PER_S, OrderRow
from ui.models.order_search import parsed_search
from ui.models.orders import OrdersModel, OrdersView
from ui.panels.history_bar import HistoryBar
from ui.panels.order_editing import OrderEditing
from ui.panels.order_menu import add_cancels, add_row_actions
from ui.panels.pulse import Pulse
from ui.panels.search_field import SearchField
from ui.panels.session_panel import SessionPanel
from ui.panels.table_view import TableView
from ui.theme.buttons import IconButton, LinkButton
from ui.theme.theme import Theme

if TYPE_CHECKING:
    from core.services.session import Session

_SEARCH_AFTER_MS = 120
_LONG_UNKNOWN_S = 60  # before that a person should not stop the checking
_ROOMY_PX = 860  # from here on the title row has room for every count
_NARROW_PX = 540  # below this it has not even room for the filter's words
_NOT_OF_REFUSED = (FILLED, AVERAGE, TIF, ACTIONS)
_END_PX = 200  # so near to the end of the table more of the past is read


class OrdersPanel(SessionPanel):
    """Shows the session's orders. Changes are asked of whoever listens; nothing is sent from here."""

    cancel_requested = Signal(object)  # str: the broker's order id
    replace_requested = Signal(object)  # str: the broker's order id
    change_requested = Signal(object)  # ReplaceRequest
    cancel_many_requested = Signal(object, object)  # str | None: a symbol; str | None: a side
    retry_requested = Signal(object)  # str: our client order id
    look_up_requested = Signal(object)  # str: our client order id
    let_go_requested = Signal(object)  # str: our client order id
    details_requested = Signal(object)  # OrderRow
    symbol_chosen = Signal(object)  # str

    def __init__(self, theme: Theme, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(theme, QCoreApplication.translate("OrdersPanel", "Orders"), parent)
        self._clock = clock
        self._names = {
            OrdersView.WORKING: self.tr("Working"),
            OrdersView.FILLED: self.tr("Filled"),
            OrdersView.REFUSED: self.tr("Refused"),
            OrdersView.ALL: self.tr("All"),
        }
        self.search = SearchField(
            self.tr("Search"), self.tr("Search by symbol, id, side, status or date, such as 2026-11")
        )
        self.views = SegmentedControl(
            self.tr("Which orders"), [Segment(view.value, name) for view, name in self._names.items()]
        )
        self.views.setProperty("compact", "true")
        self.choose_view = LinkButton("")
        self.cancel_all = LinkButton(self.tr("Cancel all\u2026"), tone="down")
        self.cancel_many = IconButton(theme, "ellipsis", self.tr("Cancel by symbol or side"))
        for widget in (self.search, self.views, self.choose_view, self.cancel_all, self.cancel_many):
            self.add_title_action(widget)
        self.model = OrdersModel(self)
        self.model.words.maker_of = self._maker_of
        self.model.may_retry = self._may_retry
        self.view = TableView(theme, self.model, self.tr("Orders"))
        self.view.allow_sorting()
        self.editing = OrderEditing(theme, self.model, self.view)
        self.set_content(self.view)
        self.history = HistoryBar(self.tr("History of orders"))
        self.body.addWidget(self.history)
        self._undecided: set[str] = set()  # orders of which nobody can say yet whether they are ours
        self._unpainted: dict[Hashable, set[str]] = {}  # intents by the row that shows them
        self._searching = QTimer(self)
        self._searching.setSingleShot(True)
        self._searching.setInterval(_SEARCH_AFTER_MS)
        self._pulse = Pulse(self, every_ms=500, now_ns=clock.monotonic_ns)
        self._pulse.precede(self.view.viewport())
        self._connect()
        self.end()

    def _connect(self) -> None:
        self._pulse.beat.connect(self._grow_older)
        self.empty.acted.connect(self._on_empty_acted)
        self.views.chosen.connect(self._show_view)
        self.search.textChanged.connect(self._searching.start)
        self._searching.timeout.connect(self._search)
        self.choose_view.clicked.connect(self._offer_views)
        self.cancel_all.clicked.connect(lambda: self.cancel_many_requested.emit(None, None))
        self.cancel_many.clicked.connect(self._offer_cancels)
        self.view.current_changed.connect(self._choose)
        self.view.row_activated.connect(self._replace)
        self.view.action_triggered.connect(self._act)
        self.view.menu_requested.connect(self._show_menu)
        self.view.on_key(QKeySequence.StandardKey.Delete, lambda: self._act(self.view.current_key, "cancel"))
        self.view.on_key(QKeySequence.StandardKey.Find, self.search.setFocus)
        self.view.claim_key(Qt.Key.Key_F2, self.editing.can_edit_current, self.editing.edit_current)
        self.view.on_double_click(self.editing.edit)
        self.view.rows_painted.connect(self._tell_painted)
        self.editing.change_requested.connect(self.change_requested)
        self.view.on_key(Qt.Key.Key_Space, lambda: self._act(self.view.current_key, "details"))
        self.view.on_key(Qt.Key.Key_Left, lambda: self._fold(show=False))
        self.view.on_key(Qt.Key.Key_Right, lambda: self._fold(show=True))
        self.view.clicked.connect(self._on_view_clicked)
        self.view.verticalScrollBar().valueChanged.connect(self._on_scroll_bar_value_changed)

    # ---- the session --------------------------------------------------------------------------------

    def begin(self, session: "Session") -> None:
        self.bindings.connect(session.orders.orders_changed, self.show_orders)
        self.bindings.connect(session.orders.intents_changed, self.show_intents)
        self.bindings.connect(session.orders.own_orders_known, self._name_makers)
        self.bindings.connect(session.orders.has_read_orders_changed, self._on_orders_read_changed)
        self.bindings.connect(session.history.arrived, self.show_past)
        self.history.bind(session.history.reader)
        self.show_intents(session.orders.open_intents)
        self.show_orders(tuple(session.orders.orders.values()))
        self._read_past()
        self._pulse.set_on(True)

    def end(self) -> None:
        self._pulse.set_on(False)
        self.editing.close()
        self._unpainted.clear()
        self._undecided.clear()
        self.history.unbind()
        self.history.setVisible(False)
        self.model.start_over()
        self._show_state()

    @Slot(object)
    def show_orders(self, orders: tuple[Order, ...]) -> None:
        """Fold in orders that are new or changed."""
        self.model.show_orders(orders)
        self._show_state()

    @Slot(object)
    def show_past(self, orders: tuple[Order, ...]) -> None:
        """Fold in orders of the past; of those that the order desk knows it knows better."""
        if self.session is not None:
            known = self.session.orders.orders
            self.show_orders(tuple(order for order in orders if order.id not in known))

    @Slot(object)
    def show_intents(self, intents: tuple[Intent, ...]) -> None:
        """Fold in what was asked for and where that stands."""
        self.model.show_intents(intents)
        self._show_state()
        self._await_paint(intents)

    def _await_paint(self, intents: tuple[Intent, ...]) -> None:
        """The desk wants to know when the screen shows what the broker says of an intent."""
        if self.session is None:
            return
        for intent in intents:
            line = self.session.orders.timing.timeline(intent.client_order_id)
            if line is None or Moment.PAINTED in line.at_ns:
                continue
            key = self.model.key_of_change(intent) or intent.client_order_id
            self._unpainted.setdefault(key, set()).add(intent.client_order_id)
            self.view.await_paint((key,))

    @Slot(object)
    def _tell_painted(self, keys: set[Hashable]) -> None:
        if self.session is None:
            return
        timing = self.session.orders.timing
        for key in keys:
            for client_order_id in self._unpainted.pop(key, ()):
                timing.painted(client_order_id)

    @Slot()
    def _on_orders_read_changed(self) -> None:
        self._show_state()

    @Slot()
    def _grow_older(self) -> None:
        now_ns = self._clock.wall_ns()
        # The wall clock here, since that is what the trader compares the times with.
        today = datetime.fromtimestamp(now_ns / NS_PER_S).astimezone().date()
        self.model.grow_older(now_ns, today)
        self._show_count()

    def _maker_of(self, row: OrderRow) -> Maker:
        """Whose an order is; a leg is of its parent's maker, and what has no order yet is ours."""
        if self.session is None or row.order is None or row.is_leg:
            return Maker.OURS
        maker = self.session.orders.maker_of(row.order)
        if maker is Maker.UNDECIDED:
            self._undecided.add(row.key)
        return maker

    @Slot()
    def _name_makers(self) -> None:
        """The list of orders may be read before the journal is: now it can be said what is not in it."""
        undecided, self._undecided = self._undecided, set()
        self.model.touch(undecided, columns=(STATUS, STATUS))

    def _may_retry(self, client_order_id: str) -> bool:
        return self.session is not None and self.session.orders.may_retry(client_order_id)

    def _may_let_go(self, row: OrderRow) -> bool:
        """Only after the broker has said, for a while and lately, that it does not know the order."""
        intent, session = row.waiting, self.session
        if session is None or intent is None or intent.is_let_go or intent.last_lookup_ns is None:
            return False
        return session.orders.age_s(intent.client_order_id) >= _LONG_UNKNOWN_S

    def _show_state(self) -> None:
        for view, name in self._names.items():
            count = self.model.count(view)
            whole = f"{name} {count:,}" if count else name
            # How many were refused is news; the rest stands elsewhere, and a word cut off helps nobody.
            shows_count = self.width() >= _ROOMY_PX or view is OrdersView.REFUSED
            self.views.relabel(view.value, whole if shows_count else name, whole)
        self._fold_views()
        working = self.model.count(OrdersView.WORKING)
        self._show_count()
        for button in (self.cancel_all, self.cancel_many):
            button.setEnabled(self.session is not None and working > 0)
        self._say_if_empty()

    def _show_count(self) -> None:
        """What is unknown goes first: behind another tab, a filter or a search it is told here alone."""
        if since_ns := self.model.unknown_since_ns:
            age = self.model.words.unknown_age(min(since_ns))
            self.set_count(self.tr("{count} unknown").format(count=len(since_ns)), age)
        else:
            working = self.model.count(OrdersView.WORKING)
            self.set_count(self.tr("{count} working").format(count=working) if working else "")
        self._pulse.set_on(self.session is not None, unseen=bool(since_ns))

    def _fold_views(self) -> None:
        """A narrow title row has the filter in a menu, with its counts."""
        has_room = self.width() >= _NARROW_PX
        self.views.setVisible(has_room)
        self.choose_view.setVisible(not has_room)
        name = self._names[OrdersView(self.views.choice)]
        self.choose_view.setText(f"{name} \u25be")
        self.choose_view.setAccessibleName(f"{self.views.accessibleName()}: {name}")

    @Slot()
    def _offer_views(self) -> None:
        menu = popup_menu(self.views.accessibleName(), self)
        for view, name in self._names.items():
            count = self.model.count(view)
            action = menu.addAction(f"{name} {count:,}" if count else name)
            action.setCheckable(True)
            action.setChecked(view.value == self.views.choice)
            action.triggered.connect(partial(self.views.choose, view.value))
        open_under(menu, self.choose_view)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for bound in (_ROOMY_PX, _NARROW_PX):
            if (event.size().width() >= bound) is not (event.oldSize().width() >= bound):
                self._show_state()

    def _say_if_empty(self) -> None:
        view = OrdersView(self.views.choice)
        session = self.session
        if session is None:
            self.empty.say(self.tr("Sign in to see your orders."))
        elif not session.orders.has_read_orders and not self.model.count(OrdersView.ALL):
            self.empty.say(self.tr("Reading your orders\u2026"))
        elif self.model.is_searching and self.model.count(view):
            self.empty.say(self.tr("No order matches the search."), self.tr("Clear the search"))
        elif not self.model.count(OrdersView.ALL) and session.history.reader.progress.is_busy:
            self.empty.say(self.tr("Reading your orders\u2026"))
        elif view is OrdersView.ALL or not self.model.count(OrdersView.ALL):
            self.empty.say(self.tr("No orders yet. Fill in the order ticket to place one."))
        else:
            texts = {
                OrdersView.WORKING: self.tr("No working orders."),
                OrdersView.FILLED: self.tr("No filled orders."),
                OrdersView.REFUSED: self.tr("No refused orders."),
            }
            self.empty.say(texts[view], self.tr("Show all orders"))
        self.show_content(is_there=bool(self.model.rowCount()))

    # ---- what is shown ------------------------------------------------------------------------------

    @Slot(object)
    def _show_view(self, code: str) -> None:
        view = OrdersView(code)
        # Of what was refused nothing filled, and nothing can be done with it: the reason has that room.
        self.view.leave_out(_NOT_OF_REFUSED if view is OrdersView.REFUSED else ())
        self.model.show_view(view)
        self._fold_views()
        self._read_past()
        self._say_if_empty()

    def _read_past(self) -> None:
        """The past is read when somebody looks at it, and not before."""
        looks_back = OrdersView(self.views.choice) is not OrdersView.WORKING
        self.history.setVisible(looks_back and self.session is not None)
        if looks_back:
            self.history.begin()

    @Slot(int)
    def _on_scroll_bar_value_changed(self, value: int) -> None:
        bar = self.view.verticalScrollBar()
        if self.history.isVisible() and bar.maximum() and value >= bar.maximum() - _END_PX:
            self.history.read_more()

    @Slot()
    def _search(self) -> None:
        self.model.search(parsed_search(self.search.text()))
        self._say_if_empty()

    @Slot()
    def _on_empty_acted(self) -> None:
        if self.search.text():
            self.search.clear()
        else:
            self.views.choose(OrdersView.ALL.value)

    def _fold(self, *, show: bool) -> None:
        self.model.toggle_legs(self.view.current_key, show=show)

    @Slot(QModelIndex)
    def _on_view_clicked(self, index: QModelIndex) -> None:
        key = self.view.fold_key_at(index)
        if key is not None:
            self.model.toggle_legs(key)

    # ---- what the trader does -----------------------------------------------------------------------

    @Slot(object)
    def _choose(self, key: Hashable | None) -> None:
        row = self.model.row(key)
        if row is not None and row.shown.symbol:
            self.symbol_chosen.emit(row.shown.symbol)

    @Slot(object)
    def _replace(self, key: Hashable | None) -> None:
        self._act(key, "replace")

    @Slot(object, str)
    def _act(self, key: Hashable | None, code: str) -> None:
        row = self.model.row(key)
        if row is None:
            return
        order, waiting = row.order, row.waiting
        if code == "cancel" and order is not None and row.may_cancel:
            self.cancel_requested.emit(order.id)
        elif code == "replace" and order is not None and row.may_replace:
            self.replace_requested.emit(order.id)
        elif code == "retry" and waiting is not None:
            self.retry_requested.emit(waiting.client_order_id)
        elif code == "let_go" and self._may_let_go(row) and waiting is not None:
            self.let_go_requested.emit(waiting.client_order_id)
        elif code == "look_up" and waiting is not None:
            self.look_up_requested.emit(waiting.client_order_id)
        elif code == "details":
            self.details_requested.emit(row)

    @Slot()
    def _offer_cancels(self) -> None:
        menu = popup_menu(self.tr("Cancel several orders"), self)
        self._add_cancels(menu, self.view.current_key)
        open_under(menu, self.cancel_many)

    @Slot(object, QPoint)
    def _show_menu(self, key: Hashable | None, where: QPoint) -> None:
        row = self.model.row(key)
        menu = popup_menu(self.tr("Order"), self)
        if row is not None:
            waiting = row.waiting
            may_retry = waiting is not None and self._may_retry(waiting.client_order_id)
            add_row_actions(
                menu,
                row,
                lambda code: self._act(key, code),
                may_retry=may_retry,
                may_let_go=self._may_let_go(row),
            )
            menu.addSeparator()
        self._add_cancels(menu, key)
        menu.popup(where)

    def _add_cancels(self, menu: QMenu, key: Hashable | None) -> None:
        row = self.model.row(key)
        orders = {} if self.session is None else self.session.orders.orders
        symbol = "" if row is None else row.shown.symbol
        add_cancels(menu, orders, symbol, self.cancel_many_requested.emit)

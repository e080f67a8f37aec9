"""The orders: working, filled or all, with what is still under way, and how to change or cancel them."""

from collections.abc import Hashable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from core.domain.intent import Intent
from core.domain.order import Order
from core.domain.trading_block import TradingBlock
from core.services.clock import Clock
from ui import words
from ui.controls.menus import popup_menu
from ui.controls.segmented import Segment, SegmentedControl
from ui.models.order_row import NS_PER_S, OrderRow
from ui.models.orders import CANCEL, REPLACE, OrdersModel, OrdersView
from ui.panels.pulse import Pulse
from ui.panels.session_panel import SessionPanel
from ui.panels.table_view import TableView
from ui.theme.buttons import LinkButton
from ui.theme.theme import Theme

if TYPE_CHECKING:
    from core.services.session import Session


class OrdersPanel(SessionPanel):
    """Shows the session's orders. Changes are asked of whoever listens; nothing is sent from here."""

    cancel_requested = Signal(object)  # str: the broker's order id
    replace_requested = Signal(object)  # str: the broker's order id
    cancel_all_requested = Signal()
    symbol_chosen = Signal(object)  # str

    def __init__(self, theme: Theme, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(theme, QCoreApplication.translate("OrdersPanel", "Orders"), parent)
        self._clock = clock
        self.views = SegmentedControl(
            self.tr("Which orders"),
            [
                Segment(OrdersView.WORKING.value, self.tr("Working")),
                Segment(OrdersView.FILLED.value, self.tr("Filled")),
                Segment(OrdersView.ALL.value, self.tr("All")),
            ],
        )
        self.views.setProperty("compact", "true")
        self.cancel_all = LinkButton(self.tr("Cancel all\u2026"), tone="down")
        self.add_title_action(self.views)
        self.add_title_action(self.cancel_all)
        self.model = OrdersModel(self)
        self.view = TableView(theme, self.model, self.tr("Orders"))
        self.view.allow_sorting()
        self.set_content(self.view)
        self._pulse = Pulse(self, every_ms=500)
        self._connect()
        self.end()

    def _connect(self) -> None:
        self._pulse.beat.connect(self._grow_older)
        self.empty.acted.connect(self._show_all)
        self.views.chosen.connect(self._show_view)
        self.cancel_all.clicked.connect(self.cancel_all_requested)
        self.view.current_changed.connect(self._choose)
        self.view.row_activated.connect(self._replace)
        self.view.action_triggered.connect(self._act)
        self.view.menu_requested.connect(self._show_menu)
        self.view.on_key(QKeySequence.StandardKey.Delete, self._cancel_current)

    # ---- the session --------------------------------------------------------------------------------

    def begin(self, session: "Session") -> None:
        self.bindings.connect(session.orders.orders_changed, self.show_orders)
        self.bindings.connect(session.orders.intents_changed, self.show_intents)
        self.bindings.connect(session.orders.trading_block_changed, self._on_orders_block_changed)
        self.show_intents(session.orders.open_intents)
        self.show_orders(tuple(session.orders.orders.values()))
        self._pulse.set_on(True)

    def end(self) -> None:
        self._pulse.set_on(False)
        self.model.start_over()
        self._show_state()

    @Slot(object)
    def show_orders(self, orders: tuple[Order, ...]) -> None:
        """Fold in orders that are new or changed."""
        self.model.show_orders(orders)
        self._show_state()

    @Slot(object)
    def show_intents(self, intents: tuple[Intent, ...]) -> None:
        """Fold in what was asked for and where that stands."""
        self.model.show_intents(intents)
        self._show_state()

    @Slot(object)
    def _on_orders_block_changed(self, _block: object) -> None:
        self._show_state()

    @Slot()
    def _grow_older(self) -> None:
        now_ns = self._clock.wall_ns()
        # The wall clock here, since that is what the trader compares the times with.
        today = datetime.fromtimestamp(now_ns / NS_PER_S).astimezone().date()
        self.model.grow_older(now_ns, today)

    def _show_state(self) -> None:
        counts = {view: self.model.count(view) for view in OrdersView}
        for view, text in (
            (OrdersView.WORKING, self.tr("Working")),
            (OrdersView.FILLED, self.tr("Filled")),
            (OrdersView.ALL, self.tr("All")),
        ):
            self.views.relabel(view.value, f"{text} {counts[view]}" if counts[view] else text)
        working = counts[OrdersView.WORKING]
        self.set_count(self.tr("{count} working").format(count=working) if working else "")
        self.cancel_all.setEnabled(self.session is not None and working > 0)
        self._say_if_empty()

    def _say_if_empty(self) -> None:
        view = OrdersView(self.views.choice)
        is_reading = self.session is not None and self.session.orders.trading_block is TradingBlock.NOT_READY
        if self.session is None:
            self.empty.say(self.tr("Sign in to see your orders."))
        elif is_reading:
            self.empty.say(self.tr("Reading your orders\u2026"))
        elif view is OrdersView.ALL or not self.model.count(OrdersView.ALL):
            self.empty.say(self.tr("No orders yet. Fill in the order ticket to place one."))
        elif view is OrdersView.WORKING:
            self.empty.say(self.tr("No working orders."), self.tr("Show all orders"))
        else:
            self.empty.say(self.tr("No filled orders."), self.tr("Show all orders"))
        self.show_content(is_there=bool(self.model.rowCount()))

    # ---- what the trader does -----------------------------------------------------------------------

    @Slot(object)
    def _show_view(self, code: str) -> None:
        self.model.show_view(OrdersView(code))
        self._say_if_empty()

    @Slot()
    def _show_all(self) -> None:
        self.views.choose(OrdersView.ALL.value)

    @Slot(object)
    def _choose(self, key: Hashable | None) -> None:
        row = self.model.row(key)
        if row is not None:
            self.symbol_chosen.emit(row.shown.symbol)

    @Slot(object, str)
    def _act(self, key: Hashable, code: str) -> None:
        if code == CANCEL:
            self._cancel(key)
        elif code == REPLACE:
            self._replace(key)

    @Slot()
    def _cancel_current(self) -> None:
        self._cancel(self.view.current_key)

    def _cancel(self, key: Hashable | None) -> None:
        row = self.model.row(key)
        if row is not None and row.order is not None and row.may_cancel:
            self.cancel_requested.emit(row.order.id)

    @Slot(object)
    def _replace(self, key: Hashable | None) -> None:
        row = self.model.row(key)
        if row is not None and row.order is not None and row.may_replace:
            self.replace_requested.emit(row.order.id)

    @Slot(object, QPoint)
    def _show_menu(self, key: Hashable | None, where: QPoint) -> None:
        row = self.model.row(key)
        menu = popup_menu(self.tr("Order"), self)
        if row is not None:
            self._add_row_actions(menu, row)
            menu.addSeparator()
        cancel_all = menu.addAction(self.tr("Cancel all\u2026"))
        cancel_all.setEnabled(self.cancel_all.isEnabled())
        cancel_all.triggered.connect(self.cancel_all_requested)
        menu.popup(where)

    def _add_row_actions(self, menu: QMenu, row: OrderRow) -> None:
        key = row.key
        replace = menu.addAction(self.tr("Replace\u2026"))
        replace.setShortcut(QKeySequence(Qt.Key.Key_Return))
        replace.setEnabled(row.may_replace)
        replace.triggered.connect(lambda: self._replace(key))
        side, symbol = words.side(row.shown.side), row.shown.symbol
        cancel = menu.addAction(self.tr("Cancel {side} {symbol}").format(side=side, symbol=symbol))
        cancel.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        cancel.setEnabled(row.may_cancel)
        cancel.triggered.connect(lambda: self._cancel(key))

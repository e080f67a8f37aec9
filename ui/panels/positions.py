"""The positions: live value and profit, working orders, and the way out of each."""

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPoint, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from core.domain.connection import StreamName
from core.domain.market import Ticker
from core.domain.position import Position
from core.services.clock import Clock
from ui.controls.menus import popup_menu
from ui.models.positions import CLOSE, TOTAL_KEY, PositionsModel
from ui.panels.pulse import Pulse
from ui.panels.session_panel import SessionPanel
from ui.panels.table_view import TableView
from ui.theme.buttons import LinkButton
from ui.theme.theme import Theme

if TYPE_CHECKING:
    from core.services.session import Session


class PositionsPanel(SessionPanel):
    """Shows the session's positions. Closing one is asked of whoever listens; nothing is sent from here."""

    close_requested = Signal(object)  # str: the symbol
    symbol_chosen = Signal(object)  # str
    flatten_requested = Signal()

    def __init__(self, theme: Theme, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(theme, QCoreApplication.translate("PositionsPanel", "Positions"), parent)
        self._clock = clock
        self.model = PositionsModel(self)
        self.view = TableView(theme, self.model, self.tr("Positions"))
        self.view.allow_sorting()
        self.set_content(self.view)
        self.flatten = LinkButton(self.tr("Flatten\u2026"), tone="down")
        self.flatten.setToolTip(self.tr("Cancel every order and close every position\u2026"))
        self.flatten.clicked.connect(self.flatten_requested)
        self.add_title_action(self.flatten)
        self._pulse = Pulse(self)
        self._pulse.beat.connect(self._grow_older)
        self.view.current_changed.connect(self._choose)
        self.view.row_activated.connect(self._choose)
        self.view.action_triggered.connect(self._act)
        self.view.menu_requested.connect(self._show_menu)
        self.view.on_key(QKeySequence.StandardKey.Delete, self._close_current)
        self.end()

    # ---- the session --------------------------------------------------------------------------------

    def begin(self, session: "Session") -> None:
        self.bindings.connect(session.positions.changed, self.show_positions)
        self.bindings.connect(session.market.tickers_changed, self._apply)
        self.bindings.connect(session.orders.orders_changed, self._count_working)
        self.empty.say(
            self.tr("Reading your positions\u2026")
            if session.positions.received_ns is None
            else self._nothing()
        )
        self.show_positions(tuple(session.positions.positions.values()))
        self._pulse.set_on(True)
        self.flatten.setEnabled(True)

    def end(self) -> None:
        self._pulse.set_on(False)
        self.flatten.setEnabled(False)
        self.show_flattening(False)
        self.model.replace_all(())
        self.set_count("")
        self.empty.say(self.tr("Sign in to see your positions."))

    @Slot(bool)
    def show_flattening(self, is_running: bool) -> None:
        """Say on the button that Flatten is at work; it then opens its window."""
        self.flatten.setText(self.tr("Flattening: show") if is_running else self.tr("Flatten\u2026"))

    def _nothing(self) -> str:
        return self.tr("No open positions. Fill in the order ticket to open one.")

    @Slot(object)
    def show_positions(self, positions: tuple[Position, ...]) -> None:
        """Show exactly these positions, at the newest prices there are."""
        session = self.session
        if session is None:
            return
        now_ns = self._clock.monotonic_ns()
        received_ns = session.positions.received_ns
        self.model.show_positions(positions, received_ns, now_ns)
        tickers = {position.symbol: session.market.ticker(position.symbol) for position in positions}
        self._apply({symbol: ticker for symbol, ticker in tickers.items() if ticker is not None})
        self._count_working(())
        self.set_count(str(len(positions)) if positions else "")
        if received_ns is not None:
            self.empty.say(self._nothing())
        self.show_content(is_there=bool(positions))

    @Slot(object)
    def _apply(self, tickers: Mapping[str, Ticker]) -> None:
        self.model.apply(tickers, self._clock.monotonic_ns())

    @Slot(object)
    def _count_working(self, _orders: object) -> None:
        if self.session is not None:
            orders = self.session.orders.orders.values()
            self.model.show_working(Counter(order.symbol for order in orders if order.is_open))

    @Slot()
    def _grow_older(self) -> None:
        if self.session is not None:
            is_live = self.session.connection.is_live(StreamName.QUOTES)
            self.model.grow_older(self._clock.monotonic_ns(), stream_is_live=is_live)

    # ---- what the trader does -----------------------------------------------------------------------

    @Slot(object)
    def _choose(self, key: Hashable | None) -> None:
        if key not in (None, TOTAL_KEY):
            self.symbol_chosen.emit(str(key))

    @Slot(object, str)
    def _act(self, key: Hashable, code: str) -> None:
        if code == CLOSE:
            self.close_requested.emit(str(key))

    @Slot()
    def _close_current(self) -> None:
        key = self.view.current_key
        if key not in (None, TOTAL_KEY):
            self.close_requested.emit(str(key))

    @Slot(object, QPoint)
    def _show_menu(self, key: Hashable | None, where: QPoint) -> None:
        if key in (None, TOTAL_KEY):
            return
        menu = popup_menu(self.tr("Position"), self)
        close = menu.addAction(self.tr("Close the position in {symbol}\u2026").format(symbol=key))
        close.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        close.triggered.connect(lambda: self.close_requested.emit(str(key)))
        menu.popup(where)

"""The positions: live value, what was gained and why that is so, working orders, and the way out of each."""

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QModelIndex, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from core.domain.freshness import ACCOUNT_STALE_S, age_s
from core.domain.gains import Gains
from core.domain.instrument import position_symbol
from core.domain.market import Ticker
from core.domain.marking import MarkBy
from core.domain.position import Position
from core.domain.provenance import Figure
from core.services.clock import Clock
from ui import figures
from ui.controls.menus import popup_menu
from ui.controls.segmented import Segment, SegmentedControl
from ui.instrument_words import short_name
from ui.models.position_columns import ACTIONS, CLOSE, FIGURES, MORE
from ui.models.positions import PositionsModel
from ui.panels.position_menu import PositionDeed, add_position_deeds
from ui.panels.pulse import Pulse
from ui.panels.session_panel import SessionPanel
from ui.panels.table_view import TableView
from ui.theme.buttons import LinkButton
from ui.theme.theme import Theme

if TYPE_CHECKING:
    from core.services.session import Session
    from core.services.settings import Settings


class PositionsPanel(SessionPanel):
    """Shows the session's positions. Closing one is asked of whoever listens; nothing is sent from here."""

    close_requested = Signal(object)  # str: the symbol
    deed_requested = Signal(object, object)  # str: the symbol; PositionDeed
    explain_requested = Signal(object, object)  # str: the symbol; Figure
    symbol_chosen = Signal(object)  # str, as orders spell it
    flatten_requested = Signal()

    def __init__(
        self, theme: Theme, clock: Clock, settings: "Settings | None" = None, parent: QWidget | None = None
    ) -> None:
        """Without `settings` the choice of the mark is not remembered."""
        super().__init__(theme, QCoreApplication.translate("PositionsPanel", "Positions"), parent)
        self._clock, self._settings = clock, settings
        self.model = PositionsModel(self)
        self.view = TableView(theme, self.model, self.tr("Positions"))
        self.view.allow_sorting()
        self.set_content(self.view)
        self.marks = SegmentedControl(
            self.tr("Value positions at"),
            [
                Segment(MarkBy.LAST.value, self.tr("Last")),
                Segment(MarkBy.MID.value, self.tr("Mid")),
                Segment(MarkBy.QUOTE.value, self.tr("Bid/Ask")),
            ],
        )
        self.marks.setProperty("compact", "true")
        self.marks.setToolTip(
            self.tr("Value positions at the last trade, at the middle, or at the side that one would get")
        )
        self.flatten = LinkButton(self.tr("Flatten\u2026"), tone="down")
        self.flatten.setToolTip(self.tr("Cancel every order and close every position\u2026"))
        for widget in (self.marks, self.flatten):
            self.add_title_action(widget)
        self._pulse = Pulse(self, now_ns=clock.monotonic_ns)
        self._pulse.precede(self.view.viewport())
        self._connect()
        if settings is not None:
            self.marks.choose(MarkBy.of(settings.values.position_mark).value)
            self.model.show_closed(settings.values.show_closed_today)
            settings.changed.connect(self._on_settings_changed)
        self.end()

    def _connect(self) -> None:
        self._pulse.beat.connect(self._grow_older)
        self.flatten.clicked.connect(self.flatten_requested)
        self.marks.chosen.connect(self._choose_mark)
        self.view.current_changed.connect(self._choose)
        self.view.row_activated.connect(self._choose)
        self.view.action_triggered.connect(self._act)
        self.view.menu_requested.connect(self._show_menu)
        self.view.clicked.connect(self._on_view_clicked)
        self.view.on_key(QKeySequence.StandardKey.Delete, self._close_current)
        self.view.on_key(Qt.Key.Key_Space, self._explain_current)

    # ---- the session --------------------------------------------------------------------------------

    def begin(self, session: "Session") -> None:
        self.bindings.connect(session.positions.changed, self.show_positions)
        self.bindings.connect(session.market.tickers_changed, self._apply)
        self.bindings.connect(session.orders.orders_changed, self._count_working)
        self.bindings.connect(session.gains.changed, self._show_gains)
        self.empty.say(
            self.tr("Reading your positions\u2026")
            if session.positions.received_ns is None
            else self._nothing()
        )
        self.model.show_gains(session.gains.gains)
        self.show_positions(tuple(session.positions.positions.values()))
        session.gains.begin()
        self._pulse.set_on(True)
        self.flatten.setEnabled(True)

    def end(self) -> None:
        self._pulse.set_on(False)
        self.flatten.setEnabled(False)
        self.show_flattening(False)
        self.model.replace_all(())
        self.model.show_gains({})
        self.set_count("")
        self.set_subtitle("")
        self.empty.say(self.tr("Sign in to see your positions."))

    @Slot(bool)
    def show_flattening(self, is_running: bool) -> None:
        """Say on the button that Flatten is at work; it then opens its window."""
        self.flatten.setText(self.tr("Flattening: show") if is_running else self.tr("Flatten\u2026"))

    def _nothing(self) -> str:
        if self.session is not None and self.session.positions.unread:
            return self.tr(
                "The broker lists positions that Bellwether cannot read. Check them at the broker."
            )
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
        symbols = [position.market_symbol for position in positions]
        tickers = {symbol: session.market.ticker(symbol) for symbol in symbols}
        self._apply({symbol: ticker for symbol, ticker in tickers.items() if ticker is not None})
        self._count_working(())
        self.set_count(str(len(positions)) if positions else "")
        if received_ns is not None:
            self.empty.say(self._nothing())
        self.show_content(is_there=bool(self.model.rowCount()))

    @Slot(object)
    def _show_gains(self, gains: Mapping[str, Gains]) -> None:
        self.model.show_gains(gains)
        if self.session is not None:
            self._count_working(())
            self.show_content(is_there=bool(self.model.rowCount()))
            held = self.session.positions.positions
            self.session.gains.read_until_explained({symbol: one.qty for symbol, one in held.items()})

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
            self.model.grow_older(self._clock.monotonic_ns(), self.session.connection.live)
            self.session.gains.check_day()
            self._say_age()

    def _say_age(self) -> None:
        """Prices may be live while quantities are not: then say how old those are."""
        session = self.session
        age = None if session is None else age_s(session.positions.received_ns, self._clock.monotonic_ns())
        is_old = age is not None and age > ACCOUNT_STALE_S
        self.set_subtitle(self.tr("quantities {age} old").format(age=figures.age(age)) if is_old else "")

    @Slot(object)
    def _choose_mark(self, code: str) -> None:
        self.model.choose_mark(MarkBy.of(code), self._clock.monotonic_ns())
        if self._settings is not None:
            self._settings.change(position_mark=code)

    # ---- what the trader does -----------------------------------------------------------------------

    @Slot(object)
    def _choose(self, key: Hashable | None) -> None:
        row = self.model.row(key)
        if row is None or row.is_total:
            return
        if row.position is not None:
            self.symbol_chosen.emit(row.position.market_symbol)
        elif self.session is not None:
            # Fills spell coins without their slash; the orders that made them do not.
            ordered = {order.symbol for order in self.session.orders.orders.values()}
            spelled = (symbol for symbol in ordered if position_symbol(symbol) == row.symbol)
            self.symbol_chosen.emit(next(spelled, row.symbol))

    @Slot(object, str)
    def _act(self, key: Hashable, code: str) -> None:
        if code == CLOSE:
            self.close_requested.emit(str(key))
        elif code == MORE:
            place = self.model.place_of(key)
            if place is not None:
                rect = self.view.visualRect(self.model.index(place, ACTIONS))
                self._show_menu(key, self.view.viewport().mapToGlobal(rect.bottomLeft()))

    @Slot()
    def _close_current(self) -> None:
        key = self.view.current_key
        if self._is_held(key):
            self.close_requested.emit(str(key))

    @Slot(QModelIndex)
    def _on_view_clicked(self, index: QModelIndex) -> None:
        figure = FIGURES.get(index.column())
        if figure is not None and index.isValid():
            self._explain(self.model.key_at(index.row()), figure)

    @Slot()
    def _explain_current(self) -> None:
        self._explain(self.view.current_key, Figure.UNREALISED)

    def _explain(self, key: Hashable | None, figure: Figure) -> None:
        if self._is_held(key):
            self.explain_requested.emit(str(key), figure)

    def _is_held(self, key: Hashable | None) -> bool:
        row = self.model.row(key)
        return row is not None and row.position is not None

    @Slot(object, QPoint)
    def _show_menu(self, key: Hashable | None, where: QPoint) -> None:
        row = self.model.row(key)
        menu = popup_menu(self.tr("Position"), self)
        if row is not None and row.position is not None:
            self._add_deeds(menu, row.position)
            menu.addSeparator()
        if self._settings is not None:
            closed = menu.addAction(self.tr("Show symbols closed today"))
            closed.setCheckable(True)
            closed.setChecked(self._settings.values.show_closed_today)
            closed.triggered.connect(self._keep_closed)
        if menu.isEmpty():
            menu.deleteLater()
        else:
            menu.popup(where)

    @Slot(bool)
    def _keep_closed(self, is_shown: bool) -> None:
        if self._settings is not None:
            self._settings.change(show_closed_today=is_shown)

    @Slot(str)
    def _on_settings_changed(self, name: str) -> None:
        if name == "show_closed_today" and self._settings is not None:
            self.model.show_closed(self._settings.values.show_closed_today)
            self.show_content(is_there=bool(self.model.rowCount()))

    def _add_deeds(self, menu: QMenu, position: Position) -> None:
        key = position.symbol
        close = menu.addAction(
            self.tr("Close the position in {symbol}\u2026").format(symbol=short_name(str(key)))
        )
        close.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        close.triggered.connect(lambda: self.close_requested.emit(str(key)))
        add_position_deeds(menu, position, self._ask_for)
        menu.addSeparator()
        explain = menu.addAction(self.tr("Where the figures come from\u2026"))
        explain.setShortcut(QKeySequence(Qt.Key.Key_Space))
        explain.triggered.connect(lambda: self._explain(key, Figure.UNREALISED))

    def _ask_for(self, symbol: str, deed: PositionDeed) -> None:
        self.deed_requested.emit(symbol, deed)

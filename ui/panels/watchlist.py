"""The watchlist: live prices with their age; symbols come and go by keyboard, menu or button."""

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from core.domain.market import Ticker
from core.domain.position import Position
from core.errors import AppError
from core.services.clock import Clock
from ui.controls.menus import open_under, popup_menu
from ui.instrument_words import short_name
from ui.models.watchlist import WatchlistModel
from ui.panels.pulse import Pulse
from ui.panels.session_panel import SessionPanel
from ui.panels.symbol_entry import SymbolEntry
from ui.panels.table_view import TableView
from ui.panels.undo_bar import UndoBar
from ui.theme.buttons import IconButton
from ui.theme.theme import Theme

if TYPE_CHECKING:
    from core.services.session import Session

_TREND_EVERY_BEATS = 4


class WatchlistPanel(SessionPanel):
    """Shows the session's watchlist; says up which symbol was chosen."""

    symbol_chosen = Signal(object)  # str: a row was made current or activated

    def __init__(self, theme: Theme, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(
            theme, QCoreApplication.translate("WatchlistPanel", "Watchlist"), parent, is_linked=True
        )
        self._clock = clock
        self._beats = 0
        self._removed: tuple[str, int] | None = None
        self._add_button = IconButton(theme, "plus", self.tr("Add a symbol"))
        self._menu_button = IconButton(theme, "ellipsis", self.tr("Watchlist menu"))
        self.add_title_action(self._add_button)
        self.add_title_action(self._menu_button)
        self.model = WatchlistModel(self)
        self.view = TableView(theme, self.model, self.tr("Watchlist"))
        self.view.allow_sorting()
        self.entry = SymbolEntry(theme)
        self.undo_bar = UndoBar()
        self.body.addWidget(self.entry)
        self.set_content(self.view)
        self.body.addWidget(self.undo_bar)
        self._pulse = Pulse(self, now_ns=clock.monotonic_ns)
        self._pulse.precede(self.view.viewport())
        self._connect()
        self.end()

    def _connect(self) -> None:
        self._add_button.clicked.connect(self.begin_adding)
        self._menu_button.clicked.connect(self._show_panel_menu)
        self.empty.acted.connect(self.begin_adding)
        self.entry.symbol_entered.connect(self._add)
        self.entry.closed.connect(self._leave_entry)
        self.undo_bar.undo_requested.connect(self.undo_removal)
        self.view.current_changed.connect(self._choose)
        self.view.row_activated.connect(self._choose)
        self.view.menu_requested.connect(self._show_row_menu)
        self._pulse.beat.connect(self._grow_older)
        self.view.on_key(QKeySequence.StandardKey.Delete, self._remove_current)
        self.view.on_key(QKeySequence.StandardKey.Undo, self.undo_removal)
        self.view.on_key(Qt.Key.Key_Insert, self.begin_adding)

    # ---- the session --------------------------------------------------------------------------------

    def begin(self, session: "Session") -> None:
        self.bindings.connect(session.watchlist.changed, self._show_symbols)
        self.bindings.connect(session.watchlist.refused, self._show_refusal)
        self.bindings.connect(session.market.tickers_changed, self._apply)
        self.bindings.connect(session.positions.changed, self._show_held)
        self._allow(is_bound=True)
        self._show_symbols(session.watchlist.symbols)
        self._show_held(tuple(session.positions.positions.values()))
        self._pulse.set_on(True)

    def end(self) -> None:
        self._pulse.set_on(False)
        self.entry.close_entry()
        self.undo_bar.withdraw()
        self.model.replace_all(())
        self._allow(is_bound=False)

    def _allow(self, *, is_bound: bool) -> None:
        self._add_button.setEnabled(is_bound)
        self._menu_button.setEnabled(is_bound)
        if is_bound:
            self.empty.say(self.tr("No symbols yet."), self.tr("Add a symbol"))
        else:
            self.empty.say(self.tr("Sign in to see your watchlist."))

    @Slot(object)
    def _show_symbols(self, symbols: tuple[str, ...]) -> None:
        if self.session is None:
            return
        self.model.show_symbols(symbols)
        market = self.session.market
        known = {symbol: market.ticker(symbol) for symbol in symbols}
        self._apply({symbol: ticker for symbol, ticker in known.items() if ticker is not None})
        self._draw_trends()
        self.show_content(is_there=bool(symbols))
        if self.entry.awaited in symbols:
            self.view.choose(self.entry.awaited)
            self.entry.accept()

    @Slot(object)
    def _apply(self, tickers: Mapping[str, Ticker]) -> None:
        self.model.apply(tickers, self._clock.monotonic_ns())

    @Slot(object)
    def _show_held(self, positions: tuple[Position, ...]) -> None:
        self.model.show_held({position.symbol: position.qty for position in positions})

    @Slot()
    def _grow_older(self) -> None:
        if self.session is None:
            return
        self.model.grow_older(self._clock.monotonic_ns(), self.session.connection.live)
        self._beats += 1
        if self._beats % _TREND_EVERY_BEATS == 0:
            self._draw_trends()

    def _draw_trends(self) -> None:
        if self.session is None:
            return
        recent = self.session.market.recent
        self.model.show_histories({row.symbol: tuple(recent(row.symbol)) for row in self.model.rows()})

    # ---- what the trader does -----------------------------------------------------------------------

    @Slot()
    def begin_adding(self) -> None:
        """Open the field for a new symbol and put the cursor there."""
        if self.session is not None:
            self.entry.open_entry()

    @Slot(str)
    def _add(self, text: str) -> None:
        if self.session is not None:
            self.session.watchlist.add(text)

    @Slot(object)
    def _show_refusal(self, error: AppError) -> None:
        self.entry.show_refusal(error)

    @Slot()
    def _leave_entry(self) -> None:
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(object)
    def _choose(self, key: Hashable | None) -> None:
        if key is not None:
            self.symbol_chosen.emit(str(key))

    @Slot()
    def _remove_current(self) -> None:
        key = self.view.current_key
        if key is not None:
            self.remove(str(key))

    def remove(self, symbol: str) -> None:
        """Take `symbol` off the list, and offer to put it back where it was."""
        if self.session is None or symbol not in self.session.watchlist.symbols:
            return
        self._removed = (symbol, self.session.watchlist.symbols.index(symbol))
        self.session.watchlist.remove(symbol)
        self.undo_bar.offer(self.tr("{symbol} removed").format(symbol=symbol))

    @Slot()
    def undo_removal(self) -> None:
        """Put the symbol that was removed last back where it was; nothing happens when there is none."""
        if self.session is not None and self._removed is not None:
            symbol, place = self._removed
            self._removed = None
            self.session.watchlist.add(symbol, place)
            self.undo_bar.withdraw()

    @Slot(object, QPoint)
    def _show_row_menu(self, key: Hashable | None, where: QPoint) -> None:
        menu = popup_menu(self.title, self)
        if key is not None:
            remove = menu.addAction(self.tr("Remove {symbol}").format(symbol=short_name(str(key))))
            remove.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
            remove.triggered.connect(lambda: self.remove(str(key)))
        self._add_panel_actions(menu)
        menu.popup(where)

    @Slot()
    def _show_panel_menu(self) -> None:
        menu = popup_menu(self.title, self)
        self._add_panel_actions(menu)
        open_under(menu, self._menu_button)

    def _add_panel_actions(self, menu: QMenu) -> None:
        menu.addAction(self.tr("Add a symbol\u2026")).triggered.connect(self.begin_adding)
        undo = menu.addAction(self.tr("Undo removal"))
        undo.setEnabled(self._removed is not None)
        undo.triggered.connect(self.undo_removal)
        tint = menu.addAction(self.tr("Tint changed prices"))
        tint.setCheckable(True)
        tint.setChecked(self.view.tints_changes)
        tint.toggled.connect(self.view.set_change_tint)

"""The window's commands: what the menu, the shortcuts and the command field offer, and when."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction, QKeySequence

from core.domain.account import Account
from core.domain.environment import Environment
from core.domain.order import Side
from ui import words
from ui.command_field import Command
from ui.theme.theme import Theme
from ui.window_actions import WindowActions

if TYPE_CHECKING:
    from core.services.settings import Settings
    from ui.desk import Desk
    from ui.main_window import MainWindow
    from ui.panels.frame import Panel


class WindowCommands(QObject):
    """Builds the actions of one main window and keeps them true to its state."""

    def __init__(self, window: "MainWindow", theme: Theme, settings: "Settings") -> None:
        super().__init__(window)
        self._window, self._settings = window, settings
        self.actions = WindowActions(window)
        self._add_trading()
        self._add_panels()
        self._add_look(theme)
        self._add_session()
        field = window.top_bar.command_field
        field.offer_from(self._possible, self._symbols, self._for_symbol)
        settings.changed.connect(self._take_setting)

    def show_session(self, environment: Environment, accounts: Mapping[Environment, Account]) -> None:
        """Offer what a session allows, and the other account when there is one."""
        self.actions.set_session(True)
        for other, action in self._switches.items():
            account = accounts.get(other)
            action.setVisible(account is not None and other is not environment)
            if account is not None:
                label = words.account_label(other, account.short_number)
                action.setText(self.tr("Switch to {account}\u2026").format(account=label))

    def show_signed_out(self) -> None:
        """Offer only what needs no session."""
        self.actions.set_session(False)
        self.show_live_lock(False)
        for action in self._switches.values():
            action.setVisible(False)

    def show_live_lock(self, is_locked: bool) -> None:
        """Offer the gate to live trading while it is closed."""
        self._unlock.setVisible(is_locked)

    def _add_trading(self) -> None:
        actions, window = self.actions, self._window
        actions.start_group()
        actions.add(
            self.tr("Command field"),
            window.top_bar.command_field.begin,
            "Ctrl+K",
            needs_session=True,
            is_listed=False,
        )
        actions.add(self.tr("Buy"), lambda: window.desk.trade(Side.BUY), "F2", needs_session=True)
        actions.add(self.tr("Sell"), lambda: window.desk.trade(Side.SELL), "F3", needs_session=True)
        actions.add(
            self.tr("Send order"),
            self._send_order,
            "Ctrl+Return",
            "Ctrl+Enter",
            needs_session=True,
        )
        actions.add(self.tr("New order"), self._start_another, "Ctrl+N", needs_session=True)
        actions.add(
            self.tr("Cancel all orders\u2026"),
            self._cancel_all,
            "Ctrl+Shift+X",
            needs_session=True,
        )
        self.flatten = actions.add(
            self.tr("Flatten\u2026"),
            self._flatten,
            self._settings.values.flatten_shortcut,
            needs_session=True,
        )
        self.no_new_orders = actions.add_switch(
            self.tr("No new orders"),
            self._settings.values.no_new_orders,
            lambda is_on: self._settings.change(no_new_orders=is_on),
            "Ctrl+Shift+F11",
        )
        actions.add(self.tr("Leave"), window.escape, "Esc", is_listed=False)

    def _add_panels(self) -> None:
        actions = self.actions
        actions.start_group()
        for place, (text, panel) in enumerate(
            (
                (self.tr("Go to Watchlist"), lambda desk: desk.watchlist),
                (self.tr("Go to Positions"), lambda desk: desk.positions),
                (self.tr("Go to Orders"), lambda desk: desk.orders),
                (self.tr("Go to Stream"), lambda desk: desk.stream),
                (self.tr("Go to Account"), lambda desk: desk.account),
                (self.tr("Go to Order"), lambda desk: desk.ticket),
                (self.tr("Go to Activity"), lambda desk: desk.activity),
            ),
            start=1,
        ):
            actions.add(text, partial(self._reveal, panel), f"Alt+{place}", needs_session=True)
        self._arrange = actions.add_switch(self.tr("Arrange panels"), False, self._arrange_panels)
        actions.add(self.tr("Reset layout"), self._window.reset_layout)

    # The desk is made after the first paint, so it is looked up when it is needed.

    @Slot()
    def _send_order(self) -> None:
        self._window.desk.ticket.send_order()

    @Slot()
    def _start_another(self) -> None:
        self._window.desk.ticket.start_another()

    @Slot()
    def _cancel_all(self) -> None:
        self._window.desk.cancel_all()

    @Slot()
    def _flatten(self) -> None:
        self._window.desk.flatten()

    @Slot()
    def _choose_flatten_keys(self) -> None:
        current = self._settings.values.flatten_shortcut
        taken = {keys: name for keys, name in self.actions.keys().items() if keys != current}
        self._window.choose_keys(
            self.tr("Flatten"), current, taken, lambda keys: self._settings.change(flatten_shortcut=keys)
        )

    @Slot(bool)
    def _arrange_panels(self, is_on: bool) -> None:
        self._window.desk.workspace.arrange(is_on)

    def _reveal(self, panel: "Callable[[Desk], Panel]") -> None:
        self._window.desk.reveal(panel(self._window.desk))

    def _add_look(self, theme: Theme) -> None:
        actions, settings = self.actions, self._settings
        actions.start_group()
        self._themes = actions.add_choice(
            (("dark", self.tr("Theme: dark")), ("light", self.tr("Theme: light"))),
            theme.name,
            lambda name: settings.change(theme=name),
        )
        self._densities = actions.add_choice(
            (
                ("comfortable", self.tr("Density: comfortable")),
                ("compact", self.tr("Density: compact")),
            ),
            settings.values.density,
            lambda name: settings.change(density=name),
        )
        actions.add(self.tr("Keys for Flatten\u2026"), self._choose_flatten_keys)
        self._closed_today = actions.add_switch(
            self.tr("Show symbols closed today"),
            settings.values.show_closed_today,
            lambda is_on: settings.change(show_closed_today=is_on),
        )
        self._confirm = actions.add_switch(
            self.tr("Ask before sending paper orders"),
            settings.values.confirm_paper_orders,
            lambda is_on: settings.change(confirm_paper_orders=is_on),
        )

    def _add_session(self) -> None:
        actions, window = self.actions, self._window
        actions.start_group()
        self._switches = {
            environment: actions.add(
                words.environment(environment), partial(window.ask_for_environment, environment)
            )
            for environment in Environment
        }
        self._unlock = actions.add(self.tr("Unlock live trading\u2026"), window.ask_to_unlock_live)
        self.sign_out = actions.add(self.tr("Sign out\u2026"), window.ask_to_sign_out, needs_session=True)
        actions.start_group()
        actions.add(self.tr("About"), window.show_about)
        actions.add(self.tr("Menu"), window.top_bar.open_menu, "F10", is_listed=False)
        self.quit = actions.add(self.tr("Quit"), window.close, "Ctrl+Q")
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)  # dialogs find it by that
        self.show_signed_out()

    @Slot(str)
    def _take_setting(self, name: str) -> None:
        values = self._settings.values
        if name == "theme" and values.theme in self._themes:
            self._themes[values.theme].setChecked(True)
        elif name == "density" and values.density in self._densities:
            self._densities[values.density].setChecked(True)
        elif name == "show_closed_today":
            self._closed_today.setChecked(values.show_closed_today)
        elif name == "confirm_paper_orders":
            self._confirm.setChecked(values.confirm_paper_orders)
        elif name == "no_new_orders":
            self.no_new_orders.setChecked(values.no_new_orders)
        elif name == "flatten_shortcut":
            self.flatten.setShortcut(QKeySequence(values.flatten_shortcut))

    def _symbols(self) -> Iterable[str]:
        session = self._window.session
        if session is None:
            return ()
        held = [position.market_symbol for position in session.positions.positions.values()]
        return dict.fromkeys([*session.watchlist.symbols, *held])

    def _possible(self) -> list[Command]:
        """What the menu offers, and the cancels of many that there are orders for."""
        session = self._window.session
        symbols = set() if session is None else {order.symbol for order in session.orders.orders.values()}
        return [*self.actions.commands(), *self._cancels(sorted(symbols))]

    def _cancels(self, symbols: Iterable[str]) -> list[Command]:
        """Asked about as the buttons of the orders do; all of them are the menu's own."""
        if self._window.session is None:
            return []
        return [
            Command(many.text, partial(self._window.desk.cancel_many, many.symbol, many.side))
            for many in self._window.desk.many_cancels(symbols)
            if many.count and (many.symbol or many.side)
        ]

    def _for_symbol(self, symbol: str) -> Iterable[Command]:
        session = self._window.session
        if session is None:
            return ()
        name = session.watchlist.assets[symbol].name if symbol in session.watchlist.assets else ""
        title = f"{symbol}  {words.outside_text(name, 60)}".strip()
        found = [Command(title, partial(self._window.desk.ticket.set_symbol, symbol))]
        if symbol not in session.watchlist.symbols:
            text = self.tr("Add {symbol} to the watchlist").format(symbol=symbol)
            found.append(Command(text, partial(session.watchlist.add, symbol)))
        return found

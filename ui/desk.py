"""The Trading perspective: its panels, how they speak to each other, and the session they are bound to."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from core.domain.order import Side
from core.domain.provenance import Figure
from core.domain.request import ReplaceRequest
from core.services.clock import Clock
from core.services.session import Session
from core.services.settings import Settings
from ui.cancels import ManyCancels, many_cancels
from ui.dialogs.order_details import OrderDetails
from ui.models.order_row import OrderRow
from ui.panels.account import AccountPanel
from ui.panels.frame import Panel
from ui.panels.orders import OrdersPanel
from ui.panels.position_menu import PositionDeed
from ui.panels.positions import PositionsPanel
from ui.panels.tabbed import TabbedPanel
from ui.panels.table_view import TableView
from ui.panels.ticket import TicketPanel
from ui.panels.watchlist import WatchlistPanel
from ui.theme.theme import Theme
from ui.trading_actions import TradingActions
from ui.workspace import Places, Workspace

if TYPE_CHECKING:
    from ui.flatten_control import FlattenControl
    from ui.panels.activity import ActivityPanel
    from ui.panels.session_panel import SessionPanel
    from ui.panels.stream import StreamPanel
    from ui.position_actions import PositionActions


class Desk(QObject):
    """Made once for a window; sessions come and go with `bind` and `unbind`."""

    noticed = Signal(object)  # AppError

    def __init__(self, theme: Theme, clock: Clock, settings: Settings, window: QWidget) -> None:
        super().__init__(window)
        self._theme, self._clock, self._window, self._settings = theme, clock, window, settings
        self._session: Session | None = None
        self._flattening: FlattenControl | None = None
        self._position_actions: PositionActions | None = None
        self.watchlist = WatchlistPanel(theme, clock)
        self.account = AccountPanel(theme, clock)
        self.positions = PositionsPanel(theme, clock, settings)
        self.orders = OrdersPanel(theme, clock)
        self.ticket = TicketPanel(theme, clock, settings)
        self.actions: TradingActions | None = None
        self._panels: list[SessionPanel | TicketPanel] = [
            self.watchlist,
            self.account,
            self.positions,
            self.orders,
            self.ticket,
        ]
        self._is_compact = False
        self._views = [self.watchlist.view, self.positions.view, self.orders.view]
        translate = QCoreApplication.translate
        blotter_title = translate("Desk", "Orders, stream and activity")
        self.blotter = TabbedPanel(theme, blotter_title)
        self.blotter.add_panel(self.orders)
        self._stream = self.blotter.add_later(translate("StreamPanel", "Stream"), self._make_stream)
        self._activity = self.blotter.add_later(translate("ActivityPanel", "Activity"), self._make_activity)
        self.workspace = Workspace(
            Places(
                watchlist=self.watchlist,
                account=self.account,
                positions=self.positions,
                blotter=self.blotter,
                ticket=self.ticket,
            ),
            {
                "watchlist": self.watchlist.title,
                "account": self.account.title,
                "positions": self.positions.title,
                "blotter": blotter_title,
                "ticket": self.ticket.title,
            },
        )
        self.account.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._connect()

    @property
    def stream(self) -> "StreamPanel":
        """The log of the streams; made when somebody first asks for it."""
        return self._stream()

    @property
    def activity(self) -> "ActivityPanel":
        """What was booked to the account; made when somebody first asks for it."""
        return self._activity()

    def bind(self, session: Session) -> None:
        """Show and trade in this session from now on."""
        self._session = session
        self.actions = TradingActions(session, self._theme, self._window)
        self.actions.noticed.connect(self.noticed)
        for panel in self._panels:
            panel.bind(session)
        held = [position.market_symbol for position in session.positions.positions.values()]
        symbols = [*held, *session.watchlist.symbols]
        if symbols:
            self.ticket.set_symbol(symbols[0])

    def unbind(self) -> None:
        """Forget the session; every panel shows nothing of it afterwards. A run of Flatten ends."""
        if self._flattening is not None:
            self._flattening.end()
            self._flattening = None
        self._session = None
        if self._position_actions is not None:
            self._position_actions.deleteLater()
            self._position_actions = None
        for panel in self._panels:
            panel.unbind()
        if self.actions is not None:
            self.actions.deleteLater()
            self.actions = None

    def reveal(self, panel: Panel) -> None:
        """Bring a panel to the front and give it the keyboard."""
        own: dict[Panel, tuple[str, QWidget]] = {
            self.watchlist: ("watchlist", self.watchlist.view),
            self.account: ("account", self.account),
            self.positions: ("positions", self.positions.view),
            self.ticket: ("ticket", self.ticket.entry),
        }
        if panel in own:
            name, focus = own[panel]
            self.workspace.reveal(name)
        else:
            self.workspace.reveal("blotter")
            self.blotter.show_panel(panel)
            focus = panel.findChild(TableView) or panel
        focus.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def set_density(self, density: str) -> None:
        """Rows of 26 pixels (comfortable) or 22 (compact)."""
        self._is_compact = density == "compact"
        for view in self._views:
            view.set_compact(self._is_compact)

    @Slot(object)
    def trade(self, side: Side) -> None:
        """Bring the ticket forward, ready to buy or to sell."""
        self.workspace.reveal("ticket")
        self.ticket.choose_side(side)

    @Slot()
    def cancel_all(self) -> None:
        """Ask, then cancel every working order."""
        if self.actions is not None:
            self.actions.cancel_all()

    def many_cancels(self, symbols: Iterable[str]) -> list[ManyCancels]:
        """What can be cancelled together now: of each of `symbols`, of each side, and all."""
        return [] if self._session is None else many_cancels(self._session.orders.orders, symbols)

    @Slot(object, object)
    def cancel_many(self, symbol: str | None, side: str | None) -> None:
        """Ask, then cancel the working orders of a symbol, or of a side."""
        if self.actions is not None:
            self.actions.cancel_many(symbol, side)

    @Slot()
    def flatten(self) -> None:
        """Ask, then cancel every order and close every position; while that goes on, show it."""
        if self._session is None:
            return
        if self._flattening is None:
            from ui.flatten_control import FlattenControl

            self._flattening = FlattenControl(self._session, self._theme, self._clock, self._window)
            self._flattening.noticed.connect(self.noticed)
            self._flattening.running_changed.connect(self.positions.show_flattening)
        self._flattening.ask()

    def _make_stream(self) -> "StreamPanel":
        from ui.panels.stream import StreamPanel

        panel = StreamPanel(self._theme)
        panel.symbol_chosen.connect(self.ticket.set_symbol)
        self._take_in(panel)
        return panel

    def _make_activity(self) -> "ActivityPanel":
        from ui.panels.activity import ActivityPanel

        panel = ActivityPanel(self._theme)
        panel.view.set_compact(self._is_compact)
        self._views.append(panel.view)
        panel.symbol_chosen.connect(self.ticket.set_symbol)
        panel.noticed.connect(self.noticed)
        self._take_in(panel)
        return panel

    def _take_in(self, panel: "SessionPanel") -> None:
        self._panels.append(panel)
        if self._session is not None:
            panel.bind(self._session)

    def _connect(self) -> None:
        self.watchlist.symbol_chosen.connect(self.ticket.set_symbol)
        self.positions.symbol_chosen.connect(self.ticket.set_symbol)
        self.positions.close_requested.connect(self._close_position)
        self.positions.deed_requested.connect(self._ask_for_deed)
        self.positions.explain_requested.connect(self._explain)
        self.positions.flatten_requested.connect(self.flatten)
        self.orders.symbol_chosen.connect(self.ticket.set_symbol)
        self.blotter.panel_made.connect(self.workspace.order_keyboard)
        self.orders.cancel_requested.connect(self._cancel)
        self.orders.replace_requested.connect(self._replace)
        self.orders.change_requested.connect(self._change)
        self.orders.cancel_many_requested.connect(self.cancel_many)
        self.orders.retry_requested.connect(self._retry)
        self.orders.look_up_requested.connect(self._look_up)
        self.orders.let_go_requested.connect(self._let_go)
        self.orders.details_requested.connect(self._show_details)

    @Slot(object, object)
    def _ask_for_deed(self, symbol: str, deed: PositionDeed) -> None:
        if self._session is None or self.actions is None:
            return
        if self._position_actions is None:
            from ui.position_actions import PositionActions

            self._position_actions = PositionActions(self._session, self.actions, self._theme, self._window)
            self._position_actions.noticed.connect(self.noticed)
        self._position_actions.ask(symbol, deed)

    @Slot(object, object)
    def _explain(self, symbol: str, figure: Figure) -> None:
        from ui.dialogs.provenance import ProvenanceDialog

        if self._session is None:
            return
        model, account = self.positions.model, self._session.account.account
        dialog = ProvenanceDialog(
            self._theme,
            self._clock,
            symbol,
            figure,
            lambda figure: model.explain(symbol, figure),
            self._window,
        )
        dialog.name_account(self._session.environment, "" if account is None else account.short_number)
        dialog.show()

    @Slot(object)
    def _close_position(self, symbol: str) -> None:
        if self.actions is not None:
            self.actions.close_position(symbol)

    @Slot(object)
    def _cancel(self, order_id: str) -> None:
        if self.actions is not None:
            self.actions.cancel(order_id)

    @Slot(object)
    def _replace(self, order_id: str) -> None:
        if self.actions is not None:
            self.actions.replace(order_id)

    @Slot(object)
    def _change(self, request: ReplaceRequest) -> None:
        if self.actions is not None:
            self.actions.change(request, must_ask=self._settings.values.confirm_paper_orders)

    @Slot(object)
    def _retry(self, client_order_id: str) -> None:
        if self.actions is not None:
            self.actions.retry(client_order_id)

    @Slot(object)
    def _let_go(self, client_order_id: str) -> None:
        if self.actions is not None:
            self.actions.let_go(client_order_id)

    @Slot(object)
    def _look_up(self, client_order_id: str) -> None:
        if self.orders.session is not None:
            self.orders.session.orders.look_up(client_order_id)

    @Slot(object)
    def _show_details(self, row: OrderRow) -> None:
        if self.orders.session is not None:
            session, model = self.orders.session, self.orders.model
            OrderDetails(self._theme, session, model, row, self._window).open()

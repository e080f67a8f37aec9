"""One session's ticket: brings its prices, account and order desk to the form and the button."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.domain.connection import StreamName
from core.domain.environment import Environment
from core.domain.freshness import age_s, freshness_of
from core.domain.market import Source, Ticker
from core.domain.order import Side
from core.domain.request import OrderRequest
from core.domain.trading_block import TradingBlock
from core.services.clock import Clock
from core.services.settings import Settings
from ui import words
from ui.dialogs.confirm_order import ConfirmOrderDialog
from ui.panels.bindings import Bindings
from ui.panels.pulse import Pulse
from ui.panels.ticket_form import TicketForm
from ui.panels.ticket_header import TicketHeader
from ui.panels.ticket_outlook import Market, Mood, Outlook, estimate, market_from, outlook
from ui.panels.ticket_send import SendArea
from ui.panels.ticket_submission import Stage, Submission
from ui.panels.ticket_summary import RuleLine, SummaryBox
from ui.theme.theme import Theme

if TYPE_CHECKING:
    from core.services.session import Session

_AGE_MS = 500
_MARGIN_PX = 12


class Ticket(QWidget):
    """One order at a time, for one session. Everything it sends goes through its `submission`."""

    symbol_changed = Signal(object)  # str

    def __init__(
        self,
        session: "Session",
        settings: Settings,
        theme: Theme,
        clock: Clock,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._settings, self._theme, self._clock = session, settings, theme, clock
        self.header = TicketHeader(theme)
        self.form = TicketForm(theme)
        self.summary = SummaryBox(theme)
        self.rule = RuleLine(theme)
        self.send_area = SendArea(theme)
        self.submission = Submission(session.orders, self)
        self._bindings = Bindings()
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN_PX, 10, _MARGIN_PX, _MARGIN_PX)
        column.setSpacing(10)
        for widget in (self.header, self.form, self.summary, self.rule, self.send_area):
            column.addWidget(widget)
        column.addStretch(1)
        self._ages = Pulse(self, _AGE_MS)
        self._ages.beat.connect(self._refresh)
        self._ages.set_on(True)
        self._connect()
        self._refresh()

    @property
    def symbol(self) -> str:
        """The instrument the ticket is about."""
        return self.form.symbol

    @Slot(object)
    def set_symbol(self, symbol: str) -> None:
        """Turn to another instrument; while an order's fate is open, the ticket stays with that order."""
        if not self._may_turn:
            self.header.show_symbol(self.form.symbol, self._session.watchlist.name_of(self.form.symbol))
            return
        if symbol == self.form.symbol:
            return
        self.submission.note_edit()
        self._session.market.follow("ticket", (symbol,))
        self.form.set_symbol(symbol)
        self.header.show_symbol(symbol, self._session.watchlist.name_of(symbol))
        self.symbol_changed.emit(symbol)
        self._refresh()

    def choose_side(self, side: Side) -> None:
        """Prepare to buy or to sell, and put the keyboard where the quantity goes."""
        self.form.side.choose(side)
        self.form.quantity.setFocus()
        self.form.quantity.selectAll()

    @Slot()
    def send_order(self) -> None:
        """Send what the form says, after a confirmation where one is asked for; otherwise do nothing."""
        request = self.form.request()
        if not self.submission.is_armed_for(request):
            return
        # The form is about to be locked; the keyboard must not fall to whatever comes next in the order.
        self.send_area.setFocus()
        if not self._must_confirm:
            self.submission.send_at_once(request)
            return
        self.submission.hold(request)
        dialog = ConfirmOrderDialog(
            self._theme, request, self._session.environment, self._short_number, self.window()
        )
        dialog.order_confirmed.connect(self._on_confirmed)
        dialog.rejected.connect(self.submission.release)
        dialog.open()

    @property
    def _may_turn(self) -> bool:
        return self.submission.stage is not Stage.CONFIRMING and not self.submission.is_unresolved

    @property
    def _must_confirm(self) -> bool:
        is_live = self._session.environment is Environment.LIVE
        return is_live or self._settings.values.confirm_paper_orders

    @property
    def _short_number(self) -> str:
        account = self._session.account.account
        return "" if account is None else account.short_number

    @Slot(object)
    def _on_confirmed(self, ask_no_more: bool) -> None:
        if ask_no_more:
            self._settings.change(confirm_paper_orders=False)
        self.submission.send()

    def end(self) -> None:
        """Hear and show nothing more: the session is about to go."""
        self._bindings.clear()
        self._ages.set_on(False)
        self._session.market.follow("ticket", ())

    def _connect(self) -> None:
        session, hear = self._session, self._bindings.connect
        hear(session.market.tickers_changed, self._take_tickers)
        hear(session.account.changed, self._refresh)
        hear(session.positions.changed, self._refresh)
        hear(session.orders.trading_block_changed, self._refresh)
        hear(session.connection.changed, self._refresh)
        hear(session.market_clock.changed, self._refresh)
        hear(session.watchlist.names_changed, self._take_name)
        self.header.symbol_entered.connect(self.set_symbol)
        self.form.changed.connect(self._on_edit)
        self.submission.changed.connect(self._refresh)
        self.send_area.send_requested.connect(self.send_order)
        self.send_area.another_requested.connect(self.submission.start_another)
        self.send_area.look_up_requested.connect(self.submission.look_up)

    @Slot()
    def _on_edit(self) -> None:
        self.submission.note_edit()
        self._refresh()

    @Slot(object)
    def _take_tickers(self, batch: dict[str, Ticker]) -> None:
        if self.form.symbol in batch:
            self._refresh()

    @Slot(object)
    def _take_name(self, symbol: str) -> None:
        if symbol == self.form.symbol:
            self.header.show_symbol(symbol, self._session.watchlist.name_of(symbol))

    def _market(self, ticker: Ticker | None) -> Market:
        quote = None if ticker is None else ticker.quote
        received_ns = None if quote is None else quote.received_ns
        now_ns = self._clock.monotonic_ns()
        is_live = self._session.connection.is_live(StreamName.QUOTES)
        return market_from(
            quote,
            freshness=freshness_of(received_ns, now_ns, stream_is_live=is_live),
            age_s=age_s(received_ns, now_ns),
            is_open=self._session.market_clock.is_open,
            feed_is_live=is_live,
        )

    @Slot()
    def _refresh(self) -> None:
        """Show everything again from what is known now; unchanged texts cost nothing."""
        ticker = self._session.market.ticker(self.form.symbol)
        market = self._market(ticker)
        self.header.show_ticker(ticker, market, self._source(ticker))
        self.form.show_market(market)
        request = self.submission.request or self.form.request()
        block = self._session.orders.trading_block
        if self.submission.stage in (Stage.EDITING, Stage.CONFIRMING):
            self._judge(request, market, words.trading_block(block))
        else:
            # The figures stay as they were when it was sent: judged anew, its own fill would count twice.
            self.rule.show_outlook(Outlook(Mood.STOP, self._why_disarmed()))
        is_sendable = block is TradingBlock.NONE and not request.problems()
        self.send_area.show_submission(
            self.submission, request, is_sendable=is_sendable, now_ns=self._clock.wall_ns()
        )
        self.send_area.show_account(
            self.tr("{account} \u00b7 Ctrl+Enter").format(
                account=words.account_sentence(self._session.environment, self._short_number)
            )
        )
        may_edit = self._may_turn
        self.form.set_editable(may_edit)
        self.header.symbol.setEnabled(may_edit)

    def _judge(self, request: OrderRequest, market: Market, block: str) -> None:
        position = self._session.positions.positions.get(request.symbol)
        expected = estimate(request, market, self._session.account.account, position)
        self.summary.show_estimate(request, expected)
        held = None if position is None else position.qty
        self.rule.show_outlook(outlook(request, market, expected, block=block, held=held))

    def _why_disarmed(self) -> str:
        match self.submission.stage:
            case Stage.TAKEN:
                return self.tr("This order is sent. Change anything, or choose New order, for another one.")
            case Stage.NOT_PLACED:
                return self.tr("Change something, or choose Try again.")
            case _:
                return self.tr("This ticket sends nothing more until the order is resolved.")

    def _source(self, ticker: Ticker | None) -> str:
        if ticker is None or ticker.source is None:
            return ""
        if ticker.source is Source.REST:
            return self.tr("snapshot")
        return self._session.connection.status(StreamName.QUOTES).feed.upper()

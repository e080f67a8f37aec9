"""One session's ticket: brings its prices, account and order desk to the form and the button."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.domain.environment import Environment
from core.domain.limits import Limits
from core.domain.market import Source, Ticker
from core.domain.order import Side
from core.domain.request import OrderRequest
from core.domain.trading_block import TradingBlock
from core.errors import AppError
from core.services.clock import Clock
from core.services.settings import Settings
from ui import words
from ui.controls.scrolling import ContentArea
from ui.dialogs.confirm_order import ConfirmOrderDialog
from ui.dialogs.limits import LimitsDialog
from ui.dialogs.question import Question
from ui.panels.bindings import Bindings
from ui.panels.one_click import Disarmed, OneClick
from ui.panels.pulse import Pulse
from ui.panels.ticket_foot import TicketFoot
from ui.panels.ticket_form import TicketForm
from ui.panels.ticket_header import TicketHeader
from ui.panels.ticket_outlook import Mood, Outlook, outlook
from ui.panels.ticket_rules import RuleList
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
        self.rules = RuleList(theme)
        self.send_area = SendArea(theme)
        self.foot = TicketFoot(theme)
        self.one_click = OneClick(clock, self)
        self.submission = Submission(session.orders, self, may_send=self._may_send)
        self._shown: OrderRequest | None = None  # what the button says
        self._bindings = Bindings()
        # A low window must not hide the button: what stands above it scrolls then.
        content = QWidget()
        inner = QVBoxLayout(content)
        inner.setContentsMargins(_MARGIN_PX, 10, _MARGIN_PX, 4)
        inner.setSpacing(8)
        for part in (self.header, self.form, self.summary, self.rule, self.rules):
            inner.addWidget(part)
        foot = QVBoxLayout()
        foot.setContentsMargins(_MARGIN_PX, 4, _MARGIN_PX, 8)
        foot.setSpacing(4)
        foot.addWidget(self.send_area)
        foot.addWidget(self.foot)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(ContentArea(content))
        column.addLayout(foot)
        column.addStretch(1)
        self._ages = Pulse(self, _AGE_MS, clock.monotonic_ns)
        self._ages.precede(self.header, self.send_area, self.foot)
        self._ages.beat.connect(self.one_click.look)
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
        self.one_click.disarm(Disarmed.OTHER_SYMBOL)
        self._session.market.follow("ticket", (symbol,))
        self.form.set_symbol(symbol, self._settings.values.presets.get(symbol))
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
        """Send what the button says, after a confirmation where one is asked for; otherwise do nothing."""
        # A size worked out from prices changes with them: what was read is what goes.
        request = self._shown
        if request is None or not self.submission.is_armed_for(request):
            return
        # The form is about to be locked; the keyboard must not fall to whatever comes next in the order.
        self.send_area.setFocus()
        if not self._must_confirm:
            self.submission.send_at_once(request)
            return
        self.submission.hold(request)
        if (client_order_id := self.submission.client_order_id) is None:
            return
        environment = self._session.environment
        dialog = ConfirmOrderDialog(
            self._theme, request, client_order_id, environment, self._short_number, self.window()
        )
        dialog.order_confirmed.connect(self._on_confirmed)
        dialog.rejected.connect(self.submission.release)
        dialog.open()

    @property
    def _may_turn(self) -> bool:
        return self.submission.stage is not Stage.CONFIRMING and not self.submission.is_unresolved

    @property
    def _must_confirm(self) -> bool:
        if self.one_click.is_armed:
            return False
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
        self.one_click.disarm(Disarmed.ENDED)
        self._ages.set_on(False)
        self._session.market.follow("ticket", ())

    def _connect(self) -> None:
        session, hear = self._session, self._bindings.connect
        hear(session.market.tickers_changed, self._take_tickers)
        hear(session.market.refusals_changed, self._refresh)
        hear(session.account.changed, self._refresh)
        hear(session.positions.changed, self._refresh)
        hear(session.orders.trading_block_changed, self._refresh)
        hear(session.connection.changed, self._refresh)
        hear(session.market_clock.changed, self._refresh)
        hear(session.watchlist.names_changed, self._take_name)
        hear(session.instruments.changed, self._take_instrument)
        hear(session.guard.changed, self._refresh)
        hear(self._settings.changed, self._on_setting)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            hear(application.applicationStateChanged, self._on_application_state)
        self.one_click.changed.connect(self._refresh)
        self.foot.arm_requested.connect(self.arm_one_click)
        self.foot.disarm_requested.connect(self._disarm_by_hand)
        self.foot.preset_requested.connect(self._keep_or_forget_preset)
        self.rules.limits_requested.connect(self.edit_limits)
        self.header.price_chosen.connect(self._take_price)
        self.header.symbol_entered.connect(self.set_symbol)
        self.header.quotes_wanted.connect(self._ask_again)
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

    @Slot()
    def _refresh(self) -> None:
        """Show everything again from what is known now; unchanged texts cost nothing."""
        ticker = self._session.market.ticker(self.form.symbol)
        around = self._session.guard.circumstances(self.form.symbol)
        self._show_refusal(self._session.market.refusal(self.form.symbol))
        self.header.show_ticker(ticker, around.market, self._source(ticker))
        self.form.show_around(around)
        request = self._shown = self.submission.request or self.form.request()
        judged = self._session.guard.judge(request)
        block = self._session.orders.trading_block
        if self.submission.stage in (Stage.EDITING, Stage.CONFIRMING):
            self.summary.show_estimate(judged)
            # What is no number is nothing to the rules, which would ask for one as if the field were empty.
            stop = words.trading_block(block) or self.form.complaint()
            self.rule.show_outlook(outlook(judged, block=stop))
            self.rules.show_findings(judged.findings)
        else:
            # The figures stay as they were when it was sent: judged anew, its own fill would count twice.
            self.rule.show_outlook(Outlook(Mood.STOP, self._why_disarmed()))
        is_sendable = block is TradingBlock.NONE and judged.may_send
        self.send_area.show_submission(
            self.submission, request, is_sendable=is_sendable, now_ns=self._clock.wall_ns()
        )
        self.send_area.show_account(self._session.environment, self._short_number)
        is_live = self._session.environment is Environment.LIVE
        self.foot.show_one_click(self.one_click, is_live=is_live)
        kept = self._settings.values.presets.get(self.form.symbol)
        self.foot.show_preset(self.form.symbol, is_kept=kept is not None and kept == self.form.preset())
        may_edit = self._may_turn
        self.form.set_editable(may_edit)
        self.header.symbol.setEnabled(may_edit)

    def _show_refusal(self, refusal: AppError | None) -> None:
        if refusal is None:
            self.header.show_refusal("")
        elif self._session.grant.may_read_data:
            self.header.show_refusal(self.tr("quotes refused by the broker"), refusal.headline)
        else:
            self.header.show_refusal(
                self.tr("sign-in covers no market data"),
                self.tr("To see prices, sign in again and allow market data on the broker's page."),
            )

    @Slot()
    def _ask_again(self) -> None:
        self._session.market.ask_again(self.form.symbol)

    def _may_send(self, request: OrderRequest) -> bool:
        return self._session.guard.judge(request).may_send

    @Slot()
    def arm_one_click(self) -> None:
        """Send without asking for a while; with real money only after a question."""
        if self._session.environment is Environment.PAPER:
            self.one_click.arm()
            return
        question = Question(
            self._theme,
            self.tr("Send live orders without asking?"),
            self.tr("Arm for five minutes"),
            kind="danger",
            parent=self.window(),
        )
        question.add_account(self._session.environment, self._short_number)
        question.add_text(
            self.tr(
                "One click on the order button, or Ctrl+Enter, then trades real money. It ends after five "
                "minutes, when the symbol or the account changes, and when you turn to another window. "
                "Your limits hold all the time."
            )
        )
        question.confirmed.connect(self.one_click.arm)
        question.open()

    @Slot()
    def edit_limits(self) -> None:
        """Show the trader's limits, to be changed."""
        dialog = LimitsDialog(self._theme, self._settings.values.limits, self.window())
        dialog.limits_chosen.connect(self._take_limits)
        dialog.open()

    @Slot(object)
    def _take_limits(self, limits: Limits) -> None:
        self._settings.change(limits=limits)

    @Slot()
    def _disarm_by_hand(self) -> None:
        self.one_click.disarm(Disarmed.BY_HAND)

    @Slot(object)
    def _on_application_state(self, state: Qt.ApplicationState) -> None:
        if state is not Qt.ApplicationState.ApplicationActive:
            self.one_click.disarm(Disarmed.LOOKED_AWAY)

    @Slot(str)
    def _on_setting(self, name: str) -> None:
        if name in ("limits", "presets", "confirm_paper_orders"):
            self._refresh()

    @Slot()
    def _keep_or_forget_preset(self) -> None:
        symbol, now = self.form.symbol, self.form.preset()
        presets = dict(self._settings.values.presets)
        if presets.get(symbol) == now:
            del presets[symbol]
        else:
            presets[symbol] = now
        self._settings.change(presets=presets)

    @Slot(object)
    def _take_price(self, which: str) -> None:
        market = self._session.guard.market(self.form.symbol)
        self.form.take_price({"bid": market.bid, "ask": market.ask, "last": market.last}[which])

    @Slot(object)
    def _take_instrument(self, symbol: str) -> None:
        if symbol == self.form.symbol:
            self._refresh()

    def _why_disarmed(self) -> str:
        match self.submission.stage:
            case Stage.TAKEN:
                return self.tr("This order is sent. Change anything, or choose New order, for another one.")
            case Stage.NOT_PLACED:
                return self.tr("Change something, or choose Try again.")
            case _:
                return self.tr("This ticket sends nothing more until the order is resolved.")

    def _source(self, ticker: Ticker | None) -> str:
        part = None if ticker is None else ticker.quote or ticker.trade
        if part is None:
            return ""
        if part.source is Source.REST:
            return self.tr("snapshot")
        # There is room for a word; where its prices come from is told whole by the strip.
        return words.feed_name(part.feed).partition(" ")[0]

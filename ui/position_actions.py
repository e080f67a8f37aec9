"""What is asked of a position beyond closing it: a part, the other side, exits that wait."""

from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from core.domain.finding import Finding
from core.domain.market import Ticker
from core.domain.marking import MarkBy, mark_of
from core.domain.position import Position
from core.domain.protection import exits_for
from core.domain.request import OrderRequest, closing_request
from core.domain.reversal import may_reverse, opening_request
from core.domain.trading_block import TradingBlock
from core.errors import AppError, NotPermitted
from core.services.reversal import Reversal
from ui import finding_words, sentences, words
from ui.controls.labels import PlainLabel
from ui.dialogs.exit_dialogs import ClosePartDialog, ExitQuestion, ProtectDialog
from ui.dialogs.question import Question
from ui.dialogs.reversal import ReversalWindow
from ui.instrument_words import short_name
from ui.panels.position_menu import PositionDeed
from ui.theme.theme import Theme
from ui.trading_actions import TradingActions

if TYPE_CHECKING:
    from core.services.session import Session


class PositionActions(QObject):
    """Asks first, always; sends through `actions`, which tell what becomes of it."""

    noticed = Signal(object)  # AppError

    def __init__(self, session: "Session", actions: TradingActions, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._actions, self._theme, self._window = session, actions, theme, window
        self._reversals: dict[str, Reversal] = {}

    def ask(self, symbol: str, deed: PositionDeed) -> None:
        """Open the question for a deed on the position in `symbol`."""
        position = self._session.positions.positions.get(symbol)
        if position is None:
            return
        if not position.closable_qty:
            self._notice(
                self.tr("Open orders hold all of the position in {symbol}.").format(
                    symbol=short_name(symbol)
                ),
                self.tr("Nothing was sent. Cancel them first."),
            )
            return
        match deed:
            case PositionDeed.CLOSE_PART:
                self._ask_part(position)
            case PositionDeed.REVERSE:
                self._ask_reverse(position)
            case PositionDeed.PROTECT if exits_for(position):
                self._ask_protect(position)

    # ---- a part, and exits ---------------------------------------------------------------------------

    def _ask_part(self, position: Position) -> None:
        self._open(
            ClosePartDialog(
                self._theme,
                position,
                self._session.environment,
                self._short_number,
                lambda _request: None,  # closing is always allowed
                self._session.instruments.get(position.market_symbol),
                self._window,
            )
        )

    def _ask_protect(self, position: Position) -> None:
        ticker: Ticker | None = self._session.market.ticker(position.market_symbol)
        mark = mark_of(position, ticker, MarkBy.LAST, self._session.positions.received_ns)
        price: Decimal | None = None if mark is None else mark.price
        self._open(
            ProtectDialog(
                self._theme,
                position,
                self._session.environment,
                self._short_number,
                lambda request: self._session.guard.judge(request).worst,
                self._session.instruments.get(position.market_symbol),
                price,
                self._window,
            )
        )

    def _open(self, dialog: ExitQuestion) -> None:
        asked = dialog.position
        dialog.order_confirmed.connect(lambda request: self._send(request, asked))
        dialog.open()

    def _send(self, request: OrderRequest, asked: Position) -> None:
        """Send what was confirmed, or nothing: a position that has changed meanwhile is asked about anew."""
        if self._has_changed(asked):
            return
        text = sentences.request_sentence(request)
        self._actions.send(lambda: self._session.orders.place(request), text)

    def _has_changed(self, asked: Position) -> bool:
        position = self._session.positions.positions.get(asked.symbol)
        same = position is not None and (position.qty, position.closable_qty) == (
            asked.qty,
            asked.closable_qty,
        )
        if not same:
            self._notice(
                self.tr("The position has changed. Nothing was sent."), self.tr("Look, and try again.")
            )
        return not same

    # ---- the other side ------------------------------------------------------------------------------

    def _ask_reverse(self, position: Position) -> None:
        running = self._reversals.get(position.symbol)
        if running is not None and not running.is_over:
            self._notice(self.tr("That position is being reversed already."), "")
            return
        opening = opening_request(position)
        objection = (
            ""
            if may_reverse(position)
            else self.tr("Only whole shares and contracts that no order holds can be turned round.")
        )
        objection = objection or self._objection(opening)
        if objection:
            self._notice(
                self.tr("The position in {symbol} cannot be reversed. Nothing was sent.").format(
                    symbol=short_name(position.symbol)
                ),
                objection,
            )
            return
        dialog = Question(
            self._theme,
            self.tr("Reverse the position in {symbol}?").format(symbol=short_name(position.symbol)),
            self.tr("Start with the close"),
            kind=opening.side.value,
            parent=self._window,
        )
        dialog.add_account(self._session.environment, self._short_number)
        for heading, request in (
            (self.tr("First the close:"), closing_request(position)),
            (self.tr("Then, when it is proven filled, the opening order:"), opening),
        ):
            dialog.body.addWidget(PlainLabel(heading, font=self._theme.fonts.strong))
            dialog.add_terms(sentences.sent_members(request.body("")))
        dialog.add_text(
            self.tr(
                "Two market orders; the broker knows no order that does both. If the first does not fill "
                "whole within a minute, the second is not sent, and you are flat or as you were."
            )
        )
        dialog.confirmed.connect(lambda: self._reverse(position))
        dialog.open()

    def _reverse(self, position: Position) -> None:
        if self._has_changed(position):
            return
        session = self._session
        reversal = Reversal(session.orders, session.positions, position, objection=self._objection)

        def start() -> None:
            reversal.start()
            self._reversals[position.symbol] = reversal
            ReversalWindow(
                self._theme, reversal, session.environment, self._short_number, self._window
            ).show()

        try:
            start()
        except NotPermitted as refused:
            block = session.orders.close_block
            self._notice(self.tr("Nothing was sent."), words.trading_block(block) or refused.remedy)
        except AppError as failure:
            self.noticed.emit(failure)

    def _objection(self, opening: OrderRequest) -> str:
        """Why the opening order of a reversal must not be sent now, once the position is closed."""
        block = self._session.orders.trading_block
        if self._session.flatten.is_running:
            return self.tr("Flatten is at work.")
        if block is not TradingBlock.NONE:
            return words.trading_block(block)
        worst: Finding | None = self._session.guard.judge(opening, when_flat=True).worst
        return "" if worst is None or not worst.verdict.stops else finding_words.sentence(worst)

    @property
    def _short_number(self) -> str:
        account = self._session.account.account
        return "" if account is None else account.short_number

    def _notice(self, headline: str, remedy: str) -> None:
        self.noticed.emit(AppError(headline, remedy))

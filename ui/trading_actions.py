"""What the panels ask for beyond the ticket: cancel, replace, close; with the questions that come first."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from core.domain.cancels import cancelable_orders
from core.domain.environment import Environment
from core.domain.intent import Intent, IntentKind, IntentState
from core.domain.order import Order
from core.domain.position import Position
from core.domain.replacement import change_problems
from core.domain.request import ReplaceRequest, closing_request
from core.domain.trading_block import TradingBlock
from core.errors import AppError, NotPermitted, OrderRefused, OutcomeUnknown
from ui import figures, finding_words, order_words, sentences, words
from ui.dialogs.question import Question
from ui.dialogs.replace_order import ReplaceDialog
from ui.instrument_words import short_name
from ui.theme.theme import Theme

if TYPE_CHECKING:
    from core.services.session import Session


_LISTED = 12  # orders named in a question; the others are counted


_BLOCKS = frozenset(block.value for block in TradingBlock) - {""}


class TradingActions(QObject):
    """Asks the trader, then the session's order desk; failures and refusals come out of `noticed`."""

    noticed = Signal(object)  # AppError

    def __init__(self, session: "Session", theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._theme, self._window = session, theme, window
        self._asked: dict[str, str] = {}  # client order id -> what was asked, as a sentence
        session.orders.intents_changed.connect(self._follow)

    @Slot(object)
    def cancel(self, order_id: str) -> None:
        """Cancel one order at once: it can only lower the risk, and seconds may matter."""
        order = self._session.orders.orders.get(order_id)
        if order is None:
            return
        self._try(lambda: self._note(self._session.orders.cancel(order_id), sentences.order_sentence(order)))

    @Slot(object)
    def replace(self, order_id: str) -> None:
        """Ask for new terms of one order."""
        order = self._session.orders.orders.get(order_id)
        if order is None or not order.is_replaceable:
            return
        dialog = ReplaceDialog(
            self._theme,
            order,
            self._session.environment,
            self._short_number,
            self._window,
            check=lambda change: self._session.guard.judge_change(order, change),
        )
        dialog.replace_requested.connect(self._replace_confirmed)
        dialog.open()

    def change(self, request: ReplaceRequest, *, must_ask: bool) -> None:
        """Send new terms that were typed into the order's row; live orders are always asked about first."""
        order = self._session.orders.orders.get(request.order_id)
        if order is None or self._is_refused_here(order, request):
            return
        if not must_ask and self._session.environment is not Environment.LIVE:
            self._replace_confirmed(request)
            return
        dialog = Question(
            self._theme, self.tr("Change this order?"), self.tr("Send the change"), parent=self._window
        )
        dialog.add_account(self._session.environment, self._short_number)
        dialog.add_text(sentences.order_sentence(order))
        dialog.add_terms(sentences.sent_members(request.body("")))
        dialog.add_text(self.tr("If the order fills first, the fill stands and the change is refused."))
        dialog.confirmed.connect(lambda: self._replace_confirmed(request))
        dialog.open()

    def _is_refused_here(self, order: Order, request: ReplaceRequest) -> bool:
        """Whether a rule or a limit excludes the change; says so."""
        reasons = [order_words.problem(problem) for problem in request.problems()]
        reasons += [order_words.change_problem(problem) for problem in change_problems(order, request)]
        if not reasons:
            findings = self._session.guard.judge_change(order, request)
            reasons = [finding_words.sentence(finding) for finding in findings if finding.verdict.stops]
        if reasons:
            self.noticed.emit(
                OrderRefused(self.tr("The order was not changed. Nothing was sent."), reasons[0])
            )
        return bool(reasons)

    @Slot(object)
    def retry(self, client_order_id: str) -> None:
        """Ask, then send an intent of unknown fate once more under its own id."""
        orders = self._session.orders
        intent = orders.intent(client_order_id)
        if intent is None:
            return
        dialog = Question(
            self._theme,
            self.tr("Send it again?"),
            self.tr("Send again with the same id"),
            kind="primary",
            parent=self._window,
        )
        dialog.add_account(self._session.environment, self._short_number)
        if intent.terms:
            dialog.add_terms(sentences.sent_members(intent.terms))
        dialog.add_text(
            self.tr(
                "Its outcome is unknown. It is sent byte for byte with the same order id, which the broker "
                "takes only once: this cannot make a second order."
            )
        )
        text = f"{words.intent_kind(intent.kind)} {short_name(intent.symbol)}"
        dialog.confirmed.connect(lambda: self._try(lambda: self._note(orders.retry(client_order_id), text)))
        dialog.open()

    @Slot(object)
    def let_go(self, client_order_id: str) -> None:
        """Ask, then stop checking an intent that has long been unknown. That settles nothing, and says so."""
        orders = self._session.orders
        intent = orders.intent(client_order_id)
        if intent is None or intent.state is not IntentState.UNKNOWN:
            return
        dialog = Question(
            self._theme, self.tr("Stop checking this order?"), self.tr("Stop checking"), parent=self._window
        )
        dialog.add_account(self._session.environment, self._short_number)
        if intent.terms:
            dialog.add_terms(sentences.sent_members(intent.terms))
        dialog.add_text(
            self.tr(
                "This withdraws nothing, and does not mean that it failed. The broker has not known its "
                "id up to now, but it may still arrive, and fill. It stays listed as unknown; should it "
                "appear at the broker, it is shown at once. The next start checks again, and so can you "
                "at any time."
            )
        )
        dialog.add_text(
            self.tr("Before you place it anew, look at the broker's own site, or ask its support by this id:")
        )
        our_id = dialog.add_text(words.outside_text(intent.client_order_id, 64))
        our_id.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        dialog.confirmed.connect(lambda: orders.let_go(client_order_id))
        dialog.open()

    @Slot()
    def cancel_all(self) -> None:
        """Ask, then cancel every open order one by one."""
        self.cancel_many(None, None)

    @Slot(object, object)
    def cancel_many(self, symbol: str | None, side: str | None) -> None:
        """Ask, then cancel the open orders of a symbol, of a side, or all, one by one."""
        open_orders = cancelable_orders(self._session.orders.orders, symbol=symbol, side=side)
        if not open_orders:
            self.noticed.emit(AppError(self.tr("There is no working order to cancel.")))
            return
        dialog = Question(
            self._theme,
            self._cancel_question(len(open_orders), symbol, side),
            self.tr("Cancel all orders") if symbol is side is None else self.tr("Cancel these orders"),
            kind="danger",
            parent=self._window,
        )
        dialog.add_account(self._session.environment, self._short_number)
        lines = [sentences.order_sentence(order) for order in open_orders[:_LISTED]]
        if len(open_orders) > _LISTED:
            lines.append(self.tr("and {count} more").format(count=len(open_orders) - _LISTED))
        dialog.add_text("\n".join(lines))
        dialog.add_text(self.tr("Each order is cancelled by itself. One that fills first stays filled."))
        dialog.confirmed.connect(lambda: self._cancel_confirmed(symbol, side))
        dialog.open()

    def _cancel_question(self, count: int, symbol: str | None, side: str | None) -> str:
        if count == 1:
            return self.tr("Cancel the working order?")
        if symbol is not None:
            text = self.tr("Cancel all {count} working orders in {symbol}?")
            return text.format(count=count, symbol=short_name(symbol))
        if side is not None:
            text = self.tr("Cancel all {count} working {side} orders?")
            return text.format(count=count, side=words.side(side).lower())
        return self.tr("Cancel all {count} working orders?").format(count=count)

    @Slot(object)
    def close_position(self, symbol: str) -> None:
        """Ask, then send a market order for all that is free of the position."""
        position = self._session.positions.positions.get(symbol)
        if position is None:
            return
        request = closing_request(position)
        qty, side = position.closable_qty, request.side
        label = short_name(symbol)
        if not qty:
            self.noticed.emit(
                AppError(
                    self.tr("Open orders hold all of the position in {symbol}.").format(symbol=label),
                    self.tr("Nothing was sent. Cancel them first, then close it."),
                )
            )
            return
        dialog = Question(
            self._theme,
            self.tr("Close the position in {symbol}?").format(symbol=label),
            self.tr("{side} {qty} {symbol} at market").format(
                side=words.side(side), qty=figures.quantity(qty), symbol=label
            ),
            kind=side.value,
            parent=self._window,
        )
        dialog.add_account(self._session.environment, self._short_number)
        dialog.add_terms(sentences.sent_members(request.body("")))
        dialog.add_text(self.tr("A market order: it fills at whatever price the market gives."))
        if kept := abs(position.qty) - qty:
            dialog.add_text(
                self.tr(
                    "{kept} of {held} stay: other orders hold them. Cancel those first to close all of it."
                ).format(kept=figures.quantity(kept), held=figures.quantity(abs(position.qty)))
            )
        dialog.confirmed.connect(lambda: self._close_confirmed(position))
        dialog.open()

    @property
    def _short_number(self) -> str:
        account = self._session.account.account
        return "" if account is None else account.short_number

    @Slot(object)
    def _replace_confirmed(self, request: ReplaceRequest) -> None:
        order = self._session.orders.orders.get(request.order_id)
        # Looked at again: while the question stood there, the order and the market have gone on.
        if order is not None and self._is_refused_here(order, request):
            return
        text = "" if order is None else sentences.order_sentence(order)
        self._try(lambda: self._note(self._session.orders.replace(request), text))

    def _cancel_confirmed(self, symbol: str | None, side: str | None) -> None:
        def cancel() -> None:
            for intent in self._session.orders.cancel_all(symbol=symbol, side=side):
                order = self._session.orders.orders.get(intent.target_order_id or "")
                self._note(intent, "" if order is None else sentences.order_sentence(order))

        self._try(cancel)

    def _close_confirmed(self, asked: Position) -> None:
        """Send what was confirmed, or nothing: a position that has changed meanwhile is asked about anew."""
        position = self._session.positions.positions.get(asked.symbol)
        if position is None:
            self.noticed.emit(AppError(self.tr("That position is closed already. Nothing was sent.")))
            return
        if closing_request(position) != closing_request(asked):
            self.noticed.emit(
                AppError(self.tr("The position has changed. Nothing was sent."), self.tr("Close it again."))
            )
            return
        text = self.tr("Close {symbol}").format(symbol=short_name(asked.symbol))
        self._try(lambda: self._note(self._session.orders.close_position(asked), text))

    def send(self, deed: Callable[[], Intent], text: str) -> bool:
        """Do what sends one order, and tell what becomes of it; returns whether it was sent."""
        sent: list[Intent] = []
        self._try(lambda: sent.append(deed()))
        for intent in sent:
            self._note(intent, text)
        return bool(sent)

    def _note(self, intent: Intent, text: str) -> None:
        self._asked[intent.client_order_id] = text

    def _try(self, deed: Callable[[], None]) -> None:
        try:
            deed()
        except NotPermitted as refused:
            # The desk names its reason: what only closes is held by fewer things than a new order.
            block = refused.detail or self._session.orders.trading_block.value
            reason = words.trading_block(block) if block in _BLOCKS else refused.remedy
            self.noticed.emit(NotPermitted(self.tr("Nothing was sent."), reason))
        except AppError as failure:
            self.noticed.emit(failure)

    @Slot(object)
    def _follow(self, intents: tuple[Intent, ...]) -> None:
        for intent in intents:
            text = self._asked.get(intent.client_order_id)
            if text is None:
                continue
            if intent.state is IntentState.UNKNOWN:
                self.noticed.emit(self._unknown(intent, text))
            elif intent.state.is_settled:
                del self._asked[intent.client_order_id]
                if intent.state in (IntentState.REFUSED, IntentState.NEVER_SENT):
                    self.noticed.emit(self._refused(intent, text))

    def _unknown(self, intent: Intent, text: str) -> AppError:
        kind = words.intent_kind(intent.kind)
        return OutcomeUnknown(
            self.tr("{kind}: {order}: outcome unknown.").format(kind=kind, order=text),
            self.tr("Checking with the broker; nothing is sent again by itself. Watch the order."),
        )

    def _refused(self, intent: Intent, text: str) -> AppError:
        reason = words.outside_text(intent.reason) or self.tr("no reason given")
        if intent.kind is IntentKind.PLACE:
            return OrderRefused(
                self.tr("{order}: no order was placed.").format(order=text), self.tr("Reason: ") + reason
            )
        return OrderRefused(
            self.tr("{kind}: {order}: refused; the order is as it was.").format(
                kind=words.intent_kind(intent.kind), order=text
            ),
            self.tr("Reason: ") + reason,
        )

"""The foot of the ticket: the button that says the whole order, the account, and what became of it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from core.domain.environment import Environment
from core.domain.freshness import NS_PER_S
from core.domain.intent import IntentState
from core.domain.order import OrderStatus, Side
from core.domain.request import OrderRequest
from ui import figures, refusals, sentences, words
from ui.controls.announce import announce
from ui.controls.badge import EnvironmentBadge
from ui.controls.buttons import ActionButton
from ui.controls.labels import PlainLabel
from ui.panels.ticket_submission import Stage, Submission
from ui.theme.colors import Tone
from ui.theme.theme import Theme

_BUTTON_PX = 40
_BUTTON_MARGINS_PX = 24
_LEAST_ROOM_PX = 300


class SendArea(QWidget):
    """Shows where the submission stands and offers exactly the steps that are possible there."""

    send_requested = Signal()
    another_requested = Signal()
    look_up_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stage = Stage.EDITING
        self.button = ActionButton("", kind="buy", font=theme.fonts.strong, height=_BUTTON_PX)
        self.button.setObjectName("send")
        # A long order takes two lines; it never makes the panel wider.
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.account = PlainLabel(tone="muted")
        self.account.set_caption(self.tr("Account"))
        self.badge = EnvironmentBadge(theme)
        whose = QHBoxLayout()
        whose.setSpacing(8)
        whose.addStretch(1)
        whose.addWidget(self.badge)
        whose.addWidget(self.account)
        whose.addStretch(1)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAccessibleName(self.tr("Order status"))
        self.status = PlainLabel(wrap=True)
        self.status.set_caption(self.tr("What became of the order"))
        self.earlier = PlainLabel(tone="warning", wrap=True)
        self.earlier.set_caption(self.tr("Earlier orders"))
        self.look_up = ActionButton(self.tr("Check now"), kind="link", tone="accent")
        self.another = ActionButton(self.tr("New order"), kind="link", tone="accent")
        outcome = QHBoxLayout()
        outcome.setSpacing(8)
        outcome.addWidget(self.status, 1)
        for link in (self.look_up, self.another):
            outcome.addWidget(link, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.button)
        column.addLayout(whose)
        column.addLayout(outcome)
        column.addWidget(self.earlier)
        self.button.clicked.connect(self.send_requested)
        self.another.clicked.connect(self.another_requested)
        self.look_up.clicked.connect(self.look_up_requested)

    def show_account(self, environment: Environment, short_number: str) -> None:
        """Say which account the button trades in, in a badge, a colour and words."""
        if environment is not self.badge.environment or not self.badge.text().endswith(short_number):
            self.badge.show_account(environment, short_number)
        is_live = environment is Environment.LIVE
        text = (
            self.tr("Real money \u00b7 Ctrl+Enter") if is_live else self.tr("Paper money \u00b7 Ctrl+Enter")
        )
        self.account.show_text(text, "down" if is_live else "muted")

    def show_submission(
        self, submission: Submission, request: OrderRequest, *, is_sendable: bool, now_ns: int
    ) -> None:
        """Show the state of `submission`; `request` is what the form says, `now_ns` is wall-clock time."""
        stage = submission.stage
        shown = submission.request or request
        self.button.set_kind("buy" if shown.side is Side.BUY else "sell")
        text = self._button_text(stage, shown)
        self.button.show_text(self._in_lines(text))
        self.button.setAccessibleName(text)
        self.button.setEnabled(stage is Stage.EDITING and is_sendable)
        text, tone = self._status(submission, now_ns)
        has_news = text != self.status.text() and not (stage is self._stage is Stage.UNKNOWN)
        self._stage = stage
        self.status.show_text(text, tone)
        if has_news:  # and not merely grown older
            announce(self.status, text, is_urgent=stage in (Stage.UNKNOWN, Stage.NOT_PLACED))
        self.status.setVisible(bool(text))
        self.look_up.setVisible(stage is Stage.UNKNOWN)
        self.another.setVisible(stage not in (Stage.EDITING, Stage.CONFIRMING))
        self.another.show_text(self.tr("Try again") if stage is Stage.NOT_PLACED else self.tr("New order"))
        self._show_earlier(submission)

    def _in_lines(self, text: str) -> str:
        """Break before the exits where all of it does not fit on one line."""
        room = max(self.width(), _LEAST_ROOM_PX) - _BUTTON_MARGINS_PX
        if self.button.fontMetrics().horizontalAdvance(text) <= room:
            return text
        head, comma, exits = text.partition(", ")
        return f"{head}{comma.strip()}\n{exits}" if comma else text

    def _button_text(self, stage: Stage, request: OrderRequest) -> str:
        if stage is Stage.CONFIRMING:
            return self.tr("Waiting for your confirmation\u2026")
        if stage is Stage.SENDING:
            return self.tr("Sending\u2026")
        if stage is Stage.UNKNOWN:
            return self.tr("Outcome unknown")
        if request.problems():
            return f"{words.side(request.side)} {request.symbol}".strip()
        return sentences.request_sentence(request)

    def _status(self, submission: Submission, now_ns: int) -> tuple[str, Tone]:
        match submission.stage:
            case Stage.SENDING:
                return self.tr("Sent once. Waiting for the broker's answer."), "muted"
            case Stage.UNKNOWN:
                return self._unknown(submission, now_ns), "warning"
            case Stage.TAKEN:
                return self._taken(submission)
            case Stage.NOT_PLACED:
                return self._not_placed(submission), "down"
            case _:
                return "", "muted"

    def _unknown(self, submission: Submission, now_ns: int) -> str:
        since = submission.intent.since_ns if submission.intent is not None else now_ns
        order = "" if submission.request is None else sentences.request_sentence(submission.request)
        return self.tr(
            "{order}: outcome unknown \u2013 checking with the broker ({age}). "
            "It may be working. It is not sent again by itself."
        ).format(order=order, age=figures.age(max(0.0, (now_ns - since) / NS_PER_S)))

    def _taken(self, submission: Submission) -> tuple[str, Tone]:
        order = submission.order
        if order is None:
            return ("" if submission.intent is None else words.intent_state(submission.intent)), "text"
        if not order.filled_qty:
            is_over = order.status.is_final
            return words.order_status(order), "warning" if is_over else "text"
        filled = sentences.fill_sentence(order)
        if order.status is OrderStatus.FILLED:
            return filled, "up"
        return f"{filled} \u00b7 {words.order_status(order)}", "text"

    def _not_placed(self, submission: Submission) -> str:
        if submission.failure is not None:
            failure = submission.failure
            parts = (failure.headline, failure.remedy)
            return self.tr("No order was placed. {reason}").format(
                reason=words.outside_text(" ".join(filter(None, parts)))
            )
        intent = submission.intent
        reason = words.outside_text(intent.reason) if intent is not None else ""
        if intent is not None and intent.state is IntentState.NEVER_SENT:
            text = self.tr("No order was placed: nothing left this computer. {reason}")
        elif intent is not None and intent.order_id is not None:
            text = self.tr("The broker took the order, and rejected it then. Nothing was filled: {reason}")
            order = submission.order
            if order is not None and order.filled_qty:
                text = self.tr("The broker took the order, and rejected the rest of it then: {reason}")
        else:
            text = self.tr("No order was placed. The broker says: {reason}")
            if meaning := refusals.meaning(reason):
                text = self.tr("No order was placed. {meaning} The broker says: {reason}")
                return text.format(meaning=meaning, reason=reason)
        return text.format(reason=reason or self.tr("no reason given")).strip()

    def _show_earlier(self, submission: Submission) -> None:
        waiting = ", ".join(sentences.request_sentence(request) for request in submission.left_behind)
        self.earlier.show_text(
            self.tr("An earlier order is still unresolved: {orders}. Look in Orders.").format(orders=waiting)
            if waiting
            else ""
        )
        self.earlier.setVisible(bool(waiting))

"""A reversal as it goes: two steps, each with its state; closing the window gives the second one up."""

from PySide6.QtCore import QCoreApplication, Qt, Slot
from PySide6.QtWidgets import QWidget

from core.domain.environment import Environment
from core.services.reversal import Reversal, Step
from ui import words
from ui.controls.badge import EnvironmentBadge
from ui.dialogs.frame import DialogFrame
from ui.dialogs.terms import TermsTable
from ui.instrument_words import short_name
from ui.theme.theme import Theme


class ReversalWindow(DialogFrame):
    """Not modal. The second order is sent only while this stands open, and once."""

    def __init__(
        self,
        theme: Theme,
        reversal: Reversal,
        environment: Environment,
        short_number: str,
        parent: QWidget | None = None,
    ) -> None:
        heading = QCoreApplication.translate("ReversalWindow", "Reversing {symbol}").format(
            symbol=short_name(reversal.position.symbol)
        )
        super().__init__(theme, heading, parent)
        self.setModal(False)
        self.reversal = reversal
        reversal.setParent(self)
        badge = EnvironmentBadge(theme)
        badge.show_account(environment, short_number)
        self.body.addWidget(badge, 0, Qt.AlignmentFlag.AlignLeft)
        self.steps = TermsTable(theme, {}, self.tr("Steps"))
        self.steps.add_row("close", self.tr("1. Close"), "")
        self.steps.add_row("open", self.tr("2. Open the other side"), "")
        self.body.addWidget(self.steps)
        self.says = self.add_text("")
        self.end = self.add_button(self.tr("Stop before the second step"), kind="danger")
        self.end.clicked.connect(self.reject)
        reversal.changed.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show how far it is."""
        step, intent = self.reversal.step, self.reversal.intent()
        close = self.tr("not sent") if intent is None else words.intent_state(intent)
        self.steps.shown["close"].show_text(close)
        opens = {
            Step.CLOSING: self.tr("waits for the first"),
            Step.PROVING: self.tr("waits for the broker's positions"),
            Step.OPENED: self.tr("sent"),
            Step.STOPPED: self.tr("not sent"),
            Step.TOO_LATE: self.tr("not sent"),
        }
        self.steps.shown["open"].show_text(opens[step])
        reason = words.outside_text(self.reversal.reason)
        texts = {
            Step.CLOSING: self.tr(
                "The second order is sent when the first is filled and the broker lists no position. "
                "Closing this window gives it up."
            ),
            Step.PROVING: self.tr("The close is filled. The broker's list of positions may take seconds."),
            Step.OPENED: self.tr("Both orders were sent; the second one stands among your orders."),
            Step.STOPPED: self.tr("The second order was not sent and will not be. {reason}").format(
                reason=reason
            ),
            Step.TOO_LATE: self.tr(
                "The close took longer than a minute, so the second order was not sent. "
                "The close itself goes on: see your orders."
            ),
        }
        self.says.show_text(texts[step].strip(), "text" if step is Step.OPENED else "muted")
        if self.reversal.is_over:
            self.end.set_kind("")
            self.end.show_text(self.tr("Close"))

    def done(self, result: int) -> None:
        # However it closes, nothing goes on behind the trader's back.
        self.reversal.stop()
        super().done(result)

"""The last look at an order before it is sent: exactly what will be sent, and to which account."""

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QWidget

from core.domain.environment import Environment
from core.domain.request import OrderRequest, spelled
from ui import sentences, words
from ui.controls.exact_text import ExactText
from ui.dialogs.question import Question
from ui.theme.theme import Theme


class ConfirmOrderDialog(Question):
    """`order_confirmed` means: send it, under that id. `request` must have no problems."""

    order_confirmed = Signal(object)  # bool: whether paper orders are sent without asking from now on

    def __init__(
        self,
        theme: Theme,
        request: OrderRequest,
        client_order_id: str,
        environment: Environment,
        short_number: str,
        parent: QWidget | None = None,
    ) -> None:
        account = words.account_label(environment, short_number)
        super().__init__(
            theme,
            sentences.request_sentence(request),
            QCoreApplication.translate("ConfirmOrderDialog", "Send to {account}").format(account=account),
            kind=request.side.value,
            parent=parent,
        )
        self.setWindowTitle(self.tr("Send this order?"))
        self.add_account(environment, short_number)
        body = request.body(client_order_id)
        self.terms = self.add_terms(sentences.sent_members(body))
        is_live = environment is Environment.LIVE
        self.exact = ExactText(spelled(body).decode(), self.tr("The text that is sent"), theme.fonts.base)
        self.body.addWidget(self.exact)
        note = self.tr("This is real money.") if is_live else self.tr("Paper money: nothing real is traded.")
        self.add_text(
            self.tr("Exactly this text is sent, once. The id at its end is this order's own. {note}").format(
                note=note
            )
        )
        self.ask_no_more = QCheckBox(self.tr("Send paper orders without asking from now on"))
        self.ask_no_more.setVisible(not is_live)
        self.body.addWidget(self.ask_no_more)
        shortcut = QShortcut(QKeySequence("Ctrl+Return"), self)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(self.deed.click)
        self.confirmed.connect(self._confirm_order)

    @Slot()
    def _confirm_order(self) -> None:
        self.order_confirmed.emit(self.ask_no_more.isChecked())

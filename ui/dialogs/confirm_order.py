"""The last look at an order before it is sent: exactly what will be sent, and to which account."""

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from core.domain.environment import Environment
from core.domain.order import Side
from core.domain.request import OrderRequest
from ui import sentences, words
from ui.controls.badge import EnvironmentBadge
from ui.dialogs.frame import DialogFrame
from ui.dialogs.terms import TermsTable
from ui.theme.theme import Theme

_NOT_SHOWN = "client_order_id"  # made by the order desk at the moment of sending


class ConfirmOrderDialog(DialogFrame):
    """`confirmed` means: send it. `request` must have no problems.

    The second half of a double click, or a key still held down, must not confirm what the first half
    opened, so the button takes nothing before the double-click time has passed.
    """

    confirmed = Signal(object)  # bool: whether paper orders are sent without asking from now on

    def __init__(
        self,
        theme: Theme,
        request: OrderRequest,
        environment: Environment,
        short_number: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, sentences.request_sentence(request), parent)
        self.setWindowTitle(self.tr("Send this order?"))
        badge = EnvironmentBadge(theme)
        badge.show_account(environment, short_number)
        row = QHBoxLayout()
        row.addWidget(badge)
        row.addStretch(1)
        self.body.addLayout(row)
        body = {name: value for name, value in request.body(_NOT_SHOWN).items() if name != _NOT_SHOWN}
        self.terms = TermsTable(theme, body)
        self.body.addWidget(self.terms)
        is_live = environment is Environment.LIVE
        note = self.tr("This is real money.") if is_live else self.tr("Paper money: nothing real is traded.")
        self.add_text(
            self.tr(
                "These are the exact terms that are sent, once, with an order id of our own. {note}"
            ).format(note=note)
        )
        self.ask_no_more = QCheckBox(self.tr("Send paper orders without asking from now on"))
        self.ask_no_more.setVisible(not is_live)
        self.body.addWidget(self.ask_no_more)
        self.add_cancel()
        self.send = self.add_button(
            self.tr("Send to {account}").format(account=words.account_label(environment, short_number)),
            kind="buy" if request.side is Side.BUY else "sell",
            is_default=True,
        )
        self.send.setEnabled(False)
        self.send.clicked.connect(self._confirm)
        shortcut = QShortcut(QKeySequence("Ctrl+Return"), self)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(self.send.click)
        self._arming = QTimer(self)
        self._arming.setSingleShot(True)
        self._arming.setInterval(QGuiApplication.styleHints().mouseDoubleClickInterval())
        self._arming.timeout.connect(self._arm)
        self._arming.start()

    @Slot()
    def _confirm(self) -> None:
        self.accept()
        self.confirmed.emit(self.ask_no_more.isChecked())

    @Slot()
    def _arm(self) -> None:
        self.send.setEnabled(True)
        self.send.setFocus()

"""The gate to real money: the trader types the end of the live account's number (threat model W14)."""

from PySide6.QtCore import QCoreApplication, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from core.domain.environment import Environment
from ui.dialogs.question import Question
from ui.theme.theme import Theme


class UnlockLiveDialog(Question):
    """Confirmed only after the last four characters of the account's number have been typed."""

    def __init__(self, theme: Theme, short_number: str, parent: QWidget | None = None) -> None:
        # Before the base class is ready there is no `self.tr`.
        translate = QCoreApplication.translate
        super().__init__(
            theme,
            translate("UnlockLiveDialog", "Trade with real money?"),
            translate("UnlockLiveDialog", "Unlock live trading"),
            kind="danger",
            parent=parent,
        )
        self._short_number = short_number
        self.typed = QLineEdit()
        self.add_account(Environment.LIVE, short_number)
        self.add_text(
            self.tr(
                "Orders in this account are executed with real money. Check that it is your account: "
                "type the last four characters of its number to go on."
            )
        )
        self.typed.setAccessibleName(self.tr("Last four characters of the live account's number"))
        self.typed.setPlaceholderText(self.tr("Last four characters"))
        self.typed.setMaxLength(8)
        self.typed.textChanged.connect(self._on_typed)
        self.body.addWidget(self.typed)
        self.typed.setFocus()

    @property
    def may_confirm(self) -> bool:
        """Whether what was typed is the end of the number."""
        return bool(self._short_number) and self.typed.text().strip().upper() == self._short_number.upper()

    @Slot()
    def _on_typed(self) -> None:
        self.deed.setEnabled(self.is_armed and self.may_confirm)

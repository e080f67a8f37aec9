"""One question with one deed: asked before something that cannot be taken back."""

from collections.abc import Mapping

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QWidget

from ui.dialogs.frame import DialogFrame
from ui.dialogs.terms import TermsTable
from ui.theme.theme import Theme


class Question(DialogFrame):
    """Says what will happen and to which account; `confirmed` is emitted at most once.

    As in the order confirmation, the deed's button takes nothing before the double-click time has passed.
    """

    confirmed = Signal()

    def __init__(
        self,
        theme: Theme,
        heading: str,
        deed: str,
        *,
        kind: str = "primary",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, heading, parent)
        self.add_cancel()
        self.deed = self.add_button(deed, kind=kind, is_default=True)
        self.deed.setEnabled(False)
        self.deed.clicked.connect(self._confirm)
        self._arming = QTimer(self)
        self._arming.setSingleShot(True)
        self._arming.setInterval(QGuiApplication.styleHints().mouseDoubleClickInterval())
        self._arming.timeout.connect(self.arm)
        self._arming.start()

    def add_terms(self, terms: Mapping[str, str | bool]) -> TermsTable:
        """List exactly what will be sent."""
        table = TermsTable(self.theme, terms)
        self.body.addWidget(table)
        return table

    @property
    def may_confirm(self) -> bool:
        """Whether the deed is possible with what stands in the dialog; subclasses say more."""
        return True

    @Slot()
    def arm(self) -> None:
        """Let the button take a click, if the deed is possible."""
        self._arming.stop()
        self.deed.setEnabled(self.may_confirm)
        # A field that the person types in keeps the keyboard.
        if self.may_confirm and not isinstance(self.focusWidget(), QLineEdit):
            self.deed.setFocus()

    @property
    def is_armed(self) -> bool:
        """Whether the double-click time has passed."""
        return not self._arming.isActive()

    @Slot()
    def _confirm(self) -> None:
        if self.deed.isEnabled() and self.is_armed and self.may_confirm:
            self.deed.setEnabled(False)
            self.accept()
            self.confirmed.emit()

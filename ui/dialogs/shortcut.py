"""Choosing the keys for one action; none at all is a choice too."""

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QKeySequenceEdit, QWidget

from ui.dialogs.frame import DialogFrame
from ui.theme.theme import Theme

_DELIBERATE = ("Ctrl+", "Alt+", "Meta+")  # as Qt's portable spelling has them


class ShortcutDialog(DialogFrame):
    """Takes one key with its modifiers; `taken` are those of other actions, with their names."""

    keys_chosen = Signal(str)  # Qt's portable spelling; empty for none

    def __init__(
        self, theme: Theme, action: str, current: str, taken: Mapping[str, str], parent: QWidget | None = None
    ) -> None:
        heading = QCoreApplication.translate("ShortcutDialog", "Keys for {action}").format(action=action)
        super().__init__(theme, heading, parent)
        self._taken = taken
        self.add_text(
            self.tr("Press the keys that open the question. Choose some that no hand presses by accident.")
        )
        self.keys = QKeySequenceEdit(QKeySequence(current))
        self.keys.setAccessibleName(heading)
        self.keys.setMaximumSequenceLength(1)
        self.keys.setClearButtonEnabled(True)
        self.keys.keySequenceChanged.connect(self._on_keys)
        self.body.addWidget(self.keys)
        self.says = self.add_text("")
        self.add_cancel()
        self.keep = self.add_button(self.tr("Keep"), kind="primary", is_default=True)
        self.keep.clicked.connect(self._keep)
        self.keys.setFocus()
        self._on_keys()

    @property
    def chosen(self) -> str:
        """What stands there, in Qt's portable spelling."""
        return self.keys.keySequence().toString(QKeySequence.SequenceFormat.PortableText)

    @property
    def objection(self) -> str:
        """Why these keys cannot be taken; empty when they can."""
        chosen = self.chosen
        if not chosen:
            return ""
        if chosen in self._taken:
            return self.tr("{action} has these keys already.").format(action=self._taken[chosen])
        is_deliberate = any(held in chosen for held in _DELIBERATE)
        is_function_key = len(chosen) > 1 and chosen[0] == "F"
        if not is_deliberate and not is_function_key:
            return self.tr("A letter alone would be typed by accident: add Ctrl, Alt or both.")
        return ""

    @Slot()
    def _on_keys(self) -> None:
        objection = self.objection
        self.keep.setEnabled(not objection)
        if objection:
            self.says.show_text(objection, "warning")
        else:
            self.says.show_text("" if self.chosen else self.tr("No keys: by button and menu only."), "muted")

    @Slot()
    def _keep(self) -> None:
        if not self.objection:
            chosen = self.chosen
            self.accept()
            self.keys_chosen.emit(chosen)

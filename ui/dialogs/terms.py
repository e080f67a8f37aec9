"""A table of labels and values for confirmations: what is listed is what is sent."""

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from ui import sentences
from ui.controls.box import RaisedBox
from ui.controls.labels import PlainLabel
from ui.theme.theme import Theme


class TermsTable(RaisedBox):
    """Shows the members of a request's body in the order and the spelling in which they are sent."""

    def __init__(
        self, theme: Theme, body: Mapping[str, str | bool], name: str = "", parent: QWidget | None = None
    ) -> None:
        """`name` is what a screen reader calls the table, where it lists something else."""
        super().__init__(theme, name or QCoreApplication.translate("TermsTable", "What is sent"), parent)
        self.shown: dict[str, PlainLabel] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(12, 10, 12, 10)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        for name, value in body.items():
            self.add_row(name, sentences.field_label(name), sentences.field_value(value))

    def add_row(self, name: str, label: str, value: str) -> None:
        """Add one line; `name` finds it again in `shown`."""
        row = self._grid.rowCount()
        figure = PlainLabel(value, font=self.theme.fonts.strong, align=Qt.AlignmentFlag.AlignRight)
        figure.set_caption(label)
        figure.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._grid.addWidget(PlainLabel(label, tone="muted"), row, 0)
        self._grid.addWidget(figure, row, 1)
        self.shown[name] = figure

    def replace(self, body: Mapping[str, str | bool]) -> None:
        """List these members, and no others any more."""
        self._clear()
        for name, value in body.items():
            self.add_row(name, sentences.field_label(name), sentences.field_value(value))

    def _clear(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (label := item.widget()) is not None:
                label.hide()
                label.deleteLater()
        self.shown = {}

    def show_rows(self, rows: Mapping[str, str]) -> None:
        """Show exactly these values by their labels; what stays as it is keeps a selection in it."""
        if list(rows) != list(self.shown):
            self._clear()
            for label, value in rows.items():
                self.add_row(label, label, value)
        for label, value in rows.items():
            self.shown[label].show_text(value)
        self.setVisible(bool(rows))

    @property
    def text(self) -> str:
        """The table as lines of text, for a screen reader and for tests."""
        return "\n".join(f"{name}: {label.text()}" for name, label in self.shown.items())

"""Labels that show text as text: never as markup, whoever wrote it (threat model T10)."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QStylePainter, QWidget

from ui.figures import MISSING, for_ears
from ui.theme.colors import Tone


def restyle(widget: QWidget) -> None:
    """Let the style sheet look at the properties of `widget` again."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


class PlainLabel(QLabel):
    """A label in one of the theme's tones that knows no markup and repaints only when its text changes.

    An accessible name would hide the text from a screen reader: a text that does not explain itself gets
    a caption, which is said before it.
    """

    def __init__(
        self,
        text: str = "",
        *,
        tone: Tone = "text",
        font: QFont | None = None,
        wrap: bool = False,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        self.setAlignment(align | Qt.AlignmentFlag.AlignVCenter)
        self.setProperty("tone", tone)
        if font is not None:
            self.setFont(font)
        self._caption = ""
        self.setText(text)

    def set_caption(self, caption: str) -> None:
        """Say to a screen reader what the text is."""
        self._caption = caption
        self._say()

    def set_tone(self, tone: Tone) -> None:
        """Change the colour by the token's name."""
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            restyle(self)

    def show_text(self, text: str, tone: Tone | None = None) -> None:
        """Show `text`; costs nothing when it is what stands there already."""
        if tone is not None:
            self.set_tone(tone)
        if text != self.text():
            self.setText(text)
            self._say()

    def _say(self) -> None:
        if self._caption:
            text = self.tr("unknown") if self.text() == MISSING else for_ears(self.text())
            self.setAccessibleName(f"{self._caption}: {text}" if text else self._caption)


class FittedLabel(PlainLabel):
    """A label of one line that says less where there is no room for all; its tool tip then tells all."""

    _long_form = ""

    def set_long_form(self, text: str) -> None:
        """Tell `text`, of which the label's own is a short form, to the pointer and to a screen reader."""
        self._long_form = text
        self.setAccessibleName(text)
        self._tell_whole()

    @property
    def shown(self) -> str:
        """What there is room for now."""
        fits = self.fontMetrics().horizontalAdvance(self.text()) <= self.width()
        return self.text() if fits else self._less()

    def _less(self) -> str:
        """What is shown where the whole text does not fit."""
        raise NotImplementedError

    def _tell_whole(self) -> None:
        self.setToolTip(self._long_form or ("" if self.shown == self.text() else self.text()))

    def show_text(self, text: str, tone: Tone | None = None) -> None:
        is_other = text != self.text()
        super().show_text(text, tone)
        if is_other:
            self._tell_whole()  # or the tool tip would go on telling yesterday's price

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell_whole()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        painter.drawItemText(
            self.rect(), self.alignment(), self.palette(), self.isEnabled(), self.shown, self.foregroundRole()
        )
        painter.end()


class ElidedLabel(FittedLabel):
    """Gives up its end: for words."""

    def _less(self) -> str:
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())


class WholeLabel(FittedLabel):
    """Says what it was given to say instead, rather than half a number."""

    _instead = ""

    def _less(self) -> str:
        return self._instead

    def show_whole(self, text: str, less: str = "", tone: Tone | None = None) -> None:
        """Show `text`, or `less` where it does not fit."""
        if less != self._instead:
            self._instead = less
            self.update()
        self.show_text(text, tone)
        self._tell_whole()

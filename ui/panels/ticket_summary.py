"""What the order would change, in a box of three figures, and the one line on what will happen."""

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QWidget

from core.domain.order import Side
from core.domain.request import OrderRequest
from ui import figures
from ui.controls.box import RaisedBox
from ui.controls.labels import PlainLabel
from ui.panels.ticket_outlook import Estimate, Mood, Outlook
from ui.theme.colors import Tone
from ui.theme.theme import Theme

_TONE_OF_MOOD: dict[Mood, Tone] = {Mood.GOOD: "up", Mood.CAUTION: "warning", Mood.STOP: "muted"}


class SummaryBox(RaisedBox):
    """Cost, buying power after and position after; every figure is an estimate until the broker answers."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, QCoreApplication.translate("SummaryBox", "Estimate"), parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(10, 9, 10, 9)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        self._cost_label = PlainLabel(self.tr("Cost"), tone="muted")
        self.cost = self._figure(self.tr("Estimated cost"))
        self.buying_power_after = self._figure(self.tr("Buying power after"))
        self.position_after = self._figure(self.tr("Position after"))
        rows = (
            (self._cost_label, self.cost),
            (PlainLabel(self.tr("Buying power after"), tone="muted"), self.buying_power_after),
            (PlainLabel(self.tr("Position after"), tone="muted"), self.position_after),
        )
        for row, (label, figure) in enumerate(rows):
            grid.addWidget(label, row, 0)
            grid.addWidget(figure, row, 1)

    def show_estimate(self, request: OrderRequest, expected: Estimate | None) -> None:
        """Show what `request` would change; dashes while that cannot be told."""
        self._cost_label.show_text(
            self.tr("Cost (estimate)") if request.side is Side.BUY else self.tr("Proceeds (estimate)")
        )
        if expected is None:
            for label in (self.cost, self.buying_power_after, self.position_after):
                label.show_text(figures.MISSING, "text")
            return
        self.cost.show_text(figures.money(expected.cost))
        power = figures.money(expected.buying_power_after)
        if expected.is_at_least and expected.buying_power_after is not None:
            power = self.tr("at least {amount}").format(amount=power)
        self.buying_power_after.show_text(power, "down" if expected.exceeds_buying_power else "text")
        self.position_after.show_text(self._position(expected))

    def _position(self, expected: Estimate) -> str:
        if not expected.position_after:
            return self.tr("none")
        text = self.tr("{qty} sh").format(qty=figures.quantity(expected.position_after))
        if expected.average_after is None:
            return text
        return f"{text} \u00b7 " + self.tr("avg {price}").format(price=figures.price(expected.average_after))

    def _figure(self, name: str) -> PlainLabel:
        label = PlainLabel(figures.MISSING, font=self.theme.fonts.strong, align=Qt.AlignmentFlag.AlignRight)
        label.set_caption(name)
        return label


class MoodMark(QWidget):
    """A dot, a triangle or a bar: good, caution, stop, in shape as well as in colour."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._mood = Mood.STOP
        self.setFixedSize(QSize(14, 18))
        theme.changed.connect(self.update)

    def show_mood(self, mood: Mood) -> None:
        """Show the mark of `mood`."""
        if mood is not self._mood:
            self._mood = mood
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._mood is Mood.CAUTION:
            icon = self._theme.pixmap("triangle-alert", "warning", 13, self.devicePixelRatioF())
            painter.drawPixmap(0, 2, icon)
        elif self._mood is Mood.GOOD:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colors.up)
            painter.drawEllipse(QRectF(1, 5, 8, 8))
        else:
            painter.setPen(QPen(self._theme.colors.muted, 2))
            painter.drawEllipse(QRectF(2, 6, 7, 7))
        painter.end()


class RuleLine(QWidget):
    """The mark and the sentence under the summary; keeps room for two lines so that nothing jumps."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mark = MoodMark(theme)
        self.text = PlainLabel(tone="muted", font=theme.fonts.sized(12), wrap=True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.text.set_caption(self.tr("What will happen"))
        self.text.setMinimumHeight(2 * self.text.fontMetrics().lineSpacing() + 2)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.text, 1)

    def show_outlook(self, outlook: Outlook) -> None:
        """Show one sentence with its mark."""
        self._mark.show_mood(outlook.mood)
        tone = _TONE_OF_MOOD[outlook.mood]
        self.text.show_text(outlook.text, "muted" if tone == "up" else tone)

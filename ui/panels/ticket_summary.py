"""What the order would change, in a box of figures, and the one line on what will happen."""

from decimal import Decimal

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QWidget

from core.domain.instrument import AssetClass
from core.domain.order import Side
from core.services.order_guard import Judgement
from ui import figures, finding_words
from ui.controls.box import RaisedBox
from ui.controls.labels import ElidedLabel, PlainLabel, WholeLabel
from ui.panels.ticket_outlook import Mood, Outlook
from ui.theme.colors import Tone
from ui.theme.theme import Theme

_TONE_OF_MOOD: dict[Mood, Tone] = {
    Mood.GOOD: "up",
    Mood.CAUTION: "warning",
    Mood.STOP: "muted",
    Mood.BARRED: "warning",
}


class SummaryBox(RaisedBox):
    """Cost, fees, buying power and position after; every figure is an estimate until the broker answers."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, QCoreApplication.translate("SummaryBox", "Estimate"), parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(10, 9, 10, 9)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._cost_label = PlainLabel(self.tr("Cost"), tone="muted")
        self.cost = self._row(self._cost_label, self.tr("Estimated cost"))
        self._fees_label = PlainLabel(self.tr("Fees (estimate)"), tone="muted")
        self.fees = self._row(self._fees_label, self.tr("Estimated fees"))
        after = self.tr("Buying power after")
        self.buying_power_after = self._row(PlainLabel(after, tone="muted"), after)
        after = self.tr("Position after")
        right, font = Qt.AlignmentFlag.AlignRight, theme.fonts.strong
        self.position_after = WholeLabel(figures.MISSING, font=font, align=right)
        self._place(PlainLabel(after, tone="muted"), after, self.position_after)
        self._risk_label = PlainLabel(self.tr("Risk to stop"), tone="muted")
        self.risk = self._row(self._risk_label, self.tr("Risk to stop"))

    def show_estimate(self, judged: Judgement) -> None:
        """Show what the order would change; dashes while that cannot be told."""
        request, expected = judged.request, judged.expected
        is_buy = request.side is Side.BUY
        self._cost_label.show_text(self.tr("Cost (estimate)") if is_buy else self.tr("Proceeds (estimate)"))
        self.cost.set_caption(self.tr("Estimated cost") if is_buy else self.tr("Estimated proceeds"))
        self.cost.show_text(figures.money(expected.value))
        self._show_fees(judged)
        power = figures.money(expected.power_after)
        # A closing order frees buying power only once it fills.
        if expected.is_closing and expected.power_after is not None:
            power = self.tr("at least {amount}").format(amount=power)
        self.buying_power_after.show_text(power, "down" if expected.exceeds_power else "text")
        self.position_after.show_whole(*self._position(judged))
        for widget in (self._risk_label, self.risk):
            widget.setVisible(expected.risk_to_stop is not None)
        self.risk.show_text(figures.money(expected.risk_to_stop, sign=True), "down")

    def _show_fees(self, judged: Judgement) -> None:
        total = sum((fee.amount for fee in judged.fees), Decimal(0))
        for widget in (self._fees_label, self.fees):
            widget.setVisible(bool(judged.fees))
        lines = [f"{figures.money(fee.amount)}: {finding_words.fee(fee)}" for fee in judged.fees]
        note = self.tr("Estimates: the broker charges the rates of the day, on the day's total.")
        basis = "\n".join([*lines, note] if lines else lines)
        self.fees.show_text(figures.money(total))
        self.fees.setToolTip(basis)
        self.fees.setAccessibleDescription(basis)

    def _position(self, judged: Judgement) -> tuple[str, str]:
        """What would be held and at what average; and the first alone, for where there is little room."""
        after, average = judged.expected.position_after, judged.expected.average_after
        if after is None:
            return figures.MISSING, ""
        if not after:
            return self.tr("none"), ""
        unit = {AssetClass.EQUITY: self.tr("sh"), AssetClass.OPTION: self.tr("ct")}
        qty = f"{figures.quantity(after)} {unit.get(judged.request.asset_class, '')}".strip()
        if average is None:
            return qty, qty
        return f"{qty} \u00b7 " + self.tr("avg {price}").format(
            price=figures.price(average, judged.request.symbol)
        ), qty

    def _row(self, label: PlainLabel, name: str) -> PlainLabel:
        font, right = self.theme.fonts.strong, Qt.AlignmentFlag.AlignRight
        figure = ElidedLabel(figures.MISSING, font=font, align=right)  # coins have up to nine decimals
        self._place(label, name, figure)
        return figure

    def _place(self, label: PlainLabel, name: str, figure: PlainLabel) -> None:
        row = self._grid.rowCount()
        figure.set_caption(name)
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(figure, row, 1)


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
            is_barred = self._mood is Mood.BARRED
            painter.setPen(QPen(self._theme.colors.warning if is_barred else self._theme.colors.muted, 2))
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

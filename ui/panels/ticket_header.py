"""The head of the ticket: which instrument, and what it trades at right now."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from core.domain.circumstances import Market
from core.domain.freshness import Freshness
from core.domain.market import Ticker
from ui import figures
from ui.controls.labels import ElidedLabel, PlainLabel
from ui.theme.colors import Tone
from ui.theme.theme import Theme

_SYMBOL_PX, _CONTRACT_PX = 84, 188
_TICKER = 8  # letters; what is longer is a contract
_TONES: dict[int, Tone] = {1: "up", -1: "down", 0: "muted"}
_AGE_TONES: dict[Freshness, Tone] = {
    Freshness.FRESH: "muted",
    Freshness.AGEING: "muted",
    Freshness.STALE: "warning",
    Freshness.ABSENT: "warning",
}


class PriceLabel(PlainLabel):
    """A price that can be clicked, to be used in the order."""

    clicked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(font=theme.fonts.strong, align=Qt.AlignmentFlag.AlignRight)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(
            self.tr("Click to use it. In a price field the keys B, A and L take bid, ask and last.")
        )

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()


class TicketHeader(QWidget):
    """A field for the symbol, the company's name, last and change, bid and ask, and the quote's age."""

    symbol_entered = Signal(object)  # str, upper case
    last_clicked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.symbol = QLineEdit()
        self.symbol.setFont(theme.fonts.strong)
        self.symbol.setMaxLength(21)
        self.symbol.setPlaceholderText(self.tr("Symbol"))
        self.symbol.setAccessibleName(self.tr("Symbol"))
        self.symbol.setFixedWidth(_SYMBOL_PX)
        self.symbol.setFixedHeight(30)
        self._name = ElidedLabel(tone="muted")
        self._last = PriceLabel(theme)
        self._last.clicked.connect(self.last_clicked)
        self._last.set_caption(self.tr("Last price"))
        self._change = PlainLabel(align=Qt.AlignmentFlag.AlignRight)
        self._change.set_caption(self.tr("Change today"))
        self._spread = ElidedLabel(tone="muted")
        self._spread.set_caption(self.tr("Bid and ask"))
        self._age = PlainLabel(tone="muted", align=Qt.AlignmentFlag.AlignRight)
        self._age.set_caption(self.tr("Age of the quote"))
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.symbol)
        top.addWidget(self._name, 1)
        top.addWidget(self._last)
        bottom = QHBoxLayout()
        bottom.setSpacing(8)
        bottom.addWidget(self._spread, 1)
        bottom.addWidget(self._change)
        bottom.addWidget(self._age)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(top)
        column.addLayout(bottom)
        self.symbol.editingFinished.connect(self._on_symbol_edited)

    def show_symbol(self, symbol: str, name: str) -> None:
        """Show which instrument the ticket is about."""
        if self.symbol.text() != symbol:
            self.symbol.setText(symbol)
        self.symbol.setFixedWidth(_CONTRACT_PX if len(symbol) > _TICKER else _SYMBOL_PX)
        self._name.show_text(name)

    def show_ticker(self, ticker: Ticker | None, market: Market, source: str) -> None:
        """Show the newest figures, and how old they are; old ones turn amber and say so."""
        if ticker is None:
            for label in (self._last, self._change, self._spread):
                label.show_text("")
            self._age.show_text(self.tr("no quote") if self.symbol.text() else "", "muted")
            return
        is_stale = market.freshness >= Freshness.STALE
        self._last.show_text(figures.price(ticker.last), "muted" if is_stale else "text")
        change = ticker.change_fraction
        tone = "muted" if is_stale else _TONES[figures.direction(change)]
        self._change.show_text("" if change is None else figures.signed_percent(change), tone)
        quote = ticker.quote
        self._spread.show_text(
            ""
            if quote is None
            else self.tr("{bid} \u00d7 {ask}  \u00b7  {bid_size} \u00d7 {ask_size}").format(
                bid=figures.exact_price(market.bid),
                ask=figures.exact_price(market.ask),
                bid_size=figures.quantity(quote.bid_size),
                ask_size=figures.quantity(quote.ask_size),
            )
        )
        age = figures.age(market.age_s)
        text = self.tr("stale \u00b7 {age}").format(age=age) if is_stale else age
        self._age.show_text(" \u00b7 ".join(filter(None, (source, text))), _AGE_TONES[market.freshness])

    @Slot()
    def _on_symbol_edited(self) -> None:
        symbol = self.symbol.text().strip().upper()
        if symbol:
            self.symbol_entered.emit(symbol)

"""The head of the ticket: which instrument, and what it trades at right now."""

from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from core.domain.circumstances import Market
from core.domain.freshness import Freshness
from core.domain.market import Ticker
from ui import figures
from ui.controls.labels import ElidedLabel, PlainLabel, WholeLabel, restyle
from ui.theme.buttons import IconButton
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


class PriceButton(QPushButton):
    """A price that is used in the order when pressed. It is no stop of Tab: its letter does the same."""

    def __init__(self, name: str, *, tone: Tone = "text") -> None:
        super().__init__()
        self._name = name
        self.setProperty("kind", "price")
        self.setProperty("tone", tone)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(
            self.tr("Click to use it. In a price field the keys B, A and L take bid, ask and last.")
        )
        self.hide()

    def show_price(self, text: str, tone: Tone) -> None:
        """Show a price; nothing at all where there is none."""
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            restyle(self)
        if text != self.text():
            self.setText(text)
            self.setAccessibleName(f"{self._name}: {text}")
        self.setVisible(bool(text))


class TicketHeader(QWidget):
    """A field for the symbol, the company's name, last and change, bid and ask, and the quote's age."""

    symbol_entered = Signal(object)  # str, upper case
    price_chosen = Signal(object)  # str: "bid", "ask" or "last"
    quotes_wanted = Signal()  # although the broker has refused them

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
        self.last = PriceButton(self.tr("Last price"))
        self.last.setFont(theme.fonts.strong)
        self.bid = PriceButton(self.tr("Bid"), tone="muted")
        self.ask = PriceButton(self.tr("Ask"), tone="muted")
        for which, button in (("bid", self.bid), ("ask", self.ask), ("last", self.last)):
            button.clicked.connect(partial(self.price_chosen.emit, which))
        # Gives way where prices are long: without their source and age those would look like news.
        self._change = WholeLabel(align=Qt.AlignmentFlag.AlignRight)
        self._change.set_caption(self.tr("Change today"))
        self._times = PlainLabel("\u00d7", tone="muted")
        self._sizes = WholeLabel(tone="muted")
        self._sizes.set_caption(self.tr("Sizes of bid and ask"))
        self._age = PlainLabel(tone="muted", align=Qt.AlignmentFlag.AlignRight)
        self._age.set_caption(self.tr("Age of the quote"))
        self._missing = ""
        self.again = IconButton(theme, "refresh-cw", self.tr("Ask for quotes again"))
        self.again.clicked.connect(self.quotes_wanted)
        self.again.hide()
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.symbol)
        top.addWidget(self._name, 1)
        top.addWidget(self.last)
        bottom = QHBoxLayout()
        bottom.setSpacing(4)
        for part in (self.bid, self._times, self.ask):
            bottom.addWidget(part)
        bottom.addWidget(self._sizes, 1)
        bottom.addWidget(self._change)
        bottom.addSpacing(4)
        bottom.addWidget(self._age)
        bottom.addWidget(self.again)
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
        is_contract = len(symbol) > _TICKER
        self.symbol.setFixedWidth(_CONTRACT_PX if is_contract else _SYMBOL_PX)
        # A contract's code takes the room, and the title of the panel says what it means.
        self._name.show_text("" if is_contract else name)

    def show_refusal(self, why: str, told: str = "") -> None:
        """Say in a few words why no quotes are asked for, with `told` in the tool tip; "" where they are."""
        self._missing = why
        self.again.setVisible(bool(why))
        self.again.setToolTip("\n".join(filter(None, (self.tr("Ask for quotes again"), told))))

    def show_ticker(self, ticker: Ticker | None, market: Market, source: str) -> None:
        """Show the newest figures, and how old they are; old ones turn amber and say so."""
        if ticker is None:
            for button in (self.last, self.bid, self.ask):
                button.show_price("", "muted")
            self._times.show_text("")
            self._change.show_whole("")
            self._sizes.show_whole("")
            missing = self._missing or self.tr("no quote")
            self._age.show_text(
                missing if self.symbol.text() else "", "warning" if self._missing else "muted"
            )
            self._age.setToolTip("")
            return
        symbol = ticker.symbol
        is_stale = market.freshness >= Freshness.STALE
        if ticker.trade is not None and market.late_s is not None:
            # What L and a click take, so this and not the middle; with its age, for it is nobody's news.
            late = f"{figures.price(ticker.trade.price, symbol)} \u00b7 {figures.age(market.late_s)}"
            self.last.show_price(late, "muted")
        else:
            self.last.show_price(figures.price(ticker.last, symbol), "muted" if is_stale else "text")
        change = ticker.change_fraction
        tone = "muted" if is_stale else _TONES[figures.direction(change)]
        self._change.show_whole("" if change is None else figures.signed_percent(change), tone=tone)
        quote = ticker.quote
        is_quoted = quote is not None
        self.bid.show_price(figures.exact_price(market.bid, symbol) if is_quoted else "", "muted")
        self.ask.show_price(figures.exact_price(market.ask, symbol) if is_quoted else "", "muted")
        self._times.show_text("\u00d7" if is_quoted else "")
        self._sizes.show_whole(
            ""
            if quote is None
            else " \u00b7 "
            + self.tr("{bid_size} \u00d7 {ask_size}").format(
                bid_size=figures.quantity(quote.bid_size), ask_size=figures.quantity(quote.ask_size)
            )
        )
        age = figures.age(market.age_s)
        # That a price is stale matters more than who told it; for both there is seldom room.
        told = self.tr("stale") if is_stale else source
        self._age.show_text(" \u00b7 ".join(filter(None, (told, age))), _AGE_TONES[market.freshness])
        self._age.setToolTip(source)

    @Slot()
    def _on_symbol_edited(self) -> None:
        symbol = self.symbol.text().strip().upper()
        if symbol:
            self.symbol_entered.emit(symbol)

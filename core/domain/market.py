"""Market data as it arrives by the hundred thousand: floats, with their provenance.

`exchange_ns` is the exchange's own time, nanoseconds since 1970 UTC; `received_ns` is our monotonic clock
when the frame was taken. Age is judged by the latter only, since two clocks never agree. What came by REST
may be old news, so its `received_ns` is set back by the age that the exchange's stamp says. `feed` is the
broker's name for what it was taken from, such as `iex`.
"""

from enum import StrEnum

import msgspec

# Feeds whose trades come a quarter of an hour late (protocol page section 5.1).
LATE_TRADES = frozenset({"indicative"})


class Source(StrEnum):
    """Where a price came from."""

    STREAM = "stream"
    REST = "rest"


class Quote(msgspec.Struct, frozen=True, gc=False):
    """The best bid and offer of one symbol. A price of 0 means that side is not active."""

    symbol: str
    bid: float
    ask: float
    bid_size: float
    ask_size: float
    exchange_ns: int
    received_ns: int
    source: Source = Source.STREAM
    feed: str = ""


class Trade(msgspec.Struct, frozen=True, gc=False):
    """One print on the tape."""

    symbol: str
    price: float
    size: float
    exchange_ns: int
    received_ns: int
    exchange: str = ""
    source: Source = Source.STREAM
    feed: str = ""


class Bar(msgspec.Struct, frozen=True, gc=False):
    """One minute or day; `start_ns` is the left edge, nanoseconds since 1970 UTC."""

    symbol: str
    open: float
    high: float
    low: float
    close: float
    volume: float
    start_ns: int
    received_ns: int


class Ticker(msgspec.Struct, frozen=True, gc=False):
    """Everything a row shows about one symbol: the newest of each kind that we have."""

    symbol: str
    quote: Quote | None = None
    trade: Trade | None = None
    previous_close: float | None = None

    @property
    def has_late_trade(self) -> bool:
        """Whether the newest trade is not the market's newest, since its feed brings trades late."""
        return self.trade is not None and self.trade.feed in LATE_TRADES

    @property
    def prompt_trade(self) -> Trade | None:
        """The newest trade, but no late one beside a quote, as which it would look as fresh."""
        return None if self.has_late_trade and self.quote is not None else self.trade

    @property
    def last(self) -> float | None:
        """The newest trade's price, or the middle of the quote until there is one (`prompt_trade`)."""
        trade = self.prompt_trade
        return self.mid if trade is None else trade.price

    @property
    def mid(self) -> float | None:
        """The middle of bid and ask when both sides are active."""
        if self.quote is None or not self.quote.bid or not self.quote.ask:
            return None
        return (self.quote.bid + self.quote.ask) / 2

    @property
    def change_fraction(self) -> float | None:
        """Last against the previous close, as a fraction; None without both."""
        last = self.last
        if last is None or not self.previous_close:
            return None
        return last / self.previous_close - 1

    @property
    def change(self) -> float | None:
        """Last less the previous close; None without both."""
        last = self.last
        if last is None or not self.previous_close:
            return None
        return last - self.previous_close

    @property
    def received_ns(self) -> int | None:
        """When we last heard of this symbol, on our monotonic clock."""
        quote, trade = self.quote, self.trade
        if quote is None or trade is None:
            part = quote or trade
            return None if part is None else part.received_ns
        return max(quote.received_ns, trade.received_ns)

    @property
    def source(self) -> Source | None:
        """Where the newest part came from, the one that `received_ns` is of."""
        parts = [part for part in (self.quote, self.trade) if part is not None]
        return max(parts, key=lambda part: part.received_ns).source if parts else None

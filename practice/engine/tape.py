"""What the market prints: quotes, trades and bars, in whole ticks and lots."""

from collections.abc import Sequence
from typing import Literal

import msgspec

# What an auction's print is: the opening one, the closing one; empty for all others.
Mark = Literal["", "O", "6"]


class Quote(msgspec.Struct, frozen=True, gc=False):
    """The best bid and offer from this instant on. Never crossed, never locked."""

    at: int
    bid: int
    bid_lots: int
    bid_venue: str
    ask: int
    ask_lots: int
    ask_venue: str


def derived(quote: Quote) -> Quote:
    """What a feed shows that may not show the quote itself: about the same, a little wider on both sides."""
    step = max(1, (quote.ask - quote.bid) // 4)
    bid = quote.bid - step if quote.bid > step else quote.bid
    return msgspec.structs.replace(quote, bid=bid, ask=quote.ask + step)


class Trade(msgspec.Struct, frozen=True, gc=False):
    """One print."""

    at: int
    price: int
    lots: int
    venue: str
    number: int
    buyer_took: bool
    mark: Mark = ""


class Bar(msgspec.Struct, frozen=True, gc=False):
    """Open, high, low, close of a window that starts at `at`; `typical` stands for its average price."""

    at: int
    open: int
    high: int
    low: int
    close: int
    lots: int
    trades: int
    typical: float


class Status(msgspec.Struct, frozen=True, gc=False):
    """Trading in one instrument stops or goes on; codes and texts are those of its tape."""

    at: int
    code: str
    text: str
    reason: str
    reason_text: str


class Bands(msgspec.Struct, frozen=True, gc=False):
    """Limit up, limit down: the prices outside of which there is no trading, in ticks."""

    at: int
    up: int
    down: int
    indicator: str = "B"


class Auction(msgspec.Struct, frozen=True, gc=False):
    """The opening and the closing print of one session, as far as they have happened."""

    at: int  # the session's start
    opening: Trade | None
    closing: Trade | None


class Level(msgspec.Struct, frozen=True, gc=False):
    """What is bid or offered at one price, in ticks and lots."""

    price: int
    lots: int


class Book(msgspec.Struct, frozen=True):
    """An order book from this instant on: best prices first on both sides, never crossed."""

    at: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


def merged(bars: list[Bar], at: int) -> Bar:
    """One bar over consecutive ones; `bars` must not be empty."""
    lots = sum(bar.lots for bar in bars)
    return Bar(
        at=at,
        open=bars[0].open,
        high=max(bar.high for bar in bars),
        low=min(bar.low for bar in bars),
        close=bars[-1].close,
        lots=lots,
        trades=sum(bar.trades for bar in bars),
        typical=sum(bar.typical * bar.lots for bar in bars) / lots,
    )


def bar_of(trades: Sequence[Trade], at: int) -> Bar:
    """The bar of some trades in order of time; `trades` must not be empty."""
    prices, lots = [trade.price for trade in trades], sum(trade.lots for trade in trades)
    return Bar(
        at=at,
        open=prices[0],
        high=max(prices),
        low=min(prices),
        close=prices[-1],
        lots=lots,
        trades=len(trades),
        typical=sum(trade.price * trade.lots for trade in trades) / lots,
    )

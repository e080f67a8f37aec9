"""At which price a position is valued: the last trade, the middle, or the side that one would get.

What was chosen is not always there. Then the next best price serves, and the mark says which one it is.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from core.domain.market import Source, Ticker
from core.domain.position import Position


class MarkBy(StrEnum):
    """What the trader wants positions to be valued at."""

    LAST = "last"
    MID = "mid"
    QUOTE = "quote"  # bid for what is long, ask for what is short

    @classmethod
    def of(cls, text: str) -> "MarkBy":
        """The choice that `text` names; LAST for anything else."""
        return next((choice for choice in cls if choice.value == text), cls.LAST)


class MarkKind(StrEnum):
    """Which price a mark is."""

    LAST = "last"
    MID = "mid"
    BID = "bid"
    ASK = "ask"
    BROKER = "broker"  # what the broker valued the position at when it was read


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A price to value a position at, and where it comes from.

    `heard_ns` is when something was last heard of the symbol, and `heard_by` by what, by which its age is
    judged; `received_ns` is when this very price came (both on the monotonic clock), from `source` and the
    broker's `feed`. `bid` and `ask` are the parts of a middle.
    """

    price: Decimal
    kind: MarkKind
    heard_ns: int | None
    received_ns: int | None = None
    exchange_ns: int | None = None
    source: Source = Source.REST
    feed: str = ""
    heard_by: Source = Source.REST
    bid: Decimal | None = None
    ask: Decimal | None = None

    def is_as_chosen(self, by: MarkBy) -> bool:
        """Whether this is the price that was asked for, and no other in its place."""
        match by:
            case MarkBy.QUOTE:
                return self.kind in (MarkKind.BID, MarkKind.ASK)
            case _:
                return self.kind.value == by.value


def mark_of(
    position: Position, ticker: Ticker | None, by: MarkBy, positions_received_ns: int | None
) -> Mark | None:
    """The mark by choice, or else by last, middle or the broker's own price, in this order; None without."""
    if ticker is not None:
        for choice in (by, MarkBy.LAST, MarkBy.MID):
            mark = _streamed(position, ticker, choice)
            if mark is not None:
                return mark
    if position.current_price is None:
        return None
    return Mark(
        price=position.current_price,
        kind=MarkKind.BROKER,
        heard_ns=positions_received_ns,
        received_ns=positions_received_ns,
    )


def _streamed(position: Position, ticker: Ticker, by: MarkBy) -> Mark | None:
    if by is MarkBy.LAST:
        trade = ticker.prompt_trade
        if trade is None or trade.price <= 0:
            return None
        return Mark(
            price=exact(trade.price),
            kind=MarkKind.LAST,
            heard_ns=ticker.received_ns,
            received_ns=trade.received_ns,
            exchange_ns=trade.exchange_ns,
            source=trade.source,
            feed=trade.feed,
            heard_by=ticker.source or trade.source,
        )
    quote = ticker.quote
    if quote is None:
        return None
    bid, ask = exact(quote.bid), exact(quote.ask)
    if by is MarkBy.MID:
        if bid <= 0 or ask <= 0:
            return None
        price, kind = (bid + ask) / 2, MarkKind.MID
    else:
        price, kind = (ask, MarkKind.ASK) if position.is_short else (bid, MarkKind.BID)
        if price <= 0:
            return None
    return Mark(
        price=price,
        kind=kind,
        heard_ns=quote.received_ns,
        received_ns=quote.received_ns,
        exchange_ns=quote.exchange_ns,
        source=quote.source,
        feed=quote.feed,
        heard_by=quote.source,
        bid=bid,
        ask=ask,
    )


def exact(price: float) -> Decimal:
    """A market price as the Decimal of its shortest spelling."""
    return Decimal(repr(price))

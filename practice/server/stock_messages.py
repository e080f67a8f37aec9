"""Quotes and trades of stocks as the streams send them, by far the most of all messages.

Structs are encoded several times as fast as dictionaries. What they say is what `tape_wire` says.
"""

from typing import Any

import msgspec

from practice.engine.instruments import Instrument
from practice.engine.tape import Quote, Trade


class QuoteMessage(msgspec.Struct, tag_field="T", tag="q", gc=False):
    """A quote; the names are the wire's."""

    S: str
    bx: str
    bp: float
    bs: float
    ax: str
    ap: float
    ask_size: float = msgspec.field(name="as")
    c: list[str]
    z: str
    t: Any


class TradeMessage(msgspec.Struct, tag_field="T", tag="t", gc=False):
    """A trade."""

    S: str
    i: int
    x: str
    p: float
    s: float
    c: list[str]
    z: str
    t: Any


_REGULAR = ["R"]


def quote_message(instrument: Instrument, quote: Quote, stamp: Any) -> QuoteMessage:
    """A quote, with its timestamp as the encoding has it."""
    number = instrument.number
    return QuoteMessage(
        instrument.symbol,
        quote.bid_venue,
        number(quote.bid),
        quote.bid_lots,
        quote.ask_venue,
        number(quote.ask),
        quote.ask_lots,
        _REGULAR,
        instrument.tape,
        stamp,
    )


def trade_message(instrument: Instrument, trade: Trade, stamp: Any) -> TradeMessage:
    """A trade likewise."""
    return TradeMessage(
        instrument.symbol,
        trade.number,
        trade.venue,
        instrument.number(trade.price),
        trade.lots,
        trade_conditions(trade),
        instrument.tape,
        stamp,
    )


def trade_conditions(trade: Trade) -> list[str]:
    """Regular or an auction's; and odd lots."""
    return ["@", *trade.mark, *([] if trade.lots >= 100 else ["I"])]

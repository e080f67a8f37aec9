"""Quotes, trades and bars as market data writes them: JSON numbers, short keys."""

from collections.abc import Callable
from typing import Any

import msgspec

from practice.engine.clock import SECOND
from practice.engine.instruments import Instrument
from practice.engine.tape import Bar, Quote, Trade
from practice.engine.ticker import Report
from practice.server.wire import timestamp

Stamp = Callable[[int], Any]
Fields = dict[str, Any]


def packed_timestamp(instant: int) -> msgspec.msgpack.Ext:
    """The timestamp extension of MessagePack: 8 bytes, or 12 outside the years 1970 to 2514."""
    seconds, nanoseconds = divmod(instant, SECOND)
    if 0 <= seconds < 1 << 34:
        return msgspec.msgpack.Ext(-1, (nanoseconds << 34 | seconds).to_bytes(8, "big"))
    return msgspec.msgpack.Ext(-1, nanoseconds.to_bytes(4, "big") + seconds.to_bytes(8, "big", signed=True))


def quote_fields(instrument: Instrument, quote: Quote, stamp: Stamp = timestamp) -> Fields:
    """A quote; sizes in shares or coins."""
    fields: Fields = {
        "bx": quote.bid_venue,
        "bp": instrument.number(quote.bid),
        "bs": instrument.size(quote.bid_lots),
        "ax": quote.ask_venue,
        "ap": instrument.number(quote.ask),
        "as": instrument.size(quote.ask_lots),
        "c": ["R"],
        "z": instrument.tape,
        "t": stamp(quote.at),
    }
    if instrument.is_option:
        return _without(fields, "z") | {"c": "A"}
    return _without(fields, "bx", "ax", "c", "z") if instrument.is_crypto else fields


def trade_fields(instrument: Instrument, trade: Trade, stamp: Stamp = timestamp) -> Fields:
    """A trade."""
    lots = trade.lots
    fields: Fields = {
        "i": trade.number,
        "x": trade.venue,
        "p": instrument.number(trade.price),
        "s": instrument.size(lots),
        "c": ["@"] if lots >= 100 else ["@", "I"],
        "z": instrument.tape,
        "t": stamp(trade.at),
    }
    if instrument.is_option:
        return _without(fields, "i", "z") | {"c": "I"}
    if instrument.is_crypto:
        return _without(fields, "x", "c", "z") | {"tks": "B" if trade.buyer_took else "S"}
    return fields


def bar_fields(instrument: Instrument, bar: Bar, stamp: Stamp = timestamp) -> Fields:
    """A bar; `t` is where its window begins, whole seconds."""
    return {
        "o": instrument.number(bar.open),
        "h": instrument.number(bar.high),
        "l": instrument.number(bar.low),
        "c": instrument.number(bar.close),
        "v": instrument.size(bar.lots),
        "n": bar.trades,
        "vw": round(bar.typical / 10**instrument.digits, instrument.digits + 4),
        "t": stamp(bar.at),
    }


def window_start(instant: int) -> str:
    """RFC 3339 without the fraction, as history writes the start of a bar."""
    text = timestamp(instant)
    return text[:19] + "Z"


def _without(fields: Fields, *names: str) -> Fields:
    return {name: value for name, value in fields.items() if name not in names}


CHANNELS: dict[type[Report], str] = {Quote: "quotes", Trade: "trades"}


def report_message(instrument: Instrument, report: Report, *, packed: bool, tape: str | None = None) -> bytes:
    """What the ticker reports as the stream sends it; `tape` replaces that of the listing."""
    stamp = packed_timestamp if packed else timestamp
    if isinstance(report, Quote):
        kind, fields = "q", quote_fields(instrument, report, stamp)
    else:
        kind, fields = "t", trade_fields(instrument, report, stamp)
    if tape is not None:
        fields["z"] = tape
    return _encoded(kind, instrument, fields, packed=packed)


def bar_message(kind: str, instrument: Instrument, bar: Bar, *, packed: bool) -> bytes:
    """A bar as the stream sends it; `kind` is b, u or d."""
    stamp = packed_timestamp if packed else window_start
    return _encoded(kind, instrument, bar_fields(instrument, bar, stamp), packed=packed)


def _encoded(kind: str, instrument: Instrument, fields: Fields, *, packed: bool) -> bytes:
    encode = msgspec.msgpack.encode if packed else msgspec.json.encode
    return encode({"T": kind, "S": instrument.symbol, **fields})

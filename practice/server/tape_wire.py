"""Quotes, trades and bars as market data writes them: JSON numbers, short keys."""

from collections.abc import Callable
from typing import Any

import msgspec

from practice.engine.amendments import (
    AmendedTrade,
    Cancellation,
    Correction,
    LateTrade,
    UpdatedBar,
)
from practice.engine.book_changes import BookChange
from practice.engine.clock import SECOND
from practice.engine.hours import new_york_day
from practice.engine.imbalances import Imbalance
from practice.engine.instruments import Instrument
from practice.engine.tape import Auction, Bands, Bar, Book, Level, Quote, Status, Trade
from practice.engine.ticker import Report
from practice.server.stock_messages import quote_message, trade_conditions, trade_message
from practice.server.wire import timestamp

Stamp = Callable[[int], Any]
Fields = dict[str, Any]
_pack, _write = msgspec.msgpack.Encoder().encode, msgspec.json.Encoder().encode
_REGULAR = ["R"]
_EIGHT_BYTES_SUFFICE = 1 << 34  # seconds


def packed_timestamp(instant: int) -> msgspec.msgpack.Ext:
    """The timestamp extension of MessagePack: 8 bytes, or 12 outside the years 1970 to 2514."""
    seconds, nanoseconds = divmod(instant, SECOND)
    if 0 <= seconds < _EIGHT_BYTES_SUFFICE:
        return msgspec.msgpack.Ext(-1, (nanoseconds << 34 | seconds).to_bytes(8, "big"))
    return msgspec.msgpack.Ext(-1, nanoseconds.to_bytes(4, "big") + seconds.to_bytes(8, "big", signed=True))


def quote_fields(instrument: Instrument, quote: Quote, stamp: Stamp = timestamp) -> Fields:
    """A quote; sizes in shares or coins."""
    number, size = instrument.number, instrument.size
    if instrument.is_crypto:
        return {
            "bp": number(quote.bid),
            "bs": size(quote.bid_lots),
            "ap": number(quote.ask),
            "as": size(quote.ask_lots),
            "t": stamp(quote.at),
        }
    fields: Fields = {
        "bx": quote.bid_venue,
        "bp": number(quote.bid),
        "bs": size(quote.bid_lots),
        "ax": quote.ask_venue,
        "ap": number(quote.ask),
        "as": size(quote.ask_lots),
    }
    if instrument.is_option:
        fields["c"] = "A"
    else:
        fields["c"] = _REGULAR
        fields["z"] = instrument.tape
    fields["t"] = stamp(quote.at)
    return fields


def trade_fields(instrument: Instrument, trade: Trade, stamp: Stamp = timestamp) -> Fields:
    """A trade; one that was amended says how."""
    price, size, moment = instrument.number(trade.price), instrument.size(trade.lots), stamp(trade.at)
    if instrument.is_crypto:
        taker = "B" if trade.buyer_took else "S"
        return {"i": trade.number, "p": price, "s": size, "t": moment, "tks": taker}
    if instrument.is_option:
        return {"x": trade.venue, "p": price, "s": size, "c": "I", "t": moment}
    fields: Fields = {
        "i": trade.number,
        "x": trade.venue,
        "p": price,
        "s": size,
        "c": trade_conditions(trade),
        "z": instrument.tape,
        "t": moment,
    }
    if isinstance(trade, AmendedTrade):
        fields["u"] = trade.how
    return fields


def status_fields(instrument: Instrument, status: Status, stamp: Stamp = timestamp) -> Fields:
    """A halt or a resumption."""
    return {
        "sc": status.code,
        "sm": status.text,
        "rc": status.reason,
        "rm": status.reason_text,
        "z": instrument.tape,
        "t": stamp(status.at),
    }


def bands_fields(instrument: Instrument, bands: Bands, stamp: Stamp = timestamp) -> Fields:
    """Limit up and limit down."""
    return {
        "u": instrument.number(bands.up),
        "d": instrument.number(bands.down),
        "i": bands.indicator,
        "z": instrument.tape,
        "t": stamp(bands.at),
    }


def imbalance_fields(instrument: Instrument, imbalance: Imbalance, stamp: Stamp = timestamp) -> Fields:
    """The price an auction would have."""
    return {"p": instrument.number(imbalance.price), "z": instrument.tape, "t": stamp(imbalance.at)}


def book_fields(instrument: Instrument, book: Book | BookChange, stamp: Stamp = timestamp) -> Fields:
    """An order book, or what has changed in it."""

    def levels(side: tuple[Level, ...]) -> list[Fields]:
        return [{"p": instrument.number(one.price), "s": instrument.size(one.lots)} for one in side]

    return {"b": levels(book.bids), "a": levels(book.asks), "t": stamp(book.at)}


def correction_fields(instrument: Instrument, correction: Correction, stamp: Stamp = timestamp) -> Fields:
    """A correction; the times are those of the correction, not of the trade."""
    printed, true = correction.printed, correction.true
    return {
        "x": true.venue,
        "oi": printed.number,
        "op": instrument.number(printed.price),
        "os": instrument.size(printed.lots),
        "oc": trade_conditions(printed),
        "ci": true.number,
        "cp": instrument.number(true.price),
        "cs": instrument.size(true.lots),
        "cc": trade_conditions(true),
        "z": instrument.tape,
        "t": stamp(correction.at),
    }


def cancellation_fields(instrument: Instrument, canceled: Cancellation, stamp: Stamp = timestamp) -> Fields:
    """A trade that is taken back."""
    return {
        "i": canceled.trade.number,
        "x": canceled.trade.venue,
        "p": instrument.number(canceled.trade.price),
        "s": instrument.size(canceled.trade.lots),
        "a": "E" if canceled.is_error else "C",
        "z": instrument.tape,
        "t": stamp(canceled.at),
    }


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


def auction_fields(instrument: Instrument, auction: Auction) -> Fields:
    """The auctions of a day."""

    def prints(trade: Trade | None) -> list[Fields]:
        if trade is None:
            return []
        price, size = instrument.number(trade.price), instrument.size(trade.lots)
        stamp = timestamp(trade.at)
        return [{"t": stamp, "x": trade.venue, "p": price, "s": size, "c": trade.mark}]

    day = new_york_day(auction.at).isoformat()
    return {"d": day, "o": prints(auction.opening), "c": prints(auction.closing)}


def window_start(instant: int) -> str:
    """RFC 3339 without the fraction, as history writes the start of a bar."""
    text = timestamp(instant)
    return text[:19] + "Z"


CHANNELS: dict[type[Report], str] = {
    Quote: "quotes",
    Trade: "trades",
    LateTrade: "trades",
    Correction: "trades",
    Cancellation: "trades",
    UpdatedBar: "updatedBars",
    Status: "statuses",
    Bands: "lulds",
    Imbalance: "imbalances",
    BookChange: "orderbooks",
}


def report_message(instrument: Instrument, report: Report, *, packed: bool) -> bytes:
    """What the ticker reports as the stream sends it."""
    stamp: Stamp = packed_timestamp if packed else timestamp
    if instrument.asset_class == "us_equity":
        encode = _pack if packed else _write
        if isinstance(report, Quote):
            return encode(quote_message(instrument, report, stamp(report.at)))
        if isinstance(report, Trade):
            return encode(trade_message(instrument, report, stamp(report.at)))
    if isinstance(report, UpdatedBar):
        return bar_message("u", instrument, report.bar, packed=packed)
    kind, fields_of = _WRITERS[type(report)]
    fields = fields_of(instrument, report, stamp)
    return _encoded(kind, instrument, fields, packed=packed)


def _late_trade_fields(instrument: Instrument, late: LateTrade, stamp: Stamp) -> Fields:
    return trade_fields(instrument, late.trade, stamp)


_WRITERS: dict[type[Report], tuple[str, Callable[[Instrument, Any, Stamp], Fields]]] = {
    Quote: ("q", quote_fields),
    Trade: ("t", trade_fields),
    LateTrade: ("t", _late_trade_fields),
    Correction: ("c", correction_fields),
    Cancellation: ("x", cancellation_fields),
    Status: ("s", status_fields),
    Bands: ("l", bands_fields),
    Imbalance: ("i", imbalance_fields),
    BookChange: ("o", book_fields),
}


def book_message(instrument: Instrument, book: Book, *, packed: bool) -> bytes:
    """The whole order book, which replaces whatever was told before."""
    fields = book_fields(instrument, book, packed_timestamp if packed else timestamp)
    return _encoded("o", instrument, fields | {"r": True}, packed=packed)


def bar_message(kind: str, instrument: Instrument, bar: Bar, *, packed: bool) -> bytes:
    """A bar as the stream sends it; `kind` is b, u or d."""
    stamp = packed_timestamp if packed else window_start
    return _encoded(kind, instrument, bar_fields(instrument, bar, stamp), packed=packed)


def _encoded(kind: str, instrument: Instrument, fields: Fields, *, packed: bool) -> bytes:
    return (_pack if packed else _write)({"T": kind, "S": instrument.symbol, **fields})

"""Quotes, trades and bars as market data writes them: JSON numbers, short keys."""

from collections.abc import Callable
from typing import Any

import msgspec

from practice.engine.amendments import Cancellation, Correction, LateTrade, TradeReport, UpdatedBar
from practice.engine.book_changes import BookChange
from practice.engine.clock import SECOND
from practice.engine.hours import new_york_day
from practice.engine.imbalances import Imbalance
from practice.engine.instruments import Instrument
from practice.engine.tape import Auction, Bands, Bar, Book, Level, Quote, Status, Trade
from practice.engine.ticker import Report
from practice.server.wire import timestamp

Stamp = Callable[[int], Any]
Fields = dict[str, Any]
_Told = Quote | TradeReport | Status | Bands | Imbalance | BookChange


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
    fields: Fields = {
        "i": trade.number,
        "x": trade.venue,
        "p": instrument.number(trade.price),
        "s": instrument.size(trade.lots),
        "c": _conditions(trade),
        "z": instrument.tape,
        "t": stamp(trade.at),
    }
    if instrument.is_option:
        return _without(fields, "i", "z") | {"c": "I"}
    if instrument.is_crypto:
        return _without(fields, "x", "c", "z") | {"tks": "B" if trade.buyer_took else "S"}
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


def _conditions(trade: Trade) -> list[str]:
    return ["@", *trade.mark, *([] if trade.lots >= 100 else ["I"])]


def correction_fields(instrument: Instrument, correction: Correction, stamp: Stamp = timestamp) -> Fields:
    """A correction; the times are those of the correction, not of the trade."""
    printed, true = correction.printed, correction.true
    return {
        "x": true.venue,
        "oi": printed.number,
        "op": instrument.number(printed.price),
        "os": instrument.size(printed.lots),
        "oc": _conditions(printed),
        "ci": true.number,
        "cp": instrument.number(true.price),
        "cs": instrument.size(true.lots),
        "cc": _conditions(true),
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


def _without(fields: Fields, *names: str) -> Fields:
    return {name: value for name, value in fields.items() if name not in names}


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


def report_message(instrument: Instrument, report: Report, *, packed: bool, tape: str | None = None) -> bytes:
    """What the ticker reports as the stream sends it; `tape` replaces that of the listing."""
    if isinstance(report, UpdatedBar):
        return bar_message("u", instrument, report.bar, packed=packed)
    kind, fields = _report(instrument, report, packed_timestamp if packed else timestamp)
    if tape is not None:
        fields["z"] = tape
    return _encoded(kind, instrument, fields, packed=packed)


def _report(instrument: Instrument, report: _Told, stamp: Stamp) -> tuple[str, Fields]:
    match report:
        case Quote():
            return "q", quote_fields(instrument, report, stamp)
        case Trade():
            return "t", trade_fields(instrument, report, stamp)
        case LateTrade(trade=trade):
            return "t", trade_fields(instrument, trade, stamp)
        case Correction():
            return "c", correction_fields(instrument, report, stamp)
        case Cancellation():
            return "x", cancellation_fields(instrument, report, stamp)
        case Status():
            return "s", status_fields(instrument, report, stamp)
        case Bands():
            return "l", bands_fields(instrument, report, stamp)
        case Imbalance():
            return "i", imbalance_fields(instrument, report, stamp)
        case BookChange():
            return "o", book_fields(instrument, report, stamp)


def book_message(instrument: Instrument, book: Book, *, packed: bool) -> bytes:
    """The whole order book, which replaces whatever was told before."""
    fields = book_fields(instrument, book, packed_timestamp if packed else timestamp)
    return _encoded("o", instrument, fields | {"r": True}, packed=packed)


def bar_message(kind: str, instrument: Instrument, bar: Bar, *, packed: bool) -> bytes:
    """A bar as the stream sends it; `kind` is b, u or d."""
    stamp = packed_timestamp if packed else window_start
    return _encoded(kind, instrument, bar_fields(instrument, bar, stamp), packed=packed)


def _encoded(kind: str, instrument: Instrument, fields: Fields, *, packed: bool) -> bytes:
    encode = msgspec.msgpack.encode if packed else msgspec.json.encode
    return encode({"T": kind, "S": instrument.symbol, **fields})

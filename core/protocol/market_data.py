"""The calls of the data host that Bellwether makes (protocol page section 5)."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from core.domain.market import Quote, Source, Ticker, Trade
from core.protocol.call import Answer, Call, Host
from core.protocol.data_messages import nanoseconds
from core.protocol.failures import broker_failure
from core.protocol.trading import joined


class _Quote(msgspec.Struct):
    bp: float | None = None
    ap: float | None = None
    bs: float | None = None
    as_: float | None = msgspec.field(name="as", default=None)
    t: str | None = None


class _Trade(msgspec.Struct):
    p: float | None = None
    s: float | None = None
    x: str | None = None
    t: str | None = None


class _Bar(msgspec.Struct):
    c: float | None = None


class _Snapshot(msgspec.Struct):
    latest_trade: _Trade | None = msgspec.field(name="latestTrade", default=None)
    latest_quote: _Quote | None = msgspec.field(name="latestQuote", default=None)
    previous_day: _Bar | None = msgspec.field(name="prevDailyBar", default=None)


class _Bars(msgspec.Struct):
    bars: dict[str, list[_Bar] | None] | None = None


class _Wrapped(msgspec.Struct):
    snapshots: dict[str, _Snapshot | None] | None = None


_WRAPPED = msgspec.json.Decoder(_Wrapped)
_SNAPSHOTS = msgspec.json.Decoder(dict[str, _Snapshot | None])
_BARS = msgspec.json.Decoder(_Bars)


def read_snapshots(symbols: Iterable[str], feed: str) -> Call[tuple[Ticker, ...]]:
    """GET the newest trade, quote and previous close of each symbol; unknown symbols are left out.

    The tickers carry `received_ns` 0: whoever takes the answer knows when it came.
    """
    return Call(
        host=Host.DATA,
        method="GET",
        path="/v2/stocks/snapshots",
        query=(("symbols", joined(symbols)), ("feed", feed)),
        read=_read_snapshots,
        failure=broker_failure,
    )


def read_coin_snapshots(symbols: Iterable[str]) -> Call[tuple[Ticker, ...]]:
    """As `read_snapshots`, for pairs such as `BTC/USD` (section 5.3)."""
    return _wrapped("/v1beta3/crypto/us/snapshots", (("symbols", joined(symbols)),))


def read_option_snapshots(symbols: Iterable[str], feed: str) -> Call[tuple[Ticker, ...]]:
    """As `read_snapshots`, for option contracts, from one of their feeds (section 5.4)."""
    return _wrapped("/v1beta1/options/snapshots", (("symbols", joined(symbols)), ("feed", feed)))


def _wrapped(path: str, query: tuple[tuple[str, str], ...]) -> Call[tuple[Ticker, ...]]:
    return Call(
        host=Host.DATA, method="GET", path=path, query=query, read=_read_wrapped, failure=broker_failure
    )


def _read_wrapped(answer: Answer) -> tuple[Ticker, ...]:
    snapshots = _WRAPPED.decode(answer.body).snapshots or {}
    return tuple(_ticker(symbol, snapshot) for symbol, snapshot in snapshots.items() if snapshot)


def read_closes(
    symbols: Iterable[str], feed: str, *, timeframe: str, start: datetime, limit: int
) -> Call[dict[str, tuple[float, ...]]]:
    """GET the closing prices of each symbol's bars since `start` (aware), oldest first.

    `limit` counts all symbols together; a symbol without bars is left out.
    """
    return Call(
        host=Host.DATA,
        method="GET",
        path="/v2/stocks/bars",
        query=(
            ("symbols", joined(symbols)),
            ("timeframe", timeframe),
            ("start", start.isoformat().replace("+00:00", "Z")),
            ("limit", str(limit)),
            ("feed", feed),
        ),
        read=_read_closes,
        failure=broker_failure,
    )


def _read_closes(answer: Answer) -> dict[str, tuple[float, ...]]:
    found = _BARS.decode(answer.body).bars or {}
    closes = {symbol: tuple(b.c for b in bars if b.c is not None) for symbol, bars in found.items() if bars}
    return {symbol: prices for symbol, prices in closes.items() if prices}


def _read_snapshots(answer: Answer) -> tuple[Ticker, ...]:
    snapshots = _SNAPSHOTS.decode(answer.body)
    return tuple(_ticker(symbol, snapshot) for symbol, snapshot in snapshots.items() if snapshot)


def _ticker(symbol: str, snapshot: _Snapshot) -> Ticker:
    quote, trade = snapshot.latest_quote, snapshot.latest_trade
    previous = snapshot.previous_day
    return Ticker(
        symbol=symbol,
        quote=None
        if quote is None
        else Quote(
            symbol=symbol,
            bid=quote.bp or 0.0,
            ask=quote.ap or 0.0,
            bid_size=quote.bs or 0.0,
            ask_size=quote.as_ or 0.0,
            exchange_ns=nanoseconds(quote.t),
            received_ns=0,
            source=Source.REST,
        ),
        trade=None
        if trade is None or trade.p is None
        else Trade(
            symbol=symbol,
            price=trade.p,
            size=trade.s or 0.0,
            exchange=trade.x or "",
            exchange_ns=nanoseconds(trade.t),
            received_ns=0,
            source=Source.REST,
        ),
        previous_close=previous.c if previous else None,
    )

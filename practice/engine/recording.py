"""A recorded day, read from a file: what some symbols printed, instead of what the seed would draw.

The file has a JSON value on each line: a message of the data stream as it came, or an array of them, which is
a whole frame. Quotes (`"T": "q"`) and trades (`"T": "t"`) of known stocks and coins are taken, all else that
a stream says is passed over; so are quotes with an empty side, and locked and crossed ones.

    {"T": "q", "S": "AAPL", "bp": 268.49, "bs": 300, "ap": 268.51, "as": 100, "t": "2026-11-20T14:30:00.1Z"}
    {"T": "t", "S": "AAPL", "p": 268.51, "s": 40, "t": "2026-11-20T14:30:00.2Z"}

Late prints are put where their time belongs. Prices are rounded to the instrument's ticks.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Annotated

import msgspec

from practice.engine.clock import SECOND
from practice.engine.hours import MARKET_YEARS
from practice.engine.instruments import Instrument, Instruments
from practice.engine.tape import Quote, Trade

_FRACTION = re.compile(r"\.(\d+)")
_Positive = Annotated[float, msgspec.Meta(gt=0, lt=1e9)]
_Side = Annotated[float, msgspec.Meta(ge=0, lt=1e9)]  # 0 where nobody bids or offers
_by_time = attrgetter("at")


class UnreadableRecording(Exception):
    """A file that is no recording; says which line and why."""


class _Quoted(msgspec.Struct, tag_field="T", tag="q"):
    symbol: str = msgspec.field(name="S")
    instant: str = msgspec.field(name="t")
    bid: _Side = msgspec.field(name="bp")
    bid_size: _Side = msgspec.field(name="bs")
    ask: _Side = msgspec.field(name="ap")
    ask_size: _Side = msgspec.field(name="as")
    bid_venue: str = msgspec.field(name="bx", default="")
    ask_venue: str = msgspec.field(name="ax", default="")


class _Traded(msgspec.Struct, tag_field="T", tag="t"):
    symbol: str = msgspec.field(name="S")
    instant: str = msgspec.field(name="t")
    price: _Positive = msgspec.field(name="p")
    size: _Positive = msgspec.field(name="s")
    venue: str = msgspec.field(name="x", default="")
    number: int | None = msgspec.field(name="i", default=None)
    taker: str = msgspec.field(name="tks", default="")


class _Tagged(msgspec.Struct):
    kind: str = msgspec.field(name="T", default="")


_Message = _Quoted | _Traded
_read_message = msgspec.json.Decoder(_Message).decode
_read_kind = msgspec.json.Decoder(_Tagged).decode
_read_frame = msgspec.json.Decoder(list[msgspec.Raw]).decode


@dataclass(slots=True)
class Prints:
    """What one symbol printed, in order of time."""

    quotes: list[Quote] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)

    @property
    def first(self) -> int:
        return min(ticks[0].at for ticks in (self.quotes, self.trades) if ticks)

    @property
    def last(self) -> int:
        return max(ticks[-1].at for ticks in (self.quotes, self.trades) if ticks)

    def quoted_before(self, instant: int) -> Quote | None:
        """The quote in force."""
        index = bisect_right(self.quotes, instant, key=lambda quote: quote.at)
        return self.quotes[index - 1] if index else None


class Recording:
    """The prints of a file by symbol. Not empty."""

    def __init__(self, by_symbol: dict[str, Prints]) -> None:
        self.by_symbol = by_symbol
        self.first = min(prints.first for prints in by_symbol.values())


def read_recording(path: Path, instruments: Instruments) -> Recording:
    """Read a file; raise `UnreadableRecording` or `OSError`."""
    with path.open("rb") as lines:
        return recording_of(lines, str(path), instruments)


def recording_of(lines: Iterable[bytes], name: str, instruments: Instruments) -> Recording:
    """Read lines, which errors call `name`; raise `UnreadableRecording`."""
    drafts: dict[str, _Draft] = {}
    for number, line in enumerate(lines, 1):
        try:
            for message in _messages(line.strip()):
                _add(drafts, message, instruments)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError, OverflowError) as error:
            raise UnreadableRecording(f"{name}:{number}: {error}") from error
    found = {symbol: draft.finished() for symbol, draft in drafts.items() if draft.quotes or draft.trades}
    if not found:
        raise UnreadableRecording(f"{name}: no quote and no trade of a known stock or coin in it")
    return Recording(found)


@dataclass(slots=True)
class _Draft:
    """What one symbol printed, in the order of the file."""

    instrument: Instrument
    quotes: list[Quote] = field(default_factory=list)
    trades: list[tuple[int, int, _Traded]] = field(default_factory=list)  # instant, ticks

    def finished(self) -> Prints:
        """The same in order of time."""
        prints = Prints(sorted(self.quotes, key=_by_time))
        for number, (at, price, trade) in enumerate(sorted(self.trades, key=lambda one: one[0]), 1):
            prints.trades.append(self._trade(at, price, trade, number, prints.quoted_before(at)))
        return prints

    def _trade(self, at: int, price: int, message: _Traded, number: int, quote: Quote | None) -> Trade:
        bought = message.taker == "B" or (not message.taker and quote is not None and price >= quote.ask)
        if message.number is not None:
            number = message.number
        venue = message.venue or self.instrument.home_venue
        return Trade(at, price, _lots(self.instrument, message.size), venue, number, bought)


def _messages(line: bytes) -> Iterator[_Message]:
    if not line:
        return
    for raw in _read_frame(line) if line.startswith(b"[") else (line,):
        if _read_kind(raw).kind in {"q", "t"}:
            yield _read_message(raw)


def _add(drafts: dict[str, _Draft], message: _Message, instruments: Instruments) -> None:
    at = _instant(message.instant)
    instrument = instruments.get(message.symbol)
    if instrument is None:
        return
    draft = drafts.setdefault(instrument.symbol, _Draft(instrument))
    if isinstance(message, _Traded):
        draft.trades.append((at, _ticks(instrument, message.price), message))
    elif message.bid and message.bid_size and message.ask and message.ask_size:
        quote = _quote(instrument, message, at)
        if quote.bid < quote.ask:
            draft.quotes.append(quote)


def _quote(instrument: Instrument, message: _Quoted, at: int) -> Quote:
    home = instrument.home_venue
    return Quote(
        at,
        _ticks(instrument, message.bid),
        _lots(instrument, message.bid_size),
        message.bid_venue or home,
        _ticks(instrument, message.ask),
        _lots(instrument, message.ask_size),
        message.ask_venue or home,
    )


def _ticks(instrument: Instrument, price: float) -> int:
    ticks: int = round(price * 10**instrument.digits)
    if ticks < 1:
        raise ValueError(f"a price of less than a tick: {price}")
    return ticks


def _lots(instrument: Instrument, size: float) -> int:
    return max(1, round(size / float(instrument.lot)))


def _instant(text: str) -> int:
    """RFC 3339 with up to nine decimals."""
    fraction = _FRACTION.search(text)
    nanoseconds = int(fraction.group(1)[:9].ljust(9, "0")) if fraction else 0
    moment = datetime.fromisoformat(_FRACTION.sub("", text, count=1))
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if aware.year not in MARKET_YEARS:
        raise ValueError(f"{text[:40]} is not in the years {MARKET_YEARS[0]} to {MARKET_YEARS[-1]}")
    return int(aware.timestamp()) * SECOND + nanoseconds

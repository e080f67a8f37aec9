"""The prints of one minute: trades that make up its bar exactly, and the quotes around them."""

import bisect
import itertools
import random
from collections.abc import Callable, Sequence
from operator import attrgetter

import msgspec

from practice.engine.clock import MICROSECOND, MILLISECOND, MINUTE
from practice.engine.days import Character
from practice.engine.hours import Session
from practice.engine.instruments import Instrument
from practice.engine.tape import Bar, Mark, Quote, Trade

_VENUES = "QNPZVKJYBUD"
_LEAD = 32 * MILLISECOND  # the longest a trade follows the quote that led to it
OPENING_QUOTE_LASTS = 50 * MILLISECOND
_by_time = attrgetter("at")


class Minute:
    """Quotes and trades of one instrument in one minute, each in order of time."""

    __slots__ = ("quotes", "trades")

    def __init__(self, quotes: Sequence[Quote], trades: Sequence[Trade]) -> None:
        self.quotes, self.trades = quotes, trades

    def quote_at(self, instant: int) -> Quote | None:
        """The quote in force, unless the minute's first is still to come."""
        index = bisect.bisect_right(self.quotes, instant, key=_by_time)
        return self.quotes[index - 1] if index else None

    def trade_at(self, instant: int) -> Trade | None:
        """The last trade so far, unless the minute's first is still to come."""
        index = bisect.bisect_right(self.trades, instant, key=_by_time)
        return self.trades[index - 1] if index else None


def drawn(
    chance: random.Random, bar: Bar, instrument: Instrument, character: Character, session: Session
) -> Minute:
    """Draw the prints that make up a bar; the first of a session's opening and the last before its close
    are those of its auctions.
    """
    trades = _trades(chance, bar, instrument)
    if not instrument.has_one_venue:
        if bar.at == session.open:
            trades[0] = _of_auction(trades[0], "O", instrument)
        if bar.at + MINUTE == session.close:
            trades[-1] = _of_auction(trades[-1], "6", instrument)
    quotes = _quotes(chance, trades, instrument, character)
    return Minute([opening_quote(bar, instrument, character), *quotes], trades)


def _of_auction(trade: Trade, mark: Mark, instrument: Instrument) -> Trade:
    return msgspec.structs.replace(trade, mark=mark, venue=instrument.home_venue)


def opening_quote(bar: Bar, instrument: Instrument, character: Character) -> Quote:
    """The quote with which a minute begins, in force for `OPENING_QUOTE_LASTS` at least."""
    bid, home = max(1, bar.open - character.spread // 2), instrument.home_venue
    return Quote(bar.at + MICROSECOND, bid, 100, home, bid + character.spread, 100, home)


def _trades(chance: random.Random, bar: Bar, instrument: Instrument) -> list[Trade]:
    count = bar.trades
    prices = _prices(chance, bar)
    lots = _sizes(chance, bar.lots, count)
    offsets = _offsets(chance, count)
    first = bar.at // MINUTE % 100_000_000 * 1000
    pick, home, alone = chance.random, instrument.home_venue, instrument.has_one_venue
    trades = []
    for n in range(count):
        venue = home if pick() < 0.4 or alone else _VENUES[int(pick() * len(_VENUES))]
        trades.append(Trade(bar.at + offsets[n], prices[n], lots[n], venue, first + n, pick() < 0.5))
    return trades


def _prices(chance: random.Random, bar: Bar) -> list[int]:
    """A path open, one extreme, the other, close: the way the bar was most likely drawn."""
    count = bar.trades
    rising = bar.close >= bar.open
    extremes = (bar.low, bar.high) if rising else (bar.high, bar.low)
    first, second = sorted(chance.sample(range(1, count - 1), 2))
    corners = [(0, bar.open), (first, extremes[0]), (second, extremes[1]), (count - 1, bar.close)]
    prices = [bar.open]
    for (start, begin), (stop, finish) in itertools.pairwise(corners):
        span = stop - start
        for n in range(1, span):
            wish = begin + (finish - begin) * n / span + chance.gauss(0.0, 0.7)
            prices.append(min(bar.high, max(bar.low, round(wish))))
        prices.append(finish)
    return prices


def _sizes(chance: random.Random, lots: int, count: int) -> list[int]:
    spare, sizes = lots - count, []
    weights = [chance.expovariate(1.0) for _ in range(count)]
    scale = spare / sum(weights)
    for weight in weights[:-1]:
        size = int(weight * scale)
        spare -= size
        sizes.append(1 + size)
    sizes.append(1 + max(spare, 0))
    return sizes


def _offsets(chance: random.Random, count: int) -> list[int]:
    """Distinct instants inside the minute, with room before each for the quote that led to it."""
    first = OPENING_QUOTE_LASTS + _LEAD
    slot = (MINUTE - first) // count
    return [first + n * slot + slot // 4 + int(chance.random() * slot * 0.7) for n in range(count)]


def _quotes(
    chance: random.Random, trades: list[Trade], instrument: Instrument, character: Character
) -> list[Quote]:
    """A quote just before each trade, with the trade at its bid or offer, and some more on the way."""
    pick, spread, home = chance.random, character.spread, instrument.home_venue
    alone = instrument.has_one_venue
    minute = trades[0].at - trades[0].at % MINUTE
    quotes: list[Quote] = []
    previous = minute + OPENING_QUOTE_LASTS
    for n, trade in enumerate(trades):
        width = spread + int(pick() < 0.35)
        lead = max(trade.at - int((1 + pick() * 30) * MILLISECOND), previous + MICROSECOND)
        bid = trade.price - width if trade.buyer_took else trade.price
        quotes.append(_quote(pick, lead, bid, width, home, alone))
        following = trades[n + 1] if n + 1 < len(trades) else None
        gap = (following.at - _LEAD if following else minute + MINUTE) - trade.at
        more = int(character.quotes_per_trade - 1 + pick())
        if gap > more * MILLISECOND:
            for k in range(1, more + 1):
                lean = (following.price - trade.price) * k // (more + 1) if following else 0
                width = spread + int(pick() < 0.35)
                start = trade.price + lean - (width if pick() < 0.5 else 0)
                instant = trade.at + int(gap * (k - 0.5 + 0.4 * pick()) / (more + 1))
                quotes.append(_quote(pick, instant, start, width, home, alone))
        previous = trade.at
    return quotes


def _quote(pick: Callable[[], float], at: int, bid: int, width: int, home: str, alone: bool) -> Quote:
    bid = max(1, bid)
    return Quote(
        at,
        bid,
        100 * (1 + int(pick() * pick() * 12)),
        home if pick() < 0.5 or alone else _VENUES[int(pick() * len(_VENUES))],
        bid + width,
        100 * (1 + int(pick() * pick() * 12)),
        home if pick() < 0.5 or alone else _VENUES[int(pick() * len(_VENUES))],
    )

"""Working orders against the market's prints. Knows prices and orders; nothing of accounts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter

from practice.engine.clock import MINUTE, SECOND
from practice.engine.market import Market, span
from practice.engine.orders import STOPS, Kind, Order
from practice.engine.resting import Resting
from practice.engine.tape import Quote, Trade

_GLANCE = 2 * SECOND  # how far to look ahead: books change often, so that looking further is wasted


@dataclass(frozen=True, slots=True)
class Match:
    """An order that may trade now, at this price; without one, a stop that was woken but has to wait."""

    at: int
    order: Order
    price: Decimal | None
    leg_prices: tuple[Decimal, ...] = ()  # of a multi-leg order, whose price is the net of them


class Venue:
    """The orders that are at the market, and which of them a print lets trade."""

    def __init__(self, market: Market, start: int) -> None:
        self._market, self._timetable = market, market.timetable
        self._books: dict[str, Resting] = {}
        self._seen = start
        self._market_changes = market.changes
        self._changes = 0  # how often an order came, went, or began to wait for another price

    @property
    def is_idle(self) -> bool:
        return not self._books

    def add(self, order: Order) -> None:
        """Let an order rest until it trades or is removed."""
        self._changes += 1
        for part in order.legs if order.is_combo else (order,):
            symbol = part.instrument.symbol
            book = self._books.get(symbol)
            if book is None:
                book = self._books[symbol] = Resting(part.instrument)
            book.add(order)

    def remove(self, order: Order) -> None:
        """Take an order from the book; one that is not there is fine."""
        for part in order.legs if order.is_combo else (order,):
            symbol = part.instrument.symbol
            book = self._books.get(symbol)
            if book is not None and book.remove(order):
                self._changes += 1
                if not book:
                    del self._books[symbol]

    def match_now(self, order: Order, at: int) -> Match | None:
        """Whether an order can trade against the quote in force."""
        if not self._trades(order, at):
            return None
        if order.is_combo:
            return self._combo_match(order, at)
        if not order.triggered and order.kind in STOPS:
            self._trigger(order, self._market.trade(order.instrument, at))
        quote = self._market.standing_quote(order.instrument, at)
        price = executable_price(order, quote)
        return Match(at, order, price) if price is not None else None

    def matches(self, until: int) -> Iterator[Match]:
        """Walk the market forward to `until`, yielding each order that may trade.

        Whoever iterates books the execution and adds or removes orders before asking for the next; stopping
        early is allowed, and the walk continues from there next time.
        """
        while self._books and self._seen < until:
            end = min(until, self._seen - self._seen % MINUTE + MINUTE)
            yield from self._minute_s_matches(end)
        self._seen = until

    def _minute_s_matches(self, end: int) -> Iterator[Match]:
        """Walk at most one minute; stop early when an order came or went, for others may act now."""
        if self._market.changes != self._market_changes:
            self._market_changes = self._market.changes
            for book in self._books.values():
                book.asleep_until = 0
        awake = [book for book in self._books.values() if book.asleep_until <= end]
        ticks = [
            (tick.at, book, tick) for book in awake for tick in self._wakers(book, end) if tick.at <= end
        ]
        ticks.sort(key=itemgetter(0))
        changes = self._changes
        for at, book, tick in ticks:
            self._seen = at
            for order in book.woken(tick):
                if order in book and (match := self._match(order, at, tick)):
                    yield match
            if self._changes != changes:
                return
        self._seen = end

    def _wakers(self, book: Resting, until: int) -> list[Quote | Trade]:
        """What is printed until then that may wake an order of this book, and a little more."""
        after = self._seen
        instrument = self._market.place_of(book.instrument, after)
        start = after - after % MINUTE
        end = min(start + MINUTE, max(until, after + _GLANCE))
        book.asleep_until = end + 1
        if instrument.is_night and not book.trades_at_night:
            book.asleep_until = start + MINUTE + 1
            return []
        reach = self._market.reach(instrument, after)
        if reach is not None and not book.may_act_between(*reach):
            book.asleep_until = start + MINUTE + 1
            return []
        minute = self._market.minute(instrument, start)
        found = (
            book.wakers(span(minute.quotes, after, end), span(minute.trades, after, end)) if minute else []
        )
        # Nothing that is drawn prints in the very instant a minute begins; what was recorded may.
        if reach is None and end % MINUTE == 0 and (following := self._market.minute(instrument, end)):
            found += book.wakers(span(following.quotes, end - 1, end), span(following.trades, end - 1, end))
        book.asleep_until = min((tick.at for tick in found), default=end + 1)
        return found

    def _match(self, order: Order, at: int, tick: Quote | Trade) -> Match | None:
        if not self._trades(order, at):
            return None
        if order.is_combo:
            return self._combo_match(order, at)
        if isinstance(tick, Quote):
            price = executable_price(order, tick)
            return Match(at, order, price) if price is not None else None
        if order.triggered or order.kind not in STOPS or order.is_dormant or not self._trigger(order, tick):
            return None
        price = executable_price(order, self._market.quote(order.instrument, at))
        return Match(at, order, price) if price is not None or order.is_spare else None

    def _combo_match(self, order: Order, at: int) -> Match | None:
        prices = []
        for leg in order.legs:
            quote = self._market.quote(leg.instrument, at)
            prices.append(leg.instrument.price(quote.ask if leg.is_buy else quote.bid))
        net = net_price(order, prices)
        if order.limit_price is not None and net > order.limit_price:
            return None
        return Match(at, order, net, tuple(prices))

    def _trades(self, order: Order, at: int) -> bool:
        instrument = order.legs[0].instrument if order.is_combo else order.instrument
        place = self._market.place_of(instrument, at)
        if place.is_night and not order.trades_at_night:
            return False
        return self._market.is_open(place, at, extended=order.extended_hours)

    def _trigger(self, order: Order, trade: Trade) -> bool:
        price, stop = order.instrument.price(trade.price), order.stop_price
        if stop is None or (price < stop if order.is_buy else price > stop):
            if order.kind is Kind.TRAILING_STOP:
                order.trail(price)
            return False
        order.triggered = True
        if order.kind is Kind.STOP and order.is_buy:
            # A triggered buy stop goes to the venue as a limit order a little above the stop.
            order.collar = stop * (Decimal("1.04") if stop < 50 else Decimal("1.025"))
        if order.instrument.symbol in self._books and order in self._books[order.instrument.symbol]:
            self.add(order)  # for it waits for a quote now
        return True


def executable_price(order: Order, quote: Quote) -> Decimal | None:
    """The price at which an order trades against a quote, or None while it has to wait."""
    if not order.triggered and order.kind in STOPS:
        return None
    price = order.instrument.price(quote.ask if order.is_buy else quote.bid)
    bound = order.limit_price if order.limit_price is not None else order.collar
    if bound is None or (price <= bound if order.is_buy else price >= bound):
        return price
    return None


def net_price(order: Order, prices: Iterable[Decimal]) -> Decimal:
    """What one unit of a multi-leg order costs at these prices of its legs; negative when it brings in."""
    net = Decimal(0)
    for leg, price in zip(order.legs, prices, strict=True):
        amount = (leg.ratio_qty or Decimal(1)) * price
        net += amount if leg.is_buy else -amount
    return net

"""Working orders against the market's prints. Knows prices and orders; nothing of accounts."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter

from practice.engine.instruments import Instrument
from practice.engine.market import Market
from practice.engine.orders import Kind, Order
from practice.engine.tape import Quote, Trade


@dataclass(frozen=True, slots=True)
class Match:
    """An order that may trade now, at this price."""

    at: int
    order: Order
    price: Decimal


class Venue:
    """The orders that are at the market, and which of them a print lets trade."""

    def __init__(self, market: Market, start: int) -> None:
        self._market, self._timetable = market, market.timetable
        self._orders: dict[str, dict[str, Order]] = {}
        self._seen = start

    @property
    def is_idle(self) -> bool:
        return not self._orders

    def add(self, order: Order) -> None:
        """Let an order rest until it trades or is removed."""
        self._orders.setdefault(order.instrument.symbol, {})[order.id] = order

    def remove(self, order: Order) -> None:
        """Take an order from the book; one that is not there is fine."""
        symbol = order.instrument.symbol
        orders = self._orders.get(symbol, {})
        orders.pop(order.id, None)
        if not orders:
            self._orders.pop(symbol, None)

    def match_now(self, order: Order, at: int) -> Match | None:
        """Whether an order can trade against the quote in force."""
        if not self._trades(order, at):
            return None
        if not order.triggered and order.kind in {Kind.STOP, Kind.STOP_LIMIT}:
            self._trigger(order, self._market.trade(order.instrument, at))
        price = executable_price(order, self._market.quote(order.instrument, at))
        return Match(at, order, price) if price is not None else None

    def matches(self, until: int) -> Iterator[Match]:
        """Walk the market forward to `until`, yielding each order that may trade.

        Whoever iterates books the execution and adds or removes orders before asking for the next; stopping
        early is allowed, and the walk continues from there next time.
        """
        if self._orders:
            for at, instrument, tick in self._prints(until):
                self._seen = at
                for order in list(self._orders.get(instrument.symbol, {}).values()):
                    match = self._match(order, at, tick)
                    if match:
                        yield match
        self._seen = until

    def _prints(self, until: int) -> Iterator[tuple[int, Instrument, Quote | Trade]]:
        instruments = [next(iter(orders.values())).instrument for orders in self._orders.values()]
        streams = [
            [(tick.at, instrument, tick) for tick in self._market.prints(instrument, self._seen, until)]
            for instrument in instruments
        ]
        return heapq.merge(*streams, key=itemgetter(0))

    def _match(self, order: Order, at: int, tick: Quote | Trade) -> Match | None:
        if not self._trades(order, at):
            return None
        if isinstance(tick, Quote):
            price = executable_price(order, tick)
            return Match(at, order, price) if price is not None else None
        if not order.triggered and order.kind in {Kind.STOP, Kind.STOP_LIMIT} and self._trigger(order, tick):
            price = executable_price(order, self._market.quote(order.instrument, at))
            return Match(at, order, price) if price is not None else None
        return None

    def _trades(self, order: Order, at: int) -> bool:
        return self._market.is_open(order.instrument, at, extended=order.extended_hours)

    def _trigger(self, order: Order, trade: Trade) -> bool:
        price, stop = order.instrument.price(trade.price), order.stop_price
        if stop is None or (price < stop if order.is_buy else price > stop):
            return False
        order.triggered = True
        if order.kind is Kind.STOP and order.is_buy:
            # A triggered buy stop goes to the venue as a limit order a little above the stop.
            order.collar = stop * (Decimal("1.04") if stop < 50 else Decimal("1.025"))
        return True


def executable_price(order: Order, quote: Quote) -> Decimal | None:
    """The price at which an order trades against a quote, or None while it has to wait."""
    if order.kind in {Kind.STOP, Kind.STOP_LIMIT} and not order.triggered:
        return None
    price = order.instrument.price(quote.ask if order.is_buy else quote.bid)
    bound = order.limit_price if order.limit_price is not None else order.collar
    if bound is None or (price <= bound if order.is_buy else price >= bound):
        return price
    return None

"""The orders that rest on one instrument, and the prices at which any of them could act.

A tick that reaches none of them costs a comparison or two, however many rest.
"""

import heapq
from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR

from practice.engine.instruments import Instrument
from practice.engine.orders import STOPS, Kind, Order
from practice.engine.tape import Quote, Trade

_NEVER_ABOVE, _NEVER_BELOW = 1 << 60, -1
Entry = tuple[int, int, str]  # a price with the best first, the order of arrival, the order's id


class Resting:
    """Orders by the tick that may wake them: a quote for those with a limit, a trade for stops.

    Whoever changes what an order waits for tells by `add`, again.
    """

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self._orders: dict[str, tuple[Order, Entry | None]] = {}
        self._heaps: dict[str, list[Entry]] = {"buy": [], "sell": [], "buy stop": [], "sell stop": []}
        self._restless: dict[str, Order] = {}  # to be looked at with every tick
        self._arrivals = 0
        self.asleep_until = 0  # no tick before this instant wakes an order

    def __bool__(self) -> bool:
        return bool(self._orders)

    def __contains__(self, order: Order) -> bool:
        return order.id in self._orders

    def add(self, order: Order) -> None:
        """Let an order rest, or rest for another price."""
        self._arrivals += 1
        self.asleep_until = 0
        self._restless.pop(order.id, None)
        if order.is_combo or (order.kind is Kind.TRAILING_STOP and not order.triggered):
            self._restless[order.id] = order
            self._orders[order.id] = (order, None)
            return
        waiting = order.kind in STOPS and not order.triggered
        price = order.stop_price if waiting else order.limit_price or order.collar
        rounding = ROUND_FLOOR if order.is_buy is not waiting else ROUND_CEILING
        if price is None:
            ticks = _NEVER_ABOVE if order.is_buy else _NEVER_BELOW
        else:
            ticks = int(price.scaleb(self.instrument.digits).to_integral_value(rounding))
        rising = order.is_buy is waiting  # whether the lowest price is the first to be reached
        entry = (ticks if rising else -ticks, self._arrivals, order.id)
        self._orders[order.id] = (order, entry)
        heapq.heappush(self._heaps[f"{order.side} stop" if waiting else order.side], entry)

    def remove(self, order: Order) -> bool:
        """Forget an order; say whether it was there."""
        self._restless.pop(order.id, None)
        return self._orders.pop(order.id, None) is not None

    @property
    def trades_at_night(self) -> bool:
        """Whether any of them may trade in the overnight market."""
        return any(order.trades_at_night for order, _ in self._orders.values())

    def _first(self, name: str) -> int | None:
        heap = self._heaps[name]
        while heap:
            kept = self._orders.get(heap[0][2])
            if kept is not None and kept[1] == heap[0]:
                return heap[0][0]
            heapq.heappop(heap)
        return None

    def bounds(self) -> tuple[int, int, int, int]:
        """The highest offer, the lowest bid, the lowest and the highest trade that wake an order."""
        offer, bid = self._first("buy"), self._first("sell")
        rise, fall = self._first("buy stop"), self._first("sell stop")
        return (
            _NEVER_BELOW - 1 if offer is None else -offer,
            _NEVER_ABOVE + 1 if bid is None else bid,
            _NEVER_ABOVE + 1 if rise is None else rise,
            _NEVER_BELOW - 1 if fall is None else -fall,
        )

    def may_act_between(self, low: int, high: int) -> bool:
        """Whether trades from `low` to `high`, and the quotes around them, could wake an order."""
        offer, bid, rise, fall = self.bounds()
        return bool(self._restless) or offer >= low or bid <= high or rise <= high or fall >= low

    def wakers(self, quotes: Iterable[Quote], trades: Iterable[Trade]) -> list[Quote | Trade]:
        """Those ticks that may wake an order."""
        if self._restless:
            return [*quotes, *trades]
        offer, bid, rise, fall = self.bounds()
        return [
            *(quote for quote in quotes if quote.ask <= offer or quote.bid >= bid),
            *(trade for trade in trades if trade.price >= rise or trade.price <= fall),
        ]

    def woken(self, tick: Quote | Trade) -> list[Order]:
        """The orders that a tick may wake, in order of their arrival."""
        found: list[Entry] = []
        if isinstance(tick, Quote):
            found += self._reached("buy", -tick.ask)
            found += self._reached("sell", tick.bid)
        else:
            found += self._reached("buy stop", tick.price)
            found += self._reached("sell stop", -tick.price)
        found.sort(key=lambda entry: entry[1])
        return [*(self._orders[entry[2]][0] for entry in found), *self._restless.values()]

    def _reached(self, name: str, price: int) -> list[Entry]:
        heap, found = self._heaps[name], []
        while (first := self._first(name)) is not None and first <= price:
            found.append(heapq.heappop(heap))
        for entry in found:
            heapq.heappush(heap, entry)
        return found

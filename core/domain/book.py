"""The orders of one account, folded from answers, look-ups, lists and stream events in any order."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from core.domain.order import Order, OrderStatus

# Before the venue has the order. The broker may stamp these and what follows alike, and an answer often
# overtakes the event that came after it, so that at equal times the order that is further on stands.
_EARLY = frozenset(
    {OrderStatus.PENDING_NEW, OrderStatus.ACCEPTED, OrderStatus.PENDING_REVIEW, OrderStatus.HELD}
)


def is_newer(seen: Order, known: Order) -> bool:
    """Whether `seen` may replace what we know.

    Never steps back: not from a final status, not to a smaller filled quantity, not to an older
    `updated_at`. At equal times the later arrival wins, unless it is from before the order worked.
    """
    if known.status.is_final and not seen.status.is_final:
        return False
    if seen.filled_qty < known.filled_qty:
        return False
    if seen.filled_qty > known.filled_qty:
        return True
    if seen.updated_at is None or known.updated_at is None or seen.updated_at == known.updated_at:
        return seen.status not in _EARLY or known.status in _EARLY
    return seen.updated_at > known.updated_at


class OrderBook:
    """Knows the newest believable state of every order seen; no clock and no I/O."""

    def __init__(self) -> None:
        self._orders: dict[str, Order] = {}
        self._id_of_client_id: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._orders)

    @property
    def orders(self) -> Mapping[str, Order]:
        """Every order by the broker's id, in the order first seen."""
        return self._orders

    def get(self, order_id: str) -> Order | None:
        """The order with the broker's id, if seen."""
        return self._orders.get(order_id)

    def by_client_order_id(self, client_order_id: str) -> Order | None:
        """The order that carries our id, if seen."""
        order_id = self._id_of_client_id.get(client_order_id)
        return None if order_id is None else self._orders[order_id]

    def take(self, order: Order) -> bool:
        """Fold one piece of evidence in; returns whether anything changed."""
        known = self._orders.get(order.id)
        if known is not None and not order.legs and known.legs:
            # Events carry orders without their legs; losing them would unnest the blotter.
            order = replace(order, legs=known.legs)
        if known is not None and (known == order or not is_newer(order, known)):
            return False
        self._orders[order.id] = order
        self._id_of_client_id[order.client_order_id] = order.id
        return True

    def take_all(self, orders: Iterable[Order]) -> list[Order]:
        """Fold a list in; returns the orders that changed, as they are now known."""
        changed = [order.id for order in orders if self.take(order)]
        return [self._orders[order_id] for order_id in dict.fromkeys(changed)]

    def open_orders(self) -> list[Order]:
        """The orders that may still trade."""
        return [order for order in self._orders.values() if order.is_open]

"""The life of an order after it was taken: routed, matched, booked, canceled, expired.

Drive it with `advance(now)`: everything due until then happens, in order of time. It never looks at a
clock, and all its randomness comes from the seed.
"""

import uuid
from decimal import ROUND_DOWN, Decimal

from practice.engine.accounts import Account
from practice.engine.agenda import Agenda
from practice.engine.chance import chance_of
from practice.engine.clock import MILLISECOND
from practice.engine.market import Market
from practice.engine.orders import MOVES, Order, State, Tif
from practice.engine.updates import Execution, Listener, Update
from practice.engine.venue import Match, Venue

_PARTIAL_CHANCE = 0.1
_FINEST = Decimal("1e-9")
_CRYPTO_FEE = Decimal("0.0025")
_PENDING = {State.PENDING_CANCEL, State.PENDING_REPLACE}


class Floor:
    """Every order that is on its way to, at, or leaving the venue."""

    def __init__(self, seed: int, market: Market, start: int) -> None:
        self.now = start
        self.agenda = Agenda()
        self._market, self._venue = market, Venue(market, start)
        self._chance = chance_of(seed, "floor")
        self._names = chance_of(seed, "names")
        self._listeners: list[Listener] = []
        self._owners: dict[str, Account] = {}  # of open orders, by order id

    def listen(self, listener: Listener) -> None:
        """Have every update from now on reported, in order."""
        self._listeners.append(listener)

    def new_id(self) -> str:
        """The next identifier of this seed."""
        return str(uuid.UUID(int=self._names.getrandbits(128), version=4))

    def soon(self, shortest_ms: int, longest_ms: int) -> int:
        """An instant a little from now, as long as a message takes."""
        return self.now + self._chance.randint(shortest_ms * MILLISECOND, longest_ms * MILLISECOND)

    @property
    def is_idle(self) -> bool:
        """Whether no order waits for a price."""
        return self._venue.is_idle

    def advance(self, now: int) -> None:
        """Let everything happen that is due until `now`."""
        while self.now < now:
            due = self.agenda.next_at()
            horizon = now if due is None else min(max(due, self.now), now)
            if not self._walk_market(horizon):
                continue  # an execution put something earlier on the agenda
            self.now = horizon
            while (due := self.agenda.next_at()) is not None and due <= self.now:
                instant, action = self.agenda.take()
                action(instant)

    def _walk_market(self, horizon: int) -> bool:
        for match in self._venue.matches(horizon):
            self.now = match.at
            self._execute(match)
            due = self.agenda.next_at()
            if due is not None and due < horizon:
                return False
        return True

    def enter(self, account: Account, order: Order, route_at: int) -> None:
        """Put an accepted order on the books and on its way."""
        self._register(account, order)
        self.announce(order, str(order.state))
        self.agenda.put(route_at, lambda instant: self._route(order, instant))

    def _register(self, account: Account, order: Order) -> None:
        account.orders[order.id] = order
        account.by_client_id[order.client_order_id] = order
        account.open_orders[order.id] = order
        self._owners[order.id] = account
        if order.expires_at is not None:
            self.agenda.put(order.expires_at, lambda instant: self._expire(order, instant))

    def _route(self, order: Order, instant: int) -> None:
        if order.state is State.ACCEPTED:
            self.move(order, State.PENDING_NEW, instant, "pending_new")
        if order.state is State.PENDING_NEW:
            self.put_to_work(order, instant)

    def put_to_work(self, order: Order, instant: int) -> None:
        """The venue acknowledges an order; a moment later it may trade."""
        self.move(order, State.NEW, instant, "new")
        self.agenda.put(self.soon(4, 30), lambda later: self._meet_market(order, later))

    def _meet_market(self, order: Order, instant: int) -> None:
        if not order.is_open:
            return
        if match := self._venue.match_now(order, instant):
            if order.tif is Tif.FOK:
                self._book(match, self._whole_qty(match))
            else:
                self._execute(match)
        self._rest(order, instant)

    def _rest(self, order: Order, instant: int) -> None:
        if order.tif in {Tif.IOC, Tif.FOK}:
            self.finish_cancel(order, instant)
        elif order.is_open:
            self._venue.add(order)

    def _execute(self, match: Match) -> None:
        qty = self._whole_qty(match)
        if qty > 1 and not qty % 1 and self._chance.random() < _PARTIAL_CHANCE:
            qty = Decimal(self._chance.randint(1, int(qty) - 1))
        self._book(match, qty)

    def _whole_qty(self, match: Match) -> Decimal:
        order = match.order
        if order.qty is None:
            # An order by amount learns its quantity when it trades, and cannot close more than there is.
            qty = (order.notional or Decimal(0)) / match.price
            if order.closes:
                qty = min(qty, abs(self._owners[order.id].held(order.instrument)))
            order.qty = qty.quantize(_FINEST, rounding=ROUND_DOWN)
        return order.remaining

    def _book(self, match: Match, qty: Decimal) -> None:
        order, price, account = match.order, match.price, self._owners[match.order.id]
        position_qty = account.settle(order.instrument, *_exchanged(order, qty, price))
        order.filled_qty += qty
        order.filled_value += qty * price
        execution = Execution(id=self.new_id(), price=price, qty=qty, position_qty=position_qty)
        if order.remaining == 0:
            order.filled_at = match.at
            self.move(order, State.FILLED, match.at, "fill", execution)
        else:
            state = order.state if order.state in _PENDING else State.PARTIALLY_FILLED
            self.move(order, state, match.at, "partial_fill", execution)

    def finish_cancel(self, order: Order, instant: int) -> None:
        """A cancellation arrives at the venue; an order that is done by then stays as it is."""
        if order.is_open:
            order.canceled_at = instant
            self.move(order, State.CANCELED, instant, "canceled")

    def reject(self, order: Order, instant: int) -> None:
        """The venue refuses an order that was taken; one that it cannot refuse any more stays as it is."""
        if State.REJECTED in MOVES[order.state]:
            order.failed_at = instant
            self.move(order, State.REJECTED, instant, "rejected")

    def succeed(self, account: Account, old: Order, new: Order) -> None:
        """Let a replacement reach the venue a moment later, where it meets the old order or its remains."""
        self._register(account, new)
        self.announce(new, str(new.state))
        filled = old.filled_qty
        self.agenda.put(self.soon(4, 20), lambda instant: self._swap(old, new, filled, instant))

    def _swap(self, old: Order, new: Order, filled_before: Decimal, instant: int) -> None:
        filled_meanwhile = old.filled_qty - filled_before
        won = old.state is State.PENDING_REPLACE and (new.qty is None or new.qty > filled_meanwhile)
        if not won:
            if new.is_open:
                new.failed_at = instant
                self.move(new, State.REJECTED, instant, "rejected")
            self.finish_cancel(old, instant)
            return
        if new.qty is not None:
            new.qty -= filled_meanwhile
        old.replaced_at = instant
        self.move(old, State.REPLACED, instant, "replaced")
        if new.state is State.PENDING_NEW:
            self.put_to_work(new, instant)

    def hurry_cancels(self, account: Account) -> None:
        """Finish the cancellations under way at once, so that what they held is free."""
        for order in list(account.open_orders.values()):
            if order.state is State.PENDING_CANCEL:
                self.finish_cancel(order, self.now)

    def _expire(self, order: Order, instant: int) -> None:
        if order.is_open:
            order.expired_at = instant
            self.move(order, State.EXPIRED, instant, "expired")

    def move(
        self, order: Order, state: State, instant: int, event: str, execution: Execution | None = None
    ) -> None:
        """Change an order's state and tell everybody."""
        order.move_to(state, instant)
        if not order.is_open:
            self._owners[order.id].open_orders.pop(order.id, None)
            self._venue.remove(order)
        self.announce(order, event, execution)
        if not order.is_open:
            del self._owners[order.id]

    def announce(self, order: Order, event: str, execution: Execution | None = None) -> None:
        """Tell everybody about an order as it is now."""
        update = Update(
            id=self.new_id(),
            event=event,
            at=order.updated_at,
            account=self._owners[order.id],
            order=order,
            execution=execution,
        )
        for listener in self._listeners:
            listener(update)


def _exchanged(order: Order, qty: Decimal, price: Decimal) -> tuple[Decimal, Decimal]:
    """What an execution moves: signed quantity and cash. Coin fees come off what is received."""
    keep = 1 - _CRYPTO_FEE if order.instrument.is_crypto else Decimal(1)
    if order.is_buy:
        return qty * keep, -qty * price
    return -qty, qty * price * keep

"""The life of an order after it was taken: routed, matched, booked, canceled, expired.

Drive it with `advance(now)`: everything due until then happens, in order of time. It never looks at a
clock, and all its randomness comes from the seed.
"""

from decimal import ROUND_DOWN, Decimal

from practice.engine.accounts import Account
from practice.engine.agenda import Agenda
from practice.engine.auctions import auction_price
from practice.engine.chance import chance_of
from practice.engine.clock import MILLISECOND
from practice.engine.executions import Execution, exchange
from practice.engine.links import Links
from practice.engine.market import Market
from practice.engine.orders import MOVES, Kind, Order, State, Tif
from practice.engine.updates import ComboFill, Listener, Update
from practice.engine.venue import Match, Venue

_PARTIAL_CHANCE = 0.1
_FINEST = Decimal("1e-9")
# A coin bought by amount at the market is measured at more than its price, and so never costs too much.
_COIN_COLLAR = Decimal("1.02")
_PENDING = {State.PENDING_CANCEL, State.PENDING_REPLACE}
_WHOLE = Decimal(1)
# What RFC 9562 has in a random UUID beside its random bits.
_NOT_VERSION, _VERSION_4 = ~(0xC000 << 48 | 0xF000 << 64), 0x8000 << 48 | 4 << 76


class Floor:
    """Every order that is on its way to, at, or leaving the venue."""

    def __init__(self, seed: int, market: Market, start: int) -> None:
        self.now = start
        self.agenda = Agenda()
        self._market, self._venue = market, Venue(market, start)
        self._chance = chance_of(seed, "floor")
        self._names = chance_of(seed, "names")
        self._links = Links(self)
        self._listeners: list[Listener] = []
        self._told = 0  # updates
        self._owners: dict[str, Account] = {}  # of open orders, by order id
        self._to_set_aside: dict[str, tuple[State, int]] = {}  # and for how long, by order id

    def listen(self, listener: Listener) -> None:
        """Have every update from now on reported, in order."""
        self._listeners.append(listener)

    def new_id(self) -> str:
        """The next identifier of this seed."""
        name = f"{self._names.getrandbits(128) & _NOT_VERSION | _VERSION_4:032x}"
        return f"{name[:8]}-{name[8:12]}-{name[12:16]}-{name[16:20]}-{name[20:]}"

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
        """Put an accepted order, and the children that wait for it, on the books and on its way."""
        self._register(account, order)
        self.announce(order, str(order.state))
        if not order.is_combo:
            for leg in order.legs:
                self.announce(leg, str(leg.state))
        self.agenda.put(route_at, lambda instant: self._route(order, instant))

    def _register(self, account: Account, order: Order) -> None:
        account.register(order)
        self._owners[order.id] = account
        account.recount(order)
        if order.expires_at is not None and (order.parent is None or not order.parent.is_combo):
            self.agenda.put(order.expires_at, lambda instant: self._expire(order, instant))
        for leg in order.legs:
            self._register(account, leg)

    def owner(self, order: Order) -> Account:
        """The account of an open order."""
        return self._owners[order.id]

    def _route(self, order: Order, instant: int) -> None:
        if order.state is State.ACCEPTED:
            self.move(order, State.PENDING_NEW, instant, "pending_new")
        if order.state is State.PENDING_NEW:
            self.put_to_work(order, instant)

    def put_to_work(self, order: Order, instant: int) -> None:
        """The venue acknowledges an order; a moment later it may trade, unless it waits for an auction."""
        self.move(order, State.NEW, instant, "new")
        if order.id in self._to_set_aside:
            state, pause = self._to_set_aside.pop(order.id)
            self.move(order, state, instant, str(state))
            self.agenda.put(instant + pause, lambda later: self._take_up(order, state, later))
            return
        session = self._market.timetable.current(instant)
        if order.tif is Tif.OPG or (order.tif is Tif.CLS and session is None):
            self.agenda.put(self.soon(4, 30), lambda later: self._auction(order, later))
        elif order.tif is Tif.CLS and session is not None:
            self.agenda.put(session.close, lambda later: self._auction(order, later))
        else:
            self.agenda.put(self.soon(4, 30), lambda later: self._meet_market(order, later))

    def set_aside(self, order: Order, state: State, pause: int) -> None:
        """Have the venue put an order that it has not yet acknowledged into a state of `SET_ASIDE` first.

        After `pause` nanoseconds it is `new` again, and may trade, unless it has ended meanwhile.
        """
        if order.is_open:
            self._to_set_aside[order.id] = (state, pause)

    def _take_up(self, order: Order, state: State, instant: int) -> None:
        if order.state is state:
            self.put_to_work(order, instant)

    def rest(self, order: Order) -> None:
        """Let an order watch the market, held children included."""
        self._venue.add(order)

    def _auction(self, order: Order, instant: int) -> None:
        if not order.is_open:
            return
        price = auction_price(self._market, order, instant)
        if price is not None:
            self._book(Match(instant, order, price), order.remaining)
        self.finish_cancel(order, instant)

    def _meet_market(self, order: Order, instant: int) -> None:
        if not order.is_open:
            return
        if match := self._venue.match_now(order, instant):
            if order.tif is Tif.FOK:
                self._book(match, self._whole_qty(match))
            else:
                self._execute(match)
        if order.tif in {Tif.IOC, Tif.FOK}:
            self.finish_cancel(order, instant)
        elif order.is_open:
            self.rest(order)

    def _execute(self, match: Match) -> None:
        if match.order.is_spare:
            self._links.take_over(match.order, match.at)
        if match.price is None:
            return
        qty = self._whole_qty(match)
        if qty <= 0:  # what an order by amount was to close is gone
            self.finish_cancel(match.order, match.at)
            return
        if qty > 1 and not qty % 1 and self._chance.random() < _PARTIAL_CHANCE:
            qty = Decimal(self._chance.randint(1, int(qty) - 1))
        self._book(match, qty)

    def _whole_qty(self, match: Match) -> Decimal:
        order = match.order
        if order.qty is None:
            # An order by amount learns its quantity when it trades, and cannot close more than is free.
            price = match.price or _WHOLE
            if order.instrument.is_crypto and order.is_buy and order.kind is Kind.MARKET:
                price *= _COIN_COLLAR
            qty = (order.notional or Decimal(0)) / price
            if order.closes:
                qty = min(qty, self._owners[order.id].available(order.instrument, to=order))
            if (qty := qty.quantize(_FINEST, rounding=ROUND_DOWN)) <= 0:
                return qty
            order.qty = qty
        return order.remaining

    def _book(self, match: Match, qty: Decimal) -> None:
        order, price = match.order, match.price or Decimal(0)
        execution = combo = None
        if order.is_combo:
            legs = zip(order.legs, match.leg_prices, strict=True)
            pieces = tuple(
                (leg, self._booked(leg, qty * (leg.ratio_qty or _WHOLE), cost)) for leg, cost in legs
            )
            combo = ComboFill(price, qty, pieces)
            _count(order, qty, price)
        else:
            execution = self._booked(order, qty, price)
        if order.remaining == 0:
            order.filled_at = match.at
            self.move(order, State.FILLED, match.at, "fill", execution, combo)
        else:
            state = order.state if order.state in _PENDING else State.PARTIALLY_FILLED
            self.move(order, state, match.at, "partial_fill", execution, combo)

    def _booked(self, order: Order, qty: Decimal, price: Decimal) -> Execution:
        name = self.new_id()
        moved = exchange(order.instrument, is_buy=order.is_buy, qty=qty, price=price)
        position_qty = self._owners[order.id].settle(order.instrument, moved.qty, moved.cash, name)
        _count(order, qty, price * order.instrument.multiplier)
        execution = Execution(id=name, price=price, qty=qty, position_qty=position_qty, fee=moved.fee)
        order.executions.append(execution)
        return execution

    def request_cancel(self, order: Order) -> None:
        """Let a cancellation travel to the venue; an execution may be faster."""
        account = self._owners[order.id]
        order.cancel_requested_at = self.now
        self.move(order, State.PENDING_CANCEL, self.now, "pending_cancel")

        def arrive(instant: int) -> None:
            if order.state is State.FILLED:
                order.updated_at = instant
                self.announce(order, "order_cancel_rejected", account=account)
            self.finish_cancel(order, instant)

        self.agenda.put(self.soon(4, 20), arrive)

    def finish_cancel(self, order: Order, instant: int) -> None:
        """A cancellation arrives at the venue; an order that is done by then stays as it is."""
        self.end(order, State.CANCELED, instant)

    def _expire(self, order: Order, instant: int) -> None:
        self.end(order, State.EXPIRED, instant)

    def end(self, order: Order, state: State, instant: int) -> None:
        """Let an open order end without any further execution."""
        if not order.is_open:
            return
        if state is State.CANCELED:
            order.canceled_at = instant
        elif state is State.EXPIRED:
            order.expired_at = instant
        else:
            order.failed_at = instant
        self.move(order, state, instant, str(state))

    def reject(self, order: Order, instant: int) -> None:
        """The venue refuses an order that was taken; one that it cannot refuse any more stays as it is."""
        if State.REJECTED in MOVES[order.state]:
            self.end(order, State.REJECTED, instant)

    def succeed(self, account: Account, old: Order, new: Order) -> None:
        """Let a replacement reach the venue a moment later, where it meets the old order or its remains."""
        new.predecessor = old
        self._register(account, new)
        self.announce(new, str(new.state))
        filled = old.filled_qty
        self.agenda.put(self.soon(4, 20), lambda instant: self._swap(old, new, filled, instant))

    def _swap(self, old: Order, new: Order, filled_before: Decimal, instant: int) -> None:
        filled_meanwhile = old.filled_qty - filled_before
        new.predecessor = None
        won = old.state is State.PENDING_REPLACE and (new.qty is None or new.qty > filled_meanwhile)
        if not won:
            account = self._owners.get(new.id)
            self.end(new, State.REJECTED, instant)
            if account is not None:
                old.updated_at = instant
                self.announce(old, "order_replace_rejected", account=account)
            self.finish_cancel(old, instant)
            return
        if new.qty is not None:
            new.qty -= filled_meanwhile
            for leg in new.legs:
                leg.qty = new.qty * (leg.ratio_qty or _WHOLE)
        old.replaced_at = instant
        self._links.succeed(old, new)
        self.move(old, State.REPLACED, instant, "replaced")
        if new.state is State.PENDING_NEW:
            self._links.start(new, instant)

    def revise(
        self,
        account: Account,
        order: Order,
        event: str,
        report: Execution | None = None,
        combo: ComboFill | None = None,
    ) -> None:
        """Tell that an execution was taken back or corrected, after the order's fills were changed."""
        if order.is_open:
            state = order.state
            if order.remaining == 0:
                state, order.filled_at = State.FILLED, self.now
            elif state is State.PARTIALLY_FILLED and not order.filled_qty:
                state = State.NEW
            self.move(order, state, self.now, event, report, combo)
        else:
            if order.state is State.FILLED and order.remaining:
                order.move_to(State.CANCELED, self.now)
                order.filled_at, order.canceled_at = None, self.now
                order.cancel_requested_at = self.now
            order.updated_at = self.now
            if order.is_combo:
                self._move_legs(account, order, self.now)
            self.announce(order, event, report, combo, account)
        self._links.refit(order, self.now)

    def hurry_cancels(self, account: Account) -> None:
        """Finish the cancellations under way at once, so that what they held is free."""
        for order in list(account.open_orders.values()):
            if order.state is State.PENDING_CANCEL:
                self.finish_cancel(order, self.now)

    def move(
        self,
        order: Order,
        state: State,
        instant: int,
        event: str,
        execution: Execution | None = None,
        combo: ComboFill | None = None,
    ) -> None:
        """Change an order's state, tell everybody, and do what its children or its sibling must do then."""
        order.move_to(state, instant)
        account = self._owners[order.id]
        account.recount(order)
        if order.is_combo:
            self._move_legs(account, order, instant)
        if not order.is_open:
            self._venue.remove(order)
        self.announce(order, event, execution, combo)
        if not order.is_open:
            del self._owners[order.id]
            self._to_set_aside.pop(order.id, None)
        if order.order_class != "simple":
            self._links.react(order, account, instant)

    def _move_legs(self, account: Account, order: Order, instant: int) -> None:
        """The legs of a multi-leg order share its state."""
        for leg in order.legs:
            leg.state, leg.updated_at = order.state, instant
            leg.filled_at, leg.canceled_at = order.filled_at, order.canceled_at
            leg.expired_at, leg.failed_at, leg.replaced_at = (
                order.expired_at,
                order.failed_at,
                order.replaced_at,
            )
            account.recount(leg)
            if not leg.is_open:
                self._owners.pop(leg.id, None)

    def announce(
        self,
        order: Order,
        event: str,
        execution: Execution | None = None,
        combo: ComboFill | None = None,
        account: Account | None = None,
    ) -> None:
        """Tell everybody about an order as it is now; of one that is done, say whose it was."""
        self._told += 1
        update = Update(
            number=self._told,
            noted_at=self.now,
            event=event,
            at=order.updated_at,
            account=account or self._owners[order.id],
            order=order,
            execution=execution,
            combo=combo,
        )
        for listener in self._listeners:
            listener(update)


def _count(order: Order, qty: Decimal, unit_value: Decimal) -> None:
    order.filled_qty += qty
    order.filled_value += qty * unit_value

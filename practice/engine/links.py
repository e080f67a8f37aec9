"""What orders that belong together do to each other: entries and their exits, and the two of a pair.

A pair's stop loss is spare as long as its take profit works: it watches the market but has no shares of its
own. When its price is reached, the take profit makes way first, so that the two never both fill.
"""

from decimal import Decimal
from typing import Protocol

from practice.engine.accounts import Account
from practice.engine.orders import Order, Role, State

_OVER_EARLY = {State.CANCELED, State.EXPIRED, State.REJECTED}
_WORKING = {State.NEW, State.PARTIALLY_FILLED}


class Hands(Protocol):
    """What it takes to carry out a consequence."""

    def move(self, order: Order, state: State, instant: int, event: str) -> None: ...

    def announce(self, order: Order, event: str) -> None: ...

    def end(self, order: Order, state: State, instant: int) -> None: ...

    def put_to_work(self, order: Order, instant: int) -> None: ...

    def rest(self, order: Order) -> None: ...


class Links:
    """The consequences of what happens to one order for those that belong to it."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands

    def react(self, order: Order, account: Account, instant: int) -> None:
        """Do what the order's new state means for its relatives."""
        if order.is_combo:
            return
        if order.is_entry:
            self._after_entry(order, account, instant)
        else:
            self._after_exit(order, instant)

    def _after_entry(self, entry: Order, account: Account, instant: int) -> None:
        if entry.state is State.FILLED:
            self._release(entry, account, instant)
        elif entry.state in _OVER_EARLY:
            for leg in list(entry.legs):
                # A child that is being replaced knows no rejection; it just ends.
                state = State.CANCELED if leg.state is State.PENDING_REPLACE else entry.state
                self._hands.end(leg, state, instant)

    def _release(self, entry: Order, account: Account, instant: int) -> None:
        """The entry is filled: its exits may work, for what the account has to close."""
        held = account.held(entry.instrument)
        open_side = held > 0 if entry.is_buy else held < 0
        most = account.available(entry.instrument) if open_side else Decimal(0)
        exits = sorted((leg for leg in entry.legs if leg.is_open), key=lambda leg: leg.role is Role.STOP_LOSS)
        for leg in exits:
            self._shrink(leg, most, instant)
        for leg in exits:
            if leg.state is State.HELD:
                self.start(leg, instant)

    def start(self, order: Order, instant: int) -> None:
        """Let an order begin: at the venue, or held where it has to wait for a relative."""
        parent = order.parent
        if parent is not None and parent.is_entry and parent.is_open:
            self._hold(order, instant)
        elif order.is_spare:
            self._hold(order, instant)
            if order.sibling and order.sibling.state in _WORKING:
                self._hands.rest(order)
        else:
            self._hands.put_to_work(order, instant)

    def _hold(self, order: Order, instant: int) -> None:
        if order.state is not State.HELD:
            self._hands.move(order, State.HELD, instant, "held")

    def _after_exit(self, order: Order, instant: int) -> None:
        parent, other = order.parent, order.sibling
        if order.state in _OVER_EARLY and parent is not None and parent.is_entry:
            self._hands.end(parent, State.CANCELED, instant)  # what is left of a group goes together
        if other is None or not other.is_open:
            return
        if order.role is Role.TAKE_PROFIT and order.state is State.NEW:
            if other.state is State.HELD:
                self._hands.rest(other)
        elif order.role is Role.TAKE_PROFIT and order.state is State.PARTIALLY_FILLED:
            self._shrink(other, order.remaining, instant)
        elif order.state is State.FILLED:
            self._hands.end(other, State.CANCELED, instant)
        elif order.state in _OVER_EARLY and not (other.role is Role.STOP_LOSS and other.state in _WORKING):
            state = State.CANCELED if other.state is State.PENDING_REPLACE else order.state
            self._hands.end(other, state, instant)

    def _shrink(self, order: Order, most: Decimal, instant: int) -> None:
        """Let an exit close no more than there is to close."""
        if order.remaining <= most:
            return
        if most <= 0:
            self._hands.end(order, State.CANCELED, instant)
            return
        order.qty, order.updated_at = order.filled_qty + most, instant
        self._hands.announce(order, "restated")

    def refit(self, order: Order, instant: int) -> None:
        """Let an order's exits close what is left of it after an execution was taken back or corrected."""
        if order.is_entry and not order.is_open:
            closed = sum((leg.filled_qty for leg in order.legs), Decimal(0))
            for leg in [leg for leg in order.legs if leg.is_open]:
                self._shrink(leg, order.filled_qty - closed, instant)
            return
        other = order.sibling if order.role is Role.TAKE_PROFIT and order.is_open else None
        if other is not None and other.remaining < order.remaining:
            other.qty, other.updated_at = other.filled_qty + order.remaining, instant
            self._hands.announce(other, "restated")

    def take_over(self, stop: Order, instant: int) -> None:
        """A spare stop's price is reached: it begins to work, and its take profit makes way."""
        rival = stop.sibling
        self._hands.move(stop, State.NEW, instant, "new")
        if rival is not None:
            self._shrink(stop, rival.remaining, instant)
            self._hands.end(rival, State.CANCELED, instant)

    def succeed(self, old: Order, new: Order) -> None:
        """Give the relatives of a replaced order to its successor."""
        if new.is_combo:
            return
        if old.legs:
            new.legs, old.legs = old.legs, []
            for leg in new.legs:
                leg.parent = new
                if leg.qty is not None and new.qty is not None:
                    leg.qty += new.qty - old.remaining
        parent = new.parent = old.parent
        if parent is not None:
            parent.legs[parent.legs.index(old)] = new
            sibling = new.sibling
            if new.role is Role.TAKE_PROFIT and sibling is not None:
                sibling.qty = new.qty
            elif sibling is not None:
                new.qty = sibling.remaining

"""The accounts as the faults see them."""

from decimal import Decimal

from practice.engine.accounts import Account
from practice.engine.brokerage import Brokerage
from practice.engine.clock import SECOND
from practice.engine.orders import Order, State
from practice.faults.subject import Subject, plain_symbol
from practice.server.fault_effects import Json
from practice.server.wire import position_json


class AccountBooks:
    """Looks orders and positions up, and lets the venue reject an order."""

    def __init__(self, brokerage: Brokerage) -> None:
        self._brokerage = brokerage

    def _found(self, order_id: str) -> tuple[Account, Order] | None:
        for account in self._brokerage.accounts.values():
            if order := account.orders.get(order_id):
                return account, order
        return None

    def names_of(self, order_id: str) -> Subject:
        """What an order is about; nothing for an unknown one."""
        found = self._found(order_id)
        if found is None:
            return Subject()
        order = found[1]
        return Subject(
            symbols=frozenset({plain_symbol(order.instrument.symbol)}),
            client_order_ids=frozenset({order.client_order_id}),
        )

    def positions(self) -> dict[str, list[Json]]:
        """The positions of every environment, as the API shows them now."""
        return {
            account.environment: [
                position_json(account, position, self._brokerage) for position in account.positions.values()
            ]
            for account in self._brokerage.accounts.values()
        }

    def reject(self, order_id: str, seconds: float) -> None:
        """Let the venue reject an order, so many simulated seconds from now, if it is open by then."""
        found = self._found(order_id)
        if found is None:
            return
        floor, order = self._brokerage.floor, found[1]
        floor.agenda.put(floor.now + int(seconds * SECOND), lambda instant: floor.reject(order, instant))

    def set_aside(self, order_id: str, state: str, seconds: float) -> None:
        """Let the venue put an order aside as soon as it has it, for so many simulated seconds."""
        if (found := self._found(order_id)) is not None:
            self._brokerage.floor.set_aside(found[1], State(state), int(seconds * SECOND))

    def revise(self, order_id: str, change: str | None, seconds: float) -> None:
        """Let the exchange take back or, with a change of price, correct an order's first execution."""
        if (found := self._found(order_id)) is not None:
            by = Decimal(change) if change is not None else None
            self._brokerage.revisions.plan(found[1], int(seconds * SECOND), by)

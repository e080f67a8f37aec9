"""What the brokerage announces about orders."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from practice.engine.accounts import Account
from practice.engine.executions import Execution
from practice.engine.orders import Order
from practice.engine.ulid import ulid


@dataclass(frozen=True, slots=True)
class ComboFill:
    """Units of a multi-leg order traded: the net price of one, and what each leg did."""

    price: Decimal
    qty: Decimal
    legs: tuple[tuple[Order, Execution], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One event in the life of an order. `order` lives on: read what you need while you are called.

    A multi-leg order trades as `combo`; its legs' executions are told there and nowhere else.
    """

    number: int  # of all updates, in the order they were told
    noted_at: int  # by the floor's clock, which never goes back
    event: str
    at: int
    account: Account
    order: Order
    execution: Execution | None = None
    combo: ComboFill | None = None

    @property
    def id(self) -> str:
        """A ULID: the ids of an account's updates sort in the order they were told."""
        return ulid(self.noted_at, self.number, self.account.id)


Listener = Callable[[Update], None]

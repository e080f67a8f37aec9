"""What the brokerage announces about orders."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from practice.engine.accounts import Account
from practice.engine.orders import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One piece of an order traded."""

    id: str
    price: Decimal
    qty: Decimal
    position_qty: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One event in the life of an order. `order` lives on: read what you need while you are called."""

    id: str
    event: str
    at: int
    account: Account
    order: Order
    execution: Execution | None = None


Listener = Callable[[Update], None]

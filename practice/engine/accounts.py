"""Cash and positions of one account, exact to the last decimal."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from practice.engine.instruments import Instrument
from practice.engine.orders import Order, State

Environment = Literal["paper", "live"]
Price = Callable[[Instrument], Decimal]

CENT = Decimal("0.01")
ZERO = Decimal(0)


@dataclass(slots=True)
class Position:
    """What an account holds of one instrument; `qty` is negative when short."""

    instrument: Instrument
    qty: Decimal
    cost: Decimal  # what the open quantity was bought for, negative when short
    day_cost: Decimal  # the same, with what was held overnight at the previous close

    @property
    def average_price(self) -> Decimal:
        return self.cost / self.qty

    def take(self, signed_qty: Decimal, price: Decimal) -> None:
        """Add an execution. Reducing keeps the average price of what is left."""
        after = self.qty + signed_qty
        if self.qty * signed_qty >= 0:
            self.cost += signed_qty * price
            self.day_cost += signed_qty * price
        elif self.qty * after > 0:
            self.cost = self.cost * after / self.qty
            self.day_cost = self.day_cost * after / self.qty
        else:
            self.cost = self.day_cost = after * price
        self.qty = after


@dataclass(slots=True)
class Configurations:
    """What the holder of an account may switch."""

    suspend_trade: bool = False
    no_shorting: bool = False
    fractional_trading: bool = True
    max_margin_multiplier: str = "4"
    max_options_trading_level: int | None = None
    trade_confirm_email: str = "all"
    ptp_no_exception_entry: bool = False
    disable_overnight_trading: bool = False


@dataclass(slots=True)
class Account:
    """One account: who it is, its cash, its positions, all its orders."""

    id: str
    number: str
    environment: Environment
    created_at: int
    cash: Decimal
    last_equity: Decimal
    positions: dict[str, Position] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)  # by id, in order of submission
    by_client_id: dict[str, Order] = field(default_factory=dict)
    open_orders: dict[str, Order] = field(default_factory=dict)
    configurations: Configurations = field(default_factory=Configurations)

    def held(self, instrument: Instrument) -> Decimal:
        """The signed quantity held."""
        position = self.positions.get(instrument.symbol)
        return position.qty if position else ZERO

    def available(self, instrument: Instrument) -> Decimal:
        """How much of a position no open order is about to close; never negative."""
        held = self.held(instrument)
        closing = "sell" if held > 0 else "buy"
        waiting = sum(
            (
                order.remaining
                for order in self.open_orders.values()
                if order.instrument is instrument
                and order.side == closing
                and order.closes
                and order.state is not State.PENDING_REPLACE
            ),
            ZERO,
        )
        return max(abs(held) - waiting, ZERO)

    def settle(self, instrument: Instrument, signed_qty: Decimal, cash: Decimal) -> Decimal:
        """Book an execution: shares one way, cash the other. Return the position after it."""
        self.cash += cash
        position = self.positions.get(instrument.symbol)
        if position is None:
            position = self.positions[instrument.symbol] = Position(instrument, ZERO, ZERO, ZERO)
        position.take(signed_qty, abs(cash / signed_qty))
        if position.qty == 0:
            del self.positions[instrument.symbol]
        return position.qty

    def roll_day(self, last_close: Price) -> None:
        """Begin a new day: yesterday's equity and the positions at yesterday's close."""
        self.last_equity = self.cash
        for position in self.positions.values():
            position.day_cost = position.qty * last_close(position.instrument)
            self.last_equity += position.day_cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The account's money at one instant."""

    equity: Decimal
    long_value: Decimal
    short_value: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    reserved: Decimal  # what open orders could still spend
    multiplier: int

    @property
    def buying_power(self) -> Decimal:
        if self.multiplier == 1:
            return max(self.equity - self.long_value - self.reserved, ZERO)
        return max((self.equity - self.initial_margin) * self.multiplier - self.reserved, ZERO)


def figures(account: Account, price: Price, reserved: Decimal) -> Figures:
    """Value an account. Half of every position is its initial margin, three tenths its maintenance."""
    long_value = short_value = ZERO
    for position in account.positions.values():
        value = position.qty * price(position.instrument)
        if value >= 0:
            long_value += value
        else:
            short_value += value
    gross = long_value - short_value
    return Figures(
        equity=account.cash + long_value + short_value,
        long_value=long_value,
        short_value=short_value,
        initial_margin=gross / 2,
        maintenance_margin=gross * Decimal("0.3"),
        reserved=reserved,
        multiplier=min(2, int(account.configurations.max_margin_multiplier)),
    )

"""Cash and positions of one account, exact to the last decimal."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from practice.engine.instruments import Instrument
from practice.engine.orders import Order, Side, State

Environment = Literal["paper", "live"]
Price = Callable[[Instrument], Decimal]

CENT = Decimal("0.01")
ZERO = Decimal(0)
_MAINTENANCE = Decimal("0.3")
_LEAST_FOR_MARGIN = Decimal(2000)


@dataclass(slots=True)
class Position:
    """What an account holds of one instrument; `qty` is negative when short."""

    instrument: Instrument
    qty: Decimal
    cost: Decimal  # what the open quantity was bought for, negative when short
    day_cost: Decimal  # the same, with what was held overnight at the previous close

    @property
    def average_price(self) -> Decimal:
        """Per share or coin or, of an option, per share of its underlying."""
        return self.cost / self.qty / self.instrument.multiplier

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
class Past:
    """How a position came about: execution ids, signed quantities and the values of one."""

    moves: list[tuple[str, Decimal, Decimal]] = field(default_factory=list)
    overnight: int = 0  # how many of them came before this day

    def revise(self, execution_id: str, instead: tuple[str, Decimal, Decimal] | None) -> None:
        """Change or, with nothing instead, forget what an execution moved."""
        index = next(n for n, (name, _, _) in enumerate(self.moves) if name == execution_id)
        self.moves[index : index + 1] = [] if instead is None else [instead]
        if instead is None and index < self.overnight:
            self.overnight -= 1

    def position(self, instrument: Instrument, last_close: Decimal) -> Position:
        """What comes of it; what was held overnight counts as bought at the last close."""
        position = Position(instrument, ZERO, ZERO, ZERO)
        for number, (_, signed_qty, unit_value) in enumerate(self.moves):
            if number == self.overnight:
                position.day_cost = position.qty * last_close
            position.take(signed_qty, unit_value)
        if self.overnight == len(self.moves):
            position.day_cost = position.qty * last_close
        return position


@dataclass(slots=True)
class Configurations:
    """What the holder of an account may switch."""

    suspend_trade: bool = False
    no_shorting: bool = False
    fractional_trading: bool = True
    max_margin_multiplier: str = "2"
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
    margin_multiplier: int = 4  # the most that the broker grants
    options_approved_level: int = 3
    trading_blocked: bool = False
    transfers_blocked: bool = False
    account_blocked: bool = False
    never_exercised: set[str] = field(default_factory=set)  # contracts whose holder said so
    reserved: Decimal = ZERO  # what open orders may spend on margin
    reserved_cash: Decimal = ZERO  # and what of coins and options, which nobody lends for
    _past: dict[str, Past] = field(default_factory=dict)  # by symbol
    _open_by_side: dict[tuple[str, str], dict[str, Order]] = field(default_factory=dict)

    @property
    def options_level(self) -> int:
        """What the account may do with options: 0 nothing, 1 covered, 2 long, 3 spreads."""
        chosen = self.configurations.max_options_trading_level
        return self.options_approved_level if chosen is None else min(chosen, self.options_approved_level)

    def open_on(self, instrument: Instrument, side: Side) -> Iterable[Order]:
        """The open orders of one side for an instrument, in order of submission."""
        return self._open_by_side.get((instrument.symbol, side), {}).values()

    def register(self, order: Order) -> None:
        """Put a new order on the account's books."""
        self.orders[order.id] = self.open_orders[order.id] = order
        self.by_client_id[order.client_order_id] = order
        self._open_by_side.setdefault((order.instrument.symbol, order.side), {})[order.id] = order

    def recount(self, order: Order) -> None:
        """Reserve what the order may still spend; one that is done leaves the open orders."""
        if not order.is_open and self.open_orders.pop(order.id, None) is not None:
            self._open_by_side[order.instrument.symbol, order.side].pop(order.id, None)
        now = order.reserved
        if now == order.counted:
            return
        if order.instrument.asset_class == "us_equity":
            self.reserved += now - order.counted
        else:
            self.reserved_cash += now - order.counted
        order.counted = now

    def held(self, instrument: Instrument) -> Decimal:
        """The signed quantity held."""
        position = self.positions.get(instrument.symbol)
        return position.qty if position else ZERO

    def available(self, instrument: Instrument, to: Order | None = None) -> Decimal:
        """How much of a position no open order but `to` is about to close, and no written call needs."""
        held = self.held(instrument)
        closing: Side = "sell" if held > 0 else "buy"
        waiting = sum(
            (
                order.keeps_back
                for order in self.open_on(instrument, closing)
                if order.closes
                and order is not to
                and order.state not in {State.PENDING_REPLACE, State.HELD}
                and not order.is_spare
            ),
            ZERO,
        )
        pledged = self._pledged(instrument) if instrument.has_options and held > 0 else ZERO
        return max(abs(held) - waiting - pledged, ZERO)

    def _pledged(self, underlying: Instrument) -> Decimal:
        """The shares that calls, written or about to be, have to be covered with."""
        calls = ZERO
        for position in self.positions.values():
            contract = position.instrument.contract
            if contract and contract.is_call and contract.underlying is underlying:
                calls -= position.qty * position.instrument.multiplier
        calls = max(calls, ZERO)  # calls that are held cover others
        for orders in self._open_by_side.values():
            for order in orders.values():
                contract = order.instrument.contract
                if contract is None or not contract.is_call or contract.underlying is not underlying:
                    break
                if order.intent == "sell_to_open" and order.parent is None:
                    calls += order.remaining * order.instrument.multiplier
        return calls

    def settle(
        self, instrument: Instrument, signed_qty: Decimal, cash: Decimal, execution_id: str = ""
    ) -> Decimal:
        """Book an execution: shares one way, cash the other. Return the position after it."""
        self.cash += cash
        return self.take(instrument, signed_qty, abs(cash / signed_qty), execution_id)

    def take(
        self, instrument: Instrument, signed_qty: Decimal, unit_value: Decimal, execution_id: str = ""
    ) -> Decimal:
        """Change a position at a value of one share, coin or contract. Return the position after it."""
        past = self._past.get(instrument.symbol)
        if past is None:
            past = self._past[instrument.symbol] = Past()
        past.moves.append((execution_id, signed_qty, unit_value))
        position = self.positions.get(instrument.symbol)
        if position is None:
            position = self.positions[instrument.symbol] = Position(instrument, ZERO, ZERO, ZERO)
        position.take(signed_qty, unit_value)
        if position.qty == 0:
            del self.positions[instrument.symbol]
        return position.qty

    def revise(
        self,
        instrument: Instrument,
        execution_id: str,
        instead: tuple[str, Decimal, Decimal] | None,
        cash: Decimal,
        last_close: Decimal,
    ) -> Decimal:
        """Let an execution never have happened or, where something is given `instead`, have been that.

        That is a new id, the signed quantity and the value of one; `cash` is what the account gains by the
        change. The position is what it would be now. Return its quantity.
        """
        self.cash += cash
        past = self._past[instrument.symbol]
        past.revise(execution_id, instead)
        position = past.position(instrument, last_close * instrument.multiplier)
        if position.qty:
            self.positions[instrument.symbol] = position
        else:
            self.positions.pop(instrument.symbol, None)
        return position.qty

    def roll_day(self, last_close: Price) -> None:
        """Begin a new day: yesterday's equity and the positions at yesterday's close."""
        for past in self._past.values():
            past.overnight = len(past.moves)
        self.last_equity = self.cash
        for position in self.positions.values():
            position.day_cost = (
                position.qty * last_close(position.instrument) * position.instrument.multiplier
            )
            self.last_equity += position.day_cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The account's money at one instant."""

    cash: Decimal
    equity: Decimal
    long_value: Decimal
    short_value: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    collateral: Decimal  # of what options were written for
    reserved: Decimal  # what open orders could still spend on margin
    reserved_cash: Decimal  # and what without
    multiplier: int

    @property
    def buying_power(self) -> Decimal:
        """What stocks can be bought for: on four times margin, intraday; on none, cash alone."""
        if self.multiplier == 1:
            return self.cash_power
        margin = self.maintenance_margin if self.multiplier == 4 else self.initial_margin
        return self._leveraged(margin, self.multiplier)

    @property
    def overnight_power(self) -> Decimal:
        """The same by the rule for positions that are kept, Regulation T."""
        return self._leveraged(self.initial_margin, min(self.multiplier, 2))

    def _leveraged(self, margin: Decimal, multiplier: int) -> Decimal:
        return max((self.equity - margin - self.reserved_cash) * multiplier - self.reserved, ZERO)

    @property
    def cash_power(self) -> Decimal:
        """What coins and options can be bought for: nobody lends for them."""
        return max(self.cash - self.collateral - self.reserved - self.reserved_cash, ZERO)


def figures(
    account: Account,
    price: Price,
    collateral: Decimal = ZERO,
    without: tuple[Decimal, Decimal] = (ZERO, ZERO),
) -> Figures:
    """Value an account.

    Half of a stock's value is its initial margin and three tenths its maintenance; coins and options need
    all of it. `without` are reservations to leave out, on margin and in cash.
    """
    long_value = short_value = initial = maintenance = ZERO
    for position in account.positions.values():
        instrument = position.instrument
        value = position.qty * price(instrument) * instrument.multiplier
        if value >= 0:
            long_value += value
        else:
            short_value += value
        if instrument.asset_class == "us_equity":
            initial += abs(value) / 2
            maintenance += abs(value) * _MAINTENANCE
        elif value > 0:
            initial += value
            maintenance += value
    equity = account.cash + long_value + short_value
    lent = min(account.margin_multiplier, int(account.configurations.max_margin_multiplier))
    return Figures(
        cash=account.cash,
        equity=equity,
        long_value=long_value,
        short_value=short_value,
        initial_margin=initial + collateral,
        maintenance_margin=maintenance + collateral,
        collateral=collateral,
        reserved=account.reserved - without[0],
        reserved_cash=account.reserved_cash - without[1],
        multiplier=lent if equity >= _LEAST_FOR_MARGIN else 1,
    )

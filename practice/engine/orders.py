"""An order and its life cycle."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from practice.engine.executions import Execution
from practice.engine.instructions import Instructions
from practice.engine.instruments import Instrument

Side = Literal["buy", "sell"]
OrderClass = Literal["simple", "bracket", "oco", "oto", "mleg"]
Intent = Literal["buy_to_open", "buy_to_close", "sell_to_open", "sell_to_close"]


class Kind(StrEnum):
    """What an order waits for."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING_STOP = "trailing_stop"


STOPS = frozenset({Kind.STOP, Kind.STOP_LIMIT, Kind.TRAILING_STOP})


class Tif(StrEnum):
    """How long an order waits."""

    DAY = "day"
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    OPG = "opg"
    CLS = "cls"


class Role(StrEnum):
    """What an order is to the order it belongs to."""

    ALONE = "alone"
    TAKE_PROFIT = "take_profit"
    STOP_LOSS = "stop_loss"
    COMBO_LEG = "combo_leg"


class State(StrEnum):
    """Where an order stands; the values are the broker's words."""

    ACCEPTED = "accepted"
    HELD = "held"
    PENDING_NEW = "pending_new"
    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    SUSPENDED = "suspended"
    STOPPED = "stopped"
    CALCULATED = "calculated"
    DONE_FOR_DAY = "done_for_day"
    PENDING_CANCEL = "pending_cancel"
    PENDING_REPLACE = "pending_replace"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REPLACED = "replaced"
    REJECTED = "rejected"


_WORKING = {State.NEW, State.PARTIALLY_FILLED}
# What a venue may do to a working order for a while. Ours does so only when it is told to.
SET_ASIDE = frozenset({State.SUSPENDED, State.STOPPED, State.CALCULATED, State.DONE_FOR_DAY})
_PENDING = {State.PENDING_CANCEL, State.PENDING_REPLACE}
_CLOSED = {State.FILLED, State.CANCELED, State.EXPIRED, State.REPLACED, State.REJECTED}
_ENDS_EARLY = {State.CANCELED, State.EXPIRED, State.REJECTED, State.PENDING_CANCEL}

MOVES: dict[State, frozenset[State]] = {
    State.ACCEPTED: frozenset({State.PENDING_NEW} | _ENDS_EARLY),
    # A child waits for its parent's fill, or for its sibling to make way.
    State.HELD: frozenset({State.NEW, State.PENDING_REPLACE} | _ENDS_EARLY),
    State.PENDING_NEW: frozenset({State.NEW, State.HELD} | _ENDS_EARLY),
    State.NEW: frozenset(
        _WORKING | _PENDING | SET_ASIDE | {State.FILLED, State.CANCELED, State.EXPIRED, State.REJECTED}
    ),
    **{state: frozenset({State.NEW} | _ENDS_EARLY) for state in SET_ASIDE},
    State.PARTIALLY_FILLED: frozenset(
        {State.PARTIALLY_FILLED, State.FILLED, State.CANCELED, State.EXPIRED, State.NEW} | _PENDING
    ),
    # A request for a change may lose the race against an execution, and is then withdrawn.
    State.PENDING_CANCEL: frozenset(
        {State.PENDING_CANCEL, State.CANCELED, State.FILLED, State.EXPIRED, State.REJECTED}
    ),
    State.PENDING_REPLACE: frozenset(
        _WORKING | {State.PENDING_REPLACE, State.REPLACED, State.FILLED, State.CANCELED, State.EXPIRED}
    ),
    **{state: frozenset() for state in _CLOSED},
    # What the exchange takes back of an order that was done is not traded again.
    State.FILLED: frozenset({State.CANCELED}),
}


_CENT, _FINE_CENT = Decimal("0.01"), Decimal("0.0001")


class IllegalMove(Exception):
    """The engine tried to move an order where its life cycle does not go."""


@dataclass(slots=True, kw_only=True, eq=False)
class Order:
    """One order of one account. Times are nanoseconds since the epoch."""

    id: str
    client_order_id: str
    instrument: Instrument
    side: Side
    kind: Kind
    tif: Tif
    qty: Decimal | None  # None for an order by amount until it is filled
    notional: Decimal | None
    limit_price: Decimal | None
    stop_price: Decimal | None
    extended_hours: bool
    intent: Intent
    state: State
    created_at: int
    updated_at: int
    submitted_at: int
    expires_at: int | None
    filled_qty: Decimal = Decimal(0)
    filled_value: Decimal = Decimal(0)
    executions: list[Execution] = field(default_factory=list, repr=False)  # those that stand
    filled_at: int | None = None
    expired_at: int | None = None
    canceled_at: int | None = None
    cancel_requested_at: int | None = None
    failed_at: int | None = None
    replaced_at: int | None = None
    replaced_by: str | None = None
    replaces: str | None = None
    order_class: OrderClass = "simple"
    role: Role = Role.ALONE
    parent: "Order | None" = field(default=None, repr=False)
    legs: "list[Order]" = field(default_factory=list)
    ratio_qty: Decimal | None = None  # of a combination's leg: its quantity in one unit of the parent
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    hwm: Decimal | None = None  # the extreme a trailing stop has seen
    predecessor: "Order | None" = field(default=None, repr=False)  # while it has yet to make way
    triggered: bool = False  # a stop whose price has been reached
    collar: Decimal | None = None  # the worst price a triggered buy stop accepts
    reserve_price: Decimal = Decimal(0)  # what one unit may cost at worst, as judged on acceptance
    keeps: Decimal = Decimal(0)  # by amount: how much of a position it would close, as judged on acceptance
    trades_at_night: bool = False  # whether the overnight market may execute it too
    instructions: Instructions | None = None
    counted: Decimal = Decimal(0)  # what its account counts as reserved for it

    @property
    def is_open(self) -> bool:
        return self.state not in _CLOSED

    @property
    def is_buy(self) -> bool:
        return self.side == "buy"

    @property
    def closes(self) -> bool:
        """Whether the order reduces a position."""
        return self.intent.endswith("close")

    @property
    def remaining(self) -> Decimal:
        """The quantity still wanted; zero for an order by amount, whose quantity is not known yet."""
        return self.qty - self.filled_qty if self.qty is not None else Decimal(0)

    @property
    def keeps_back(self) -> Decimal:
        """How much of a position no other order may close, while this one is about to."""
        return self.keeps if self.qty is None else self.remaining

    @property
    def reserved(self) -> Decimal:
        """The buying power the order may still use; while one replaces another, the larger of both."""
        if self.state is State.PENDING_REPLACE or not self.is_open:  # its successor reserves in its place
            return Decimal(0)
        own = self._still_costs
        return max(own, self.predecessor._still_costs) if self.predecessor else own

    @property
    def _still_costs(self) -> Decimal:
        if self.closes or self.parent is not None:
            return Decimal(0)
        if self.notional is not None:
            return self.notional - self.filled_value
        return self.remaining * self.reserve_price

    @property
    def is_entry(self) -> bool:
        """Whether children wait for this order's fill."""
        return self.order_class in {"bracket", "oto"} and self.parent is None

    @property
    def is_spare(self) -> bool:
        """Whether the order only waits for its sibling to make way: the two hold the same shares."""
        return self.role is Role.STOP_LOSS and self.sibling is not None

    @property
    def is_dormant(self) -> bool:
        """Whether a price that reaches it must not wake the order, because its pair is being canceled."""
        if self.role is not Role.STOP_LOSS:
            return False
        other = self.sibling
        if other is None:
            return False
        return self.state not in {State.HELD, State.PENDING_REPLACE} or other.state is State.PENDING_CANCEL

    @property
    def is_combo(self) -> bool:
        """Whether the order trades several contracts as one."""
        return self.order_class == "mleg" and self.parent is None

    @property
    def sibling(self) -> "Order | None":
        """The other exit of a pair, as long as it may still trade."""
        match self.order_class, self.role:
            case "oco", Role.TAKE_PROFIT:
                others = self.legs
            case "oco", Role.STOP_LOSS:
                others = [self.parent] if self.parent else []
            case "bracket", Role.TAKE_PROFIT | Role.STOP_LOSS:
                others = [one for one in self.parent.legs if one is not self] if self.parent else []
            case _:
                return None
        return next((one for one in others if one.role is not self.role and one.is_open), None)

    @property
    def average_price(self) -> Decimal | None:
        """Of what is filled; per share or coin or, of an option, per share of its underlying."""
        if not self.filled_qty:
            return None
        return self.filled_value / self.filled_qty / self.instrument.multiplier

    def trail(self, price: Decimal) -> None:
        """Let a trailing stop follow the market, if the price is the best it has seen."""
        if self.hwm is not None and (price >= self.hwm if self.is_buy else price <= self.hwm):
            return
        self.hwm = price
        distance = (
            self.trail_price if self.trail_price is not None else price * (self.trail_percent or 0) / 100
        )
        stop = price + distance if self.is_buy else price - distance
        self.stop_price = stop.quantize(_CENT if stop >= 1 else _FINE_CENT)

    def move_to(self, state: State, at: int) -> None:
        """Change the state, or raise `IllegalMove`."""
        if state not in MOVES[self.state]:
            raise IllegalMove(f"{self.id}: {self.state} -> {state}")
        self.state, self.updated_at = state, at

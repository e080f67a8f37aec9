"""What the order stream tells us."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.order import Order

_FILL_EVENTS = frozenset({"fill", "partial_fill"})
_CORRECTIONS = frozenset({"trade_bust", "trade_correct"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent:
    """One message of the order stream; `order` is the order's state after it.

    `price` and `qty` are those of this execution alone (protocol page section 4.3).
    """

    event: str
    order: Order
    at: datetime | None = None
    execution_id: str = ""
    price: Decimal | None = None
    qty: Decimal | None = None
    position_qty: Decimal | None = None
    previous_execution_id: str = ""  # of a correction: the execution that was undone or changed
    leg_fills: tuple["Fill", ...] = ()  # of a multi-leg order, whose own event names no execution

    @property
    def is_correction(self) -> bool:
        """Whether an earlier execution was undone or changed."""
        return self.event in _CORRECTIONS

    @property
    def fills(self) -> "tuple[Fill, ...]":
        """Everything that changed hands with this event; nothing does when an execution is undone."""
        if self.leg_fills:
            return () if self.is_correction else self.leg_fills
        return () if self.fill is None else (self.fill,)

    @property
    def is_fill(self) -> bool:
        """Whether shares changed hands."""
        return self.event in _FILL_EVENTS

    @property
    def fill(self) -> "Fill | None":
        """What changed hands, or None if nothing did or the broker did not say how much at what price."""
        return self._piece() if self.is_fill else None

    @property
    def instead(self) -> "Fill | None":
        """What a correction says was true; None where an execution was undone, or the broker did not say."""
        piece = self._piece() if self.event == "trade_correct" else None
        return piece if piece is not None and piece.qty > 0 else None

    def _piece(self) -> "Fill | None":
        if self.qty is None or self.price is None:
            return None
        return Fill(
            order_id=self.order.id,
            symbol=self.order.symbol,
            side=self.order.side,
            qty=self.qty,
            price=self.price,
            at=self.at,
            position_qty=self.position_qty,
            execution_id=self.execution_id,
        )

    @property
    def identity(self) -> tuple[str, ...]:
        """Equal for two deliveries of the same event."""
        if self.execution_id:
            return (self.execution_id,) if self.is_fill else (self.event, self.execution_id)
        # The total tells two pieces apart that carry neither an execution id nor a time.
        return (
            self.order.id,
            self.event,
            self.at.isoformat() if self.at else "",
            str(self.order.filled_qty.normalize()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """Shares that changed hands."""

    order_id: str
    symbol: str
    side: str
    qty: Decimal
    price: Decimal
    at: datetime | None
    position_qty: Decimal | None
    execution_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketHours:
    """The broker's clock: whether the exchange is open, and when that changes; times in UTC."""

    at: datetime
    is_open: bool
    next_open: datetime | None
    next_close: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """What the broker says of an instrument."""

    symbol: str
    name: str
    exchange: str
    asset_class: str
    tradable: bool
    fractionable: bool
    shortable: bool

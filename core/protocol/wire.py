"""The broker's JSON, typed, and its translation into our values.

Fields may be null, missing or empty text; unknown fields are ignored (protocol page section 1.3).
"""

from datetime import UTC, datetime, time
from decimal import Decimal

import msgspec

from core.domain.account import Account
from core.domain.event import Asset, MarketHours
from core.domain.money import decimal_from_text
from core.domain.order import Order, OrderStatus
from core.domain.position import Position

Number = str | int | float | None
Text = str | None
_USUAL_END = time(20)


def decimal(value: Number) -> Decimal | None:
    """A number of the wire, or None where there is none we could use."""
    if value is None or isinstance(value, bool):
        return None
    return decimal_from_text(value if isinstance(value, str) else repr(value))


def quantity(value: Number) -> Decimal | None:
    """A number of the wire that nothing may stand in for: None where it is absent.

    Raises ValueError where something is there that is no number we could use.
    """
    if value is None:
        return None
    number = decimal_from_text(value if isinstance(value, str) else repr(value))
    if number is None and value != "":
        raise ValueError("a quantity that is no number")
    return number


def moment(value: Text) -> datetime | None:
    """An RFC 3339 time in UTC, to the microsecond; None for anything else."""
    if not value:
        return None
    try:
        parsed = msgspec.convert(value, type=datetime)
        if parsed.tzinfo is UTC:
            return parsed
        return None if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError):  # the year 1, in a zone east of Greenwich
        return None


class WireAccount(msgspec.Struct):
    """Protocol page section 3.1."""

    id: str
    account_number: str
    status: str
    currency: Text = None
    equity: Number = None
    last_equity: Number = None
    cash: Number = None
    buying_power: Number = None
    regt_buying_power: Number = None
    non_marginable_buying_power: Number = None
    options_buying_power: Number = None
    long_market_value: Number = None
    short_market_value: Number = None
    initial_margin: Number = None
    maintenance_margin: Number = None
    multiplier: Number = None
    options_trading_level: int | None = None
    trading_blocked: bool | None = None
    transfers_blocked: bool | None = None
    account_blocked: bool | None = None
    trade_suspended_by_user: bool | None = None
    shorting_enabled: bool | None = None

    def value(self) -> Account:
        """Return this as our own value."""
        return Account(
            id=self.id,
            number=self.account_number,
            status=self.status,
            currency=self.currency or "USD",
            equity=decimal(self.equity),
            last_equity=decimal(self.last_equity),
            cash=decimal(self.cash),
            buying_power=decimal(self.buying_power),
            regt_buying_power=decimal(self.regt_buying_power),
            non_marginable_buying_power=decimal(self.non_marginable_buying_power),
            options_buying_power=decimal(self.options_buying_power),
            long_market_value=decimal(self.long_market_value),
            short_market_value=decimal(self.short_market_value),
            initial_margin=decimal(self.initial_margin),
            maintenance_margin=decimal(self.maintenance_margin),
            multiplier=decimal(self.multiplier),
            options_level=self.options_trading_level,
            trading_blocked=bool(self.trading_blocked),
            transfers_blocked=bool(self.transfers_blocked),
            account_blocked=bool(self.account_blocked),
            suspended_by_user=bool(self.trade_suspended_by_user),
            shorting_enabled=self.shorting_enabled is not False,
        )


class WireOrder(msgspec.Struct):
    """Protocol page section 3.6."""

    id: str
    client_order_id: Text = None
    symbol: Text = None
    asset_class: Text = None
    side: Text = None
    type: Text = None
    order_type: Text = None
    time_in_force: Text = None
    status: Text = None
    qty: Number = None
    notional: Number = None
    filled_qty: Number = None
    filled_avg_price: Number = None
    limit_price: Number = None
    stop_price: Number = None
    trail_price: Number = None
    trail_percent: Number = None
    extended_hours: bool | None = None
    order_class: Text = None
    position_intent: Text = None
    hwm: Number = None
    ratio_qty: Number = None
    subtag: Text = None
    source: Text = None
    reject_reason: Text = None
    created_at: Text = None
    submitted_at: Text = None
    updated_at: Text = None
    filled_at: Text = None
    expires_at: Text = None
    expired_at: Text = None
    canceled_at: Text = None
    failed_at: Text = None
    cancel_requested_at: Text = None
    replaces: Text = None
    replaced_by: Text = None
    legs: "list[WireOrder] | None" = None

    def value(self) -> Order:
        """Return this as our own value.

        Raises ValueError without an id to cancel it by, or with a quantity that is there and no number.
        """
        if not self.id.strip("."):  # dots name another place: to cancel "." may be to cancel everything
            raise ValueError("order without an id")
        status = self.status or ""
        return Order(
            id=self.id,
            client_order_id=self.client_order_id or "",
            symbol=self.symbol or "",
            side=self.side or "",
            type=self.type or self.order_type or "",
            time_in_force=self.time_in_force or "",
            status=OrderStatus.of(status),
            status_text=status,
            qty=quantity(self.qty),
            notional=decimal(self.notional),
            filled_qty=quantity(self.filled_qty) or Decimal(0),
            filled_avg_price=decimal(self.filled_avg_price),
            limit_price=decimal(self.limit_price),
            stop_price=decimal(self.stop_price),
            trail_price=decimal(self.trail_price),
            trail_percent=decimal(self.trail_percent),
            extended_hours=bool(self.extended_hours),
            order_class=self.order_class or "simple",
            asset_class=self.asset_class or "",
            position_intent=self.position_intent or "",
            hwm=decimal(self.hwm),
            ratio_qty=decimal(self.ratio_qty),
            subtag=self.subtag or "",
            source=self.source or "",
            reject_reason=self.reject_reason or "",
            created_at=moment(self.created_at),
            submitted_at=moment(self.submitted_at),
            updated_at=moment(self.updated_at),
            filled_at=moment(self.filled_at),
            expires_at=moment(self.expires_at),
            expired_at=moment(self.expired_at),
            canceled_at=moment(self.canceled_at),
            failed_at=moment(self.failed_at),
            cancel_requested_at=moment(self.cancel_requested_at),
            replaces=self.replaces or None,
            replaced_by=self.replaced_by or None,
            legs=tuple(leg.value() for leg in self.legs or ()),
        )


class WirePosition(msgspec.Struct):
    """Protocol page section 3.11."""

    symbol: str
    qty: Number
    avg_entry_price: Number = None
    asset_class: Text = None
    qty_available: Number = None
    side: Text = None
    cost_basis: Number = None
    market_value: Number = None
    current_price: Number = None
    lastday_price: Number = None
    unrealized_pl: Number = None
    unrealized_intraday_pl: Number = None

    def value(self) -> Position:
        """Return this as our own value; raises ValueError without a usable quantity."""
        qty = decimal(self.qty)
        if qty is None:
            raise ValueError(f"position of {self.symbol} without a quantity")
        return Position(
            symbol=self.symbol,
            asset_class=self.asset_class or "",
            qty=-abs(qty) if self.side == "short" else qty,
            avg_entry_price=decimal(self.avg_entry_price) or Decimal(0),
            qty_available=decimal(self.qty_available),
            cost_basis=decimal(self.cost_basis),
            market_value=decimal(self.market_value),
            current_price=decimal(self.current_price),
            lastday_price=decimal(self.lastday_price),
            unrealized_pl=decimal(self.unrealized_pl),
            unrealized_intraday_pl=decimal(self.unrealized_intraday_pl),
        )


class WireAsset(msgspec.Struct):
    """Protocol page section 3.12."""

    symbol: str
    name: Text = None
    exchange: Text = None
    asset_class: Text = msgspec.field(name="class", default=None)
    tradable: bool | None = None
    fractionable: bool | None = None
    shortable: bool | None = None

    def value(self) -> Asset:
        """Return this as our own value."""
        return Asset(
            symbol=self.symbol,
            name=self.name or "",
            exchange=self.exchange or "",
            asset_class=self.asset_class or "",
            tradable=bool(self.tradable),
            fractionable=bool(self.fractionable),
            shortable=bool(self.shortable),
        )


class WireMarketDay(msgspec.Struct):
    """Protocol page section 3.12, "Calendar": a day in New York, and until when there is trading on it."""

    date: str
    session_close: Text = None

    @property
    def ends(self) -> time:
        """When the session ends, spelled `2000` or `20:00`; as usual where there is nothing readable."""
        digits = (self.session_close or "").replace(":", "")
        try:
            return time(int(digits[:2]), int(digits[2:4]))
        except ValueError:
            return _USUAL_END


class WireClock(msgspec.Struct):
    """Protocol page section 3.12, "Clock"."""

    timestamp: str
    is_open: bool
    next_open: Text = None
    next_close: Text = None

    def value(self) -> MarketHours:
        """Return this as our own value; raises ValueError without a usable time."""
        at = moment(self.timestamp)
        if at is None:
            raise ValueError("clock without a time")
        return MarketHours(
            at=at, is_open=self.is_open, next_open=moment(self.next_open), next_close=moment(self.next_close)
        )

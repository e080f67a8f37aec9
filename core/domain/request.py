"""What a trader asks for: an order, spelled exactly as it will be sent."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from core.domain.money import MAX_QTY_DECIMALS, is_on_grid, plain
from core.domain.order import OrderType, Side, TimeInForce
from core.domain.position import Position

_NEEDS_LIMIT = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
_NEEDS_STOP = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
# Protocol page section 3.9, "TIF for whole-share equities".
_IMMEDIATE = frozenset({TimeInForce.IOC, TimeInForce.FOK, TimeInForce.OPG, TimeInForce.CLS})


class Problem(StrEnum):
    """Why a request cannot be sent; the words for a person are in `ui`."""

    SYMBOL_MISSING = "symbol_missing"
    QTY_MISSING = "qty_missing"
    QTY_NOT_POSITIVE = "qty_not_positive"
    QTY_TOO_FINE = "qty_too_fine"
    FRACTION_NEEDS_DAY = "fraction_needs_day"
    LIMIT_PRICE_MISSING = "limit_price_missing"
    STOP_PRICE_MISSING = "stop_price_missing"
    LIMIT_PRICE_OFF_GRID = "limit_price_off_grid"
    STOP_PRICE_OFF_GRID = "stop_price_off_grid"
    PRICE_NOT_POSITIVE = "price_not_positive"
    IMMEDIATE_NEEDS_MARKET_OR_LIMIT = "immediate_needs_market_or_limit"
    EXTENDED_HOURS_NEEDS_LIMIT = "extended_hours_needs_limit"
    NOTHING_CHANGED = "nothing_changed"


def _qty_problems(qty: Decimal | None) -> list[Problem]:
    if qty is None:
        return [Problem.QTY_MISSING]
    if qty <= 0:
        return [Problem.QTY_NOT_POSITIVE]
    exponent = qty.normalize().as_tuple().exponent
    too_fine = isinstance(exponent, int) and -exponent > MAX_QTY_DECIMALS
    return [Problem.QTY_TOO_FINE] if too_fine else []


def _price_problems(price: Decimal | None, missing: Problem, off_grid: Problem) -> list[Problem]:
    if price is None:
        return [missing]
    if price <= 0:
        return [Problem.PRICE_NOT_POSITIVE]
    return [] if is_on_grid(price) else [off_grid]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """A simple order. Incomplete while a ticket is being filled in; `problems` says what is missing."""

    symbol: str
    side: Side
    type: OrderType
    qty: Decimal | None
    time_in_force: TimeInForce = TimeInForce.DAY
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    extended_hours: bool = False

    def problems(self) -> tuple[Problem, ...]:
        """Every reason why this must not be sent; empty when it may."""
        found: list[Problem] = [] if self.symbol else [Problem.SYMBOL_MISSING]
        found += _qty_problems(self.qty)
        if self.needs_limit_price:
            found += _price_problems(
                self.limit_price, Problem.LIMIT_PRICE_MISSING, Problem.LIMIT_PRICE_OFF_GRID
            )
        if self.needs_stop_price:
            found += _price_problems(self.stop_price, Problem.STOP_PRICE_MISSING, Problem.STOP_PRICE_OFF_GRID)
        is_fraction = self.qty is not None and self.qty != self.qty.to_integral_value()
        if is_fraction and self.time_in_force is not TimeInForce.DAY:
            found.append(Problem.FRACTION_NEEDS_DAY)
        if self.time_in_force in _IMMEDIATE and self.type not in (OrderType.MARKET, OrderType.LIMIT):
            found.append(Problem.IMMEDIATE_NEEDS_MARKET_OR_LIMIT)
        works_long = self.time_in_force in (TimeInForce.DAY, TimeInForce.GTC)
        if self.extended_hours and not (self.type is OrderType.LIMIT and works_long):
            found.append(Problem.EXTENDED_HOURS_NEEDS_LIMIT)
        return tuple(dict.fromkeys(found))

    @property
    def needs_limit_price(self) -> bool:
        """Whether this type carries a limit price."""
        return self.type in _NEEDS_LIMIT

    @property
    def needs_stop_price(self) -> bool:
        """Whether this type carries a stop price."""
        return self.type in _NEEDS_STOP

    def body(self, client_order_id: str) -> dict[str, str | bool]:
        """The exact members of the POST body (protocol page section 3.7); every number is text.

        Raises ValueError when `problems` is not empty.
        """
        if problems := self.problems():
            raise ValueError(f"not sendable: {', '.join(problems)}")
        if self.qty is None:
            raise ValueError("not sendable: no quantity")
        body: dict[str, str | bool] = {
            "symbol": self.symbol,
            "qty": plain(self.qty),
            "side": self.side.value,
            "type": self.type.value,
            "time_in_force": self.time_in_force.value,
        }
        if self.needs_limit_price and self.limit_price is not None:
            body["limit_price"] = plain(self.limit_price)
        if self.needs_stop_price and self.stop_price is not None:
            body["stop_price"] = plain(self.stop_price)
        if self.extended_hours:
            body["extended_hours"] = True
        body["client_order_id"] = client_order_id
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceRequest:
    """New terms for a working order; None leaves a term as it is.

    `qty` is the new total, including what is filled already.
    """

    order_id: str
    qty: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None

    def problems(self) -> tuple[Problem, ...]:
        """Every reason why this must not be sent; empty when it may."""
        found: list[Problem] = []
        if self.qty is None and self.limit_price is None and self.stop_price is None:
            found.append(Problem.NOTHING_CHANGED)
        if self.qty is not None:
            found += _qty_problems(self.qty)
        if self.limit_price is not None:
            found += _price_problems(
                self.limit_price, Problem.LIMIT_PRICE_MISSING, Problem.LIMIT_PRICE_OFF_GRID
            )
        if self.stop_price is not None:
            found += _price_problems(self.stop_price, Problem.STOP_PRICE_MISSING, Problem.STOP_PRICE_OFF_GRID)
        return tuple(dict.fromkeys(found))

    def body(self, client_order_id: str) -> dict[str, str | bool]:
        """The exact members of the PATCH body (protocol page section 3.10)."""
        if problems := self.problems():
            raise ValueError(f"not sendable: {', '.join(problems)}")
        terms = (("qty", self.qty), ("limit_price", self.limit_price), ("stop_price", self.stop_price))
        body: dict[str, str | bool] = {name: plain(value) for name, value in terms if value is not None}
        body["client_order_id"] = client_order_id
        return body


def closing_request(position: Position) -> OrderRequest:
    """The market order that closes all that is free of a position; its quantity is zero if nothing is."""
    return OrderRequest(
        symbol=position.symbol,
        side=Side.BUY if position.is_short else Side.SELL,
        type=OrderType.MARKET,
        qty=position.closable_qty,
        time_in_force=TimeInForce.GTC if position.asset_class == "crypto" else TimeInForce.DAY,
    )

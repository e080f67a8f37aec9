"""What orders of several parts must look like: brackets, pairs, one-triggers-other and multi-leg orders."""

from decimal import Decimal
from itertools import pairwise
from math import gcd

from practice.engine.instruments import Instrument
from practice.engine.orders import Kind, Side, Tif
from practice.engine.refusals import Refusal, invalid, unprocessable
from practice.engine.rules import OrderRequest, check_client_order_id, check_price
from practice.engine.text import plain

_CENT = Decimal("0.01")
_FEWEST_LEGS, _MOST_LEGS = 2, 4


def check_exits(request: OrderRequest, instrument: Instrument) -> None:
    """Raise `Refusal` unless an order has the exits that its class needs, at possible prices."""
    name, profit, loss = request.order_class, request.take_profit, request.stop_loss
    if name == "simple":
        if profit is not None or loss is not None:
            raise invalid("take_profit and stop_loss are only accepted for bracket, oco and oto orders")
        return
    stop = loss.stop_price if loss else None
    if loss is not None and stop is None:
        raise invalid("stop_loss.stop_price is required")
    if name == "bracket" and profit is None:
        raise invalid("bracket orders require take_profit.limit_price")
    if name in {"bracket", "oco"} and stop is None:
        raise invalid(f"{name} orders require stop_loss.stop_price")
    if name == "oto" and (profit is None) == (stop is None):
        raise invalid("oto orders require either take_profit or stop_loss")
    if request.kind is Kind.TRAILING_STOP:
        raise invalid(f"trailing_stop orders cannot be {name} orders")
    if name == "oco" and request.kind is not Kind.LIMIT:
        raise invalid("oco orders must be limit orders")
    if request.tif not in {Tif.DAY, Tif.GTC}:
        raise unprocessable(f"{name} orders must be DAY or GTC orders")
    if request.extended_hours:
        raise unprocessable(f"extended hours is not allowed for {name} orders")
    for field, price in (
        ("take_profit.limit_price", profit),
        ("stop_loss.stop_price", stop),
        ("stop_loss.limit_price", loss.limit_price if loss else None),
    ):
        if price is not None:
            check_price(field, price, instrument)
    if profit is not None and stop is not None:
        check_order_of_exits(exit_side(request), profit, stop)


def check_order_of_exits(side: Side, profit: Decimal, stop: Decimal) -> None:
    """Raise `Refusal` when a take profit is on the wrong side of its stop loss; `side` is the exits'."""
    if side == "sell" and profit <= stop:
        raise unprocessable("take_profit.limit_price must be > stop_loss.stop_price")
    if side == "buy" and profit >= stop:
        raise unprocessable("take_profit.limit_price must be < stop_loss.stop_price")


def exit_side(request: OrderRequest) -> Side:
    """The side of the orders that close what the request opens, or of the request itself if it closes."""
    if request.order_class == "oco":
        return request.side
    return "sell" if request.side == "buy" else "buy"


def check_stop_loss(request: OrderRequest, base_price: Decimal) -> None:
    """Raise `Refusal` unless a stop loss is a cent or more on the losing side of where the order trades."""
    stop = request.stop_loss.stop_price if request.stop_loss else None
    if stop is None:
        return
    if exit_side(request) == "sell":
        if stop > base_price - _CENT:
            raise _too_near("stop_loss.stop_price must be <= base_price - 0.01", base_price)
    elif stop < base_price + _CENT:
        raise _too_near("stop_loss.stop_price must be >= base_price + 0.01", base_price)


def _too_near(message: str, base_price: Decimal) -> Refusal:
    return Refusal(422, 42210000, message, {"base_price": plain(base_price)})


def check_combo(request: OrderRequest) -> None:
    """Raise `Refusal` for a multi-leg order that could not be placed whatever its contracts are."""
    check_client_order_id(request.client_order_id)
    if request.symbol:
        raise invalid("symbol is not allowed for mleg order")
    if request.notional is not None:
        raise invalid("notional is not allowed for mleg order")
    if request.take_profit is not None or request.stop_loss is not None:
        raise invalid("take_profit and stop_loss are not allowed for mleg order")
    if request.qty is None:
        raise invalid("qty is required")
    if request.qty <= 0:
        raise invalid("qty must be > 0")
    if request.qty % 1:
        raise invalid("qty must be integer")
    if request.kind not in {Kind.MARKET, Kind.LIMIT}:
        raise invalid("invalid order type for mleg order")
    if request.tif is not Tif.DAY:
        raise unprocessable("invalid mleg time_in_force")
    if request.extended_hours:
        raise unprocessable("extended hours is not allowed for mleg order")
    if request.trail_price is not None or request.trail_percent is not None or request.stop_price is not None:
        raise invalid("only limit_price is accepted for mleg order")
    if (request.limit_price is None) == (request.kind is Kind.LIMIT):
        needed = "require" if request.kind is Kind.LIMIT else "must not have"
        raise invalid(f"{request.kind} orders {needed} limit price")
    if request.limit_price is not None and request.limit_price % _CENT:
        raise unprocessable(
            f"invalid limit_price {request.limit_price:f}. "
            "sub-penny increment does not fulfill minimum pricing criteria"
        )
    _check_legs(request)


def _check_legs(request: OrderRequest) -> None:
    if not _FEWEST_LEGS <= len(request.legs) <= _MOST_LEGS:
        raise invalid(f"mleg orders must have between {_FEWEST_LEGS} and {_MOST_LEGS} legs")
    ratios: list[int] = []
    for leg in request.legs:
        if leg.ratio_qty is None:
            raise invalid("ratio_qty is required for all legs")
        if leg.ratio_qty <= 0 or leg.ratio_qty % 1:
            raise invalid("ratio_qty must be a positive integer")
        ratios.append(int(leg.ratio_qty))
    if gcd(*ratios) != 1:
        raise unprocessable("mleg leg ratio quantities should be relatively prime")
    symbols = sorted(leg.symbol for leg in request.legs)
    if any(one == other for one, other in pairwise(symbols)):
        raise unprocessable("mleg legs must have different symbols")

"""What an order must look like, before any account or price is asked."""

from dataclasses import dataclass
from decimal import Decimal

from practice.engine.instructions import Instructions
from practice.engine.instruments import Instrument
from practice.engine.orders import Intent, Kind, OrderClass, Side, Tif
from practice.engine.refusals import Refusal, forbidden, invalid, unprocessable

LONGEST_CLIENT_ID = 128
FINEST_QTY = Decimal("1e-9")
_LASTING = {Tif.DAY, Tif.GTC}
_CRYPTO_MINIMUM, _CRYPTO_MAXIMUM = Decimal(10), Decimal(200_000)


@dataclass(frozen=True, slots=True)
class StopLoss:
    """The protective exit of an order that has one."""

    stop_price: Decimal | None
    limit_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LegRequest:
    """One contract of a multi-leg order."""

    symbol: str
    side: Side
    ratio_qty: Decimal | None
    intent: Intent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """An order as somebody asked for it; nothing of it is believed yet."""

    symbol: str  # empty for a multi-leg order, which has no side of its own either
    side: Side
    kind: Kind
    tif: Tif
    qty: Decimal | None = None
    notional: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    extended_hours: bool = False
    client_order_id: str | None = None
    intent: Intent | None = None
    order_class: OrderClass = "simple"
    take_profit: Decimal | None = None
    stop_loss: StopLoss | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    legs: tuple[LegRequest, ...] = ()
    instructions: Instructions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a replacement alters; None leaves a thing as it is."""

    qty: Decimal | None = None
    tif: Tif | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail: Decimal | None = None
    client_order_id: str | None = None
    instructions: Instructions | None = None


def check_client_order_id(client_order_id: str | None) -> None:
    """Raise `Refusal` for an id the broker would not store."""
    if client_order_id is not None and len(client_order_id) > LONGEST_CLIENT_ID:
        raise invalid(f"client_order_id must be no more than {LONGEST_CLIENT_ID} characters")


def check(request: OrderRequest, instrument: Instrument) -> None:
    """Raise `Refusal` unless the request is one that could be placed at all."""
    check_client_order_id(request.client_order_id)
    _check_amount(request, instrument)
    _check_prices(request, instrument)
    if instrument.is_crypto:
        _check_crypto(request)
    elif instrument.is_option:
        _check_option(request)
    else:
        _check_equity(request, instrument)


def _check_amount(request: OrderRequest, instrument: Instrument) -> None:
    qty, notional = request.qty, request.notional
    if (qty is None) == (notional is None):
        raise invalid("qty is required" if qty is None else "only one of qty or notional is accepted")
    if qty is not None:
        if qty <= 0:
            raise invalid("qty must be > 0")
        if qty % FINEST_QTY:
            raise invalid("qty increment is too small: at most 9 decimal places are accepted")
    if notional is not None:
        if notional < 1:
            raise invalid("notional must be >= 1.00" if notional > 0 else "notional must be > 0")
        if notional % Decimal("0.01"):
            raise invalid("notional amount must be limited to 2 decimal places")
    if not is_whole(request) and not instrument.fractionable:
        if instrument.is_option:
            raise invalid("qty must be integer")
        raise unprocessable("requested asset is not fractionable")


def is_whole(request: OrderRequest) -> bool:
    """Whether a whole number of shares was asked for."""
    return request.qty is not None and not request.qty % 1


def _check_prices(request: OrderRequest, instrument: Instrument) -> None:
    needs_limit = request.kind in {Kind.LIMIT, Kind.STOP_LIMIT}
    needs_stop = request.kind in {Kind.STOP, Kind.STOP_LIMIT}
    for name, price, needed in (
        ("limit", request.limit_price, needs_limit),
        ("stop", request.stop_price, needs_stop),
    ):
        if needed and price is None:
            raise invalid(f"{request.kind} orders require {name} price")
        if not needed and price is not None:
            raise invalid(f"{request.kind} orders must not have {name} price")
        if price is not None:
            check_price(f"{name}_price", price, instrument)
    _check_trail(request, instrument)


def _check_trail(request: OrderRequest, instrument: Instrument) -> None:
    price, percent = request.trail_price, request.trail_percent
    if request.kind is not Kind.TRAILING_STOP:
        if price is not None or percent is not None:
            raise invalid(f"{request.kind} orders must not have trail_price or trail_percent")
        return
    if price is None and percent is None:
        raise invalid("trailing stop orders require either trail_price or trail_percent")
    if price is not None and percent is not None:
        raise invalid("only one of trail_price or trail_percent is accepted")
    if price is not None:
        check_price("trail_price", price, instrument)
    if percent is not None and not 0 < percent < 100:
        raise invalid("trail_percent must be > 0 and < 100")


def check_price(name: str, price: Decimal, instrument: Instrument) -> None:
    """Raise `Refusal` for a price off the instrument's grid."""
    if price <= 0:
        raise invalid(f"{name} must be > 0")
    finest = instrument.price_increment if price >= 1 or instrument.is_crypto else Decimal("0.0001")
    if price % finest:
        raise unprocessable(
            f"invalid {name} {price:f}. sub-penny increment does not fulfill minimum pricing criteria"
        )


def _check_equity(request: OrderRequest, instrument: Instrument) -> None:
    if not is_whole(request):
        if request.tif is not Tif.DAY:
            raise unprocessable("fractional orders must be DAY orders")
        if request.kind is Kind.TRAILING_STOP:
            raise unprocessable("fractional orders must be market, limit, stop or stop_limit orders")
        if request.order_class != "simple":
            raise unprocessable("fractional orders must be simple orders")
        if request.extended_hours and not instrument.fractional_eh_enabled:
            raise unprocessable("fractional orders for this asset are not accepted in extended hours")
    if request.tif not in _LASTING:
        if request.kind not in {Kind.MARKET, Kind.LIMIT}:
            raise unprocessable(f"{request.tif} orders must be market or limit orders")
        if instrument.exchange == "OTC":
            raise unprocessable("orders for OTC assets must be DAY or GTC orders")
    if request.extended_hours and (request.kind is not Kind.LIMIT or request.tif not in _LASTING):
        raise unprocessable("extended hours order must be DAY or GTC limit orders")


def _check_crypto(request: OrderRequest) -> None:
    if request.order_class != "simple":
        raise unprocessable("crypto orders must be simple orders")
    if request.kind not in {Kind.MARKET, Kind.LIMIT, Kind.STOP_LIMIT}:
        raise invalid("invalid order type for crypto order")
    if request.tif not in {Tif.GTC, Tif.IOC}:
        raise unprocessable("invalid crypto time_in_force")


def _check_option(request: OrderRequest) -> None:
    if request.order_class != "simple":
        raise unprocessable("options orders must be simple or mleg orders")
    if request.kind is Kind.TRAILING_STOP:
        raise invalid("invalid order type for options order")
    if request.tif not in _LASTING:
        raise unprocessable("options orders must be DAY or GTC orders")
    if request.extended_hours:
        raise unprocessable("extended hours is not allowed for options orders")


def check_crypto_value(value: Decimal) -> None:
    """Raise `Refusal` for a crypto order that is too small or too large."""
    if value < _CRYPTO_MINIMUM:
        raise forbidden("cost basis must be >= minimal amount of order 10")
    if value > _CRYPTO_MAXIMUM:
        raise forbidden("cost basis must be <= maximal amount of order 200000")


def unknown_asset(symbol: str) -> Refusal:
    """The refusal of an order for something that does not exist."""
    return unprocessable(f'asset "{symbol}" not found')

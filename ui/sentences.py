"""Whole sentences about orders, for buttons and confirmations."""

from collections.abc import Mapping
from decimal import Decimal

from PySide6.QtCore import QCoreApplication

from core.domain.instrument import AssetClass
from core.domain.legs import OrderClass
from core.domain.order import Order, OrderType, Side, TimeInForce
from core.domain.request import OrderRequest
from ui import figures, words
from ui.instrument_words import short_name

translate = QCoreApplication.translate

_FIELD_LABELS: dict[str, str] = {
    "symbol": words.QT_TRANSLATE_NOOP("Words", "Symbol"),
    "qty": words.QT_TRANSLATE_NOOP("Words", "Quantity"),
    "side": words.QT_TRANSLATE_NOOP("Words", "Side"),
    "type": words.QT_TRANSLATE_NOOP("Words", "Order type"),
    "time_in_force": words.QT_TRANSLATE_NOOP("Words", "Time in force"),
    "limit_price": words.QT_TRANSLATE_NOOP("Words", "Limit price"),
    "stop_price": words.QT_TRANSLATE_NOOP("Words", "Stop price"),
    "extended_hours": words.QT_TRANSLATE_NOOP("Words", "Extended hours"),
    "notional": words.QT_TRANSLATE_NOOP("Words", "Amount"),
    "trail_price": words.QT_TRANSLATE_NOOP("Words", "Trailing by"),
    "trail_percent": words.QT_TRANSLATE_NOOP("Words", "Trailing by percent"),
    "trail": words.QT_TRANSLATE_NOOP("Words", "Trailing by"),
    "order_class": words.QT_TRANSLATE_NOOP("Words", "Order class"),
    "take_profit.limit_price": words.QT_TRANSLATE_NOOP("Words", "Take profit, limit price"),
    "stop_loss.stop_price": words.QT_TRANSLATE_NOOP("Words", "Stop loss, stop price"),
    "stop_loss.limit_price": words.QT_TRANSLATE_NOOP("Words", "Stop loss, limit price"),
    "position_intent": words.QT_TRANSLATE_NOOP("Words", "Position"),
}


def _terms(order_type: str, limit: str, stop: str, trail: str = "") -> str:
    if order_type == OrderType.LIMIT:
        return translate("Sentences", "at {limit}").format(limit=limit)
    if order_type == OrderType.STOP:
        return translate("Sentences", "stop {stop}").format(stop=stop)
    if order_type == OrderType.STOP_LIMIT:
        return translate("Sentences", "stop {stop} limit {limit}").format(stop=stop, limit=limit)
    if order_type == OrderType.MARKET:
        return translate("Sentences", "at market")
    if order_type == OrderType.TRAILING_STOP and trail:
        return translate("Sentences", "trailing by {trail}").format(trail=trail)
    return words.order_type(order_type).lower()


def _trail(price: Decimal | None, percent: Decimal | None) -> str:
    if price is not None:
        return figures.exact_price(price)
    return "" if percent is None else f"{figures.quantity(percent)} %"


def _amount(qty: Decimal | None, notional: Decimal | None) -> str:
    return figures.quantity(qty) if notional is None else f"${figures.money(notional)}"


def _exits(request: OrderRequest) -> str:
    """The legs in a few words: `, profit 191.50, loss 178.00`."""
    parts = []
    if request.take_profit is not None:
        price = figures.exact_price(request.take_profit.limit_price, request.symbol)
        parts.append(translate("Sentences", "profit {price}").format(price=price))
    if request.stop_loss is not None:
        price = figures.exact_price(request.stop_loss.stop_price, request.symbol)
        parts.append(translate("Sentences", "loss {price}").format(price=price))
        if request.stop_loss.limit_price is not None:
            limit = figures.exact_price(request.stop_loss.limit_price, request.symbol)
            parts[-1] = translate("Sentences", "loss {price} limit {limit}").format(price=price, limit=limit)
    return "".join(f", {part}" for part in parts)


def _conditions(request: OrderRequest) -> str:
    """How long it works and when, where that is not usual: `, GTC`, `, at the open`, `, extended hours`."""
    usual = TimeInForce.GTC if request.asset_class is AssetClass.CRYPTO else TimeInForce.DAY
    parts = []
    if request.time_in_force is not usual:
        is_short = request.time_in_force not in (TimeInForce.OPG, TimeInForce.CLS)
        term = words.time_in_force(request.time_in_force, short=is_short)
        parts.append(term if is_short else term.lower())
    if request.extended_hours:
        parts.append(translate("Sentences", "extended hours"))
    return "".join(f", {part}" for part in parts)


def request_sentence(request: OrderRequest) -> str:
    """The whole order as the button says it: `Buy 20 NVDA at 182.40`; what is missing is a dash."""
    if request.order_class is OrderClass.OCO:
        terms = translate("Sentences", "as exit")
    else:
        limit = figures.exact_price(request.limit_price, request.symbol)
        stop = figures.exact_price(request.stop_price, request.symbol)
        terms = _terms(request.type, limit, stop, _trail(request.trail_price, request.trail_percent))
    return translate("Sentences", "{side} {qty} {symbol} {terms}").format(
        side=words.side(request.side),
        qty=_amount(request.qty, request.notional),
        symbol=short_name(request.symbol) or figures.MISSING,
        terms=terms + _exits(request) + _conditions(request),
    )


def order_sentence(order: Order) -> str:
    """An order of the broker's as a sentence, in the same words as the ticket's."""
    return translate("Sentences", "{side} {qty} {symbol} {terms}").format(
        side=words.side(order.side),
        qty=_amount(order.qty, order.notional if order.qty is None else None),
        symbol=short_name(order.symbol),
        terms=_terms(
            order.type,
            figures.exact_price(order.limit_price, order.symbol),
            figures.exact_price(order.stop_price, order.symbol),
            _trail(order.trail_price, order.trail_percent),
        ),
    )


def fill_sentence(order: Order) -> str:
    """How much of an order is done and at what average price: `Filled 20 at 182.41`."""
    if order.filled_qty == order.qty or order.qty is None:
        return translate("Sentences", "Filled {qty} at {price}").format(
            qty=figures.quantity(order.filled_qty), price=figures.price(order.filled_avg_price, order.symbol)
        )
    return translate("Sentences", "Filled {done} of {qty} at {price}").format(
        done=figures.quantity(order.filled_qty),
        qty=figures.quantity(order.qty),
        price=figures.price(order.filled_avg_price, order.symbol),
    )


def field_label(name: str) -> str:
    """The label of a member of an order's body; a member without a word of ours is named as sent."""
    label = _FIELD_LABELS.get(name)
    return words.outside_text(name) if label is None else words.translated(label)


def sent_members(body: Mapping[str, object], *, without: str = "client_order_id") -> dict[str, str | bool]:
    """The members of a body one by one; those of a leg carry its name: `take_profit.limit_price`."""
    flat: dict[str, str | bool] = {}
    for name, value in body.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{member}": spelled for member, spelled in value.items()}
        elif name != without and isinstance(value, str | bool):
            flat[name] = value
    return flat


def field_value(value: str | bool) -> str:
    """The value of a member exactly as the wire carries it."""
    return value if isinstance(value, str) else str(value).lower()


def closing_side(is_short: bool) -> Side:
    """The side of the order that closes a position."""
    return Side.BUY if is_short else Side.SELL

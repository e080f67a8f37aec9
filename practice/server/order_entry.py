"""From a request body to an order request of the engine."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from practice.engine.orders import Kind, Side, Tif
from practice.engine.rules import Change, OrderRequest
from practice.server.reading import BadValue, decimal_of, flag_of, text_of

Word = TypeVar("Word", Kind, Tif)
_SIDES: dict[str, Side] = {"buy": "buy", "sell": "sell"}


def order_request(body: Mapping[str, Any]) -> OrderRequest:
    """Read the body of a new order, or raise `BadValue`."""
    order_class = text_of(body.get("order_class"), "order_class") or "simple"
    if order_class != "simple":
        raise BadValue(f"{order_class[:20]} orders are not offered by the practice broker")
    symbol = text_of(body.get("symbol"), "symbol")
    if symbol is None:
        raise BadValue("symbol is required")
    side = _SIDES.get(text_of(body.get("side"), "side") or "")
    if side is None:
        raise BadValue("side is required" if not body.get("side") else "invalid side")
    return OrderRequest(
        symbol=symbol,
        side=side,
        kind=_word(Kind, body.get("type"), "type"),
        tif=_word(Tif, body.get("time_in_force"), "time_in_force"),
        qty=decimal_of(body.get("qty"), "qty"),
        notional=decimal_of(body.get("notional"), "notional"),
        limit_price=decimal_of(body.get("limit_price"), "limit_price"),
        stop_price=decimal_of(body.get("stop_price"), "stop_price"),
        extended_hours=flag_of(body.get("extended_hours"), "extended_hours"),
        client_order_id=text_of(body.get("client_order_id"), "client_order_id"),
    )


def change_request(body: Mapping[str, Any]) -> Change:
    """Read the body of a replacement, or raise `BadValue`."""
    tif = body.get("time_in_force")
    change = Change(
        qty=decimal_of(body.get("qty"), "qty"),
        tif=_word(Tif, tif, "time_in_force") if tif else None,
        limit_price=decimal_of(body.get("limit_price"), "limit_price"),
        stop_price=decimal_of(body.get("stop_price"), "stop_price"),
        client_order_id=text_of(body.get("client_order_id"), "client_order_id"),
    )
    if change == Change():
        raise BadValue("at least one of qty, time_in_force, limit_price, stop_price is required")
    return change


def closing_qty(query: Mapping[str, str], held: Decimal, *, whole_only: bool) -> Decimal | None:
    """The quantity a close asks for, by number or by percentage; None for all of it."""
    qty, percentage = decimal_of(query.get("qty"), "qty"), decimal_of(query.get("percentage"), "percentage")
    if qty is not None and percentage is not None:
        raise BadValue("only one of qty or percentage is accepted")
    if percentage is None:
        return qty
    if not 0 < percentage <= 100:
        raise BadValue("percentage must be between 0 and 100")
    part = held * percentage / 100
    part -= part % (1 if whole_only else Decimal("1e-9"))
    if part == 0:
        raise BadValue("percentage is too small for this position")
    return part


def _word(words: type[Word], value: object, name: str) -> Word:
    text = text_of(value, name)
    if text is None:
        raise BadValue(f"{name} is required")
    try:
        return words(text)
    except ValueError:
        raise _unknown_word(text, name) from None


def _unknown_word(text: str, name: str) -> BadValue:
    if text in {"trailing_stop", "opg", "cls"}:
        return BadValue(f"{name} {text} is not offered by the practice broker")
    return BadValue(f"invalid {name}")

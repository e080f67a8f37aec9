"""From a request body to an order request of the engine."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from practice.engine.instructions import Instructions, Moment
from practice.engine.orders import Intent, Kind, OrderClass, Side, Tif
from practice.engine.refusals import malformed
from practice.engine.rules import Change, LegRequest, OrderRequest, StopLoss
from practice.server.reading import BadValue, decimal_of, flag_of, instant_of, text_of

Word = TypeVar("Word", Kind, Tif)
_SIDES: dict[str, Side] = {"buy": "buy", "sell": "sell"}
_INTENTS: dict[str, Intent] = {
    "buy_to_open": "buy_to_open",
    "buy_to_close": "buy_to_close",
    "sell_to_open": "sell_to_open",
    "sell_to_close": "sell_to_close",
}
_CLASSES: dict[str, OrderClass] = {
    "simple": "simple",
    "bracket": "bracket",
    "oco": "oco",
    "oto": "oto",
    "mleg": "mleg",
}
_MOST_LEGS = 16  # more are not even read


def order_request(body: Mapping[str, Any]) -> OrderRequest:
    """Read the body of a new order, or raise `BadValue`."""
    order_class = _CLASSES.get(text_of(body.get("order_class"), "order_class") or "simple")
    if order_class is None:
        raise BadValue("invalid order_class")
    symbol = text_of(body.get("symbol"), "symbol")
    if symbol is None and order_class != "mleg":
        raise BadValue("symbol is required")
    loss = _member(body, "stop_loss")
    return OrderRequest(
        symbol=symbol or "",
        side="buy" if order_class == "mleg" else _side(body),
        kind=_word(Kind, body.get("type"), "type"),
        tif=_word(Tif, body.get("time_in_force"), "time_in_force"),
        qty=decimal_of(body.get("qty"), "qty"),
        notional=decimal_of(body.get("notional"), "notional"),
        limit_price=decimal_of(body.get("limit_price"), "limit_price"),
        stop_price=decimal_of(body.get("stop_price"), "stop_price"),
        trail_price=decimal_of(body.get("trail_price"), "trail_price"),
        trail_percent=decimal_of(body.get("trail_percent"), "trail_percent"),
        extended_hours=flag_of(body.get("extended_hours"), "extended_hours"),
        client_order_id=text_of(body.get("client_order_id"), "client_order_id"),
        intent=_intent(body),
        order_class=order_class,
        take_profit=_take_profit(body),
        stop_loss=_stop_loss(loss) if loss is not None else None,
        legs=_legs(body) if order_class == "mleg" else (),
        instructions=_instructions(body),
    )


def _side(body: Mapping[str, Any]) -> Side:
    side = _SIDES.get(text_of(body.get("side"), "side") or "")
    if side is None:
        raise BadValue("side is required" if not body.get("side") else "invalid side")
    return side


def _intent(body: Mapping[str, Any]) -> Intent | None:
    text = text_of(body.get("position_intent"), "position_intent")
    if text is None:
        return None
    if text not in _INTENTS:
        raise BadValue("invalid position_intent")
    return _INTENTS[text]


def _member(body: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise malformed("request body format is invalid")
    return value


def _take_profit(body: Mapping[str, Any]) -> Decimal | None:
    fields = _member(body, "take_profit")
    if fields is None:
        return None
    price = decimal_of(fields.get("limit_price"), "take_profit.limit_price")
    if price is None:
        raise BadValue("take_profit.limit_price is required")
    return price


def _stop_loss(fields: Mapping[str, Any]) -> StopLoss:
    return StopLoss(
        stop_price=decimal_of(fields.get("stop_price"), "stop_loss.stop_price"),
        limit_price=decimal_of(fields.get("limit_price"), "stop_loss.limit_price"),
    )


def _legs(body: Mapping[str, Any]) -> tuple[LegRequest, ...]:
    legs = body.get("legs")
    if legs is None:
        return ()
    if not isinstance(legs, list) or not all(isinstance(leg, dict) for leg in legs[:_MOST_LEGS]):
        raise malformed("request body format is invalid")
    return tuple(_leg(leg) for leg in legs[:_MOST_LEGS])


def _leg(fields: Mapping[str, Any]) -> LegRequest:
    symbol, intent = text_of(fields.get("symbol"), "symbol"), _intent(fields)
    if symbol is None:
        raise BadValue("symbol is required for all legs")
    side = _SIDES.get(text_of(fields.get("side"), "side") or (intent or "").partition("_")[0])
    if side is None:
        raise BadValue("side is required for all legs" if not fields.get("side") else "invalid side")
    return LegRequest(symbol, side, decimal_of(fields.get("ratio_qty"), "ratio_qty"), intent)


def _instructions(body: Mapping[str, Any]) -> Instructions | None:
    fields = _member(body, "advanced_instructions")
    if fields is None:
        return None
    name = "advanced_instructions"
    return Instructions(
        algorithm=text_of(fields.get("algorithm"), f"{name}.algorithm"),
        destination=text_of(fields.get("destination"), f"{name}.destination"),
        display_qty=decimal_of(fields.get("display_qty"), f"{name}.display_qty"),
        start_time=_moment(fields.get("start_time"), f"{name}.start_time"),
        end_time=_moment(fields.get("end_time"), f"{name}.end_time"),
        max_percentage=decimal_of(fields.get("max_percentage"), f"{name}.max_percentage"),
    )


def _moment(value: object, name: str) -> Moment | None:
    text = text_of(value, name)
    instant = instant_of(text, name)
    return Moment(at=instant, text=text) if text is not None and instant is not None else None


def change_request(body: Mapping[str, Any]) -> Change:
    """Read the body of a replacement, or raise `BadValue`."""
    tif = body.get("time_in_force")
    change = Change(
        qty=decimal_of(body.get("qty"), "qty"),
        tif=_word(Tif, tif, "time_in_force") if tif else None,
        limit_price=decimal_of(body.get("limit_price"), "limit_price"),
        stop_price=decimal_of(body.get("stop_price"), "stop_price"),
        trail=decimal_of(body.get("trail"), "trail"),
        client_order_id=text_of(body.get("client_order_id"), "client_order_id"),
        instructions=_instructions(body),
    )
    if change == Change():
        raise BadValue("at least one of qty, time_in_force, limit_price, stop_price, trail is required")
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
        raise BadValue(f"invalid {name}") from None

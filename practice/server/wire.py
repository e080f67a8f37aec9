"""Engine values as the broker writes them: string decimals for money, RFC 3339 with nanoseconds for times."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from practice.engine.accounts import Account, Figures, Position
from practice.engine.brokerage import Brokerage
from practice.engine.clock import SECOND
from practice.engine.hours import NEW_YORK, new_york_day
from practice.engine.instructions import Instructions
from practice.engine.instruments import Instrument
from practice.engine.orders import Order, Role
from practice.engine.text import plain
from practice.engine.updates import ComboFill, Update

Json = dict[str, Any]

_REASONS = {
    "trade_bust": "TRADE_BUST",
    "order_cancel_rejected": "TOO_LATE_TO_CANCEL",
    "order_replace_rejected": "TOO_LATE_TO_CANCEL",
}
_CENT, _TEN_THOUSANDTH, _FINE = Decimal("0.01"), Decimal("0.0001"), Decimal("1e-10")


@lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def timestamp(instant: int) -> str:
    """RFC 3339 in UTC with nanoseconds."""
    seconds, nanoseconds = divmod(instant, SECOND)
    return f"{_second(seconds)}.{nanoseconds:09d}Z"


def _maybe(instant: int | None) -> str | None:
    return timestamp(instant) if instant is not None else None


def new_york_timestamp(instant: int) -> str:
    """RFC 3339 with the offset of New York, to the second or finer where there is more."""
    seconds, nanoseconds = divmod(instant, SECOND)
    local = datetime.fromtimestamp(seconds, NEW_YORK).isoformat()
    return f"{local[:19]}.{nanoseconds:09d}{local[19:]}" if nanoseconds else local


def money(value: Decimal) -> str:
    """A dollar amount to the cent."""
    return plain(value.quantize(_CENT))


def _average(instrument: Instrument, price: Decimal | None) -> str | None:
    """An average price: six decimals, or two more than the instrument's."""
    if price is None:
        return None
    return plain(price.quantize(Decimal(1).scaleb(-max(6, instrument.digits + 2))))


def _optional(value: Decimal | None) -> str | None:
    return plain(value) if value is not None else None


def _instructions(asked: Instructions | None) -> Json | None:
    """As they were given, numbers as strings."""
    if asked is None:
        return None
    given: Json = {
        "algorithm": asked.algorithm,
        "destination": asked.destination,
        "display_qty": _optional(asked.display_qty),
        "start_time": asked.start_time.text if asked.start_time else None,
        "end_time": asked.end_time.text if asked.end_time else None,
        "max_percentage": _optional(asked.max_percentage),
    }
    return {name: value for name, value in given.items() if value is not None}


def order_json(order: Order, *, nested: bool = True) -> Json:
    """An order as the trading API and the order stream show it; with `nested`, its children under `legs`."""
    average = order.average_price
    combo = order.is_combo
    kind = "" if order.role is Role.COMBO_LEG else order.kind
    return {
        "id": order.id,
        "client_order_id": order.client_order_id,
        "created_at": timestamp(order.created_at),
        "updated_at": timestamp(order.updated_at),
        "submitted_at": timestamp(order.submitted_at),
        "filled_at": _maybe(order.filled_at),
        "expired_at": _maybe(order.expired_at),
        "expires_at": _maybe(order.expires_at),
        "canceled_at": _maybe(order.canceled_at),
        "cancel_requested_at": _maybe(order.cancel_requested_at),
        "failed_at": _maybe(order.failed_at),
        "replaced_at": _maybe(order.replaced_at),
        "replaced_by": order.replaced_by,
        "replaces": order.replaces,
        "asset_id": order.instrument.asset_id,
        "symbol": order.instrument.symbol,
        "asset_class": order.instrument.asset_class,
        "notional": _optional(order.notional),
        "qty": _optional(order.qty),
        "filled_qty": plain(order.filled_qty),
        "filled_avg_price": _average(order.instrument, average),
        "order_class": "" if order.order_class == "simple" else order.order_class,
        "order_type": kind,
        "type": kind,
        "side": "" if combo else order.side,
        "position_intent": None if combo else order.intent,
        "time_in_force": order.tif,
        "limit_price": _optional(order.limit_price),
        "stop_price": _optional(order.stop_price),
        "status": order.state,
        "extended_hours": order.extended_hours,
        "legs": [order_json(leg) for leg in order.legs] if nested and order.legs else None,
        "trail_percent": _optional(order.trail_percent),
        "trail_price": _optional(order.trail_price),
        "hwm": _optional(order.hwm),
        "ratio_qty": _optional(order.ratio_qty),
        "advanced_instructions": _instructions(order.instructions),
        "subtag": None,
        "source": None,
    }


def update_json(update: Update) -> Json:
    """The `data` of an order-stream message."""
    event: Json = {
        "event": update.event,
        "event_id": update.id,
        "at": timestamp(update.at),
        "timestamp": timestamp(update.at),
    }
    if execution := update.execution:
        event |= {
            "execution_id": execution.id,
            "price": plain(execution.price),
            "qty": plain(execution.qty),
        }
        # Only what trades says how large the position is then.
        if execution.previous:
            event["previous_execution_id"] = execution.previous.id
        else:
            event["position_qty"] = plain(execution.position_qty)
    if reason := _REASONS.get(update.event):
        event["reason"] = reason
    if update.combo:
        event |= _combo_json(update.combo, update.at)
    return event | {"order": order_json(update.order)}


def _combo_json(fill: ComboFill, at: int) -> Json:
    return {
        "price": plain(fill.price),
        "qty": plain(fill.qty),
        "legs": [
            {
                "execution_id": execution.id,
                **({"previous_execution_id": execution.previous.id} if execution.previous else {}),
                "order_id": leg.id,
                "symbol": leg.instrument.symbol,
                "qty": plain(execution.qty),
                "price": plain(execution.price),
                "timestamp": timestamp(at),
            }
            for leg, execution in fill.legs
        ],
        "position_qtys": {
            leg.instrument.symbol: plain(execution.position_qty) for leg, execution in fill.legs
        },
    }


def account_json(account: Account, figures: Figures, now: int) -> Json:
    """The account with its money as it stands."""
    cash = money(account.cash)
    spendable, power = money(figures.cash_power), money(figures.buying_power)
    return {
        "id": account.id,
        "admin_configurations": {},
        "user_configurations": None,
        "account_number": account.number,
        "status": "ACTIVE",
        "crypto_status": "ACTIVE",
        "currency": "USD",
        "buying_power": power,
        "regt_buying_power": money(figures.overnight_power if figures.multiplier > 1 else figures.cash_power),
        "effective_buying_power": power,
        "non_marginable_buying_power": spendable,
        "options_buying_power": spendable,
        "cash": cash,
        "accrued_fees": "0",
        "pending_transfer_in": "0",
        "pending_transfer_out": "0",
        "portfolio_value": money(figures.equity),
        "equity": money(figures.equity),
        "last_equity": money(account.last_equity),
        "long_market_value": money(figures.long_value),
        "short_market_value": money(figures.short_value),
        "position_market_value": money(figures.long_value - figures.short_value),
        "initial_margin": money(figures.initial_margin),
        "maintenance_margin": money(figures.maintenance_margin),
        "last_maintenance_margin": "0",
        "sma": money(account.last_equity),
        "multiplier": str(figures.multiplier),
        "trading_blocked": account.trading_blocked,
        "transfers_blocked": account.transfers_blocked,
        "account_blocked": account.account_blocked,
        "trade_suspended_by_user": account.configurations.suspend_trade,
        "shorting_enabled": figures.multiplier > 1 and not account.configurations.no_shorting,
        "balance_asof": new_york_day(now).isoformat(),
        "created_at": timestamp(account.created_at),
        "crypto_tier": 1,
        "intraday_adjustments": "0",
        "pending_reg_taf_fees": "0",
        "options_approved_level": account.options_approved_level,
        "options_trading_level": account.options_level,
    }


def position_json(account: Account, position: Position, brokerage: Brokerage) -> Json:
    """A position, valued at the last trade."""
    instrument, qty = position.instrument, position.qty
    price, close = brokerage.last_price(instrument), brokerage.last_close(instrument)
    value = qty * price * instrument.multiplier
    gain, day_gain = value - position.cost, value - position.day_cost
    return {
        "asset_id": instrument.asset_id,
        "symbol": instrument.compact_symbol,
        "exchange": instrument.exchange,
        "asset_class": instrument.asset_class,
        "asset_marginable": instrument.asset_class == "us_equity",
        "qty": plain(qty),
        "qty_available": plain(account.available(instrument) * (1 if qty > 0 else -1)),
        "avg_entry_price": _average(instrument, position.average_price),
        "side": "long" if qty > 0 else "short",
        "market_value": plain(value.quantize(_TEN_THOUSANDTH)),
        "cost_basis": plain(position.cost.quantize(_TEN_THOUSANDTH)),
        "unrealized_pl": plain(gain.quantize(_TEN_THOUSANDTH)),
        "unrealized_plpc": plain((gain / abs(position.cost)).quantize(_FINE)),
        "unrealized_intraday_pl": plain(day_gain.quantize(_TEN_THOUSANDTH)),
        "unrealized_intraday_plpc": plain((day_gain / abs(position.day_cost)).quantize(_FINE)),
        "current_price": plain(price),
        "lastday_price": plain(close),
        "change_today": plain(((price - close) / close).quantize(_FINE)),
    }


def asset_json(instrument: Instrument, *, is_halted_at_night: bool = False) -> Json:
    """An asset of the catalogue."""
    stock, option = not instrument.is_crypto, instrument.is_option
    asset: Json = {
        "id": instrument.asset_id,
        "class": instrument.asset_class,
        "exchange": instrument.exchange,
        "symbol": instrument.symbol,
        "name": instrument.name,
        "status": "active",
        "tradable": True,
        "marginable": stock and not option,
        "shortable": instrument.shortable,
        "easy_to_borrow": instrument.shortable,
        "fractionable": instrument.fractionable,
        "maintenance_margin_requirement": 30 if stock else 100,
        "margin_requirement_long": "30" if stock else "100",
        "margin_requirement_short": "30" if stock else "100",
        "attributes": _attributes(instrument, is_halted_at_night=is_halted_at_night),
        "cusip": None,
    }
    if option:
        return asset
    if stock:
        asset["borrow_status"] = "easy_to_borrow" if instrument.shortable else "hard_to_borrow"
    else:
        asset |= {
            "min_order_size": plain(instrument.min_order_size),
            "min_trade_increment": plain(instrument.min_trade_increment),
            "price_increment": plain(instrument.price_increment),
        }
    return asset


def _attributes(instrument: Instrument, *, is_halted_at_night: bool) -> list[str]:
    held = {
        "fractional_eh_enabled": instrument.fractional_eh_enabled,
        "has_options": instrument.has_options,
        "overnight_tradable": instrument.overnight_tradable,
        "overnight_halted": is_halted_at_night,
    }
    return [name for name, holds in held.items() if holds]

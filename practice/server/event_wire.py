"""Events of an account as server-sent events tell them."""

from typing import Any

from practice.engine.accounts import ZERO, Account
from practice.engine.activities import Activity, Trade
from practice.engine.exchange_days import settlement_day
from practice.engine.hours import new_york_day
from practice.engine.instruments import Instrument
from practice.engine.text import plain
from practice.engine.updates import Update
from practice.server.wire import timestamp, update_json

Json = dict[str, Any]


def trade_event_json(update: Update) -> Json:
    """An order's event: what the order stream says, and whose it is."""
    return {"account_id": update.account.id, **update_json(update)}


def is_told(activity: Activity) -> bool:
    """Whether an activity is an event of its own: a correction says by itself what it takes the place of."""
    return activity.trade is None or activity.trade.kind != "undoing"


def activity_event_json(account: Account, activity: Activity) -> Json:
    """An activity that was entered."""
    instrument, trade = activity.instrument, activity.trade
    net = activity.net_amount
    optional: Json = {
        "activity_subtype": activity.sub_type,
        "previous_id": trade.previous_id if trade else None,
        "price": plain(activity.price) if activity.price is not None else None,
        "qty": plain(activity.qty) if activity.qty is not None else None,
    }
    if trade and instrument:
        details = _trade_details(account, instrument, trade)
        value = (activity.qty or ZERO) * (activity.price or ZERO) * instrument.multiplier
        net = -value if trade.side == "buy" else value
    else:
        details = _other_details(activity)
    return {
        "event_id": activity.event_id,
        "at": timestamp(activity.at),
        "activity_type": activity.type,
        "executed_at": timestamp(activity.at),
        "settle_date": _settled_on(activity),
        "status": activity.status,
        "currency": "USD",
        "ref_id": activity.reference,
        "net_amount": plain(net),
        **{name: value for name, value in optional.items() if value is not None},
        "details": details,
    }


def _settled_on(activity: Activity) -> str:
    day = new_york_day(activity.at)
    at_once = activity.trade is None or activity.instrument is None or activity.instrument.is_crypto
    return (day if at_once else settlement_day(day)).isoformat()


def _trade_details(account: Account, instrument: Instrument, trade: Trade) -> Json:
    order = account.orders.get(trade.order_id)
    return {
        "order_id": trade.order_id,
        **({"client_order_id": order.client_order_id} if order else {}),
        "side": trade.side,
        "symbol": instrument.symbol,
        "asset_id": instrument.asset_id,
        "cum_qty": plain(trade.cum_qty),
        "leaves_qty": plain(trade.leaves_qty),
        "order_status": trade.order_status,
        "execution_type": trade.kind,
    }


def _other_details(activity: Activity) -> Json:
    instrument = activity.instrument
    optional: Json = {
        "group_id": activity.group_id,
        "parent_id": activity.parent_id,
        "symbol": instrument.symbol if instrument else None,
        "asset_id": instrument.asset_id if instrument else None,
        "description": activity.description or None,
    }
    return {
        "system_date": new_york_day(activity.at).isoformat(),
        **{name: value for name, value in optional.items() if value is not None},
    }

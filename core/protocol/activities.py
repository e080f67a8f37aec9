"""The account's activities by REST (protocol page section 3.3): any type, known to us or not."""

from datetime import date

import msgspec

from core.domain.activity import Activity
from core.protocol.call import Answer, Call, Host
from core.protocol.failures import broker_failure
from core.protocol.wire import Number, Text, decimal, moment

MAX_ACTIVITIES = 100


class WireActivity(msgspec.Struct):
    """One entry; trade and other activities differ in their fields and share the list."""

    id: str
    activity_type: Text = None
    activity_sub_type: Text = None
    transaction_time: Text = None
    created_at: Text = None
    date: Text = None
    type: Text = None
    symbol: Text = None
    side: Text = None
    qty: Number = None
    price: Number = None
    per_share_amount: Number = None
    net_amount: Number = None
    currency: Text = None
    description: Text = None
    status: Text = None
    order_id: Text = None
    order_status: Text = None
    cum_qty: Number = None
    leaves_qty: Number = None
    group_id: Text = None
    cusip: Text = None

    def value(self) -> Activity:
        """Return this as our own value; raises ValueError without the id that paging goes by."""
        if not self.id:
            raise ValueError("activity without an id")
        return Activity(
            id=self.id,
            type=self.activity_type or "",
            sub_type=self.activity_sub_type or self.type or "",
            at=moment(self.transaction_time) or moment(self.created_at),
            day=_day(self.date),
            symbol=self.symbol or "",
            side=self.side or "",
            qty=decimal(self.qty),
            price=decimal(self.price),
            per_share_amount=decimal(self.per_share_amount),
            net_amount=decimal(self.net_amount),
            currency=self.currency or "USD",
            description=self.description or "",
            status=self.status or "",
            order_id=self.order_id or "",
            order_status=self.order_status or "",
            cum_qty=decimal(self.cum_qty),
            leaves_qty=decimal(self.leaves_qty),
            group_id=self.group_id or "",
            cusip=self.cusip or "",
        )


class _LeastActivity(msgspec.Struct):
    """What is left to go by when a newer broker gives a field another shape."""

    id: str
    activity_type: Text = None


def list_activities(
    *, page_token: str = "", limit: int = MAX_ACTIVITIES, types: tuple[str, ...] = ()
) -> Call[tuple[Activity, ...]]:
    """GET activities, newest first; `page_token` is the id of the last one that came before."""
    query = [("direction", "desc"), ("page_size", str(limit))]
    if types:
        query.append(("activity_types", ",".join(types)))
    if page_token:
        query.append(("page_token", page_token))
    return Call(
        host=Host.TRADING,
        method="GET",
        path="/v2/account/activities",
        query=tuple(query),
        read=_activities,
        failure=broker_failure,
    )


def _activities(answer: Answer) -> tuple[Activity, ...]:
    return tuple(_activity(raw) for raw in msgspec.json.decode(answer.body, type=list[msgspec.Raw]))


def _activity(raw: msgspec.Raw) -> Activity:
    try:
        return _WIRE.decode(raw).value()
    except msgspec.ValidationError:
        least = msgspec.json.decode(raw, type=_LeastActivity)
        return WireActivity(id=least.id, activity_type=least.activity_type).value()


def _day(text: Text) -> date | None:
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


_WIRE = msgspec.json.Decoder(WireActivity, strict=False)

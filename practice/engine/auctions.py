"""What opening and closing auctions trade at."""

from decimal import Decimal

from practice.engine.clock import MINUTE
from practice.engine.market import Market
from practice.engine.orders import Order, Tif


def auction_price(market: Market, order: Order, at: int) -> Decimal | None:
    """The price of the latest auction an order takes part in; None when its limit is on the wrong side."""
    session = market.timetable.last_started(at)
    if order.tif is Tif.OPG:
        first = market.minutes_of(order.instrument, session, session.open, session.open + MINUTE)[0]
        price = order.instrument.price(first.open)
    else:
        last = market.minutes_of(order.instrument, session, session.close - MINUTE, session.close)[-1]
        price = order.instrument.price(last.close)
    bound = order.limit_price
    if bound is None or (price <= bound if order.is_buy else price >= bound):
        return price
    return None

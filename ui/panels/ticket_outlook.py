"""What an order would cost and what would probably happen to it: pure judgements for the ticket.

Everything here is an estimate from the newest quote; the broker decides.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from PySide6.QtCore import QCoreApplication

from core.domain.account import Account
from core.domain.freshness import Freshness
from core.domain.market import Quote
from core.domain.money import on_grid
from core.domain.order import OrderType, Side, TimeInForce
from core.domain.position import Position
from core.domain.request import OrderRequest
from ui import figures, order_words

# The broker reserves this much above the ask for a short sale (protocol page section 3.9).
_SHORT_RESERVE = Decimal("1.03")

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What is known about the instrument's market at the moment of judging."""

    bid: Decimal | None = None
    ask: Decimal | None = None
    freshness: Freshness = Freshness.ABSENT
    age_s: float | None = None
    is_open: bool | None = None
    feed_is_live: bool = True

    def far_side(self, side: Side) -> Decimal | None:
        """The price a market order of that side would meet."""
        return self.ask if side is Side.BUY else self.bid


def quoted(price: float) -> Decimal | None:
    """A quoted price on the grid; 0 means that the side is not active."""
    return on_grid(price) if price > 0 else None


def market_from(
    quote: Quote | None,
    *,
    freshness: Freshness,
    age_s: float | None,
    is_open: bool | None,
    feed_is_live: bool,
) -> Market:
    """The market as `quote` shows it."""
    return Market(
        bid=None if quote is None else quoted(quote.bid),
        ask=None if quote is None else quoted(quote.ask),
        freshness=freshness,
        age_s=age_s,
        is_open=is_open,
        feed_is_live=feed_is_live,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What the order would change; None where it cannot be told."""

    price: Decimal | None
    cost: Decimal | None
    buying_power_after: Decimal | None
    is_at_least: bool  # a closing order frees buying power only once it fills
    position_after: Decimal | None
    average_after: Decimal | None
    opens_short: bool
    exceeds_buying_power: bool


def _expected_price(request: OrderRequest, market: Market) -> Decimal | None:
    if request.needs_limit_price:
        return request.limit_price
    if request.needs_stop_price:
        return request.stop_price
    return market.far_side(request.side)


def _average_after(
    held: Decimal, average: Decimal | None, change: Decimal, price: Decimal | None
) -> Decimal | None:
    after = held + change
    if after == 0:
        return None
    if held == 0 or (held > 0) != (after > 0):
        return price
    if (held > 0) != (change > 0):
        return average
    if average is None or price is None:
        return None
    return (held * average + change * price) / after


def estimate(
    request: OrderRequest, market: Market, account: Account | None, position: Position | None
) -> Estimate | None:
    """Judge the order's consequences, or None while it has no quantity to judge."""
    if request.qty is None or request.qty <= 0:
        return None
    price = _expected_price(request, market)
    held = position.qty if position is not None else Decimal(0)
    change = request.qty if request.side is Side.BUY else -request.qty
    after = held + change
    opening = max(abs(after) - abs(held), Decimal(0)) if held * after >= 0 else abs(after)
    opens_short = after < 0 and after < held
    reserve_price = price
    if opens_short and market.ask is not None and price is not None:
        reserve_price = max(price, market.ask * _SHORT_RESERVE)
    power = None if account is None else account.buying_power
    needed = None if reserve_price is None else opening * reserve_price
    power_after = None if power is None or needed is None else power - needed
    return Estimate(
        price=price,
        cost=None if price is None else price * request.qty,
        buying_power_after=power_after,
        is_at_least=opening < request.qty,
        position_after=after,
        average_after=_average_after(
            held, None if position is None else position.avg_entry_price, change, price
        ),
        opens_short=opens_short,
        exceeds_buying_power=power_after is not None and power_after < 0,
    )


class Mood(Enum):
    """How the rule line is meant: the mark beside it says it without colour too."""

    GOOD = "good"
    CAUTION = "caution"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Outlook:
    """One thing to tell the trader before sending."""

    mood: Mood
    text: str


def outlook(
    request: OrderRequest, market: Market, expected: Estimate | None, *, block: str = "", held: Decimal | None
) -> Outlook:
    """The one sentence that matters most: why not, what to beware of, or what will happen."""
    if block:
        return Outlook(Mood.STOP, block)
    if problems := request.problems():
        return Outlook(Mood.STOP, order_words.problem(problems[0]))
    if caution := _caution(request, market, expected, held):
        return Outlook(Mood.CAUTION, caution)
    return Outlook(
        Mood.GOOD,
        f"{_consequence(request, market)} {translate('Outlook', 'Every rule we can check passes.')}",
    )


def _caution(request: OrderRequest, market: Market, expected: Estimate | None, held: Decimal | None) -> str:
    if market.freshness is Freshness.ABSENT:
        return translate(
            "Outlook", "There is no quote for {symbol}: what this order would meet cannot be told."
        ).format(symbol=request.symbol)
    if market.freshness is Freshness.STALE and not market.feed_is_live:
        return translate(
            "Outlook", "The quote feed is interrupted: this price is {age} old and does not move."
        ).format(age=figures.age(market.age_s))
    if market.freshness is Freshness.STALE:
        return translate("Outlook", "The quote is {age} old; the market may be elsewhere by now.").format(
            age=figures.age(market.age_s)
        )
    if expected is not None and expected.exceeds_buying_power:
        return translate("Outlook", "Needs more than your buying power. The broker will probably refuse it.")
    if expected is not None and expected.opens_short and request.qty is not None:
        extra = request.qty - max(held or Decimal(0), Decimal(0))
        return translate(
            "Outlook", "Sells {qty} more than you hold: this opens or adds to a short position."
        ).format(qty=figures.quantity(extra))
    if market.is_open is False and not request.extended_hours:
        return _waits_for_open(request)
    return _inverted_stop(request, market)


def _waits_for_open(request: OrderRequest) -> str:
    if request.time_in_force in (TimeInForce.DAY, TimeInForce.GTC):
        return translate("Outlook", "The market is closed: the order waits for the next open.")
    return translate(
        "Outlook", "The market is closed: an immediate order will find nothing and be cancelled."
    )


def _inverted_stop(request: OrderRequest, market: Market) -> str:
    near = market.far_side(request.side)
    if not request.needs_stop_price or request.stop_price is None or near is None:
        return ""
    is_through = request.stop_price <= near if request.side is Side.BUY else request.stop_price >= near
    return (
        translate("Outlook", "The market is already through the stop price: it triggers at once.")
        if is_through
        else ""
    )


def _consequence(request: OrderRequest, market: Market) -> str:
    far = market.far_side(request.side)
    is_buy = request.side is Side.BUY
    if far is None:
        return translate("Outlook", "That side of the market is empty at the moment.")
    if request.type is OrderType.MARKET:
        text = (
            translate("Outlook", "Fills near {price}, the ask.")
            if is_buy
            else translate("Outlook", "Fills near {price}, the bid.")
        )
        return text.format(price=figures.price(far))
    if request.type is OrderType.LIMIT and request.limit_price is not None:
        return _limit_consequence(request.limit_price, far, is_buy)
    return _stop_consequence(request, far, is_buy)


def _stop_consequence(request: OrderRequest, far: Decimal, is_buy: bool) -> str:
    if request.stop_price is None:
        return ""
    if is_buy:
        text = translate("Outlook", "Triggers when the price rises {gap}, to {stop}; {then}.")
    else:
        text = translate("Outlook", "Triggers when the price falls {gap}, to {stop}; {then}.")
    if request.type is OrderType.STOP_LIMIT:
        then = translate("Outlook", "then a limit order at {limit} works")
    else:
        then = translate("Outlook", "then it fills at the market")
    return text.format(
        gap=figures.distance(abs(request.stop_price - far), far),
        stop=figures.price(request.stop_price),
        then=then.format(limit=figures.price(request.limit_price)),
    )


def _limit_consequence(limit: Decimal, far: Decimal, is_buy: bool) -> str:
    gap = far - limit if is_buy else limit - far
    if gap <= 0:
        return translate("Outlook", "Meets the market: fills at {price} or better.").format(
            price=figures.price(limit)
        )
    text = (
        translate("Outlook", "Rests {gap} below the ask.")
        if is_buy
        else translate("Outlook", "Rests {gap} above the bid.")
    )
    return text.format(gap=figures.distance(gap, far))

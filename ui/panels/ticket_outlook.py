"""The one sentence that matters most about an order: why not, what to beware of, or what will happen."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from PySide6.QtCore import QCoreApplication

from core.domain.circumstances import Market
from core.domain.finding import Rule, Verdict
from core.domain.forecast import trigger_price
from core.domain.legs import OrderClass
from core.domain.order import OrderType, Side, TimeInForce
from core.domain.request import OrderRequest
from core.services.order_guard import Judgement
from ui import figures, finding_words

translate = QCoreApplication.translate

_AT_ONCE = frozenset({TimeInForce.IOC, TimeInForce.FOK})
_AUCTIONS = frozenset({TimeInForce.OPG, TimeInForce.CLS})


class Mood(Enum):
    """How the rule line is meant: the mark beside it says it without colour too."""

    GOOD = "good"
    CAUTION = "caution"
    STOP = "stop"
    BARRED = "barred"  # a rule or a limit excludes what is filled in; STOP is also for what is missing yet


@dataclass(frozen=True, slots=True)
class Outlook:
    """One thing to tell the trader before sending."""

    mood: Mood
    text: str


def outlook(judged: Judgement, *, block: str = "") -> Outlook:
    """What to say about an order that was judged just now; `block` is why nothing may be sent at all."""
    if block:
        return Outlook(Mood.STOP, block)
    found = judged.worst
    if found is not None and found.verdict.stops:
        mood = Mood.STOP if found.rule is Rule.TERMS else Mood.BARRED
        return Outlook(mood, finding_words.sentence(found))
    if found is not None and found.verdict is not Verdict.UNKNOWN:
        return Outlook(Mood.CAUTION, finding_words.sentence(found))
    happens = consequence(judged.request, judged.around.market)
    if found is not None:
        return Outlook(Mood.CAUTION, f"{happens} {finding_words.sentence(found)}".strip())
    count = len(judged.findings)
    rest = translate("Outlook", "All {count} rules that apply pass.").format(count=count)
    return Outlook(Mood.GOOD, f"{happens} {rest}".strip())


def consequence(request: OrderRequest, market: Market) -> str:
    """What the market would probably do with the order."""
    if request.order_class is OrderClass.OCO:
        return translate("Outlook", "Whichever price comes first closes; the other is cancelled.")
    if request.time_in_force in _AUCTIONS:
        return _auction_consequence(request)
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
        return text.format(price=figures.price(far, request.symbol))
    if request.type is OrderType.LIMIT and request.limit_price is not None:
        return _limit_consequence(request, request.limit_price, far)
    if request.type is OrderType.TRAILING_STOP:
        return _trailing_consequence(request, market)
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
        gap=figures.distance(abs(request.stop_price - far), far, request.symbol),
        stop=figures.exact_price(request.stop_price, request.symbol),
        then=then.format(limit=figures.exact_price(request.limit_price, request.symbol)),
    )


def _trailing_consequence(request: OrderRequest, market: Market) -> str:
    stop = trigger_price(request, market.reference)
    if stop is None:
        return ""
    text = (
        translate("Outlook", "Starts at {stop} and follows the price down; it never moves up.")
        if request.side is Side.BUY
        else translate("Outlook", "Starts at {stop} and follows the price up; it never moves down.")
    )
    return text.format(stop=figures.price(stop, request.symbol))


def _limit_consequence(request: OrderRequest, limit: Decimal, far: Decimal) -> str:
    is_buy = request.side is Side.BUY
    gap = far - limit if is_buy else limit - far
    if gap <= 0:
        return translate("Outlook", "Meets the market: fills at {price} or better.").format(
            price=figures.exact_price(limit, request.symbol)
        )
    if request.time_in_force in _AT_ONCE:
        text = (
            translate("Outlook", "Lies {gap} below the ask: probably cancelled at once.")
            if is_buy
            else translate("Outlook", "Lies {gap} above the bid: probably cancelled at once.")
        )
    else:
        text = (
            translate("Outlook", "Rests {gap} below the ask.")
            if is_buy
            else translate("Outlook", "Rests {gap} above the bid.")
        )
    return text.format(gap=figures.distance(gap, far, request.symbol))


def _auction_consequence(request: OrderRequest) -> str:
    if request.limit_price is None:
        return (
            translate("Outlook", "Fills at the opening price.")
            if request.time_in_force is TimeInForce.OPG
            else translate("Outlook", "Fills at the closing price.")
        )
    text = (
        translate("Outlook", "Waits for the opening auction: fills there at {price} or better, or not.")
        if request.time_in_force is TimeInForce.OPG
        else translate("Outlook", "Waits for the closing auction: fills there at {price} or better, or not.")
    )
    return text.format(price=figures.exact_price(request.limit_price, request.symbol))

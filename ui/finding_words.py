"""The sentences for what checking an order found; translated like those of `ui.words`."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from decimal import Decimal

from core.domain.fee_rates import FeeKind
from core.domain.fees import Fee
from core.domain.finding import Fact, Finding, Reason, Rule, Verdict
from core.domain.problem import Problem
from ui import day_words, figures, order_words, words
from ui.words import QT_TRANSLATE_NOOP, look_up

_REASONS: dict[str, str] = {
    Reason.INSTRUMENT_UNREAD: QT_TRANSLATE_NOOP("Words", "What {symbol} allows is still being read."),
    Reason.INSTRUMENT_UNKNOWN: QT_TRANSLATE_NOOP("Words", "The broker does not know {symbol}."),
    Reason.INSTRUMENT_INACTIVE: QT_TRANSLATE_NOOP("Words", "{symbol} is no longer traded."),
    Reason.NOT_TRADABLE: QT_TRANSLATE_NOOP("Words", "The broker does not trade {symbol} now."),
    Reason.OPTION_EXPIRED: QT_TRANSLATE_NOOP("Words", "This contract has expired."),
    Reason.IPO_NEEDS_LIMIT: QT_TRANSLATE_NOOP(
        "Words", "Before its first trade a new issue takes limit orders only."
    ),
    Reason.OTC_NEEDS_DAY_OR_GTC: QT_TRANSLATE_NOOP(
        "Words", "Over-the-counter shares take Day and Good till cancelled only."
    ),
    Reason.PTP_NOT_ALLOWED: QT_TRANSLATE_NOOP(
        "Words", "Your account settings do not allow buying this partnership ({symbol})."
    ),
    Reason.PTP_WITHHOLDS: QT_TRANSLATE_NOOP(
        "Words", "{symbol} is a partnership: tax may be withheld when you sell."
    ),
    Reason.ACCOUNT_UNREAD: QT_TRANSLATE_NOOP("Words", "Your account is still being read."),
    Reason.ACCOUNT_BLOCKED: QT_TRANSLATE_NOOP("Words", "The broker has blocked trading in this account."),
    Reason.TRADING_SUSPENDED: QT_TRANSLATE_NOOP(
        "Words", "You have suspended trading in your account settings at the broker."
    ),
    Reason.NOT_FRACTIONABLE: QT_TRANSLATE_NOOP("Words", "{symbol} trades in whole shares only."),
    Reason.FRACTIONS_SWITCHED_OFF: QT_TRANSLATE_NOOP(
        "Words", "Fractions of shares are switched off in your account settings."
    ),
    Reason.PRICE_OFF_INCREMENT: QT_TRANSLATE_NOOP(
        "Words", "Prices of this coin move in steps of {increment}."
    ),
    Reason.QTY_OFF_INCREMENT: QT_TRANSLATE_NOOP(
        "Words", "The broker cuts the quantity to steps of {increment}."
    ),
    Reason.QTY_BELOW_MINIMUM: QT_TRANSLATE_NOOP("Words", "The smallest quantity of this coin is {least}."),
    Reason.WAITS_FOR_OPEN: QT_TRANSLATE_NOOP(
        "Words", "The market is closed: the order waits until it opens, {when} New York time."
    ),
    Reason.FINDS_NOTHING: QT_TRANSLATE_NOOP(
        "Words",
        "The market is closed: an immediate order will find nothing and be cancelled. "
        "It opens {when} New York time.",
    ),
    Reason.HOURS_UNREAD: QT_TRANSLATE_NOOP("Words", "Whether the market is open is still being read."),
    Reason.OPENING_AUCTION_SHUT: QT_TRANSLATE_NOOP(
        "Words",
        "Orders for the opening auction are refused from 09:28 until {when} New York time; "
        "later ones are for the next trading day.",
    ),
    Reason.CLOSING_AUCTION_SHUT: QT_TRANSLATE_NOOP(
        "Words",
        "Orders for the closing auction are refused from ten minutes before the close until {when} "
        "New York time; later ones are for the next trading day.",
    ),
    Reason.WAITS_FOR_OPENING_AUCTION: QT_TRANSLATE_NOOP(
        "Words", "The order waits for the opening auction, {when} New York time."
    ),
    Reason.WAITS_FOR_CLOSING_AUCTION: QT_TRANSLATE_NOOP(
        "Words", "The order waits for the closing auction, {when} New York time."
    ),
    Reason.OVERNIGHT_TRADES: QT_TRANSLATE_NOOP(
        "Words", "The overnight session may fill this order now. The quote here is the day\u2019s."
    ),
    Reason.WAITS_FOR_SESSION: QT_TRANSLATE_NOOP(
        "Words", "Nothing trades now: the order waits for the session that begins {when} New York time."
    ),
    Reason.OVERNIGHT_NOT_OFFERED: QT_TRANSLATE_NOOP(
        "Words", "{symbol} is not traded overnight: the order waits until {when} New York time."
    ),
    Reason.OVERNIGHT_SWITCHED_OFF: QT_TRANSLATE_NOOP(
        "Words",
        "Overnight trading is switched off in your account settings: "
        "the order waits until {when} New York time.",
    ),
    Reason.FRACTION_NOT_EXTENDED: QT_TRANSLATE_NOOP(
        "Words", "Fractions of this share trade in regular hours only."
    ),
    Reason.NOT_ENOUGH_HELD: QT_TRANSLATE_NOOP(
        "Words",
        "You hold {existing}, of which {available} are free, and ask for {requested}. "
        "The broker will probably refuse it.",
    ),
    Reason.NOTHING_TO_PROTECT: QT_TRANSLATE_NOOP(
        "Words", "There is no position in {symbol} for this exit to close."
    ),
    Reason.INTENT_CONTRADICTS_POSITION: QT_TRANSLATE_NOOP(
        "Words", "There is no position in {symbol} that this side could close."
    ),
    Reason.INTENT_WOULD_CLOSE: QT_TRANSLATE_NOOP(
        "Words",
        "You hold {existing} {symbol}: this side closes, and does not open. Choose Close or Automatic.",
    ),
    Reason.OPENS_SHORT: QT_TRANSLATE_NOOP(
        "Words", "Sells {qty} more than you hold: this opens or adds to a short position."
    ),
    Reason.NOT_SHORTABLE: QT_TRANSLATE_NOOP("Words", "{symbol} cannot be sold short."),
    Reason.SHORTING_NOT_ALLOWED: QT_TRANSLATE_NOOP("Words", "This account may not sell short."),
    Reason.SHORTING_SWITCHED_OFF: QT_TRANSLATE_NOOP(
        "Words", "Short sales are switched off in your account settings."
    ),
    Reason.FRACTION_SHORT: QT_TRANSLATE_NOOP("Words", "Fractions of a share cannot be sold short."),
    Reason.COIN_SHORT: QT_TRANSLATE_NOOP("Words", "You hold no {symbol}, and coins cannot be sold short."),
    Reason.HARD_TO_BORROW: QT_TRANSLATE_NOOP(
        "Words", "{symbol} is hard to borrow: the broker may refuse or charge for it."
    ),
    Reason.WASH_TRADE: QT_TRANSLATE_NOOP(
        "Words",
        "Your own {type} order to {side} could trade with this one. The broker will probably refuse it; "
        "cancel the other, or use a bracket or OCO.",
    ),
    Reason.WASH_TRADE_OF_A_GROUP: QT_TRANSLATE_NOOP(
        "Words",
        "Your own {type} order to {side} could trade with this one. The broker may refuse it; "
        "cancel the other first.",
    ),
    Reason.NOTIONAL_WHILE_CLOSING: QT_TRANSLATE_NOOP(
        "Words", "While an order that closes {symbol} is open, the broker takes no amounts of money."
    ),
    Reason.POWER_EXCEEDED: QT_TRANSLATE_NOOP(
        "Words",
        "Needs {needed}, more than your buying power of {available}. The broker will probably refuse it.",
    ),
    Reason.POWER_UNKNOWN: QT_TRANSLATE_NOOP("Words", "Without a price the cost cannot be told."),
    Reason.COIN_ORDER_TOO_SMALL: QT_TRANSLATE_NOOP(
        "Words", "Worth {value}: the broker takes orders for coins from {least} up."
    ),
    Reason.COIN_ORDER_TOO_LARGE: QT_TRANSLATE_NOOP(
        "Words", "Worth {value}: the broker takes at most {most} in one order for coins."
    ),
    Reason.OPTIONS_NOT_APPROVED: QT_TRANSLATE_NOOP("Words", "This account may not trade options."),
    Reason.OPTIONS_LEVEL_TOO_LOW: QT_TRANSLATE_NOOP(
        "Words", "This needs options level {needed}; the account has {level}."
    ),
    Reason.CALL_NOT_COVERED: QT_TRANSLATE_NOOP(
        "Words", "A written call needs {needed} free shares of {underlying}; you have {available}."
    ),
    Reason.STOP_TRIGGERS_AT_ONCE: QT_TRANSLATE_NOOP(
        "Words", "The market is already through the stop price: it triggers at once."
    ),
    Reason.LIMIT_BEHIND_STOP: QT_TRANSLATE_NOOP(
        "Words", "The limit lies behind the stop: once triggered, it may not fill."
    ),
    Reason.TAKE_PROFIT_BEHIND_MARKET: QT_TRANSLATE_NOOP(
        "Words", "The take profit is on the wrong side of {price}. The broker will probably refuse it."
    ),
    Reason.STOP_LOSS_BEHIND_MARKET: QT_TRANSLATE_NOOP(
        "Words", "The stop loss is on the wrong side of {price}. The broker will probably refuse it."
    ),
    Reason.NO_QUOTE: QT_TRANSLATE_NOOP(
        "Words", "There is no quote: what this order would meet cannot be told."
    ),
    Reason.FEED_INTERRUPTED: QT_TRANSLATE_NOOP(
        "Words", "The quote feed is interrupted: this price is {age_s} old and does not move."
    ),
    Reason.QUOTE_OLD: QT_TRANSLATE_NOOP(
        "Words", "The quote is {age_s} old; the market may be elsewhere by now."
    ),
    Reason.QTY_ABOVE_LIMIT: QT_TRANSLATE_NOOP(
        "Words", "Your limit: {most} in one order, and this is {value}."
    ),
    Reason.VALUE_ABOVE_LIMIT: QT_TRANSLATE_NOOP(
        "Words", "Your limit: an order of at most {most}, and this is {value}."
    ),
    Reason.POWER_SHARE_ABOVE_LIMIT: QT_TRANSLATE_NOOP(
        "Words", "Your limit: {most} of the buying power in one order, and this takes {value}."
    ),
    Reason.PRICE_TOO_FAR: QT_TRANSLATE_NOOP(
        "Words", "Your limit: prices within {most} of the last trade, and this is {value} away."
    ),
    Reason.PRICE_TOO_OLD: QT_TRANSLATE_NOOP(
        "Words", "Your limit: a quote of at most {most}, and this one is {value} old."
    ),
    Reason.MARKET_ORDER_OUT_OF_HOURS: QT_TRANSLATE_NOOP(
        "Words", "Your limit: no market orders while the market is closed. Choose Limit."
    ),
    Reason.TOO_MANY_ORDERS: QT_TRANSLATE_NOOP("Words", "Your limit: {most} orders a minute. Wait a moment."),
    Reason.LIMIT_UNCHECKABLE: QT_TRANSLATE_NOOP(
        "Words", "Without a price your limits cannot be checked, so nothing is sent."
    ),
}
# Where the broker has not said when it opens next.
_UNDATED: dict[str, str] = {
    Reason.WAITS_FOR_OPEN: QT_TRANSLATE_NOOP(
        "Words", "The market is closed: the order waits for the next open."
    ),
    Reason.FINDS_NOTHING: QT_TRANSLATE_NOOP(
        "Words", "The market is closed: an immediate order will find nothing and be cancelled."
    ),
    Reason.WAITS_FOR_SESSION: QT_TRANSLATE_NOOP(
        "Words", "Nothing trades now: the order waits for the next session."
    ),
    Reason.OVERNIGHT_NOT_OFFERED: QT_TRANSLATE_NOOP(
        "Words", "{symbol} is not traded overnight: the order waits for the next morning\u2019s session."
    ),
    Reason.OVERNIGHT_SWITCHED_OFF: QT_TRANSLATE_NOOP(
        "Words",
        "Overnight trading is switched off in your account settings: "
        "the order waits for the next morning\u2019s session.",
    ),
}
_RULES: dict[str, str] = {
    Rule.TERMS: QT_TRANSLATE_NOOP("Words", "Terms fit together"),
    Rule.INSTRUMENT: QT_TRANSLATE_NOOP("Words", "Instrument is traded"),
    Rule.ACCOUNT: QT_TRANSLATE_NOOP("Words", "Account may trade"),
    Rule.FRACTIONS: QT_TRANSLATE_NOOP("Words", "Fractions allowed"),
    Rule.GRID: QT_TRANSLATE_NOOP("Words", "Steps of price and size"),
    Rule.SESSION: QT_TRANSLATE_NOOP("Words", "Market session"),
    Rule.AUCTION: QT_TRANSLATE_NOOP("Words", "Auction takes orders"),
    Rule.EXTENDED_HOURS: QT_TRANSLATE_NOOP("Words", "Extended hours"),
    Rule.HOLDING: QT_TRANSLATE_NOOP("Words", "Enough held and free"),
    Rule.SHORT_SALE: QT_TRANSLATE_NOOP("Words", "Short sale"),
    Rule.WASH_TRADE: QT_TRANSLATE_NOOP("Words", "No trade with yourself"),
    Rule.BUYING_POWER: QT_TRANSLATE_NOOP("Words", "Buying power"),
    Rule.ORDER_VALUE: QT_TRANSLATE_NOOP("Words", "Size in money"),
    Rule.OPTIONS: QT_TRANSLATE_NOOP("Words", "Options level"),
    Rule.PRICES: QT_TRANSLATE_NOOP("Words", "Prices against the market"),
    Rule.QUOTE: QT_TRANSLATE_NOOP("Words", "Fresh quote"),
    Rule.LIMIT_QTY: QT_TRANSLATE_NOOP("Words", "Your limit on quantity"),
    Rule.LIMIT_VALUE: QT_TRANSLATE_NOOP("Words", "Your limit on value"),
    Rule.LIMIT_POWER: QT_TRANSLATE_NOOP("Words", "Your limit on buying power"),
    Rule.LIMIT_DISTANCE: QT_TRANSLATE_NOOP("Words", "Your limit on distance"),
    Rule.LIMIT_STALE: QT_TRANSLATE_NOOP("Words", "Your limit on old quotes"),
    Rule.LIMIT_HOURS: QT_TRANSLATE_NOOP("Words", "Your limit on closed markets"),
    Rule.LIMIT_RATE: QT_TRANSLATE_NOOP("Words", "Your limit on orders a minute"),
}
_VERDICTS: dict[Verdict, str] = {
    Verdict.PASSES: QT_TRANSLATE_NOOP("Words", "passes"),
    Verdict.UNKNOWN: QT_TRANSLATE_NOOP("Words", "not known yet"),
    Verdict.CAUTION: QT_TRANSLATE_NOOP("Words", "beware"),
    Verdict.DOUBTFUL: QT_TRANSLATE_NOOP("Words", "probably refused"),
    Verdict.REFUSED: QT_TRANSLATE_NOOP("Words", "refused"),
    Verdict.FORBIDDEN: QT_TRANSLATE_NOOP("Words", "stopped"),
}
_FEES: dict[str, str] = {
    FeeKind.SEC: QT_TRANSLATE_NOOP("Words", "SEC fee at {million} per 1,000,000 sold"),
    FeeKind.TAF: QT_TRANSLATE_NOOP("Words", "FINRA activity fee at {rate} each"),
    FeeKind.ORF: QT_TRANSLATE_NOOP("Words", "exchanges' options regulatory fee at {rate} a contract"),
    FeeKind.OCC: QT_TRANSLATE_NOOP("Words", "options clearing at {rate} a contract"),
    FeeKind.CAT: QT_TRANSLATE_NOOP("Words", "audit trail (CAT) at {rate} a share"),
    FeeKind.COIN: QT_TRANSLATE_NOOP("Words", "0.25 % of what is received"),
}
_MOMENTS: dict[str, str] = {
    "today": QT_TRANSLATE_NOOP("Words", "today at {time}"),
    "day": QT_TRANSLATE_NOOP("Words", "{day} at {time}"),
}
_RATE: dict[str, str] = {"known": QT_TRANSLATE_NOOP("Words", "{fee}, rate of {date}")}
_MILLION = Decimal(1_000_000)
_PERCENT = Decimal(100)
_MOST_PLACES = 4
# A figure of the order, and the bound that it keeps or breaks.
_COMPARED = (("value", "most"), ("value", "least"), ("needed", "available"))
_NEARLY: dict[str, str] = {
    "over": QT_TRANSLATE_NOOP("Words", "just over {figure}"),
    "under": QT_TRANSLATE_NOOP("Words", "just under {figure}"),
}
_COUNTS = frozenset({"requested", "existing", "qty", "level", "increment"})
# What the figures of a limit count: by default money.
_UNITS: dict[str, str] = {
    Rule.LIMIT_QTY: "count",
    Rule.LIMIT_RATE: "count",
    Rule.LIMIT_POWER: "percent",
    Rule.LIMIT_DISTANCE: "percent",
    Rule.LIMIT_STALE: "age",
    Rule.HOLDING: "count",
    Rule.OPTIONS: "count",
    Rule.GRID: "count",
}


def sentence(finding: Finding) -> str:
    """Why a rule did not simply pass, for the trader; empty where it did."""
    if finding.code is None:
        return ""
    if isinstance(finding.code, Problem):
        return order_words.problem(finding.code)
    facts = {name: _spelled(finding, name, fact) for name, fact in finding.facts.items()}
    facts |= _told_apart(finding)
    is_dated = "when" in facts or finding.code not in _UNDATED
    return look_up(_REASONS if is_dated else _UNDATED, finding.code).format(**facts)


def rule(code: Rule) -> str:
    """What a rule is called in the explainer."""
    return look_up(_RULES, code)


def verdict(value: Verdict) -> str:
    """How a rule came out, in a word or two."""
    return words.translated(_VERDICTS[value])


def fee(value: Fee) -> str:
    """What an estimated fee is based on, and of when that is."""
    million = figures.money(value.rate * _MILLION)
    text = look_up(_FEES, value.kind).format(rate=figures.quantity(value.rate), million=million)
    if value.known is None:
        return text
    return look_up(_RATE, "known").format(fee=text, date=f"{value.known:%Y-%m-%d}")


def moment(at: datetime, now: datetime, here: tzinfo | None = None) -> str:
    """When something will be, on the exchange's wall clock: `Monday 30 Nov at 09:30`, `today at 19:00`.

    It is only called today where that is one day: by the exchange's calendar and by the trader's, which is
    that of `here`, or of this computer.
    """
    local = at.astimezone(figures.market_zone())
    today = now.astimezone(figures.market_zone()).date()
    is_today = local.date() == today == at.astimezone(here).date() == now.astimezone(here).date()
    text = look_up(_MOMENTS, "today" if is_today else "day")
    return text.format(day=day_words.day_of_week(local), time=f"{local:%H:%M}")


def _spelled(finding: Finding, name: str, fact: Fact) -> str:
    if isinstance(fact, datetime):
        now = finding.facts["now"]
        return moment(fact, now if isinstance(now, datetime) else fact)
    if isinstance(fact, str):
        if name == "side":
            return words.side(fact).lower()
        return words.order_type(fact).lower() if name == "type" else words.outside_text(fact, 40)
    return _figure(finding.rule, name, fact)


def _told_apart(finding: Finding) -> dict[str, str]:
    """What was asked and the bound that it breaks, with as many decimals as tell them apart, at most four.

    What is nearer than that is said to be so. The bound is never rounded: it is what the trader set.
    """
    unit = _UNITS.get(finding.rule, "money")
    for ours, bound in _COMPARED:
        value, limit = finding.facts.get(ours), finding.facts.get(bound)
        if unit == "count" or not isinstance(value, Decimal) or not isinstance(limit, Decimal):
            continue
        if value == limit or not (value.is_finite() and limit.is_finite()):
            continue
        if unit == "age" and figures.age(float(value)) != figures.age(float(limit)):
            continue
        spell, least = _PLACED[unit]
        exact = _places_of(limit * _PERCENT if unit == "percent" else limit)
        fewest = min(max(least, exact), _MOST_PLACES)
        for places in range(fewest, _MOST_PLACES + 1):
            if spell(value, places) != spell(limit, places):
                return {ours: spell(value, places), bound: spell(limit, places)}
        shown = spell(limit, fewest)
        nearly = look_up(_NEARLY, "over" if value > limit else "under")
        return {ours: nearly.format(figure=shown), bound: shown}
    return {}


def _places_of(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _percent(value: Decimal, places: int) -> str:
    return figures.percent(value, places, sign=False)


def _seconds(value: Decimal, places: int) -> str:
    return f"{figures.fixed(value, places)} s"


# How a figure is written with so many decimals, and how many there are at the least.
_PLACED: dict[str, tuple[Callable[[Decimal, int], str], int]] = {
    "percent": (_percent, 1),
    "age": (_seconds, 0),
    "money": (figures.money, 2),
}


def _figure(of_rule: Rule, name: str, value: Decimal) -> str:
    if name == "age_s":
        return figures.age(float(value))
    if name == "price":
        return figures.exact_price(value)
    if name in _COUNTS:
        return figures.quantity(value)
    match _UNITS.get(of_rule, "money"):
        case "percent":
            return figures.percent(value, 1, sign=False)
        case "age":
            return figures.age(float(value))
        case "count":
            return figures.quantity(value)
        case _:
            return figures.money(value)

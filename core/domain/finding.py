"""What checking an order found: one finding per rule, with the figures that its sentence needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import IntEnum, StrEnum

from core.domain.problem import Problem

Fact = Decimal | str | datetime


class Verdict(IntEnum):
    """How a rule came out; ordered, so that the worst can be taken."""

    PASSES = 0
    UNKNOWN = 1  # what it depends on is not known yet
    CAUTION = 2  # allowed, and worth a thought
    DOUBTFUL = 3  # by the figures we have the broker will refuse it; they may be seconds old
    REFUSED = 4  # the broker's rules exclude it
    FORBIDDEN = 5  # the trader's own limit excludes it

    @property
    def stops(self) -> bool:
        """Whether the order must not be sent."""
        return self >= Verdict.REFUSED


class Rule(StrEnum):
    """The rules as the explainer lists them, in its order."""

    TERMS = "terms"
    INSTRUMENT = "instrument"
    ACCOUNT = "account"
    FRACTIONS = "fractions"
    GRID = "grid"
    SESSION = "session"
    AUCTION = "auction"
    EXTENDED_HOURS = "extended_hours"
    HOLDING = "holding"
    SHORT_SALE = "short_sale"
    WASH_TRADE = "wash_trade"
    BUYING_POWER = "buying_power"
    ORDER_VALUE = "order_value"
    OPTIONS = "options"
    PRICES = "prices"
    QUOTE = "quote"
    LIMIT_QTY = "limit_qty"
    LIMIT_VALUE = "limit_value"
    LIMIT_POWER = "limit_power"
    LIMIT_DISTANCE = "limit_distance"
    LIMIT_STALE = "limit_stale"
    LIMIT_HOURS = "limit_hours"
    LIMIT_RATE = "limit_rate"


OWN_LIMITS = frozenset(rule for rule in Rule if rule.startswith("limit_"))


class Reason(StrEnum):
    """Why a rule that looks beyond the order's own terms did not simply pass."""

    INSTRUMENT_UNREAD = "instrument_unread"
    INSTRUMENT_UNKNOWN = "instrument_unknown"
    INSTRUMENT_INACTIVE = "instrument_inactive"
    NOT_TRADABLE = "not_tradable"
    OPTION_EXPIRED = "option_expired"
    IPO_NEEDS_LIMIT = "ipo_needs_limit"
    OTC_NEEDS_DAY_OR_GTC = "otc_needs_day_or_gtc"
    PTP_NOT_ALLOWED = "ptp_not_allowed"
    PTP_WITHHOLDS = "ptp_withholds"
    ACCOUNT_UNREAD = "account_unread"
    ACCOUNT_BLOCKED = "account_blocked"
    TRADING_SUSPENDED = "trading_suspended"
    NOT_FRACTIONABLE = "not_fractionable"
    FRACTIONS_SWITCHED_OFF = "fractions_switched_off"
    PRICE_OFF_INCREMENT = "price_off_increment"
    QTY_OFF_INCREMENT = "qty_off_increment"
    QTY_BELOW_MINIMUM = "qty_below_minimum"
    WAITS_FOR_OPEN = "waits_for_open"
    FINDS_NOTHING = "finds_nothing"
    HOURS_UNREAD = "hours_unread"
    OPENING_AUCTION_SHUT = "opening_auction_shut"
    CLOSING_AUCTION_SHUT = "closing_auction_shut"
    WAITS_FOR_OPENING_AUCTION = "waits_for_opening_auction"
    WAITS_FOR_CLOSING_AUCTION = "waits_for_closing_auction"
    OVERNIGHT_TRADES = "overnight_trades"
    OVERNIGHT_NOT_OFFERED = "overnight_not_offered"
    OVERNIGHT_SWITCHED_OFF = "overnight_switched_off"
    WAITS_FOR_SESSION = "waits_for_session"
    FRACTION_NOT_EXTENDED = "fraction_not_extended"
    NOT_ENOUGH_HELD = "not_enough_held"
    NOTHING_TO_PROTECT = "nothing_to_protect"
    INTENT_CONTRADICTS_POSITION = "intent_contradicts_position"
    INTENT_WOULD_CLOSE = "intent_would_close"
    OPENS_SHORT = "opens_short"
    NOT_SHORTABLE = "not_shortable"
    SHORTING_NOT_ALLOWED = "shorting_not_allowed"
    SHORTING_SWITCHED_OFF = "shorting_switched_off"
    FRACTION_SHORT = "fraction_short"
    COIN_SHORT = "coin_short"
    HARD_TO_BORROW = "hard_to_borrow"
    WASH_TRADE = "wash_trade"
    WASH_TRADE_OF_A_GROUP = "wash_trade_of_a_group"
    NOTIONAL_WHILE_CLOSING = "notional_while_closing"
    POWER_EXCEEDED = "power_exceeded"
    POWER_UNKNOWN = "power_unknown"
    COIN_ORDER_TOO_SMALL = "coin_order_too_small"
    COIN_ORDER_TOO_LARGE = "coin_order_too_large"
    OPTIONS_NOT_APPROVED = "options_not_approved"
    OPTIONS_LEVEL_TOO_LOW = "options_level_too_low"
    CALL_NOT_COVERED = "call_not_covered"
    STOP_TRIGGERS_AT_ONCE = "stop_triggers_at_once"
    LIMIT_BEHIND_STOP = "limit_behind_stop"
    TAKE_PROFIT_BEHIND_MARKET = "take_profit_behind_market"
    STOP_LOSS_BEHIND_MARKET = "stop_loss_behind_market"
    NO_QUOTE = "no_quote"
    FEED_INTERRUPTED = "feed_interrupted"
    QUOTE_OLD = "quote_old"
    QTY_ABOVE_LIMIT = "qty_above_limit"
    VALUE_ABOVE_LIMIT = "value_above_limit"
    POWER_SHARE_ABOVE_LIMIT = "power_share_above_limit"
    PRICE_TOO_FAR = "price_too_far"
    PRICE_TOO_OLD = "price_too_old"
    MARKET_ORDER_OUT_OF_HOURS = "market_order_out_of_hours"
    TOO_MANY_ORDERS = "too_many_orders"
    LIMIT_UNCHECKABLE = "limit_uncheckable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How one rule came out for one order; `code` says why it did not simply pass."""

    rule: Rule
    verdict: Verdict = Verdict.PASSES
    code: Problem | Reason | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)


def worst(findings: Iterable[Finding]) -> Finding | None:
    """The finding that matters most; of equals, as all that stop it are, the first. None if all pass."""
    failing = [finding for finding in findings if finding.verdict is not Verdict.PASSES]
    return max(failing, key=lambda finding: min(finding.verdict, Verdict.REFUSED), default=None)

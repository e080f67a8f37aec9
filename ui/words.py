"""The words for every domain value that reaches the screen.

`core` answers with values and codes; this is where they become English, translatable in one context.
Text that came from the broker passes through `outside_text` before anybody sees it.
"""

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from core.domain.connection import RefusalReason, StreamName, StreamPhase
from core.domain.environment import Environment
from core.domain.grant import SCOPE_ACCOUNT_WRITE, SCOPE_DATA, SCOPE_TRADING, Grant
from core.domain.intent import Intent, IntentKind, IntentState
from core.domain.order import Order, OrderStatus
from core.domain.trading_hours import Phase

OUTSIDE_TEXT_LIMIT = 300  # threat model T10
ELLIPSIS = "\u2026"


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:  # noqa: ARG001 - lupdate reads the context
    """Mark `text` for the translators; the name is the one that lupdate looks for.

    Qt's own function of this name is typed as returning `object`, which a table of strings cannot use.
    """
    return text


def look_up(table: Mapping[str, str], code: str) -> str:
    """The translated word for `code`; a code that came after us is shown as it is."""
    word = table.get(code)
    return outside_text(code.replace("_", " ")) if word is None else translated(word)


def translated(text: str) -> str:
    """The user's language for a text of this module's tables."""
    return QCoreApplication.translate("Words", text)


def outside_text(text: str, limit: int = OUTSIDE_TEXT_LIMIT) -> str:
    """Text from a server as one plain line of at most `limit` characters.

    Control and formatting characters go, since right-to-left overrides can turn a sentence around.
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1] + ELLIPSIS


_SIDES: dict[str, str] = {
    "buy": QT_TRANSLATE_NOOP("Words", "Buy"),
    "sell": QT_TRANSLATE_NOOP("Words", "Sell"),
    "sell_short": QT_TRANSLATE_NOOP("Words", "Sell short"),
    "": QT_TRANSLATE_NOOP("Words", "Multi-leg"),
}
_TYPES: dict[str, str] = {
    "market": QT_TRANSLATE_NOOP("Words", "Market"),
    "limit": QT_TRANSLATE_NOOP("Words", "Limit"),
    "stop": QT_TRANSLATE_NOOP("Words", "Stop"),
    "stop_limit": QT_TRANSLATE_NOOP("Words", "Stop limit"),
    "trailing_stop": QT_TRANSLATE_NOOP("Words", "Trailing stop"),
}
_CLASSES: dict[str, str] = {
    "bracket": QT_TRANSLATE_NOOP("Words", "Bracket"),
    "oto": QT_TRANSLATE_NOOP("Words", "OTO"),
    "oco": QT_TRANSLATE_NOOP("Words", "OCO"),
    "mleg": QT_TRANSLATE_NOOP("Words", "Multi-leg"),
}
_TIMES_IN_FORCE: dict[str, str] = {
    "day": QT_TRANSLATE_NOOP("Words", "Day"),
    "gtc": QT_TRANSLATE_NOOP("Words", "Good till cancelled"),
    "ioc": QT_TRANSLATE_NOOP("Words", "Immediate or cancel"),
    "fok": QT_TRANSLATE_NOOP("Words", "Fill or kill"),
    "opg": QT_TRANSLATE_NOOP("Words", "At the open"),
    "cls": QT_TRANSLATE_NOOP("Words", "At the close"),
}
_TIMES_IN_FORCE_SHORT: dict[str, str] = {
    "day": QT_TRANSLATE_NOOP("Words", "Day"),
    "gtc": QT_TRANSLATE_NOOP("Words", "GTC"),
    "ioc": QT_TRANSLATE_NOOP("Words", "IOC"),
    "fok": QT_TRANSLATE_NOOP("Words", "FOK"),
    "opg": QT_TRANSLATE_NOOP("Words", "Open"),
    "cls": QT_TRANSLATE_NOOP("Words", "Close"),
}
_STATUSES: dict[str, str] = {
    OrderStatus.PENDING_NEW: QT_TRANSLATE_NOOP("Words", "Sent on"),
    OrderStatus.ACCEPTED: QT_TRANSLATE_NOOP("Words", "Accepted"),
    OrderStatus.NEW: QT_TRANSLATE_NOOP("Words", "Working"),
    OrderStatus.ACCEPTED_FOR_BIDDING: QT_TRANSLATE_NOOP("Words", "Being priced"),
    OrderStatus.PARTIALLY_FILLED: QT_TRANSLATE_NOOP("Words", "Partly filled"),
    OrderStatus.FILLED: QT_TRANSLATE_NOOP("Words", "Filled"),
    OrderStatus.DONE_FOR_DAY: QT_TRANSLATE_NOOP("Words", "Done for today"),
    OrderStatus.CANCELED: QT_TRANSLATE_NOOP("Words", "Cancelled"),
    OrderStatus.EXPIRED: QT_TRANSLATE_NOOP("Words", "Expired"),
    OrderStatus.REPLACED: QT_TRANSLATE_NOOP("Words", "Replaced"),
    OrderStatus.PENDING_CANCEL: QT_TRANSLATE_NOOP("Words", "Cancelling"),
    OrderStatus.PENDING_REPLACE: QT_TRANSLATE_NOOP("Words", "Replacing"),
    OrderStatus.PENDING_REVIEW: QT_TRANSLATE_NOOP("Words", "In review"),
    OrderStatus.STOPPED: QT_TRANSLATE_NOOP("Words", "Guaranteed"),
    OrderStatus.REJECTED: QT_TRANSLATE_NOOP("Words", "Refused"),
    OrderStatus.SUSPENDED: QT_TRANSLATE_NOOP("Words", "Suspended"),
    OrderStatus.CALCULATED: QT_TRANSLATE_NOOP("Words", "Settling"),
    OrderStatus.HELD: QT_TRANSLATE_NOOP("Words", "Held"),
}
_INTENT_STATES: dict[str, str] = {
    IntentState.DRAFT: QT_TRANSLATE_NOOP("Words", "Preparing"),
    IntentState.JOURNALED: QT_TRANSLATE_NOOP("Words", "Sending"),
    IntentState.SENT: QT_TRANSLATE_NOOP("Words", "Sent"),
    IntentState.UNKNOWN: QT_TRANSLATE_NOOP("Words", "Outcome unknown"),
    IntentState.WORKING: QT_TRANSLATE_NOOP("Words", "Working"),
    IntentState.FILLED: QT_TRANSLATE_NOOP("Words", "Filled"),
    IntentState.CANCELED: QT_TRANSLATE_NOOP("Words", "Cancelled"),
    IntentState.EXPIRED: QT_TRANSLATE_NOOP("Words", "Expired"),
    IntentState.REPLACED: QT_TRANSLATE_NOOP("Words", "Replaced"),
    IntentState.REFUSED: QT_TRANSLATE_NOOP("Words", "Refused"),
    IntentState.NEVER_SENT: QT_TRANSLATE_NOOP("Words", "Not sent"),
}
_INTENT_KINDS: dict[str, str] = {
    IntentKind.PLACE: QT_TRANSLATE_NOOP("Words", "Order"),
    IntentKind.REPLACE: QT_TRANSLATE_NOOP("Words", "Replace"),
    IntentKind.CANCEL: QT_TRANSLATE_NOOP("Words", "Cancel"),
}
# Keyed by the values of core.services.orders.TradingBlock.
_TRADING_BLOCKS: dict[str, str] = {
    "no_scope": QT_TRANSLATE_NOOP("Words", "This sign-in may not trade. Sign in again and allow trading."),
    "not_ready": QT_TRANSLATE_NOOP(
        "Words", "Reading your orders and positions first. Trading opens when they are complete."
    ),
    "account_blocked": QT_TRANSLATE_NOOP(
        "Words", "The broker has blocked trading in this account. The broker's support can say why."
    ),
    "token_refused": QT_TRANSLATE_NOOP("Words", "The broker no longer accepts this sign-in. Sign in again."),
    "journal_failed": QT_TRANSLATE_NOOP(
        "Words", "The order journal cannot be written, so no order is sent. Check the disk, then start again."
    ),
    "live_locked": QT_TRANSLATE_NOOP(
        "Words", "Live trading is locked. Unlock it from the menu to trade with real money."
    ),
    "no_new_orders": QT_TRANSLATE_NOOP(
        "Words", "New orders are switched off. Cancels, closes and Flatten still go out."
    ),
    "orders_a_minute": QT_TRANSLATE_NOOP(
        "Words", "Your own limit of orders a minute is reached. Wait a moment, or raise the limit."
    ),
    "request_budget": QT_TRANSLATE_NOOP(
        "Words",
        "The broker takes only so many requests a minute. What is left is kept for cancels and look-ups. "
        "Wait a moment.",
    ),
}
_REFUSALS: dict[str, str] = {
    RefusalReason.NONE: "",
    RefusalReason.UNREACHABLE: QT_TRANSLATE_NOOP("Words", "not reachable"),
    RefusalReason.TOKEN_REFUSED: QT_TRANSLATE_NOOP("Words", "sign-in no longer accepted"),
    RefusalReason.CONNECTION_LIMIT: QT_TRANSLATE_NOOP("Words", "another program uses this feed"),
    RefusalReason.SYMBOL_LIMIT: QT_TRANSLATE_NOOP("Words", "more symbols than the plan allows"),
    RefusalReason.PLAN_LACKS_FEED: QT_TRANSLATE_NOOP("Words", "not part of the data plan"),
    RefusalReason.SCOPE_MISSING: QT_TRANSLATE_NOOP("Words", "sign-in does not cover it"),
    RefusalReason.SLOW_CLIENT: QT_TRANSLATE_NOOP("Words", "dropped for reading too slowly"),
    RefusalReason.CLOSED_BY_BROKER: QT_TRANSLATE_NOOP("Words", "closed by the broker"),
    RefusalReason.NO_ANSWER: QT_TRANSLATE_NOOP("Words", "no answer"),
    RefusalReason.SERVER_ERROR: QT_TRANSLATE_NOOP("Words", "broker error"),
}
_PHASES: dict[str, str] = {
    StreamPhase.OFF: QT_TRANSLATE_NOOP("Words", "off"),
    StreamPhase.CONNECTING: QT_TRANSLATE_NOOP("Words", "connecting"),
    StreamPhase.AUTHENTICATING: QT_TRANSLATE_NOOP("Words", "signing in"),
    StreamPhase.LIVE: QT_TRANSLATE_NOOP("Words", "live"),
    StreamPhase.SILENT: QT_TRANSLATE_NOOP("Words", "silent"),
    StreamPhase.WAITING: QT_TRANSLATE_NOOP("Words", "reconnecting"),
    StreamPhase.REFUSED: QT_TRANSLATE_NOOP("Words", "refused"),
}
_STREAMS: dict[str, str] = {
    StreamName.ORDERS: QT_TRANSLATE_NOOP("Words", "Orders"),
    StreamName.QUOTES: QT_TRANSLATE_NOOP("Words", "Quotes"),
    StreamName.COINS: QT_TRANSLATE_NOOP("Words", "Coins"),
    StreamName.OPTIONS: QT_TRANSLATE_NOOP("Words", "Options"),
}
_SESSIONS: dict[str, str] = {
    Phase.PRE_MARKET: QT_TRANSLATE_NOOP("Words", "Pre-market"),
    Phase.REGULAR: QT_TRANSLATE_NOOP("Words", "Market open"),
    Phase.AFTER_HOURS: QT_TRANSLATE_NOOP("Words", "After hours"),
    Phase.OVERNIGHT: QT_TRANSLATE_NOOP("Words", "Overnight"),
    Phase.CLOSED: QT_TRANSLATE_NOOP("Words", "Market closed"),
}
_ENVIRONMENTS: dict[str, str] = {
    Environment.PAPER: QT_TRANSLATE_NOOP("Words", "Paper"),
    Environment.LIVE: QT_TRANSLATE_NOOP("Words", "Live"),
}
_ACCOUNT_STATUSES: dict[str, str] = {
    "ACTIVE": QT_TRANSLATE_NOOP("Words", "Active"),
    "ONBOARDING": QT_TRANSLATE_NOOP("Words", "Onboarding"),
    "SUBMITTED": QT_TRANSLATE_NOOP("Words", "Submitted"),
    "SUBMISSION_FAILED": QT_TRANSLATE_NOOP("Words", "Submission failed"),
    "ACTION_REQUIRED": QT_TRANSLATE_NOOP("Words", "Action required"),
    "APPROVAL_PENDING": QT_TRANSLATE_NOOP("Words", "Approval pending"),
    "APPROVED": QT_TRANSLATE_NOOP("Words", "Approved"),
    "ACCOUNT_UPDATED": QT_TRANSLATE_NOOP("Words", "Being updated"),
    "ACCOUNT_CLOSED": QT_TRANSLATE_NOOP("Words", "Closed"),
    "REJECTED": QT_TRANSLATE_NOOP("Words", "Rejected"),
}
_BLOCK_FLAGS: dict[str, str] = {
    "account_blocked": QT_TRANSLATE_NOOP("Words", "Account blocked"),
    "trading_blocked": QT_TRANSLATE_NOOP("Words", "Trading blocked"),
    "transfers_blocked": QT_TRANSLATE_NOOP("Words", "Transfers blocked"),
    "suspended_by_user": QT_TRANSLATE_NOOP("Words", "Trading suspended by you"),
}
_SCOPES: dict[str, str] = {
    SCOPE_TRADING: QT_TRANSLATE_NOOP("Words", "trade"),
    SCOPE_DATA: QT_TRANSLATE_NOOP("Words", "read market data"),
    SCOPE_ACCOUNT_WRITE: QT_TRANSLATE_NOOP("Words", "change account settings"),
}


def side(code: str) -> str:
    """`Buy` or `Sell`."""
    return look_up(_SIDES, code)


def position_side(is_short: bool) -> str:
    """`Short` or `Long`."""
    return translated("Short" if is_short else "Long")


def order_type(code: str, *, short: bool = False) -> str:
    """The word in sentences and in the order list; `short` for the ticket's type switch."""
    return translated("Trail") if short and code == "trailing_stop" else look_up(_TYPES, code)


def order_class(code: str) -> str:
    """What an order with legs is called."""
    return look_up(_CLASSES, code)


def time_in_force(code: str, *, short: bool = False) -> str:
    """How long an order works; `short` for columns."""
    return look_up(_TIMES_IN_FORCE_SHORT if short else _TIMES_IN_FORCE, code)


def order_status(order: Order) -> str:
    """The status of an order; a status newer than this program is shown in the broker's own word."""
    if order.status is OrderStatus.UNRECOGNISED:
        return outside_text(order.status_text.replace("_", " "), 40)
    return look_up(_STATUSES, order.status)


def order_status_text(code: str) -> str:
    """The word for a status in the broker's spelling, known to us or not."""
    return look_up(_STATUSES, code)


def intent_state(intent: Intent) -> str:
    """Where something the trader asked for stands."""
    return look_up(_INTENT_STATES, intent.state)


def intent_kind(kind: IntentKind) -> str:
    """What the trader asked for."""
    return look_up(_INTENT_KINDS, kind)


def trading_block(code: str) -> str:
    """Why nothing may be sent now, and the way on; empty when trading is open."""
    return look_up(_TRADING_BLOCKS, code) if code else ""


def refusal(reason: RefusalReason) -> str:
    """Why a stream does not work, for use after a colon."""
    return look_up(_REFUSALS, reason) if reason else ""


def stream_phase(phase: StreamPhase) -> str:
    """Where a stream stands, in one word."""
    return look_up(_PHASES, phase)


def stream_name(name: StreamName) -> str:
    """What a stream carries."""
    return look_up(_STREAMS, name)


def feed_name(feed: str) -> str:
    """The broker's name for a feed, as it is shown: `IEX`, `INDICATIVE`, `CRYPTO US`."""
    return outside_text(feed.upper(), 24)


def market_session(phase: Phase) -> str:
    """Which session of the day it is."""
    return look_up(_SESSIONS, phase)


def environment(value: Environment) -> str:
    """`Paper` or `Live`."""
    return look_up(_ENVIRONMENTS, value)


def account_label(value: Environment, short_number: str) -> str:
    """`Paper \u00b7\u00b73F7A`: which account, in every place where it must not be mistaken."""
    return f"{environment(value)} \u00b7\u00b7{outside_text(short_number, 8)}"


def account_sentence(value: Environment, short_number: str) -> str:
    """`Paper account ··3F7A`: the account in a sentence of its own."""
    template = translated("Live account {number}" if value is Environment.LIVE else "Paper account {number}")
    return template.format(number=f"\u00b7\u00b7{outside_text(short_number, 8)}")


def account_status(code: str) -> str:
    """The broker's word on the account as a whole."""
    return look_up(_ACCOUNT_STATUSES, code)


def block_flag(name: str) -> str:
    """The word for one of `Account.blocks`."""
    return look_up(_BLOCK_FLAGS, name)


def scope(name: str) -> str:
    """What a scope allows, for use after "may"."""
    return look_up(_SCOPES, name)


def grant_badge(grant: Grant) -> str:
    """The badge that says what this sign-in may do."""
    parts = [translated("may trade" if grant.may_trade else "read only")]
    if grant.may_read_data and grant.may_trade:
        parts.append(translated("read data"))
    elif not grant.may_read_data:
        parts.append(translated("no market data"))
    return " \u00b7 ".join(parts)


# Words that appear only as arguments of `translated` above, for the translators.
_MARKED = (
    QT_TRANSLATE_NOOP("Words", "Live account {number}"),
    QT_TRANSLATE_NOOP("Words", "Paper account {number}"),
    QT_TRANSLATE_NOOP("Words", "Trail"),
    QT_TRANSLATE_NOOP("Words", "Short"),
    QT_TRANSLATE_NOOP("Words", "Long"),
    QT_TRANSLATE_NOOP("Words", "may trade"),
    QT_TRANSLATE_NOOP("Words", "read only"),
    QT_TRANSLATE_NOOP("Words", "read data"),
    QT_TRANSLATE_NOOP("Words", "no market data"),
)

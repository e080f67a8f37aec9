"""Why orders cannot be sent."""

from enum import StrEnum


class TradingBlock(StrEnum):
    """Why orders cannot be sent right now."""

    NONE = ""
    NO_SCOPE = "no_scope"
    NOT_READY = "not_ready"  # orders are being read; cancels are possible
    ACCOUNT_BLOCKED = "account_blocked"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a reason, not a password
    JOURNAL_FAILED = "journal_failed"
    LIVE_LOCKED = "live_locked"
    NO_NEW_ORDERS = "no_new_orders"  # the trader's own switch
    ORDERS_A_MINUTE = "orders_a_minute"  # the trader's own limit is reached
    REQUEST_BUDGET = "request_budget"  # the broker's limit on requests is nearly reached, or it said so

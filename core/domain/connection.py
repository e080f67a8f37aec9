"""What can be said about a stream at a moment, and the lines of the event log."""

from dataclasses import dataclass
from enum import StrEnum


class StreamName(StrEnum):
    """The conversations of a session: one about orders, and one for each kind of market data."""

    ORDERS = "orders"
    QUOTES = "quotes"  # of stocks
    COINS = "coins"
    OPTIONS = "options"


class StreamPhase(StrEnum):
    """Where a stream stands. Only LIVE may be shown as fresh."""

    OFF = "off"
    CONNECTING = "connecting"
    AUTHENTICATING = "authenticating"
    LIVE = "live"
    SILENT = "silent"  # connected, but nothing came (no pong either) for longer than is believable
    WAITING = "waiting"  # between two attempts
    REFUSED = "refused"  # trying again would not help; `reason` says why


class RefusalReason(StrEnum):
    """Why a stream does not work, where the other side told us."""

    NONE = ""
    UNREACHABLE = "unreachable"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a reason, not a password
    CONNECTION_LIMIT = "connection_limit"
    SYMBOL_LIMIT = "symbol_limit"
    PLAN_LACKS_FEED = "plan_lacks_feed"
    SCOPE_MISSING = "scope_missing"
    SLOW_CLIENT = "slow_client"
    CLOSED_BY_BROKER = "closed_by_broker"
    NO_ANSWER = "no_answer"
    SERVER_ERROR = "server_error"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStatus:
    """A stream's state as of now.

    `last_message_ns` and `retry_at_ns` are on our monotonic clock. `heard_ns` counts any sign of life,
    pongs included: a quiet market and a dead connection differ in it.
    """

    name: StreamName
    phase: StreamPhase = StreamPhase.OFF
    reason: RefusalReason = RefusalReason.NONE
    last_message_ns: int | None = None
    heard_ns: int | None = None
    connected_ns: int | None = None
    messages: int = 0
    dropped: int = 0  # frames we could not read
    reconnects: int = 0
    retry_at_ns: int | None = None
    feed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of the event log; `at_ns` is nanoseconds since 1970 UTC, when we took it."""

    at_ns: int
    stream: StreamName
    kind: str  # "fill", "quote", "connected", ...
    symbol: str
    summary: str

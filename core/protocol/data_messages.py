"""Messages of the market data streams, typed by `T` (protocol page section 6.6).

One set of structs serves stocks, coins and option contracts: a field that a stream does not have is absent.

The structs mirror the wire, short names and all, because a hundred thousand a second pass through here;
only the newest of each symbol and frame is turned into a domain value.
"""

from datetime import UTC, datetime
from math import isfinite

import msgspec

from core.domain.market import Bar, Quote, Trade

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Success(msgspec.Struct, tag_field="T", tag="success"):
    """Greeting and authentication."""

    msg: str = ""


class Failure(msgspec.Struct, tag_field="T", tag="error"):
    """An error with one of the codes of protocol page section 6.4."""

    code: int = 0
    msg: str = ""


class Subscription(msgspec.Struct, tag_field="T", tag="subscription"):
    """The complete set of what is subscribed, after a change."""

    trades: list[str] = []
    quotes: list[str] = []
    bars: list[str] = []


class QuoteMessage(msgspec.Struct, tag_field="T", tag="q", gc=False):
    """Bid and ask."""

    S: str
    bp: float | None = None
    ap: float | None = None
    bs: float | None = None
    as_: float | None = msgspec.field(name="as", default=None)
    t: datetime | None = None

    def quote(self, received_ns: int, feed: str = "") -> Quote:
        """Return this as our own value; a null price means an inactive side."""
        return Quote(
            self.S,
            _finite(self.bp),
            _finite(self.ap),
            _finite(self.bs),
            _finite(self.as_),
            nanoseconds_of(self.t),
            received_ns,
            feed=feed,
        )


class TradeMessage(msgspec.Struct, tag_field="T", tag="t", gc=False):
    """A print."""

    S: str
    p: float | None = None
    s: float | None = None
    x: str | None = None
    t: datetime | None = None

    def trade(self, received_ns: int, feed: str = "") -> Trade | None:
        """Return this as our own value, or None without a price."""
        if self.p is None or not isfinite(self.p):
            return None
        return Trade(
            self.S, self.p, _finite(self.s), nanoseconds_of(self.t), received_ns, self.x or "", feed=feed
        )


class _BarMessage(msgspec.Struct, gc=False):
    S: str
    o: float | None = None
    h: float | None = None
    l: float | None = None  # noqa: E741 - the wire's name
    c: float | None = None
    v: float | None = None
    t: datetime | None = None

    def bar(self, received_ns: int) -> Bar | None:
        """Return this as our own value, or None if a price is missing."""
        if self.o is None or self.h is None or self.l is None or self.c is None:
            return None
        if not isfinite(self.o + self.h + self.l + self.c):
            return None
        start = nanoseconds_of(self.t)
        return Bar(self.S, self.o, self.h, self.l, self.c, _finite(self.v), start, received_ns)


class MinuteBar(_BarMessage, tag_field="T", tag="b"):
    """A finished minute."""


class UpdatedBar(_BarMessage, tag_field="T", tag="u"):
    """A minute corrected by late trades."""


class DailyBar(_BarMessage, tag_field="T", tag="d"):
    """The day so far."""


class TradingStatus(msgspec.Struct, tag_field="T", tag="s"):
    """Halts and resumptions; `sm` and `rm` are the words to show."""

    S: str
    sc: str = ""
    sm: str = ""
    rc: str = ""
    rm: str = ""


class Other(msgspec.Struct):
    """A message of a type we have no struct for."""

    T: str
    S: str = ""


Known = (
    Success
    | Failure
    | Subscription
    | QuoteMessage
    | TradeMessage
    | MinuteBar
    | UpdatedBar
    | DailyBar
    | TradingStatus
)
Message = Known | Other


def _finite(value: float | None) -> float:
    """MessagePack can carry infinities and NaN, which would poison every sum and sort they reach."""
    return value if value is not None and isfinite(value) else 0.0


def nanoseconds_of(moment: datetime | None) -> int:
    """Nanoseconds since 1970 UTC of an aware time, exact to the microsecond; 0 without one."""
    if moment is None or moment.tzinfo is None:
        return 0
    delta = moment - _EPOCH
    return ((delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds) * 1_000


def nanoseconds(text: str | None) -> int:
    """Nanoseconds since 1970 UTC of an RFC 3339 text, exact to the microsecond; 0 if it is none."""
    if not text:
        return 0
    try:
        return nanoseconds_of(msgspec.convert(text, type=datetime))
    except msgspec.ValidationError:
        return 0

"""The kinds of faults: where each acts, what it does, and what an order for it may say."""

from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """What a fault acts upon."""

    REQUEST = "request"  # instead of, or around, the answer to a request
    ANSWER = "answer"  # what an answer says
    ORDER = "order"  # an order that was accepted
    EVENT = "event"  # the messages of a stream
    STREAM = "stream"  # a stream's connections


AIMS = {
    Place.REQUEST: {"route", "symbol", "client_order_id", "nth", "count", "probability", "seed"},
    Place.ANSWER: {"route", "symbol", "client_order_id", "nth", "count", "probability", "seed"},
    Place.ORDER: {"route", "symbol", "client_order_id", "nth", "count", "probability", "seed"},
    Place.EVENT: {"stream", "event", "symbol", "client_order_id", "nth", "count", "probability", "seed"},
    Place.STREAM: {"stream"},
}
ALWAYS_ALLOWED = {"kind", "label", "for_s"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of fault. `takes` are its own options, `needs` those of them without a default."""

    name: str
    places: tuple[Place, ...]
    meaning: str
    takes: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    route: str | None = None  # the default
    for_s: float | None = None  # how long it lasts unless told otherwise
    whole: bool = False  # concerns answers as a whole, not what they are about
    endless: bool = False  # as many times as it is met, unless told otherwise
    status: int = 0  # the default of `status`

    @property
    def aims(self) -> frozenset[str]:
        """The fields by which an order for this kind is aimed."""
        aims = frozenset().union(*(AIMS[place] for place in self.places))
        return aims - {"symbol", "client_order_id"} if self.whole else aims

    @property
    def allowed(self) -> frozenset[str]:
        """Every field that an order for this kind may have."""
        return self.aims | self.takes | ALWAYS_ALLOWED


_PLACING = "POST /v2/orders"
ASIDE = ("suspended", "stopped", "calculated", "done_for_day")  # how an order can be set aside


def _kinds(*kinds: Kind) -> dict[str, Kind]:
    return {kind.name: kind for kind in kinds}


KINDS = _kinds(
    Kind(
        name="latency",
        places=(Place.REQUEST,),
        meaning="the request waits `seconds` (a number, or a range to draw from) before it is looked at",
        takes=frozenset({"seconds"}),
        needs=frozenset({"route", "seconds"}),
        endless=True,
    ),
    Kind(
        name="hang",
        places=(Place.REQUEST,),
        meaning="the request is never answered, and nothing happens",
        needs=frozenset({"route"}),
    ),
    Kind(
        name="reset",
        places=(Place.REQUEST,),
        meaning="the connection is cut before anything happens",
        needs=frozenset({"route"}),
    ),
    Kind(
        name="half_answer",
        places=(Place.REQUEST,),
        meaning="the request is carried out; the connection is cut in the middle of the answer",
        needs=frozenset({"route"}),
    ),
    Kind(
        name="lost_answer",
        places=(Place.REQUEST,),
        meaning="the request is carried out; the connection is cut before the answer",
        route=_PLACING,
    ),
    Kind(
        name="gateway_timeout",
        places=(Place.REQUEST,),
        meaning="the request is carried out, and answered by `status` (504) and a proxy's page",
        takes=frozenset({"status", "body"}),
        route=_PLACING,
        status=504,
    ),
    Kind(
        name="late_acceptance",
        places=(Place.REQUEST,),
        meaning="the request is held, and carried out `seconds` later, whether or not its sender still "
        "waits; it gets no answer, or `status` at once",
        takes=frozenset({"seconds", "status", "body"}),
        needs=frozenset({"seconds"}),
        route=_PLACING,
    ),
    Kind(
        name="status",
        places=(Place.REQUEST,),
        meaning="answered by `status` and `body` instead; a body that begins with < is sent as HTML",
        takes=frozenset({"status", "body"}),
        needs=frozenset({"route"}),
        status=500,
    ),
    Kind(
        name="html",
        places=(Place.REQUEST,),
        meaning="answered by a proxy's HTML page with `status` (502) instead",
        takes=frozenset({"status"}),
        needs=frozenset({"route"}),
        status=502,
    ),
    Kind(
        name="no_code",
        places=(Place.REQUEST,),
        meaning='answered by `status` (401) and {"message"} without a code instead',
        takes=frozenset({"status"}),
        needs=frozenset({"route"}),
        status=401,
    ),
    Kind(
        name="token_refused",
        places=(Place.REQUEST,),
        meaning="answered as if the token had been revoked: 401, code 40110000",
        needs=frozenset({"route"}),
        status=401,
    ),
    Kind(
        name="rate_limited",
        places=(Place.REQUEST,),
        meaning="answered by 429 instead, with `retry_after` seconds in Retry-After if given",
        takes=frozenset({"retry_after"}),
        needs=frozenset({"route"}),
        status=429,
    ),
    Kind(
        name="truncated",
        places=(Place.REQUEST,),
        meaning="the answer's JSON ends in the middle, though the answer itself is complete",
        needs=frozenset({"route"}),
    ),
    Kind(
        name="not_json",
        places=(Place.REQUEST,),
        meaning="carried out, but the answer's body is a page of HTML, its status unchanged",
        needs=frozenset({"route"}),
    ),
    Kind(
        name="missing_from_list",
        places=(Place.ANSWER,),
        meaning="a list lacks the items aimed at; aimed at none, one of them drawn by lot",
        route="GET /v2/orders",
    ),
    Kind(
        name="stale_positions",
        places=(Place.ANSWER,),
        whole=True,
        meaning="positions are those of the moment the fault was set",
        route="GET /v2/positions*",
        for_s=30.0,
        endless=True,
    ),
    Kind(
        name="null_numbers",
        places=(Place.ANSWER, Place.EVENT),
        meaning="numbers are null: those named in `fields`, or all",
        takes=frozenset({"fields"}),
    ),
    Kind(
        name="unknown_enum",
        places=(Place.ANSWER, Place.EVENT),
        meaning="the `fields` (status) hold a `value` that nobody has heard of",
        takes=frozenset({"fields", "value"}),
    ),
    Kind(
        name="unknown_field",
        places=(Place.ANSWER, Place.EVENT),
        meaning="every object has one field more",
        takes=frozenset({"fields", "value"}),
    ),
    Kind(
        name="clock_skew",
        places=(Place.ANSWER,),
        whole=True,
        meaning="the server's clock is `seconds` ahead (or behind): the Date header, and the timestamps of "
        "the trading API and the order streams",
        takes=frozenset({"seconds"}),
        needs=frozenset({"seconds"}),
        route="* *",
        endless=True,
    ),
    Kind(
        name="read_lag",
        places=(Place.ORDER,),
        meaning="an accepted order is not found by id, and missing from lists, for `seconds` (5)",
        takes=frozenset({"seconds"}),
        route=_PLACING,
    ),
    Kind(
        name="reject_after_accept",
        places=(Place.ORDER,),
        meaning="an accepted order is rejected by the venue `seconds` (0) later",
        takes=frozenset({"seconds"}),
        route=_PLACING,
    ),
    Kind(
        name="set_aside",
        places=(Place.ORDER,),
        meaning="the venue puts an accepted order aside (`value`: suspended, stopped, calculated or "
        "done_for_day) for `seconds` (10) of simulated time, then it is new again",
        takes=frozenset({"value", "seconds"}),
        route=_PLACING,
    ),
    Kind(
        name="bust",
        places=(Place.ORDER,),
        meaning="the exchange takes the first execution of an accepted order back, `seconds` (1) of "
        "simulated time after it",
        takes=frozenset({"seconds"}),
        route=_PLACING,
    ),
    Kind(
        name="correct",
        places=(Place.ORDER,),
        meaning="the exchange corrects the price of the first execution of an accepted order by `value` "
        "(0.01; it may be negative), `seconds` (1) of simulated time after it",
        takes=frozenset({"value", "seconds"}),
        route=_PLACING,
    ),
    Kind(
        name="duplicate_event",
        places=(Place.EVENT,),
        meaning="a message is sent twice",
        needs=frozenset({"stream"}),
    ),
    Kind(
        name="reorder_events",
        places=(Place.EVENT,),
        meaning="a message is sent after the one that follows it",
        needs=frozenset({"stream"}),
    ),
    Kind(
        name="drop_event",
        places=(Place.EVENT,),
        meaning="a message is not sent",
        needs=frozenset({"stream"}),
    ),
    Kind(
        name="delay_event",
        places=(Place.EVENT,),
        meaning="a message is sent `seconds` late, others overtake it",
        takes=frozenset({"seconds"}),
        needs=frozenset({"stream", "seconds"}),
    ),
    Kind(
        name="unknown_event",
        places=(Place.EVENT,),
        meaning="a message is of a type (`value`) that nobody has heard of",
        takes=frozenset({"value"}),
        needs=frozenset({"stream"}),
    ),
    Kind(
        name="garbage_frame",
        places=(Place.EVENT,),
        meaning="before a message comes a frame that means nothing: `body` as text, or bytes drawn by lot",
        takes=frozenset({"body"}),
        needs=frozenset({"stream"}),
    ),
    Kind(
        name="mute",
        places=(Place.STREAM,),
        meaning="connections stay open, pings are answered, nothing is said; what happens meanwhile is lost",
        needs=frozenset({"stream"}),
        for_s=60.0,
    ),
    Kind(
        name="half_open",
        places=(Place.STREAM,),
        meaning="the connections there are stay open, but nobody reads, writes or answers pings any more",
        needs=frozenset({"stream"}),
        for_s=60.0,
    ),
    Kind(
        name="zombie_slot",
        places=(Place.STREAM,),
        meaning="connections are cut, and go on counting: an order stream answers the next upgrade by 429, a "
        "data stream the next log-in by 406; `status` 429 lets a data stream refuse the upgrade too",
        takes=frozenset({"status"}),
        needs=frozenset({"stream"}),
        for_s=90.0,
    ),
    Kind(
        name="refuse_login",
        places=(Place.STREAM,),
        meaning="who authenticates at a data stream gets the error `code` (406); at an order stream "
        "`unauthorized`",
        takes=frozenset({"code"}),
        needs=frozenset({"stream"}),
        for_s=60.0,
    ),
    Kind(
        name="stream_error",
        places=(Place.STREAM,),
        meaning="every connection of a data stream is sent the error `code` (407) and closed",
        takes=frozenset({"code"}),
        needs=frozenset({"stream"}),
    ),
    Kind(
        name="cut",
        places=(Place.STREAM,),
        meaning="every connection is cut without a goodbye",
        needs=frozenset({"stream"}),
    ),
)

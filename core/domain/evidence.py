"""What evidence about intents and orders leads to: what changed, and what to do next. Values only."""

from enum import StrEnum

import msgspec

from core.domain.alarm import Alarm
from core.domain.event import Fill
from core.domain.intent import Intent
from core.domain.order import Order


class FailureKind(StrEnum):
    """What a request that brought no order proves."""

    NOT_SENT = "not_sent"  # no byte left this computer
    REFUSED = "refused"  # the broker said no, in its own words
    ALREADY_OVER = "already_over"  # the order to cancel has ended: the order says how
    DUPLICATE = "duplicate"  # the broker has an order with this id
    UNKNOWN = "unknown"  # nothing


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A request that brought no order, with the words to show and the broker's id of the request."""

    kind: FailureKind
    reason: str = ""
    request_id: str = ""


class AskAbout(msgspec.Struct, frozen=True):
    """Look an intent up by its id, again and again until StopAsking; `at_once` does not wait for its turn."""

    client_order_id: str
    at_once: bool = False


class StopAsking(msgspec.Struct, frozen=True):
    """There is nothing more to look up about an intent."""

    client_order_id: str


class Reread(msgspec.Struct, frozen=True):
    """Read one order by the broker's id: what we were told of it cannot all be right."""

    order_id: str


class WriteDown(msgspec.Struct, frozen=True):
    """Note in the journal what became of an intent."""

    intent: Intent


Step = AskAbout | StopAsking | Reread | WriteDown


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one piece of evidence did to the book. Each order and intent appears once, as it now is."""

    orders: tuple[Order, ...] = ()
    intents: tuple[Intent, ...] = ()
    fills: tuple[Fill, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    steps: tuple[Step, ...] = ()


class Gathering(msgspec.Struct):
    """An Outcome in the making."""

    orders: dict[str, None] = msgspec.field(default_factory=dict)
    intents: dict[str, None] = msgspec.field(default_factory=dict)
    fills: list[Fill] = msgspec.field(default_factory=list)
    alarms: list[Alarm] = msgspec.field(default_factory=list)
    steps: dict[Step, None] = msgspec.field(default_factory=dict)

    def do(self, step: Step) -> None:
        """Add a step, once."""
        self.steps[step] = None

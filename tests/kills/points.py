"""The named points at which a trading program is killed, and what must be true after each.

Every point is hooked from here, in the process that is about to die; the program itself knows of none.
"""

import functools
import os
import random
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.domain.evidence import Outcome
from core.domain.intent import Intent, IntentKind
from core.domain.intent_book import IntentBook
from core.net import connections
from core.net.conversations import OrderConversation
from core.protocol.order_stream import OrderStreamSession
from core.services.departure import Departure
from core.services.dispatch import Dispatch
from core.services.journal_watch import JournalWatch
from core.services.order_sender import OrderSender
from core.services.orders import OrderDesk
from core.store.journal import Journal

Arm = Callable[[random.Random], None]


def die() -> None:
    """End this process as a power cut would, as far as a process can: nothing of it runs any more."""
    os.kill(os.getpid(), signal.SIGKILL)


class Deed(StrEnum):
    """What the program does until it is killed, once it may trade."""

    NOTHING = "nothing"
    PLACE = "place"  # an order that rests
    BUY = "buy"  # an order that fills
    REPLACE = "replace"  # place, then replace
    CANCEL = "cancel"  # place, then cancel
    RETRY = "retry"  # send what an earlier run left unknown once more
    STOP = "stop"  # place, and end the program at once
    BURST = "burst"  # all of it together


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Where it dies.

    `journal` and `broker`: whether the intent at hand must be there afterwards; None: it may be. `after` is
    the point at which an earlier run on the folder was killed. Without `arm` it is killed from outside.
    """

    name: str
    deed: Deed = Deed.PLACE
    arm: Arm | None
    journal: bool | None
    broker: bool | None
    after: str = ""
    old_journal: bool = False  # the folder holds a journal of the first version


def _always(*_: Any) -> bool:
    return True


def _of(kind: IntentKind) -> Callable[..., bool]:
    def about(*arguments: Any) -> bool:
        return any(isinstance(one, Intent) and one.kind is kind for one in arguments)

    return about


def _tells(name: str) -> Callable[..., bool]:
    return lambda _self, events: any(event.event == name for event in events)


def _before(owner: type, method: str, when: Callable[..., bool] = _always) -> Arm:
    return lambda _chance: _wrap(owner, method, when, first=True)


def _after(owner: type, method: str, when: Callable[..., bool] = _always) -> Arm:
    return lambda _chance: _wrap(owner, method, when, first=False)


def _wrap(owner: type, method: str, when: Callable[..., bool], *, first: bool) -> None:
    original = getattr(owner, method)

    @functools.wraps(original)
    def wrapped(self: Any, *arguments: Any, **options: Any) -> Any:
        if first and when(self, *arguments):
            die()
        result = original(self, *arguments, **options)
        if not first and when(self, *arguments):
            die()
        return result

    setattr(owner, method, wrapped)


def _in_the_transaction(method: str, change: str) -> Arm:
    """Within what a method of the journal has SQLite execute: a row is changed, and not committed."""

    def arm(chance: random.Random) -> None:
        original, when = getattr(Journal, method), chance.choice(("BEFORE", "AFTER"))

        def wrapped(self: Any, *arguments: Any) -> Any:
            database = self._database
            database.create_function("die", 0, die)
            trigger = f"CREATE TEMP TRIGGER IF NOT EXISTS doom {when} {change} ON main.intent"
            database.execute(trigger + " BEGIN SELECT die(); END")
            return original(self, *arguments)

        setattr(Journal, method, wrapped)

    return arm


def _bringing_up(chance: random.Random) -> None:
    original = Journal._bring_up_from
    left = chance.randint(1, 13)

    def wrapped(self: Journal, version: int) -> None:
        def count(_statement: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                die()

        self._database.set_trace_callback(count)
        original(self, version)

    Journal._bring_up_from = wrapped  # type: ignore[method-assign]


def _on_the_wire(
    share: Callable[[random.Random], float],
    verbs: tuple[bytes, ...] = (b"POST ", b"PATCH "),
    *,
    number: int = 1,
) -> Arm:
    """Once a part of a request, the `number`th, has been handed to the system; 1.0 is all of it."""

    def arm(chance: random.Random) -> None:
        original, part, left = connections.Connection.hand_over, share(chance), number

        def hand_over(self: connections.Connection, sock: socket.socket, request: bytes) -> None:
            nonlocal left
            if request.startswith(verbs):
                left -= 1
                if left == 0:
                    original(self, sock, request[: int(len(request) * part)])
                    die()
            original(self, sock, request)

        connections.Connection.hand_over = hand_over  # type: ignore[method-assign]

    return arm


def _all(_chance: random.Random) -> float:
    return 1.0


def _some(chance: random.Random) -> float:
    return chance.uniform(0.0, 0.9)


def _either(*arms: Arm) -> Arm:
    def arm(chance: random.Random) -> None:
        for one in arms:
            one(chance)

    return arm


def _unlisted(_chance: random.Random) -> None:
    """The list of orders may come before the journal is open, and would answer what is to be looked up."""

    def listed(self: IntentBook, orders: Any, now: Any) -> Outcome:
        return Outcome()

    IntentBook.listed = listed  # type: ignore[method-assign]


def _hearing_a_fill(_chance: random.Random) -> None:
    original = OrderStreamSession.receive

    def receive(self: OrderStreamSession, frame: bytes | str) -> Any:
        events = original(self, frame)
        if any(event.event in ("fill", "partial_fill") for event in events):
            die()
        return events

    OrderStreamSession.receive = receive  # type: ignore[method-assign]


def _closing(chance: random.Random) -> None:
    original, wait_s = OrderSender.close, chance.uniform(0, 0.003)

    def close(self: OrderSender) -> None:
        def soon() -> None:
            threading.Event().wait(wait_s)  # anywhere in the checkpoint that closing makes, or shortly after
            die()

        threading.Thread(target=soon).start()
        original(self)
        threading.Event().wait()

    OrderSender.close = close  # type: ignore[method-assign]


_PLACE, _REPLACE, _CANCEL = (_of(kind) for kind in (IntentKind.PLACE, IntentKind.REPLACE, IntentKind.CANCEL))

POINTS = {
    point.name: point
    for point in (
        Point(name="before_the_draft", arm=_before(IntentBook, "drafted"), journal=False, broker=False),
        Point(name="drafted", arm=_before(Dispatch, "send"), journal=False, broker=False),
        Point(name="on_the_lane", arm=_before(Journal, "record"), journal=False, broker=False),
        Point(
            name="in_the_transaction",
            arm=_in_the_transaction("record", "INSERT"),
            journal=False,
            broker=False,
        ),
        Point(name="committed", arm=_after(Journal, "record"), journal=True, broker=False),
        Point(name="half_written", arm=_on_the_wire(_some), journal=True, broker=False),
        Point(name="written", arm=_on_the_wire(_all), journal=True, broker=None),
        Point(
            name="first_byte_of_the_answer",
            arm=_before(Departure, "begun"),
            journal=True,
            broker=True,
        ),
        Point(name="answer_read", arm=_after(OrderSender, "send", _PLACE), journal=True, broker=True),
        Point(name="applied_not_noted", arm=_before(JournalWatch, "note"), journal=True, broker=True),
        Point(name="while_noting", arm=_in_the_transaction("update", "UPDATE"), journal=True, broker=True),
        Point(
            name="new_order_heard",
            arm=_before(OrderDesk, "take_events", _tells("new")),
            journal=True,
            broker=True,
        ),
        Point(name="fill_heard", deed=Deed.BUY, arm=_hearing_a_fill, journal=True, broker=True),
        Point(
            name="replace_committed",
            deed=Deed.REPLACE,
            arm=_after(Journal, "record", _REPLACE),
            journal=True,
            broker=False,
        ),
        Point(
            name="replace_written",
            deed=Deed.REPLACE,
            arm=_on_the_wire(_all, number=2),
            journal=True,
            broker=None,
        ),
        Point(
            name="replace_answered",
            deed=Deed.REPLACE,
            arm=_after(OrderSender, "send", _REPLACE),
            journal=True,
            broker=True,
        ),
        Point(
            name="cancel_committed",
            deed=Deed.CANCEL,
            arm=_after(Journal, "record", _CANCEL),
            journal=True,
            broker=False,
        ),
        Point(
            name="cancel_written",
            deed=Deed.CANCEL,
            arm=_on_the_wire(_all, (b"DELETE ",)),
            journal=True,
            broker=None,
        ),
        Point(
            name="cancel_heard",
            deed=Deed.CANCEL,
            arm=_before(OrderConversation, "take", lambda _self, frame, _at: b'"canceled"' in _bytes(frame)),
            journal=True,
            broker=True,
        ),
        Point(
            name="sent_again",
            deed=Deed.RETRY,
            arm=_on_the_wire(_all),
            journal=True,
            broker=None,
            after="committed",
        ),
        Point(
            name="bringing_up_an_old_journal",
            deed=Deed.NOTHING,
            arm=_bringing_up,
            journal=True,
            broker=None,
            old_journal=True,
        ),
        Point(
            name="looked_up_not_applied",
            deed=Deed.NOTHING,
            arm=_either(_unlisted, _before(IntentBook, "found"), _before(IntentBook, "not_found")),
            journal=True,
            broker=None,
            after="written",
        ),
        Point(
            name="while_reconciling",
            deed=Deed.NOTHING,
            arm=_before(IntentBook, "listed"),
            journal=True,
            broker=True,
            after="answer_read",
        ),
        Point(name="while_stopping", deed=Deed.STOP, arm=_closing, journal=None, broker=None),
        Point(name="at_any_moment", deed=Deed.BURST, arm=None, journal=None, broker=None),
    )
}


def _bytes(frame: bytes | str) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame

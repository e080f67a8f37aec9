"""Lives of one order as a broker leads them, told by everything that may tell of them."""

import random
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from msgspec import structs

from core.domain.book import Source
from core.domain.environment import Environment
from core.domain.event import OrderEvent
from core.domain.evidence import AskAbout, Failure, FailureKind, Outcome, Reread
from core.domain.intent import Intent, IntentKind, IntentState
from core.domain.intent_book import IntentBook
from core.domain.order import Order, OrderStatus
from core.domain.reading import Reading
from tests.core.builders import account, after, event, order

Status = OrderStatus
KEY = "bw-1"
S = IntentState
STATES = {
    Status.FILLED: S.FILLED,
    Status.CANCELED: S.CANCELED,
    Status.EXPIRED: S.EXPIRED,
    Status.REPLACED: S.REPLACED,
    Status.REJECTED: S.REFUSED,
}
_AT_WORK = [
    Status.PARTIALLY_FILLED,
    Status.PARTIALLY_FILLED,
    Status.PENDING_CANCEL,
    Status.PENDING_REPLACE,
    Status.SUSPENDED,
    Status.DONE_FOR_DAY,
]
_EVENTS = {Status.PARTIALLY_FILLED: "partial_fill", Status.FILLED: "fill"}


def draft(key: str = KEY, kind: IntentKind = IntentKind.PLACE, target: str | None = None) -> Intent:
    """An intent as the desk drafts it."""
    return Intent(
        client_order_id=key,
        kind=kind,
        environment=Environment.PAPER,
        account_id=account().id,
        symbol="AAPL",
        body=b"{}",
        state=S.DRAFT,
        created_ns=0,
        since_ns=0,
        target_order_id=target,
    )


def at(milliseconds: int) -> Reading:
    """A reading that many milliseconds after the start of both clocks."""
    return Reading(milliseconds * 1_000_000, milliseconds * 1_000_000)


@dataclass
class Life:
    """What happened at the broker, step by step, and the executions among it."""

    states: list[Order] = field(default_factory=list)
    events: list[OrderEvent] = field(default_factory=list)

    @property
    def end(self) -> Order:
        return self.states[-1]

    @property
    def executions(self) -> set[str]:
        return {told.execution_id for told in self.events if told.execution_id}


def a_life(chance: random.Random) -> Life:
    """Any life: pieces, pending cancels and replaces that succeed, fail or lose against a fill, any end."""
    life, filled, moment = Life(), 0, 0
    status = Status.PENDING_NEW
    steps = [Status.PENDING_NEW, *chance.choice([[], [Status.ACCEPTED]])]
    if chance.random() < 0.9:
        steps.append(Status.NEW)
        steps += chance.choices(_AT_WORK, k=chance.randrange(5))
    if chance.random() < 0.8:
        steps.append(chance.choice(sorted(STATES)))
    for status in steps:
        # Two steps may carry the same stamp, when they lead onwards.
        moment += chance.choice([1, 1, 2]) if status is not Status.NEW else 0
        execution = {}
        if status in (Status.PARTIALLY_FILLED, Status.FILLED):
            piece = 10 - filled if status is Status.FILLED else min(9 - filled, chance.randint(1, 3))
            if piece == 0:
                continue
            filled += piece
            execution = {"execution_id": f"e-{moment}", "qty": Decimal(piece), "price": Decimal("189.4")}
        state = order(
            status=status,
            client_order_id=KEY,
            filled_qty=Decimal(filled),
            updated_at=after(moment),
        )
        life.states.append(state)
        life.events.append(event(_EVENTS.get(status, status.value), state, **execution))
    return life


def tell(life: Life, chance: random.Random) -> tuple[IntentBook, list[Outcome]]:
    """Tell a life to a new book: any order, copies, gaps closed by what the book asks for in the end."""
    book, outcomes = IntentBook(), []
    book.drafted(draft(), at(0))
    book.departed(KEY, at(0))
    told: list[tuple[Source | str, object]] = [(Source.EVENT, heard) for heard in life.events]
    told += [(Source.EVENT, chance.choice(life.events)) for _ in range(chance.randrange(4))]
    told += [(Source.LIST, chance.choice(life.states)) for _ in range(chance.randrange(3))]
    told += [(Source.LOOK_UP, chance.choice(life.states)) for _ in range(chance.randrange(3))]
    told.append(
        chance.choice([(Source.ANSWER, chance.choice(life.states)), ("lost", None), ("duplicate", None)])
    )
    if chance.random() < 0.3:
        told.append(("not found", None))
    chance.shuffle(told)
    for number, (how, what) in enumerate(told):
        outcomes.append(_say(book, how, what, at(number)))
    asked = [step for outcome in outcomes for step in outcome.steps if isinstance(step, AskAbout | Reread)]
    outcomes += [book.found(KEY, life.end, at(99)) for _ in asked]
    return book, outcomes


def _say(book: IntentBook, how: Source | str, what: object, now: Reading) -> Outcome:
    if isinstance(what, OrderEvent):
        return book.heard((what,), now)
    if isinstance(what, Order):
        match how:
            case Source.LIST:
                return book.listed((what,), now)
            case Source.LOOK_UP:
                return book.found(KEY, what, now)
            case _:
                return book.answered(KEY, what, now)
    if how == "not found":
        return book.not_found(KEY, now)
    kind = FailureKind.DUPLICATE if how == "duplicate" else FailureKind.UNKNOWN
    return book.failed(KEY, Failure(kind=kind, reason=str(how)), now)


def problems(life: Life, book: IntentBook, outcomes: list[Outcome]) -> list[str]:
    """How the book differs from the broker; empty when it does not."""
    found = []
    known = book.orders.get("o-1")
    if known is None or structs.replace(known, legs=()) != life.end:
        found.append(f"order {known and known.status} {known and known.filled_qty}, broker {life.end.status}")
    if (state := book.intents[KEY].state) is not STATES.get(life.end.status, S.WORKING):
        found.append(f"intent {state}, broker {life.end.status}")
    fills = [fill.execution_id for outcome in outcomes for fill in outcome.fills]
    if sorted(fills) != sorted(life.executions):
        found.append(f"executions {sorted(fills)}, broker {sorted(life.executions)}")
    totals = [seen.filled_qty for outcome in outcomes for seen in outcome.orders]
    if totals != sorted(totals):
        found.append(f"totals fell: {totals}")
    if alarms := [alarm for outcome in outcomes for alarm in outcome.alarms]:
        found.append(f"alarms {alarms}")
    return found


def a_group(chance: random.Random) -> tuple[list[OrderEvent], dict[str, Order]]:
    """A bracket and what replaced its entry or a leg, with everything told of them, and how each ended."""
    told: list[OrderEvent] = []
    ends: dict[str, Order] = {}
    for order_id in ("entry", "tp", "sl", "new"):
        life = a_life(chance)
        link: dict[str, Any] = {"replaces": chance.choice(["entry", "tp"])} if order_id == "new" else {}
        for seen in life.events:
            state = structs.replace(seen.order, id=order_id, client_order_id=f"c-{order_id}", **link)
            execution_id = f"{order_id}-{seen.execution_id}" if seen.execution_id else ""
            told.append(replace(seen, order=state, execution_id=execution_id))
            ends[order_id] = state
    nested = [seen for seen in told if seen.order.id == "entry"]
    legs = [seen.order for seen in told if seen.order.id in ("tp", "sl")]
    for seen in nested:
        # A parent comes with its legs as they were at some time, or without any.
        some = tuple(
            chance.choice([leg for leg in legs if leg.id == leg_id])
            for leg_id in chance.choice([(), ("tp", "sl"), ("tp", "sl")])
        )
        told.append(replace(seen, order=structs.replace(seen.order, legs=some)))
    if ends["new"].replaces == "entry" and chance.random() < 0.5:
        # The exits go along with what replaces their entry.
        last = [seen for seen in told if seen.order.id == "new"][-1]
        told.append(replace(last, order=structs.replace(last.order, legs=(ends["tp"], ends["sl"]))))
    return told, ends


def group_problems(chance: random.Random) -> list[str]:
    """How a book that was told of a group in any order differs from the broker; empty when it does not."""
    told, ends = a_group(chance)
    told += chance.choices(told, k=4)
    if not any(seen.order.legs for seen in told):
        return []
    chance.shuffle(told)
    book = IntentBook()
    fills = [fill for number, seen in enumerate(told) for fill in book.heard((seen,), at(number)).fills]
    found = []
    moved = any(seen.order.id == "new" and seen.order.legs for seen in told)
    parent_id = "new" if moved else "entry"
    legs = {leg.id: leg for leg in book.orders.orders[parent_id].legs}
    if moved and book.orders.orders["entry"].legs:
        found.append("legs stayed with what was replaced")
    replaced_leg = ends["new"].replaces == "tp"
    if set(legs) != ({"tp", "sl", "new"} if replaced_leg else {"tp", "sl"}):
        found.append(f"legs {sorted(legs)}")
    for order_id, end in ends.items():
        known = book.orders.orders[order_id]
        parent = parent_id if order_id in legs else None
        if structs.replace(known, legs=(), parent_id=None) != end or known.parent_id != parent:
            found.append(f"{order_id}: {known.status} under {known.parent_id}, broker {end.status}")
        if order_id in legs and legs[order_id] != known:
            found.append(f"{order_id}: the parent shows {legs[order_id].status}, it is {known.status}")
    if len({fill.execution_id for fill in fills}) != len(fills):
        found.append("an execution was counted twice")
    return found

"""The orders of one account, folded from answers, look-ups, lists and stream events in any order."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum, StrEnum

import msgspec
from msgspec.structs import replace

from core.domain.alarm import Alarm, AlarmKind
from core.domain.order import Order, OrderStatus


class Source(StrEnum):
    """How we learned of an order's state. Only a look-up was asked for after what we knew already."""

    ANSWER = "answer"
    LOOK_UP = "look_up"
    LIST = "list"
    EVENT = "event"


class Verdict(Enum):
    """What to make of a state that was told."""

    TAKE = "take"
    KEEP = "keep"  # what we know stands
    DOUBT = "doubt"  # what we know stands, and the broker must be asked: the two cannot both be right


# The broker stamps several steps alike, and an answer often overtakes the event that came after it, so that
# at equal times the order that is further on stands. What is not named here is at work: 1.
_STEPS: Mapping[OrderStatus, int] = {
    OrderStatus.PENDING_NEW: 0,
    OrderStatus.ACCEPTED: 0,
    OrderStatus.PENDING_REVIEW: 0,
    OrderStatus.HELD: 0,
    OrderStatus.PARTIALLY_FILLED: 2,
    OrderStatus.PENDING_CANCEL: 3,
    OrderStatus.PENDING_REPLACE: 3,
}
_AT_WORK, _OVER = 1, 4


def judge(
    seen: Order, known: Order, source: Source, *, is_corrected: bool = False, has_fallen: bool = False
) -> Verdict:
    """Whether `seen` may replace what we know.

    Nothing but a look-up leads from a final status to any other, unless it shows that more was filled, and
    nothing lowers the filled quantity, save a look-up after the broker undid or corrected an execution
    (`is_corrected`). After that (`has_fallen`) more that is not later is what was undone, told late. For the
    rest the newer `updated_at` wins, and at equal times the status further on.
    """
    later = _is_later(seen, known)
    if has_fallen and seen.filled_qty > known.filled_qty and not later and source is not Source.LOOK_UP:
        return Verdict.KEEP if later is False else Verdict.DOUBT
    if seen.filled_qty < known.filled_qty:
        if source is Source.LOOK_UP:
            return Verdict.TAKE if is_corrected and later is not False else Verdict.KEEP
        return Verdict.DOUBT if later else Verdict.KEEP
    is_more = seen.filled_qty > known.filled_qty
    if known.status.is_final and not seen.status.is_final:
        if source is Source.LOOK_UP and later:
            return Verdict.TAKE
        return Verdict.DOUBT if later or is_more else Verdict.KEEP
    if known.status.is_final and seen.status is not known.status and not is_more:
        # An order ends once. At equal times only the broker's word, asked for now, tells which end is true.
        if later is False:
            return Verdict.KEEP
        return Verdict.TAKE if source is Source.LOOK_UP else Verdict.DOUBT
    if is_more or later:
        return Verdict.TAKE
    if later is None:
        # Without stamps a look-up is at least known to have been asked for last.
        is_unstamped = seen.updated_at is None or known.updated_at is None
        is_last_word = is_unstamped and source is Source.LOOK_UP
        return Verdict.TAKE if is_last_word or _step(seen) >= _step(known) else Verdict.KEEP
    return Verdict.KEEP


def _is_later(seen: Order, known: Order) -> bool | None:
    """Whether `seen` is the later state by the broker's own stamps; None if they do not tell."""
    if seen.updated_at is None or known.updated_at is None or seen.updated_at == known.updated_at:
        return None
    return seen.updated_at > known.updated_at


def _step(order: Order) -> int:
    return _OVER if order.status.is_final else _STEPS.get(order.status, _AT_WORK)


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What one piece of evidence did. True if anything changed.

    `changed` names the orders that changed, parents of changed legs included; `doubted` those that must be
    read again.
    """

    changed: tuple[str, ...] = ()
    doubted: tuple[str, ...] = ()
    alarms: tuple[Alarm, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed)

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(
            changed=tuple(dict.fromkeys(self.changed + other.changed)),
            doubted=tuple(dict.fromkeys(self.doubted + other.doubted)),
            alarms=self.alarms + other.alarms,
        )


_NOTHING = Taken()


class OrderBook:
    """Knows the newest believable state of every order seen, legs included; no clock and no I/O.

    A leg is an order like any other, with its `parent_id` set; its parent carries its newest state in `legs`,
    whichever of the two was told of first. What replaces a parent takes over the legs that it names.
    """

    def __init__(self) -> None:
        self._orders: dict[str, Order] = {}
        self._id_of_client_id: dict[str, str] = {}
        self._parent_of: dict[str, str] = {}
        self._legs_of: dict[str, list[str]] = {}
        self._claims: dict[str, dict[str, None]] = {}  # by the leg: every order that named it
        self._predecessor: dict[str, str] = {}  # which order each one replaced
        self._replaced_by: dict[str, dict[str, None]] = {}  # who names an order as the one it replaces
        self._corrected: dict[str, datetime | None] = {}  # since when, by the broker's stamp
        self._fallen: set[str] = set()  # that were looked up after a correction
        self._doubted: dict[str, Order] = {}  # the newest that was told of an order and not believed
        self._alarmed: set[Alarm] = set()

    def __len__(self) -> int:
        return len(self._orders)

    @property
    def orders(self) -> Mapping[str, Order]:
        """Every order by the broker's id, in the order first seen."""
        return self._orders

    def get(self, order_id: str) -> Order | None:
        """The order with the broker's id, if seen."""
        return self._orders.get(order_id)

    def by_client_order_id(self, client_order_id: str) -> Order | None:
        """The order that carries our id, if seen."""
        order_id = self._id_of_client_id.get(client_order_id)
        return None if order_id is None else self._orders[order_id]

    def open_orders(self) -> list[Order]:
        """The orders that may still trade, legs included."""
        return [order for order in self._orders.values() if order.is_open]

    def take(self, order: Order, source: Source = Source.EVENT) -> Taken:
        """Fold one piece of evidence in, with the legs it carries."""
        taken = self._take_one(order, source)
        if order.replaces is not None:
            taken += self._follow(order.id, order.replaces)
        if order.replaced_by is not None:
            taken += self._follow(order.replaced_by, order.id)
        for leg in order.legs:
            self._claims.setdefault(leg.id, {})[order.id] = None
            if self._parent_of.get(leg.id) is None:
                taken += self._adopt(leg.id, order.id)
            taken += self._settle(leg.id)
            taken += self.take(leg, source)
        if order.replaces is not None and order.id not in self._parent_of:
            self._replaced_by.setdefault(order.replaces, {})[order.id] = None
            parent = self._parent_of.get(order.replaces)
            if parent is not None:
                taken += self._adopt(order.id, parent)
        return taken

    def take_all(self, orders: Iterable[Order], source: Source = Source.LIST) -> Taken:
        """Fold a list in."""
        changed: dict[str, None] = {}
        doubted: dict[str, None] = {}
        alarms: list[Alarm] = []
        for order in orders:
            taken = self.take(order, source)
            changed |= dict.fromkeys(taken.changed)
            doubted |= dict.fromkeys(taken.doubted)
            alarms += taken.alarms
        return Taken(changed=tuple(changed), doubted=tuple(doubted), alarms=tuple(alarms))

    def correct(self, order: Order) -> None:
        """An execution was undone or changed: a look-up that is no older may lower the total once."""
        self._corrected[order.id] = order.updated_at

    def _end_correction(self, seen: Order) -> None:
        if seen.id not in self._corrected:
            return
        since = self._corrected[seen.id]
        if since is None or seen.updated_at is None or seen.updated_at >= since:
            del self._corrected[seen.id]
            self._fallen.add(seen.id)

    def _take_one(self, order: Order, source: Source) -> Taken:
        taken = self._judge_one(order, source)
        return taken + self._still_doubted(order) if source is Source.LOOK_UP else taken

    def _judge_one(self, order: Order, source: Source) -> Taken:
        known = self._orders.get(order.id)
        legs = self._legs(order.id)
        parent = self._parent_of.get(order.id)
        if order.legs != legs or order.parent_id != parent:
            order = replace(order, legs=legs, parent_id=parent)
        if known == order:
            if source is Source.LOOK_UP:
                self._end_correction(order)
            return _NOTHING
        if known is not None:
            verdict = judge(
                order,
                known,
                source,
                is_corrected=order.id in self._corrected,
                has_fallen=order.id in self._fallen,
            )
            if verdict is Verdict.DOUBT:
                doubted = self._doubted.get(order.id)
                if doubted is None or _is_later(order, doubted):
                    self._doubted[order.id] = order
                return Taken(doubted=(order.id,))
            if verdict is Verdict.KEEP:
                fell = source is Source.LOOK_UP and order.filled_qty < known.filled_qty
                later = fell and _is_later(order, known)
                return Taken(alarms=self._alarm(order, AlarmKind.TOTAL_FELL)) if later else _NOTHING
        if source is Source.LOOK_UP:
            self._end_correction(order)
        self._keep(order)
        changed = (order.id,) if parent is None else (order.id, *self._renew(parent))
        is_over = order.qty is not None and order.filled_qty > order.qty
        return Taken(changed=changed, alarms=self._alarm(order, AlarmKind.OVERFILL) if is_over else ())

    def _still_doubted(self, seen: Order) -> Taken:
        """A look-up settles a doubt, unless the broker itself was further on when it raised it."""
        doubted = self._doubted.get(seen.id)
        if doubted is not None and _is_later(doubted, seen):
            return Taken(doubted=(seen.id,))
        self._doubted.pop(seen.id, None)
        return _NOTHING

    def _keep(self, order: Order) -> None:
        self._orders[order.id] = order
        if order.client_order_id:
            self._id_of_client_id[order.client_order_id] = order.id

    def _adopt(self, leg_id: str, parent_id: str) -> Taken:
        if self._is_above(leg_id, parent_id):
            return _NOTHING  # whatever was told: an order that held itself would have no end
        self._parent_of[leg_id] = parent_id
        self._legs_of.setdefault(parent_id, []).append(leg_id)
        taken = _NOTHING
        leg = self._orders.get(leg_id)
        if leg is not None:
            self._orders[leg_id] = replace(leg, parent_id=parent_id)
            taken = Taken(changed=(leg_id, *self._renew(parent_id)))
        for successor in self._replaced_by.get(leg_id, ()):
            if successor not in self._parent_of:
                taken += self._adopt(successor, parent_id)
        return taken

    def _is_above(self, order_id: str, other: str) -> bool:
        """Whether an order is the other one, or the parent of that, at any distance."""
        above: str | None = other
        while above is not None and above != order_id:
            above = self._parent_of.get(above)
        return above is not None

    def _follow(self, successor: str, predecessor: str) -> Taken:
        """Note that one order replaced another: legs that both have named belong to the later one."""
        if self._predecessor.get(successor) == predecessor or successor == predecessor:
            return _NOTHING
        if successor in self._predecessors(predecessor):
            return _NOTHING  # two that replaced each other would pass their legs to and fro
        self._predecessor[successor] = predecessor
        taken = _NOTHING
        for before in self._predecessors(successor):
            for leg_id in tuple(self._legs_of.get(before, ())):
                taken += self._settle(leg_id)
        return taken

    def _predecessors(self, order_id: str) -> list[str]:
        """The orders that this one replaced, one after the other, the latest first."""
        found: list[str] = []
        before = self._predecessor.get(order_id)
        while before is not None and before not in found:
            found.append(before)
            before = self._predecessor.get(before)
        return found

    def _settle(self, leg_id: str) -> Taken:
        """Move a leg to the last one that names it, of the orders that replaced its parent."""
        old = parent = self._parent_of.get(leg_id)
        if old is None or parent is None:
            return _NOTHING
        for claimant in self._claims.get(leg_id, ()):
            if parent in self._predecessors(claimant) and not self._is_above(leg_id, claimant):
                parent = claimant
        if parent == old:
            return _NOTHING
        self._parent_of[leg_id] = parent
        self._legs_of[old].remove(leg_id)
        self._legs_of.setdefault(parent, []).append(leg_id)
        leg = self._orders.get(leg_id)
        if leg is None:
            return _NOTHING
        self._orders[leg_id] = replace(leg, parent_id=parent)
        return Taken(changed=(leg_id, *self._renew(old), *self._renew(parent)))

    def _renew(self, parent_id: str) -> tuple[str, ...]:
        """Give a parent, if seen, the newest state of its legs."""
        parent = self._orders.get(parent_id)
        if parent is None:
            return ()
        self._orders[parent_id] = replace(parent, legs=self._legs(parent_id))
        return (parent_id,)

    def _legs(self, order_id: str) -> tuple[Order, ...]:
        legs = self._legs_of.get(order_id)
        return () if legs is None else tuple(self._orders[leg] for leg in legs if leg in self._orders)

    def _alarm(self, order: Order, kind: AlarmKind) -> tuple[Alarm, ...]:
        """Each alarm is raised once."""
        alarm = Alarm(
            kind=kind, order_id=order.id, symbol=order.symbol, qty=order.qty, filled_qty=order.filled_qty
        )
        if alarm in self._alarmed:
            return ()
        self._alarmed.add(alarm)
        return (alarm,)

"""One seed: a bad day, a trader's twenty orders, calm weather; and whether what was believed was true."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from core.domain.intent import Intent, IntentState
from core.domain.order import OrderStatus
from tests.simulation.broker import FINAL, Broker
from tests.simulation.client import Client, is_place
from tests.simulation.line import Line
from tests.simulation.stream import Stream
from tests.simulation.world import S, World

ORDERS = 20
_DAY = 240 * S  # of trouble
_CALM = 900 * S  # to find out everything afterwards
_DEAD = (IntentState.REFUSED, IntentState.NEVER_SENT, IntentState.CANCELED, IntentState.EXPIRED)
_STATE_OF = {
    "filled": IntentState.FILLED,
    "canceled": IntentState.CANCELED,
    "expired": IntentState.EXPIRED,
    "replaced": IntentState.REPLACED,
    "rejected": IntentState.REFUSED,
}


@dataclass(slots=True)
class Verdict:
    """What a run came to; the four lists are empty when all is well."""

    seed: int
    trace: str = ""
    placed: int = 0
    accepted: int = 0
    doubled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    believed_dead: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)  # unknown, and not shown as such
    met: Counter[str] = field(default_factory=Counter)

    @property
    def failures(self) -> list[str]:
        kinds = (
            ("doubled", self.doubled),
            ("lost", self.lost),
            ("believed dead", self.believed_dead),
            ("hidden", self.hidden),
        )
        return [f"seed {self.seed}: {kind}: {what}" for kind, found in kinds for what in found]


class Day:
    """The world of one seed."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.world = world = World(seed)
        self.broker = Broker(world)
        self.line = Line(world, self.broker)
        self.stream = Stream(world, self.line, self.broker)
        self.verdict = Verdict(seed, met=self.line.met)
        self.client = Client(world, self.line, self.stream, folder)
        self.client.watchers.append(self._watch)
        self.broker.on_accept = self._accepted

    def run(self) -> Verdict:
        self._plan()
        self.world.run(self.world.now_ns + _DAY)
        self._calm()
        self.world.run(self.world.now_ns + _CALM)
        self._judge()
        if self.client.link is not None:
            self.client.desk.stop()
            self.client.link.kill()
        if self.client.sender is not None:
            self.client.sender.close()
        self.verdict.trace = self.world.trace
        return self.verdict

    # ---- a bad day -----------------------------------------------------------------------------------

    def _plan(self) -> None:
        world, chance = self.world, self.world.chance
        self.line.badness = chance.choice([0.2, 0.6, 1.0, 1.5])
        self.stream.badness = chance.choice([0.0, 0.5, 1.0, 2.0])
        self.broker.read_lag_ns = chance.choice([0, 0, 500, 5_000]) * 1_000_000
        self.broker.forgetful = chance.choice([0.0, 0.0, 0.05, 0.3])
        for _ in range(ORDERS):
            world.at(world.between(1 * S, _DAY - 60 * S), self._place)
        for deed in (
            self.client.cancel_something,
            lambda: self.client.cancel_something(twice=True),
            self.client.replace_something,
            self.client.retry_something,
        ):
            for _ in range(5):
                world.at(world.between(5 * S, _DAY), deed)
        for trouble in (
            self.stream.cut,
            self.stream.half_open,
            self._partition,
            self._clog,
            self._crash,
            self._fill_disk,
            self._jump_clock,
        ):
            if chance.random() < 0.4:
                for _ in range(chance.randint(1, 2)):
                    world.at(world.between(2 * S, _DAY - 20 * S), trouble)
        if chance.random() < 0.05:  # rare: the journal's lock is waited for in real time
            world.at(world.between(2 * S, _DAY), self._second_instance)

    def _place(self) -> None:
        """The trader tries, and tries again a second later while orders are held."""
        if not self.client.place():
            self.world.at(self.world.between(500_000_000, 2 * S), self._place)

    def _partition(self) -> None:
        self.line.met["partition"] += 1
        self.line.is_partitioned = True
        self.stream.cut()
        self.world.at(
            self.world.chance.choice([5, 30, 600]) * S, lambda: setattr(self.line, "is_partitioned", False)
        )

    def _clog(self) -> None:
        if self.line.clogged is None:
            self.line.clogged = []
            self.world.at(self.world.between(1 * S, 20 * S), self.line.unclog)

    def _crash(self) -> None:
        point = self.world.chance.choice(["before_journal", "after_journal", "now"])
        if point == "now":
            self.client.crash()
        else:
            self.client.crash_at = point

    def _fill_disk(self) -> None:
        self.client.disk_is_full = True
        self.world.at(self.world.between(1 * S, 20 * S), self._free_disk)

    def _free_disk(self) -> None:
        self.client.disk_is_full = False

    def _jump_clock(self) -> None:
        self.line.met["clock_jump"] += 1
        self.world.wall_offset_ns += self.world.chance.choice([-1, 1]) * self.world.between(1 * S, 7200 * S)

    def _second_instance(self) -> None:
        if self.client.is_up and self.client.second_instance():
            self.verdict.doubled.append("a second program could open the journal")

    def _calm(self) -> None:
        self.line.badness = self.stream.badness = self.broker.forgetful = 0.0
        self.line.is_partitioned = self.client.disk_is_full = False
        self.client.crash_at = ""
        if self.line.clogged is not None:
            self.line.unclog()

    # ---- what was believed, and what was true ----------------------------------------------------------

    def _watch(self, intent: Intent) -> None:
        """At every change: nobody may believe an order dead that lives."""
        if is_place(intent) and intent.state in _DEAD:
            order = self.broker.by_client_id(intent.client_order_id)
            if order is not None and order["status"] not in FINAL:
                self.verdict.believed_dead.append(
                    f"{intent.client_order_id} {intent.state}: {order['status']}"
                )

    def _accepted(self, order: dict[str, str]) -> None:
        """An order arrives: it must not be one that the client has given up."""
        if not self.client.is_up:
            return
        intent = self.client.intent(order["client_order_id"])
        if intent is not None and intent.state in _DEAD:
            self.verdict.believed_dead.append(f"{intent.client_order_id} was {intent.state} when it arrived")

    def _judge(self) -> None:
        verdict, desk = self.verdict, self.client.desk
        verdict.placed, verdict.accepted = len(self.client.placed), len(self.broker.orders)
        shown = {intent.client_order_id for intent in desk.open_intents}
        for key in self.client.placed:
            orders = [one for one in self.broker.orders.values() if one["client_order_id"] == key]
            intent = self.client.intent(key)
            if len(orders) > 1:
                verdict.doubled.append(f"{key}: {len(orders)} orders")
            if not orders and intent is not None and intent.state is IntentState.UNKNOWN and key not in shown:
                verdict.hidden.append(f"{key}: unknown and not shown")
            if orders and intent is not None and intent.state in (IntentState.UNKNOWN, IntentState.SENT):
                verdict.lost.append(f"{key}: {intent.state} although the broker has had it for long")
            if not orders and intent is not None and intent.state in (
                IntentState.WORKING, IntentState.FILLED, IntentState.CANCELED,
            ):  # fmt: skip
                verdict.lost.append(f"{key}: {intent.state}, and the broker never had it")
        asked = set(self.client.placed) | set(self.client.replaced)
        for truth in self.broker.orders.values():
            if truth["client_order_id"] not in asked:
                verdict.doubled.append(f"{truth['client_order_id']}: an order that nobody asked for")
            known = desk.orders.get(truth["id"])
            if known is None:
                # A list left it out after a restart. That may be if the journal knows how it ended.
                if self.client.journaled_state(truth["client_order_id"]) != _STATE_OF.get(truth["status"]):
                    verdict.lost.append(f"{truth['client_order_id']}: an order that nobody shows")
            elif (known.status, str(known.filled_qty)) != (OrderStatus(truth["status"]), truth["filled_qty"]):
                verdict.lost.append(
                    f"{known.client_order_id}: shown {known.status} {known.filled_qty}, "
                    f"is {truth['status']} {truth['filled_qty']}"
                )


def run_seed(seed: int, folder: Path) -> Verdict:
    """Run one seed on a journal in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return Day(seed, folder).run()

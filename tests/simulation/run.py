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
    """What a run came to; the lists are empty when all is well."""

    seed: int
    trace: str = ""
    placed: int = 0
    accepted: int = 0
    doubled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    believed_dead: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)  # unknown, and not shown as such
    resent: list[str] = field(default_factory=list)  # sent again, and no person had said so
    met: Counter[str] = field(default_factory=Counter)

    @property
    def failures(self) -> list[str]:
        kinds = (
            ("doubled", self.doubled),
            ("lost", self.lost),
            ("believed dead", self.believed_dead),
            ("hidden", self.hidden),
            ("resent", self.resent),
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
        self.line.after_acceptance = lambda: self.client.maybe_crash("after_send")
        self._partition_ends_ns = 0

    def run(self) -> Verdict:
        self._plan()
        self.world.run(self.world.now_ns + _DAY)
        self.world.run(self._partition_ends_ns)
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
        seconds = self.world.chance.choice([5, 30, 600])
        self._partition_ends_ns = max(self._partition_ends_ns, self.world.now_ns + seconds * S)
        self.world.at(seconds * S, lambda: self._end_partition(seconds))

    def _end_partition(self, seconds: int) -> None:
        if self.world.now_ns >= self._partition_ends_ns:
            self.line.met["partition_of_ten_minutes"] += seconds == 600
            self.line.is_partitioned = False

    def _clog(self) -> None:
        if self.line.clogged is None:
            self.line.clogged = []
            self.world.at(self.world.between(1 * S, 20 * S), self.line.unclog)

    def _crash(self) -> None:
        point = self.world.chance.choice(["before_journal", "after_journal", "after_send", "now"])
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
        verdict, client = self.verdict, self.client
        verdict.placed, verdict.accepted = len(client.placed), len(self.broker.orders)
        for key in client.placed:
            self._judge_place(key)
        for truth in self.broker.orders.values():
            self._judge_order(truth)
        for key in {*client.placed, *client.replaced, *client.cancelled}:
            self._judge_what_is_shown(key)
        self._judge_sendings()
        verdict.hidden += client.mistakes
        verdict.lost += [f"{alarm.order_id}: {alarm.kind}, which never happened" for alarm in client.alarms]
        verdict.doubled += [f"{key}: told {count} times" for key, count in client.fills.items() if count > 1]

    def _judge_place(self, key: str) -> None:
        verdict = self.verdict
        orders = [one for one in self.broker.orders.values() if one["client_order_id"] == key]
        intent = self.client.intent(key)
        if len(orders) > 1:
            verdict.doubled.append(f"{key}: {len(orders)} orders")
        if intent is None:
            return
        if orders and intent.state in (IntentState.UNKNOWN, IntentState.SENT):
            verdict.lost.append(f"{key}: {intent.state} although the broker has had it for long")
        if not orders and intent.state in (
            IntentState.WORKING, IntentState.FILLED, IntentState.CANCELED,
        ):  # fmt: skip
            verdict.lost.append(f"{key}: {intent.state}, and the broker never had it")

    def _judge_order(self, truth: dict[str, str]) -> None:
        verdict, desk, key = self.verdict, self.client.desk, truth["client_order_id"]
        if key not in {*self.client.placed, *self.client.replaced}:
            verdict.doubled.append(f"{key}: an order that nobody asked for")
        known = desk.orders.get(truth["id"])
        if known is None:
            # A list left it out after a restart. That may be if the journal knows how it ended.
            if self.client.journaled_state(key) != _STATE_OF.get(truth["status"]):
                verdict.lost.append(f"{key}: an order that nobody shows")
        elif (known.status, str(known.filled_qty)) != (OrderStatus(truth["status"]), truth["filled_qty"]):
            verdict.lost.append(
                f"{key}: shown {known.status} {known.filled_qty}, is {truth['status']} {truth['filled_qty']}"
            )
        elif not desk.is_own(known):
            verdict.lost.append(f"{key}: shown as another program's")

    def _judge_what_is_shown(self, key: str) -> None:
        """The screen was told how the intent stands; what is not settled is on its list, with an age."""
        desk, intent, hidden = self.client.desk, self.client.intent(key), self.verdict.hidden
        if intent is None:
            if self.client.is_journaled(key) and self.client.journaled_state(key) is None:
                hidden.append(f"{key}: open in the journal, and this run knows nothing of it")
            return
        if self.client.told.get(key) is not intent.state:
            hidden.append(f"{key}: {intent.state}, shown {self.client.told.get(key)}")
        if intent.state in (IntentState.DRAFT, IntentState.JOURNALED, IntentState.SENT):
            hidden.append(f"{key}: still {intent.state}, although nothing is under way")
        if intent.state is IntentState.UNKNOWN and (intent not in desk.open_intents or desk.age_s(key) <= 0):
            hidden.append(f"{key}: unknown and not shown")
        target = desk.orders.get(intent.target_order_id or "")
        is_over = target is not None and not target.is_open
        if intent.client_order_id in self.client.cancelled and is_over and not intent.state.is_settled:
            hidden.append(f"{key}: {intent.state}, although its order has ended")

    def _judge_sendings(self) -> None:
        """One request for each intent, and one more for each time that a person said so."""
        for key, count in self.line.sent.items():
            most = self.client.cancels[key] or 1 + self.client.retried[key]
            if count > most:
                self.verdict.resent.append(f"{key}: {count} times instead of {most}")


def run_seed(seed: int, folder: Path) -> Verdict:
    """Run one seed on a journal in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return Day(seed, folder).run()

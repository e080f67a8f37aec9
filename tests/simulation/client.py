"""The client's order core as the program wires it, and a trader who uses it; a crash restarts both."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.domain.alarm import Alarm
from core.domain.environment import Environment
from core.domain.event import Fill
from core.domain.grant import Grant
from core.domain.intent import Intent, IntentKind, IntentState
from core.domain.order import OrderType, Side
from core.domain.request import OrderRequest, ReplaceRequest
from core.domain.request_budget import RateFacts, Urgency
from core.domain.secret import Secret
from core.domain.trading_block import TradingBlock
from core.errors import AppError, SignInExpired, StorageFailed
from core.protocol.call import Answer, Call, Host
from core.protocol.limits import rate_facts
from core.services.departure import Departure
from core.services.order_sender import OpenedJournal, OrderSender
from core.services.orders import OrderDesk
from core.services.request_queue import RequestQueue
from tests.core.builders import account
from tests.fakes.torn_log import torn
from tests.simulation.line import Line, SimulatedTransport
from tests.simulation.stream import Stream
from tests.simulation.world import Crash, Later, World, WorldLane

SYMBOLS = ("AAPL", "NVDA", "TSLA")


class Sender(OrderSender):
    """The program's own sender, on a disk that may refuse and in a program that may end at any point."""

    def __init__(self, client: "Client", transport: "Switch", path: Path) -> None:
        super().__init__(transport, path, account_id=account().id, environment=Environment.PAPER)
        self._client = client
        self.left = Later(client.world, lambda: client.sender is self)  # type: ignore[assignment]

    def send(self, intent: Intent, departure: Departure) -> Any:
        self._client.maybe_crash("before_journal")
        return super().send(intent, departure)

    def _record(self, intent: Intent, departure: Departure) -> None:
        if self._client.disk_is_full:
            self._client.line.met["disk_full"] += 1
            raise StorageFailed("The order journal could not be written, so nothing was sent.")
        super()._record(intent, departure)
        self._client.maybe_crash("after_journal")

    def open(self) -> OpenedJournal:
        opened = super().open()
        self._client.restored(opened.unsettled)
        return opened

    def note(self, intent: Intent) -> None:
        if self._client.disk_is_full:
            raise StorageFailed("The order journal could not be updated.")
        super().note(intent)

    def probe(self) -> None:
        if self._client.disk_is_full:
            raise StorageFailed("The order journal could not be written.")
        super().probe()


class Switch:
    """Each lane has a transport of its own, for each waits by itself."""

    def __init__(self, orders: SimulatedTransport, cancels: SimulatedTransport) -> None:
        self._orders, self._cancels = orders, cancels

    def run(self, call: Call[Any], **moments: Any) -> Any:
        return (self._cancels if call.method == "DELETE" else self._orders).run(call, **moments)


class Signal:
    """A signal of the link, without Qt."""

    def __init__(self) -> None:
        self._slots: list[Callable[[], Any]] = []

    def connect(self, slot: Callable[[], Any]) -> None:
        self._slots.append(slot)

    def emit(self) -> None:
        for slot in self._slots:
            slot()


class Link:
    """What the desk asks of the connection, in made-up time."""

    def __init__(self, client: "Client") -> None:
        self._client, world = client, client.world
        self.environment = Environment.PAPER
        self.order_lane = WorldLane(world, "orders")
        self.cancel_lane = WorldLane(world, "cancels")
        self._readers = [WorldLane(world, f"read-{number}") for number in range(2)]
        self._next_reader = itertools.cycle(self._readers)
        self.budget_changed = Signal()
        self.queue = RequestQueue(world, world, changed=self.budget_changed.emit)
        told = Later(world, lambda: client.link is self)
        told.connect(self.queue.take)
        self._told = told
        self.transport = Switch(self._carrier(self.order_lane), self._carrier(self.cancel_lane))
        self._carriers = {lane: self._carrier(lane) for lane in self._readers}

    def _carrier(self, lane: WorldLane) -> SimulatedTransport:
        return SimulatedTransport(self._client.line, lambda: lane, on_attempt=self._on_attempt)

    def _on_attempt(self, _host: Host, _seconds: float, came: Answer | None) -> None:
        if came is not None:
            facts: RateFacts = rate_facts(came)
            self._told.emit(facts)

    def read(
        self,
        call: Call[Any],
        done: Callable[[Any], None],
        failed: Callable[[AppError], None],
        urgency: Urgency = Urgency.READ,
    ) -> None:
        def start() -> None:
            lane = next(self._next_reader)
            lane.submit(lambda: self._carriers[lane].run(call), done=done, failed=self._noticing(failed))

        self.queue.go(urgency, start)

    def when_allowed(self, urgency: Urgency, go: Callable[[], None]) -> None:
        self.queue.go(urgency, go)

    def wait_s(self, urgency: Urgency) -> float:
        return self.queue.wait_s(urgency)

    def notice(self, error: AppError) -> None:
        if isinstance(error, SignInExpired):
            self._client.token_refused(error)

    def kill(self) -> None:
        self.queue.stop()
        for lane in (self.order_lane, self.cancel_lane, *self._readers):
            lane.kill()

    def _noticing(self, failed: Callable[[AppError], None]) -> Callable[[AppError], None]:
        def note_and_fail(error: AppError) -> None:
            self.notice(error)
            failed(error)

        return note_and_fail


class Client:
    """One trader's program on one journal, from start to start."""

    def __init__(self, world: World, line: Line, stream: Stream, folder: Path) -> None:
        self.world, self.line, self.stream = world, line, stream
        self._path = folder / "journal.sqlite"
        self.disk_is_full = False
        self.crash_at = ""
        self.starts = 0
        self._numbers = itertools.count(1)
        self.placed: list[str] = []
        self.replaced: list[str] = []
        self.watchers: list[Callable[[Intent], None]] = []
        self.alarms: list[Alarm] = []
        self.retried: Counter[str] = Counter()
        self.cancelled: set[str] = set()
        self.cancels: Counter[str] = Counter()  # intents to cancel each order
        self.told: dict[str, IntentState] = {}  # what the screen was last told of each intent in this run
        self.fills: Counter[str] = Counter()  # how often each execution was told in this run
        self.mistakes: list[str] = []
        self._restored: set[str] = set()
        self.link: Link | None = None
        self.sender: Sender | None = None
        self.desk: OrderDesk
        self.start()

    # ---- the program ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the program: journal, look-ups, stream."""
        self.starts += 1
        self.told.clear()
        self.fills.clear()
        self.line.looked_up.clear()
        self._restored.clear()
        self.link = link = Link(self)
        self.sender = sender = Sender(self, link.transport, self._path)
        self.desk = desk = OrderDesk(
            link,
            sender,
            self.world,
            grant=Grant(token=Secret("canary-token"), scopes=frozenset({"trading"})),
            account=account(),
            new_id=self._new_id,
            timers=self.world,
            chance=self.world.chance.random,
            stands_aside=False,
        )
        desk.intents_changed.connect(self._watch)
        desk.alarmed.connect(self.alarms.append)
        desk.filled.connect(self._count_fill)
        self.stream.on_events = desk.take_events
        self.stream.on_live = desk.reconcile
        self.stream.on_down = desk.hold
        desk.start()
        self.stream.open()

    def crash(self) -> None:
        """End the program where it stands, and start it again in a while."""
        if self.link is None or self.sender is None:
            return
        self.world.note("crash")
        self.line.met["crash"] += 1
        link, sender, self.link, self.sender = self.link, self.sender, None, None
        self.stream.close()
        self.desk.stop()
        link.kill()
        self._leave_files_as_a_crash_does(sender)
        self.world.at(self.world.between(1_000_000, 5_000_000_000), self.start)

    def _leave_files_as_a_crash_does(self, sender: Sender) -> None:
        """Closing tidies up; a crash does not, and may leave half a record at the end of the log."""
        files = [self._path, self._path.with_name(f"{self._path.name}-wal")]
        left = {file: file.read_bytes() for file in files if file.exists()}
        sender.close()
        for file, content in left.items():
            if file.name.endswith("-wal") and self.world.chance.random() < 0.5:
                self.line.met["torn_record"] += 1
                half = self.world.chance.randbytes(self.world.chance.randint(1, 4_000))
                content = torn(content, half)
            file.write_bytes(content)

    def maybe_crash(self, point: str) -> None:
        """Called on a lane: end here if that is what is to happen."""
        if self.crash_at == point:
            self.crash_at = ""
            self.line.met[f"crash_{point}"] += 1
            self.world.at(0, self.crash)
            raise Crash

    def second_instance(self) -> bool:
        """Whether another program can open the same journal while this one has it."""
        self.line.met["second_instance"] += 1
        other = OrderSender(
            self.link.transport if self.link else None,  # type: ignore[arg-type]
            self._path,
            account_id=account().id,
            environment=Environment.PAPER,
        )
        try:
            other.open()
        except StorageFailed:
            return False
        other.close()
        return True

    def token_refused(self, error: SignInExpired) -> None:
        """The session ends; the person signs in again, which makes a new one on the same journal."""
        self.desk.refuse_token(error)
        self.world.at(self.world.between(1_000_000_000, 10_000_000_000), self.crash)

    def _new_id(self) -> str:
        return f"bw-{next(self._numbers)}"

    def restored(self, intents: Iterable[Intent]) -> None:
        """The journal was opened, and these were open in it. Called on a lane."""
        self._restored = {intent.client_order_id for intent in intents}

    def _count_fill(self, fill: Fill) -> None:
        self.fills[fill.execution_id] += 1

    def _check_start(self) -> None:
        """Trading is open: what an earlier run left must have been looked up, or be known otherwise."""
        for key in self._restored:
            intent = self.desk.intent(key)
            if intent is None or intent.state is not IntentState.UNKNOWN:
                continue
            if (
                intent.target_order_id if intent.kind is IntentKind.CANCEL else key
            ) not in self.line.looked_up:
                self.mistakes.append(f"{key}: trading was open before it was looked up")

    def _watch(self, intents: tuple[Intent, ...]) -> None:
        for intent in intents:
            self.told[intent.client_order_id] = intent.state
            self.world.note("client", intent.client_order_id, intent.kind, intent.state)
            for watch in self.watchers:
                watch(intent)

    # ---- the trader ----------------------------------------------------------------------------------

    @property
    def is_up(self) -> bool:
        return self.link is not None

    def place(self) -> bool:
        """Place an order if trading is open."""
        if not self.is_up or self.desk.trading_block is not TradingBlock.NONE:
            return False
        self._check_start()
        chance = self.world.chance
        request = OrderRequest(
            symbol=chance.choice(SYMBOLS),
            side=chance.choice([Side.BUY, Side.SELL]),
            type=OrderType.LIMIT,
            qty=Decimal(chance.randint(1, 20)),
            limit_price=Decimal("189.4"),
        )
        self.placed.append(self.desk.place(request).client_order_id)
        return True

    def cancel_something(self, *, twice: bool = False) -> None:
        """Cancel some order that looks open; a second click at once makes no second request."""
        if not self.is_up or not self.desk.may_cancel:
            return
        if orders := [order for order in self.desk.orders.values() if order.is_cancelable]:
            order = self.world.chance.choice(orders)
            first = self.desk.cancel(order.id)
            if first.client_order_id not in self.cancelled:
                self.cancelled.add(first.client_order_id)
                self.cancels[order.id] += 1
            if twice:
                self.line.met["double_click"] += 1
                assert self.desk.cancel(order.id).client_order_id == first.client_order_id

    def replace_something(self) -> None:
        """Ask for new terms of some working order."""
        if not self.is_up or self.desk.trading_block is not TradingBlock.NONE:
            return
        if orders := [order for order in self.desk.orders.values() if order.is_replaceable]:
            order = self.world.chance.choice(orders)
            filled = int(order.filled_qty)
            qty = Decimal(filled + self.world.chance.randint(1, 20))
            self.replaced.append(
                self.desk.replace(ReplaceRequest(order_id=order.id, qty=qty)).client_order_id
            )

    def retry_something(self) -> None:
        """Send an unknown order again under the same id, on the trader's word."""
        if not self.is_up:
            return
        keys = [one.client_order_id for one in self.desk.open_intents if one.state is IntentState.UNKNOWN]
        if keys := [key for key in keys if self.desk.may_retry(key)]:
            self.line.met["retry"] += 1
            key = self.world.chance.choice(keys)
            intent = self.desk.retry(key)
            if intent.kind is IntentKind.CANCEL:
                self.cancels[intent.target_order_id or ""] += 1
            else:
                self.retried[key] += 1

    def journaled_state(self, key: str) -> IntentState | None:
        """How the journal on disk says that an intent ended; None for one that is not settled, or unknown."""
        if self.sender is None or self.sender._journal is None:
            return None
        found = self.sender._journal._database.execute(
            "SELECT state FROM intent WHERE client_order_id = ?", (key,)
        ).fetchone()
        state = None if found is None else IntentState(found[0])
        return state if state is not None and state.is_settled else None

    def is_journaled(self, key: str) -> bool:
        """Whether the journal on disk has an intent."""
        if self.sender is None or self.sender._journal is None:
            return False
        return key in self.sender._journal.known_ids()

    def intent(self, key: str) -> Intent | None:
        return self.desk.intent(key)


def is_place(intent: Intent) -> bool:
    """Whether the intent asks for an order of its own."""
    return intent.kind in (IntentKind.PLACE, IntentKind.REPLACE)

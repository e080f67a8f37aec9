"""An order desk in made-up time, with a broker in a dictionary: nothing happens unless time passes."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from core.domain.environment import Environment
from core.domain.grant import Grant
from core.domain.listing import Listing
from core.domain.order import Order, OrderStatus
from core.domain.secret import Secret
from core.domain.trading_block import TradingBlock
from core.errors import NotFound, OutcomeUnknown
from core.protocol.call import Call
from core.services.order_sender import OrderSender
from core.services.orders import OrderDesk
from tests.core.builders import account, after, order
from tests.fakes.made_up_time import ManualLink, Time


@dataclass
class Books:
    """A broker in a dictionary, with a log of what was asked when."""

    time: Time
    orders: dict[str, Order] = field(default_factory=dict)
    asked: list[tuple[int, str, str]] = field(default_factory=list)
    older: dict[str, Order] = field(default_factory=dict)  # known by their id, on no list
    loses: bool = False  # takes nothing and says nothing

    def run(
        self,
        call: Call[Any],
        *,
        on_sent: Callable[[], None] | None = None,
        on_first_byte: Callable[[], None] | None = None,
    ) -> Any:
        self.asked.append((self.time.now_ms, call.method, call.path))
        if on_sent is not None:
            on_sent()
        if on_first_byte is not None and not self.loses:
            on_first_byte()
        if call.method == "POST":
            return self._place(call)
        if call.method == "DELETE":
            order_id = call.path.rsplit("/", 1)[1]
            self.orders[order_id] = order(
                order_id,
                client_order_id=self.orders[order_id].client_order_id,
                status=OrderStatus.CANCELED,
                updated_at=after(self.time.now_ms),
            )
            return None
        if call.path == "/v2/positions":
            return Listing()
        if call.path == "/v2/orders":
            return Listing(rows=tuple(self.orders.values()))
        wanted = dict(call.query).get("client_order_id") or call.path.rsplit("/", 1)[1]
        for known in (*self.orders.values(), *self.older.values()):
            if wanted in (known.id, known.client_order_id):
                return known
        raise NotFound("not found")

    def _place(self, call: Call[Any]) -> Order:
        if self.loses:
            raise OutcomeUnknown("no answer")
        key = msgspec.json.decode(call.body or b"{}")["client_order_id"]
        placed = order(f"o-{key}", client_order_id=key, updated_at=after(self.time.now_ms))
        self.orders[placed.id] = placed
        return placed

    def count(self, method: str) -> int:
        return sum(verb == method for _, verb, _ in self.asked)


@dataclass
class World:
    time: Time
    books: Books
    link: ManualLink
    sender: OrderSender
    desk: OrderDesk
    blocks: list[TradingBlock] = field(default_factory=list)

    @property
    def block(self) -> TradingBlock:
        return self.desk.trading_block

    def stop(self) -> None:
        self.desk.stop()
        self.link.queue.stop()
        self.sender.close()


def make_world(
    path: Path, *, limit: int = 200, chance: float = 0.5, books: Callable[[Time], Books] = Books
) -> World:
    """A desk that may trade, a tenth of a second after its start."""
    time = Time()
    broker = books(time)
    link = ManualLink(time, broker, limit=limit)
    sender = OrderSender(broker, path, account_id=account().id, environment=Environment.PAPER)
    numbers = itertools.count(1)
    desk = OrderDesk(
        link,
        sender,
        time,
        grant=Grant(token=Secret("t"), scopes=frozenset({"trading"})),
        account=account(),
        new_id=lambda: f"bw-{next(numbers)}",
        timers=time,
        chance=lambda: chance,
        stands_aside=False,
    )
    made = World(time, broker, link, sender, desk)
    desk.trading_block_changed.connect(made.blocks.append)
    desk.start()
    desk.reconcile()
    time.pass_ms(100)
    return made

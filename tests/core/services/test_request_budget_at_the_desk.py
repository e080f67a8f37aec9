"""The request budget around a desk in made-up time: what is kept back, what never is, and 429 obeyed."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.domain.environment import Environment
from core.domain.grant import Grant
from core.domain.intent import IntentState
from core.domain.order import Order, OrderStatus
from core.domain.request_budget import RateFacts
from core.domain.secret import Secret
from core.domain.trading_block import TradingBlock
from core.errors import NotFound, NotPermitted, OutcomeUnknown
from core.protocol.call import Call
from core.services.order_sender import OrderSender
from core.services.orders import OrderDesk
from tests.core.builders import account, after, order
from tests.core.services.desk import buy
from tests.fakes.made_up_time import ManualLink, Time

S = IntentState


@dataclass
class Books:
    """A broker in a dictionary, with a log of what was asked when."""

    time: Time
    orders: dict[str, Order] = field(default_factory=dict)
    asked: list[tuple[int, str, str]] = field(default_factory=list)
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
            return ()
        if call.path == "/v2/orders":
            return tuple(self.orders.values())
        wanted = dict(call.query).get("client_order_id") or call.path.rsplit("/", 1)[1]
        for known in self.orders.values():
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


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    time = Time()
    books = Books(time)
    link = ManualLink(time, books, limit=40)
    sender = OrderSender(books, tmp_path / "j.sqlite", account_id=account().id, environment=Environment.PAPER)
    numbers = itertools.count(1)
    desk = OrderDesk(
        link,
        sender,
        time,
        grant=Grant(token=Secret("t"), scopes=frozenset({"trading"})),
        account=account(),
        new_id=lambda: f"bw-{next(numbers)}",
        timers=time,
        chance=lambda: 0.5,
        stands_aside=False,
    )
    made = World(time, books, link, sender, desk)
    desk.trading_block_changed.connect(made.blocks.append)
    desk.start()
    desk.reconcile()
    time.pass_ms(100)
    assert made.block is TradingBlock.NONE
    yield made
    desk.stop()
    link.queue.stop()
    sender.close()


def place_until_held(world: World, most: int = 100) -> list[str]:
    keys: list[str] = []
    while world.block is TradingBlock.NONE and len(keys) < most:
        keys.append(world.desk.place(buy()).client_order_id)
    world.time.pass_ms(100)
    return keys


def test_orders_leave_room_for_cancels_and_the_trader_is_told_why_they_wait(world):
    keys = place_until_held(world)
    assert 20 < len(keys) < 40
    assert world.blocks[-1] == TradingBlock.REQUEST_BUDGET
    assert 0 < world.desk.block_passes_s <= 60
    cancel = world.desk.cancel(world.desk.intent(keys[0]).order_id)
    world.time.pass_ms(1_000)
    assert world.desk.intent(cancel.client_order_id).state is S.CANCELED
    world.time.pass_ms(60_000)
    assert world.blocks[-1] == TradingBlock.NONE
    assert world.books.count("POST") == len(keys)


def test_no_minute_ever_sees_more_requests_than_the_broker_takes(world):
    for _ in range(30):
        place_until_held(world)
        for known in list(world.desk.orders.values())[-5:]:
            if known.is_cancelable:
                world.desk.cancel(known.id)
        world.desk.hold()
        world.desk.reconcile()
        world.time.pass_ms(7_000)
    moments = [at for at, _, _ in world.books.asked]
    assert max(sum(at <= other < at + 60_000 for other in moments) for at in moments) <= 40


@pytest.mark.parametrize(
    ("facts", "wait_ms"),
    [
        (RateFacts(is_refusal=True, retry_after_s=7), 7_000),
        (RateFacts(is_refusal=True, reset_s=12), 12_000),
        (RateFacts(is_refusal=True, retry_after_s=3, reset_s=50), 3_000),
        (RateFacts(is_refusal=True), 1_000),
        (RateFacts(is_refusal=True, retry_after_s=100_000), 60_000),
    ],
)
def test_after_a_429_nothing_leaves_before_its_time_and_what_waited_then_goes(world, facts, wait_ms):
    key = world.desk.place(buy()).client_order_id
    world.time.pass_ms(10)
    world.link.tell(facts)
    told = world.time.now_ms
    assert world.block == TradingBlock.REQUEST_BUDGET
    with pytest.raises(NotPermitted):
        world.desk.place(buy())
    cancel = world.desk.cancel(world.desk.intent(key).order_id)
    before = len(world.books.asked)
    world.time.pass_ms(wait_ms - 1)
    assert len(world.books.asked) == before
    world.time.pass_ms(2_000)
    assert world.desk.intent(cancel.client_order_id).state is S.CANCELED
    assert world.books.asked[before][0] >= told + wait_ms
    assert world.block == TradingBlock.NONE


def test_a_script_of_refusals_without_any_advice_waits_twice_as_long_each_time(world):
    waits = []
    for _ in range(8):
        world.link.tell(RateFacts(is_refusal=True))
        waits.append(world.desk.block_passes_s)
        world.time.pass_ms(int(waits[-1] * 1000) + 1)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    world.link.tell(RateFacts())
    world.link.tell(RateFacts(is_refusal=True))
    assert world.desk.block_passes_s == 1


def test_what_other_programs_used_of_the_limit_counts_until_the_reset(world):
    world.link.tell(RateFacts(limit=40, remaining=3, reset_s=20))
    with pytest.raises(NotPermitted):
        world.desk.place(buy())
    world.time.pass_ms(20_100)
    world.desk.place(buy())


def test_look_ups_go_on_while_orders_are_held_back(world):
    world.books.loses = True
    key = world.desk.place(buy()).client_order_id
    world.time.pass_ms(10)
    world.books.loses = False
    place_until_held(world)
    asked = world.books.count("GET")
    world.time.pass_ms(3_000)
    assert world.books.count("GET") > asked
    assert world.desk.intent(key).state is S.UNKNOWN


def test_unknown_is_retried_under_the_same_id_on_a_persons_word_alone(world):
    world.books.loses = True
    intent = world.desk.place(buy())
    key = intent.client_order_id
    with pytest.raises(NotPermitted):
        world.desk.retry(key)
    world.time.pass_ms(600_000)
    assert (world.books.count("POST"), world.desk.intent(key).state) == (1, S.UNKNOWN)
    assert world.desk.age_s(key) == pytest.approx(600, abs=1)
    world.books.loses = False
    world.desk.retry(key)
    with pytest.raises(NotPermitted):
        world.desk.retry(key)
    world.time.pass_ms(100)
    assert (world.books.count("POST"), world.desk.intent(key).state) == (2, S.WORKING)
    assert list(world.books.orders) == [f"o-{key}"]
    assert world.desk.intent(key).body == intent.body
    assert world.desk.intent(key).sendings == 2


def test_what_a_person_lets_go_is_asked_about_no_more_and_stays_unknown(world):
    world.books.loses = True
    key = world.desk.place(buy()).client_order_id
    world.time.pass_ms(1_000)
    world.desk.let_go(key)
    world.time.pass_ms(1_000)
    asked = [path for _, _, path in world.books.asked if path.endswith("client_order_id")]
    world.time.pass_ms(120_000)
    assert [path for _, _, path in world.books.asked if path.endswith("client_order_id")] == asked
    assert world.desk.intent(key).state is S.UNKNOWN
    world.desk.take_events(())
    world.books.orders["x"] = order("x", client_order_id=key)
    world.desk.reconcile()
    world.time.pass_ms(1_000)
    assert world.desk.intent(key).state is S.WORKING


def test_the_traders_own_switch_and_limit_hold_orders_and_never_cancels(world):
    key = world.desk.place(buy()).client_order_id
    world.time.pass_ms(10)
    world.desk.switch(TradingBlock.NO_NEW_ORDERS, on=True)
    assert world.block == TradingBlock.NO_NEW_ORDERS
    with pytest.raises(NotPermitted):
        world.desk.place(buy())
    world.desk.cancel(world.desk.intent(key).order_id)
    world.desk.switch(TradingBlock.NO_NEW_ORDERS, on=False)
    world.desk.limit_orders_a_minute(3)
    world.desk.place(buy())
    world.desk.place(buy())
    assert world.block == TradingBlock.ORDERS_A_MINUTE
    world.time.pass_ms(60_100)
    assert world.blocks[-1] == TradingBlock.NONE


def test_the_same_run_twice_is_the_same_to_the_millisecond(tmp_path):
    """The desk has no clock, thread or chance but those it is given."""
    assert len({_trace(tmp_path / f"{run}.sqlite") for run in range(3)}) == 1


def _trace(path: Path) -> str:
    time = Time()
    books = Books(time)
    link = ManualLink(time, books)
    sender = OrderSender(books, path, account_id=account().id, environment=Environment.PAPER)
    numbers = itertools.count(1)
    desk = OrderDesk(
        link,
        sender,
        time,
        grant=Grant(token=Secret("t"), scopes=frozenset({"trading"})),
        account=account(),
        new_id=lambda: f"bw-{next(numbers)}",
        timers=time,
        chance=lambda: 0.25,
        stands_aside=False,
    )
    told: list[object] = []
    desk.intents_changed.connect(told.append)
    desk.start()
    desk.reconcile()
    time.pass_ms(50)
    for lost in (False, True, False):
        books.loses = lost
        desk.place(buy(qty=Decimal(3)))
        time.pass_ms(900)
    desk.cancel_all()
    time.pass_ms(50_000)
    desk.stop()
    link.queue.stop()
    sender.close()
    return repr((told, books.asked))

"""The request budget around a desk in made-up time: what is kept back, what never is, and 429 obeyed."""

import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.domain.intent import IntentState
from core.domain.order import TimeInForce
from core.domain.position import Position
from core.domain.request_budget import RateFacts
from core.domain.trading_block import TradingBlock
from core.errors import NotPermitted, Overloaded
from core.protocol.call import Call
from tests.core.builders import event, order
from tests.core.services.desk import buy
from tests.core.services.made_up_desk import Books, World, make_world
from tests.fakes.made_up_time import ManualLink, Time

S = IntentState


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path / "j.sqlite", limit=40)
    assert made.block is TradingBlock.NONE
    yield made
    made.stop()


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


def test_however_many_orders_are_unknown_to_the_broker_there_is_room_for_the_next(tmp_path):
    """As after an outage in the middle of a basket: nobody is there to let each go."""
    world = make_world(tmp_path / "j.sqlite")
    world.books.loses = True
    lost: list[str] = []
    for _ in range(180):
        if world.block is TradingBlock.NONE and len(lost) < 60:
            lost.append(world.desk.place(buy()).client_order_id)
        world.time.pass_ms(1_000)
    assert len(lost) == 60
    world.books.loses = False
    world.time.pass_ms(60_000)
    asked_before = len(world.books.asked)
    for _ in range(60):
        assert world.block is TradingBlock.NONE
        world.time.pass_ms(5_000)
    fates = {intent.client_order_id: intent.state for intent in world.desk.open_intents}
    assert fates == dict.fromkeys(lost, S.UNKNOWN)
    asked = [path for _, _, path in world.books.asked[asked_before:] if "by_client_order_id" in path]
    assert len(asked) >= 4 * len(lost), "some are no longer asked about"
    world.stop()


@pytest.mark.parametrize(
    ("facts", "wait_ms"),
    [
        (RateFacts(is_refusal=True, retry_after_s=7), 7_000),
        (RateFacts(is_refusal=True, reset_s=12), 12_000),
        (RateFacts(is_refusal=True, retry_after_s=3, reset_s=50), 3_000),
        (RateFacts(is_refusal=True), 1_000),
        (RateFacts(is_refusal=True, retry_after_s=180), 180_000),
        (RateFacts(is_refusal=True, retry_after_s=100_000), 600_000),
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


def test_an_order_that_has_room_never_waits_behind_what_is_about_to_leave(world):
    """A pause ends a moment before the queue is woken; a look-up in front would take the last room."""
    world.link.tell(RateFacts(is_refusal=True, retry_after_s=5))
    known = order("o-9")
    world.books.orders["o-9"] = known
    world.desk.take_events((event("new", known),))
    world.desk.cancel("o-9")
    world.time.pass_ms(5_001)
    assert world.books.count("DELETE") == 0
    world.desk.place(buy())
    world.time.pass_ms(2)
    assert world.books.count("POST") == 1


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


def test_what_only_closes_passes_the_traders_own_switch_and_limit_and_nothing_else_does(world):
    held = Position(symbol="AAPL", asset_class="us_equity", qty=Decimal(-7), avg_entry_price=Decimal(9))
    coins = Position(symbol="BTCUSD", asset_class="crypto", qty=Decimal(2), avg_entry_price=Decimal(9))
    world.desk.limit_orders_a_minute(1)
    world.desk.place(buy())
    world.desk.switch(TradingBlock.NO_NEW_ORDERS, on=True)
    closes = [world.desk.close_position(held), world.desk.close_position(coins, Decimal("0.5"))]
    assert [intent.terms["qty"] for intent in closes] == ["7", "0.5"]
    for opening in (buy(), buy(symbol="BTC/USD", time_in_force=TimeInForce.GTC)):
        with pytest.raises(NotPermitted):
            world.desk.place(opening)
    world.desk.hold()
    assert world.desk.close_block is TradingBlock.NOT_READY
    with pytest.raises(NotPermitted):
        world.desk.close_position(held)


def test_the_same_run_twice_is_the_same_to_the_millisecond(tmp_path):
    """The desk has no clock, thread or chance but those it is given."""
    assert len({_trace(tmp_path / f"{run}.sqlite") for run in range(3)}) == 1


def _trace(path: Path) -> str:
    world = make_world(path, chance=0.25)
    told: list[object] = []
    world.desk.intents_changed.connect(told.append)
    for lost in (False, True, False):
        world.books.loses = lost
        world.desk.place(buy(qty=Decimal(3)))
        world.time.pass_ms(900)
    world.desk.cancel_all()
    world.time.pass_ms(50_000)
    world.stop()
    return repr((told, world.books.asked))


class StrictBroker(Books):
    """Counts fixed minutes, other programs' requests too, and refuses what is too many, in several ways."""

    def __init__(self, time: Time, chance: random.Random) -> None:
        super().__init__(time)
        self.chance = chance
        self.link: ManualLink | None = None
        self.minute, self.used, self.refused = 0, 0, 0
        self.forbidden_until_ms = 0
        self.too_early = 0

    def run(self, call: Call[Any], **watch: Any) -> Any:
        now = self.time.now_ms
        self.too_early += now < self.forbidden_until_ms
        if now // 60_000 != self.minute:
            self.minute, self.used = now // 60_000, 0
        self.used += 1 + (self.chance.random() < 0.3)  # somebody else's
        reset_s = 60 - now % 60_000 / 1000
        if self.used > 40 or self.chance.random() < 0.02:
            self.refused += 1
            retry_after_s = self.chance.choice([None, None, float(self.chance.randint(1, 20))])
            facts = RateFacts(
                is_refusal=True,
                retry_after_s=retry_after_s,
                reset_s=self.chance.choice([None, reset_s]),
            )
            self._tell(facts)
            wait_s = facts.reset_s if retry_after_s is None else retry_after_s
            if wait_s is not None and self.link is not None:
                # What was on its way already cannot know.
                until_ms = now + int(1000 * wait_s)
                self.time.at(3, lambda: self._forbid(until_ms))
            raise Overloaded("too many")
        if self.chance.random() < 0.7:
            self._tell(RateFacts(limit=40, remaining=40 - self.used, reset_s=reset_s))
        return super().run(call, **watch)

    def _forbid(self, until_ms: int) -> None:
        self.forbidden_until_ms = max(self.forbidden_until_ms, until_ms)

    def _tell(self, facts: RateFacts) -> None:
        if self.link is not None:
            self.link.tell(facts)


def play(path: Path, seed: int) -> list[str]:
    """Trade for some minutes against a strict broker; returns what went wrong."""
    chance = random.Random(seed)
    world = make_world(path, limit=40, books=lambda time: StrictBroker(time, chance))
    broker = world.books
    assert isinstance(broker, StrictBroker)
    broker.link = world.link
    placed: list[str] = []
    for _ in range(150):
        world.time.pass_ms(chance.randint(100, 2_000))
        if world.block is TradingBlock.NONE and chance.random() < 0.5:
            placed.append(world.desk.place(buy()).client_order_id)
        elif chance.random() < 0.2:
            for known in list(world.desk.orders.values())[-2:]:
                if known.is_cancelable:
                    world.desk.cancel(known.id)
        elif chance.random() < 0.1:
            world.desk.reconcile()
    world.time.pass_ms(200_000)
    wrong = [f"{broker.too_early} requests before their time"] if broker.too_early else []
    has = {known.client_order_id for known in broker.orders.values()}
    for key in placed:
        intent = world.desk.intent(key)
        assert intent is not None
        expected = {S.WORKING, S.CANCELED} if key in has else {S.REFUSED}
        if intent.state not in expected:
            wrong.append(f"{key} is {intent.state}, at the broker: {key in has}")
    stuck = [intent.client_order_id for intent in world.desk.open_intents if intent.state is S.DRAFT]
    world.stop()
    return wrong + [f"{key} never left" for key in stuck]


def scripts(folder: Path, count: int, figure: Callable[[str, int, int, str], None]) -> None:
    failures = [
        f"seed {seed}: {wrong}" for seed in range(count) for wrong in play(folder / f"{seed}.sqlite", seed)
    ]
    detail = "some minutes each, 429 with and without Retry-After, other programs on the same limit"
    figure("rate_limit_scripts", count, len(failures), detail)
    assert failures == []


def test_scripts_of_refusals_are_obeyed_and_no_order_is_doubled_or_lost(tmp_path, figure):
    scripts(tmp_path, 5, figure)


@pytest.mark.long
def test_two_hundred_scripts_of_refusals_are_obeyed_and_no_order_is_doubled_or_lost(tmp_path, figure):
    scripts(tmp_path, 200, figure)

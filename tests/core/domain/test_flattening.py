"""Getting flat: nothing is closed twice, and it is over only when the broker says zero."""

import itertools
import random
from dataclasses import dataclass, field, replace
from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from core.domain.environment import Environment
from core.domain.flattening import (
    CANNOT_BE_READ,
    FILLED_IN_PART,
    HELD_BY_ORDERS,
    NOT_CONFIRMED,
    NOT_FILLED,
    WAITS_FOR_OPEN,
    CancelOrder,
    ClosePosition,
    Flattening,
    Picture,
    ReadAgain,
    Stage,
)
from core.domain.intent import Intent, IntentKind, IntentState
from core.domain.order import Order, OrderStatus
from core.domain.position import Position
from core.domain.trading_block import TradingBlock

S = 1_000_000_000


def position(symbol: str, qty: str, available: str | None = None) -> Position:
    return Position(
        symbol=symbol,
        asset_class="us_equity",
        qty=D(qty),
        avg_entry_price=D(10),
        qty_available=None if available is None else D(available),
    )


def order(number: int, symbol: str, status: OrderStatus = OrderStatus.NEW, **more: object) -> Order:
    terms = {"side": "sell", "type": "limit", "time_in_force": "gtc", "qty": D(5), **more}
    client_order_id = str(terms.pop("client_order_id", f"c{number}"))
    return Order(
        id=f"o{number}",
        client_order_id=client_order_id,
        symbol=symbol,
        status=status,
        status_text=status.value,
        **terms,  # type: ignore[arg-type]
    )


def intent(key: str, kind: IntentKind, state: IntentState, **more: object) -> Intent:
    return Intent(
        client_order_id=key,
        kind=kind,
        environment=Environment.PAPER,
        account_id="a",
        symbol="",
        body=b"",
        state=state,
        created_ns=0,
        since_ns=0,
        **more,  # type: ignore[arg-type]
    )


def picture(at_s: float, **known: object) -> Picture:
    now_ns = int(at_s * S)
    facts: dict[str, object] = {
        "positions": (),
        "positions_asked_ns": now_ns,
        "orders": {},
        "orders_asked_ns": now_ns,
        "intents": {},
        "block": TradingBlock.NONE,
        **known,
    }
    if isinstance(facts["orders"], (list, tuple)):
        facts["orders"] = {one.id: one for one in facts["orders"]}
    if isinstance(facts["intents"], (list, tuple)):
        facts["intents"] = {one.client_order_id: one for one in facts["intents"]}
    return Picture(now_ns=now_ns, **facts)  # type: ignore[arg-type]


def test_an_account_without_anything_is_flat_once_reads_sent_afterwards_say_so():
    run = Flattening()
    assert run.next(picture(1, positions_asked_ns=None)) == (ReadAgain(),)
    assert not run.is_flat
    assert run.next(picture(2)) == ()
    assert run.is_flat


@pytest.mark.parametrize(
    ("unreadable", "key"),
    [
        ({"unreadable_positions": ("TSLA",)}, "position:TSLA"),
        ({"unreadable_positions": ("",)}, "position:0"),
        ({"unreadable_orders": ("o-7",)}, "order:o-7"),
        ({"unreadable_orders": ("",)}, "order:0"),
    ],
)
def test_what_the_broker_lists_and_nobody_can_read_is_not_flat(unreadable, key):
    run = Flattening()
    for at_s in (1, 5, 10_000):
        run.next(picture(at_s, **unreadable))
        assert not run.is_flat
        assert [(line.key, line.stage, line.reason) for line in run.lines] == [
            (key, Stage.RESISTS, CANNOT_BE_READ)
        ]
    run.next(picture(10_001))
    assert run.is_flat


def test_orders_are_cancelled_before_the_position_they_hold_is_closed():
    run = Flattening()
    held, resting = position("NVDA", "5", "0"), order(1, "NVDA")
    assert run.next(picture(1, positions=(held,), orders=[resting])) == (CancelOrder("o1"),)
    run.cancel_sent("o1", "x1")
    asked = intent("x1", IntentKind.CANCEL, IntentState.SENT, target_order_id="o1")
    assert run.next(picture(2, positions=(held,), orders=[resting], intents=[asked])) == ()
    assert [line.stage for line in run.lines] == [Stage.CANCELLING, Stage.WAITING_FOR_CANCELS]
    gone = structs.replace(resting, status=OrderStatus.CANCELED)
    free = position("NVDA", "5", "5")
    assert run.next(picture(3, positions=(free,), orders=[gone])) == (ClosePosition(free),)


def test_a_close_that_is_not_proven_over_is_never_sent_again():
    run = Flattening()
    held = position("NVDA", "5")
    assert run.next(picture(1, positions=(held,))) == (ClosePosition(held),)
    run.close_sent(held, "k1")
    for state in (IntentState.DRAFT, IntentState.JOURNALED, IntentState.SENT, IntentState.UNKNOWN):
        unsettled = intent("k1", IntentKind.PLACE, state)
        for at_s in (2, 100, 10_000):
            deeds = run.next(picture(at_s, positions=(held,), intents=[unsettled]))
            assert not [deed for deed in deeds if isinstance(deed, ClosePosition)]
    assert run.lines[0].stage is Stage.UNKNOWN


def test_after_a_fill_positions_that_lag_are_waited_for_and_then_believed():
    run = Flattening()
    held = position("NVDA", "5")
    run.next(picture(1, positions=(held,)))
    run.close_sent(held, "k1")
    filled = order(9, "NVDA", OrderStatus.FILLED, client_order_id="k1", filled_qty=D(5))
    done = intent("k1", IntentKind.PLACE, IntentState.FILLED, order_id="o9")
    known = {"orders": [filled], "intents": [done]}
    assert run.next(picture(2, positions=(held,), positions_asked_ns=1 * S, **known)) == (ReadAgain(),)
    assert run.next(picture(3, positions=(held,), **known)) == ()  # the broker still lists it
    assert run.lines[0].stage is Stage.SETTLING
    assert run.next(picture(4, **known)) == ()
    assert run.is_flat


def test_a_position_that_is_still_listed_long_after_the_fill_is_closed_again():
    run = Flattening()
    held = position("NVDA", "5")
    run.next(picture(1, positions=(held,)))
    run.close_sent(held, "k1")
    filled = order(9, "NVDA", OrderStatus.FILLED, client_order_id="k1", filled_qty=D(5))
    done = intent("k1", IntentKind.PLACE, IntentState.FILLED, order_id="o9")
    bought_meanwhile = position("NVDA", "3")
    run.next(picture(2, positions=(held,), orders=[filled], intents=[done]))
    deeds = run.next(picture(18, positions=(bought_meanwhile,), orders=[filled], intents=[done]))
    assert deeds == (ClosePosition(bought_meanwhile),)


@pytest.mark.parametrize("state", [IntentState.REFUSED, IntentState.NEVER_SENT])
def test_what_is_refused_resists_with_its_reason_and_is_tried_again_after_ever_longer_pauses(state):
    run = Flattening()
    held = position("NVDA", "5")
    sent_at: list[int] = []
    for at_s in range(1, 120):
        key = f"k{len(sent_at)}"
        known = [intent(key, IntentKind.PLACE, state, reason="not tradable today")]
        deeds = run.next(picture(at_s, positions=(held,), intents=known))
        if deeds == (ClosePosition(held),):
            sent_at.append(at_s)
            run.close_sent(held, f"k{len(sent_at)}")
        elif sent_at:
            assert (run.lines[0].stage, run.lines[0].reason) == (Stage.RESISTS, "not tradable today")
    pauses = [later - earlier for earlier, later in itertools.pairwise(sent_at)]
    assert pauses == sorted(pauses)
    assert max(pauses) <= 32
    assert len(sent_at) >= 5


def test_while_trading_is_held_nothing_is_closed_and_the_reason_is_shown():
    run = Flattening()
    held = position("NVDA", "5")
    deeds = run.next(picture(1, positions=(held,), block=TradingBlock.NOT_READY))
    assert not [deed for deed in deeds if isinstance(deed, ClosePosition)]
    assert (run.lines[0].stage, run.lines[0].reason) == (Stage.RESISTS, TradingBlock.NOT_READY.value)


def test_a_position_that_nothing_visible_holds_says_so():
    run = Flattening()
    run.next(picture(1, positions=(position("NVDA", "5", "0"),)))
    assert (run.lines[0].stage, run.lines[0].reason) == (Stage.RESISTS, HELD_BY_ORDERS)


def test_a_close_that_waits_for_the_open_says_so():
    run = Flattening()
    held = position("NVDA", "5")
    run.next(picture(1, positions=(held,)))
    run.close_sent(held, "k1")
    resting = order(9, "NVDA", OrderStatus.ACCEPTED, client_order_id="k1")
    known = {
        "orders": [resting],
        "intents": [intent("k1", IntentKind.PLACE, IntentState.WORKING, order_id="o9")],
    }
    run.next(picture(2, positions=(held,), **known))
    assert (run.lines[0].stage, run.lines[0].reason) == (Stage.CLOSING, WAITS_FOR_OPEN)
    assert not run.is_flat


def test_what_takes_long_says_why_although_nothing_was_refused():
    run = Flattening()
    held, resting = position("NVDA", "5", "5"), order(1, "AMD")
    run.next(picture(1, positions=(held,), orders=[resting]))
    run.cancel_sent("o1", "x1")
    run.close_sent(held, "x2")
    asked = intent("x1", IntentKind.CANCEL, IntentState.WORKING, target_order_id="o1")
    closing = intent("x2", IntentKind.PLACE, IntentState.WORKING, order_id="o2")
    close = order(2, "NVDA", type="market", client_order_id="x2")

    def reasons(at_s: float, closing_order: Order) -> list[tuple[Stage, str]]:
        known = {"orders": [resting, closing_order], "intents": [asked, closing]}
        assert not [
            deed for deed in run.next(picture(at_s, positions=(held,), **known)) if deed != ReadAgain()
        ]
        return [(line.stage, line.reason) for line in run.lines]

    assert reasons(2, close) == [(Stage.CANCELLING, ""), (Stage.CLOSING, "")]
    assert reasons(6, close) == [(Stage.CANCELLING, NOT_CONFIRMED), (Stage.CLOSING, NOT_FILLED)]
    part = structs.replace(close, status=OrderStatus.PARTIALLY_FILLED, filled_qty=D(2))
    assert reasons(7, part)[1] == (Stage.CLOSING, FILLED_IN_PART)


def test_a_leg_goes_with_its_open_parent_and_by_itself_once_the_parent_is_done():
    parent = order(1, "NVDA", side="buy", order_class="bracket")
    leg = order(2, "NVDA", OrderStatus.HELD, parent_id="o1")
    assert Flattening().next(picture(1, orders=[parent, leg])) == (CancelOrder("o1"),)
    done = structs.replace(parent, status=OrderStatus.FILLED)
    working = structs.replace(leg, status=OrderStatus.NEW)
    assert Flattening().next(picture(1, orders=[done, working])) == (CancelOrder("o2"),)


def test_coins_are_matched_although_orders_and_positions_spell_them_differently():
    run = Flattening()
    coins = replace(position("BTCUSD", "0.5"), asset_class="crypto")
    deeds = run.next(picture(1, positions=(coins,), orders=[order(1, "BTC/USD")]))
    assert deeds == (CancelOrder("o1"),)


@dataclass
class LaggingBroker:
    """A broker whose orders are refused, filled in part or unknown for long at times, and whose lists lag."""

    chance: random.Random
    held: dict[str, D]
    orders: dict[str, Order] = field(default_factory=dict)
    intents: dict[str, Intent] = field(default_factory=dict)
    past: list[tuple[int, dict[str, D]]] = field(default_factory=list)
    due: list[tuple[int, str]] = field(default_factory=list)

    def listed(self, now_ns: int, lag_ns: int) -> tuple[Position, ...]:
        known = [held for at, held in self.past if at <= now_ns - lag_ns]
        held = known[-1] if known else self.past[0][1]
        return tuple(position(symbol, str(qty)) for symbol, qty in held.items() if qty)

    def remember(self, now_ns: int) -> None:
        self.past.append((now_ns, dict(self.held)))

    def close(self, held: Position, now_ns: int) -> str:
        key = f"k{len(self.intents)}"
        what = self.chance.choice(["fill", "fill", "part", "refuse", "late"])
        if what == "refuse":
            self.intents[key] = intent(key, IntentKind.PLACE, IntentState.REFUSED, reason="no")
            return key
        state = IntentState.UNKNOWN if what == "late" else IntentState.SENT
        self.intents[key] = structs.replace(intent(key, IntentKind.PLACE, state), symbol=held.symbol)
        qty = abs(held.qty) if what != "part" else abs(held.qty) // 2 or D(1)
        side = "sell" if held.qty > 0 else "buy"
        self.orders[key] = structs.replace(
            order(0, held.symbol, side=side), id=key, client_order_id=key, qty=qty
        )
        self.due.append((now_ns + self.chance.randint(0, 20) * S, key))
        return key

    def advance(self, now_ns: int) -> None:
        for at, key in [*self.due]:
            if at <= now_ns:
                self.due.remove((at, key))
                one = self.orders[key]
                sign = -1 if one.side == "sell" else 1
                self.held[one.symbol] += sign * (one.qty or D(0))
                self.orders[key] = structs.replace(one, status=OrderStatus.FILLED, filled_qty=one.qty or D(0))
                self.intents[key] = structs.replace(self.intents[key], state=IntentState.FILLED, order_id=key)
        self.remember(now_ns)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), lag_s=st.integers(0, 10))
def test_whatever_lags_or_is_refused_it_ends_flat_and_no_position_is_ever_turned_round(seed, lag_s):
    chance = random.Random(seed)
    broker = LaggingBroker(chance, {"AAA": D(chance.randint(1, 50)), "BBB": D(-chance.randint(1, 50))})
    broker.remember(0)
    run = Flattening()
    for second in range(1, 2_000):
        now_ns = second * S
        broker.advance(now_ns)
        assert broker.held["AAA"] >= 0
        assert broker.held["BBB"] <= 0
        shown = Picture(
            now_ns=now_ns,
            positions=broker.listed(now_ns, lag_s * S),
            positions_asked_ns=now_ns,
            orders=broker.orders,
            orders_asked_ns=now_ns,
            intents=broker.intents,
            block=TradingBlock.NONE,
        )
        for deed in run.next(shown):
            if isinstance(deed, ClosePosition):
                run.close_sent(deed.position, broker.close(deed.position, now_ns))
        if run.is_flat:
            break
    assert run.is_flat
    assert set(broker.held.values()) == {D(0)}

"""The order book: the same history in any order and any number of copies ends in the same book."""

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.book import OrderBook, is_newer
from core.domain.order import FINAL_STATUSES, Order, OrderStatus
from tests.core.builders import after, order

Status = OrderStatus
ENDS = sorted(FINAL_STATUSES)


@st.composite
def histories(draw: st.DrawFn) -> list[Order]:
    """One order's life as the broker would tell it: time moves on, the filled quantity never falls."""
    steps = draw(
        st.lists(
            st.sampled_from(
                [Status.NEW, Status.PARTIALLY_FILLED, Status.PENDING_CANCEL, Status.PENDING_REPLACE]
            ),
            max_size=8,
        )
    )
    statuses = [Status.PENDING_NEW, *steps]
    if draw(st.booleans()):
        statuses.append(draw(st.sampled_from(ENDS)))
    filled, life = 0, []
    for at, status in enumerate(statuses):
        if status is Status.PARTIALLY_FILLED:
            filled = min(9, filled + draw(st.integers(1, 3)))
        if status is Status.FILLED:
            filled = 10
        life.append(order(status=status, filled_qty=Decimal(filled), updated_at=after(at)))
    return life


def folded(orders: list[Order]) -> Order:
    book = OrderBook()
    for seen in orders:
        book.take(seen)
    return book.orders["o-1"]


@given(histories(), st.randoms(use_true_random=False))
def test_a_history_in_any_order_and_with_repetitions_ends_the_same(life, chance):
    shuffled = [*life, *chance.choices(life, k=len(life))]
    chance.shuffle(shuffled)
    assert folded(shuffled) == life[-1]


@given(st.lists(histories(), min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_no_evidence_whatever_makes_the_book_step_back(lives, chance):
    shuffled = [seen for life in lives for seen in life]
    chance.shuffle(shuffled)
    book = OrderBook()
    for seen in shuffled:
        before = book.get("o-1")
        book.take(seen)
        now = book.orders["o-1"]
        if before is not None:
            assert now.filled_qty >= before.filled_qty
            assert now.status.is_final or not before.status.is_final


@pytest.mark.parametrize("end", ENDS)
def test_a_final_status_stays_final_whatever_comes_later(end):
    known = order(status=end, updated_at=after(0))
    for late in set(Status) - FINAL_STATUSES:
        assert not is_newer(order(status=late, updated_at=after(99), filled_qty=Decimal(9)), known)


@pytest.mark.parametrize("early", [Status.PENDING_NEW, Status.ACCEPTED, Status.HELD, Status.PENDING_REVIEW])
@pytest.mark.parametrize("stamped", [True, False])
def test_an_answer_that_arrives_after_its_own_event_does_not_undo_it(early, stamped):
    at = after(0) if stamped else None
    working = order(status=Status.NEW, updated_at=at)
    answered = order(status=early, updated_at=at)
    assert folded([working, answered]) == working
    assert folded([answered, working]) == working


def test_at_equal_times_the_later_arrival_wins():
    assert (
        folded([order(status=Status.NEW), order(status=Status.PENDING_CANCEL)]).status
        is Status.PENDING_CANCEL
    )


def test_a_fill_counts_although_its_clock_is_behind():
    known = order(status=Status.NEW, updated_at=after(5))
    filled = order(status=Status.FILLED, filled_qty=Decimal(10), updated_at=after(4))
    assert folded([known, filled]) is filled


def test_the_same_evidence_twice_is_no_change():
    book = OrderBook()
    assert book.take(order())
    assert not book.take(order())


def test_an_event_without_legs_does_not_unnest_the_order():
    leg = order("leg")
    book = OrderBook()
    book.take(order(legs=(leg,)))
    changed = book.take_all(
        [order(status=Status.PARTIALLY_FILLED, filled_qty=Decimal(1), updated_at=after(1))]
    )
    assert [seen.legs for seen in changed] == [(leg,)]
    assert not book.take_all(
        [order(status=Status.PARTIALLY_FILLED, filled_qty=Decimal(1), updated_at=after(1))]
    )


def test_an_order_is_found_by_either_id():
    book = OrderBook()
    book.take(order("o-1"))
    book.take(order("o-2", status=Status.FILLED))
    assert book.by_client_order_id("c-o-2") is book.get("o-2")
    assert book.by_client_order_id("nobody") is None
    assert [seen.id for seen in book.open_orders()] == ["o-1"]
    assert len(book) == 2


def test_an_order_that_changes_twice_in_one_list_is_announced_once_as_it_ended():
    book = OrderBook()
    changed = book.take_all(
        [order(), order(status=Status.FILLED, filled_qty=Decimal(10), updated_at=after(1))]
    )
    assert [seen.status for seen in changed] == [Status.FILLED]


@pytest.mark.long
def test_a_hundred_thousand_permutations_converge():
    life = [
        order(status=Status.PENDING_NEW, updated_at=after(0)),
        order(status=Status.NEW, updated_at=after(1)),
        order(status=Status.PARTIALLY_FILLED, filled_qty=Decimal(4), updated_at=after(2)),
        order(status=Status.PENDING_CANCEL, filled_qty=Decimal(4), updated_at=after(3)),
        order(status=Status.PARTIALLY_FILLED, filled_qty=Decimal(7), updated_at=after(4)),
        order(status=Status.CANCELED, filled_qty=Decimal(7), updated_at=after(5)),
    ]
    chance = random.Random(7)
    for _ in range(100_000):
        shuffled = chance.sample(life, len(life)) + chance.choices(life, k=3)
        assert folded(shuffled) is life[-1]

"""The order book: the same history in any order and any number of copies ends in the same book."""

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.alarm import AlarmKind
from core.domain.book import OrderBook, Source, Verdict, judge
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
        seen = order(status=late, updated_at=after(99), filled_qty=Decimal(9))
        for source in (Source.EVENT, Source.LIST, Source.ANSWER):
            assert judge(seen, known, source) is Verdict.DOUBT
        assert judge(seen, known, Source.LOOK_UP) is Verdict.TAKE
        stale = order(status=late, updated_at=after(-1))
        assert {judge(stale, known, source) for source in Source} == {Verdict.KEEP}


@pytest.mark.parametrize(("end", "other"), list(itertools.permutations(ENDS, 2)))
def test_an_order_ends_once_and_only_a_look_up_tells_that_it_ended_otherwise(end, other):
    known = order(status=end, updated_at=after(0))
    for later in (0, 99):
        seen = order(status=other, updated_at=after(later))
        for source in (Source.EVENT, Source.LIST, Source.ANSWER):
            assert judge(seen, known, source) is Verdict.DOUBT
        assert judge(seen, known, Source.LOOK_UP) is Verdict.TAKE
    stale = order(status=other, updated_at=after(-1))
    assert {judge(stale, known, source) for source in Source} == {Verdict.KEEP}
    more = order(status=other, updated_at=after(-1), filled_qty=Decimal(3))
    assert judge(more, known, Source.EVENT) is Verdict.TAKE


def test_a_look_up_that_lags_behind_what_raised_the_doubt_does_not_settle_it():
    filled = order(status=Status.FILLED, filled_qty=Decimal(10), updated_at=after(1))
    less = order(status=Status.CANCELED, filled_qty=Decimal(6), updated_at=after(9))
    book = OrderBook()
    book.take(filled)
    book.correct(less)
    assert book.take(less, Source.EVENT).doubted == ("o-1",)
    assert book.take(filled, Source.LOOK_UP).doubted == ("o-1",)
    settled = book.take(less, Source.LOOK_UP)
    assert (settled.changed, settled.doubted) == (("o-1",), ())
    assert book.take(less, Source.LOOK_UP).doubted == ()


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
    piece = order(status=Status.PARTIALLY_FILLED, filled_qty=Decimal(1), updated_at=after(1))
    assert book.take(piece).changed == ("o-1",)
    assert [seen.id for seen in book.orders["o-1"].legs] == ["leg"]
    assert not book.take(piece)


@pytest.mark.parametrize("first", ["leg", "parent"])
def test_a_leg_is_an_order_of_its_own_and_its_parent_shows_how_it_stands(first):
    nested = order(legs=(order("leg", status=Status.HELD), order("other", status=Status.HELD)))
    filled = order("leg", status=Status.FILLED, filled_qty=Decimal(10), updated_at=after(5))
    book = OrderBook()
    before, last = (filled, nested) if first == "leg" else (nested, filled)
    book.take(before)
    assert set(book.take(last).changed) >= {"o-1", "leg"}
    assert [leg.status for leg in book.orders["o-1"].legs] == [Status.FILLED, Status.HELD]
    assert (book.orders["leg"].parent_id, book.orders["o-1"].parent_id) == ("o-1", None)


def test_what_replaces_a_leg_is_a_leg_of_the_same_parent():
    book = OrderBook()
    book.take(order(legs=(order("leg"),)))
    book.take(order("new", replaces="leg"))
    book.take(order("leg", status=Status.REPLACED, replaced_by="new", updated_at=after(1)))
    assert [(leg.id, leg.status) for leg in book.orders["o-1"].legs] == [
        ("leg", Status.REPLACED),
        ("new", Status.NEW),
    ]


def test_an_order_that_is_said_to_be_its_own_leg_is_none():
    book = OrderBook()
    for step in range(50):
        one = order("o-1", updated_at=after(step))
        two = order("o-2", updated_at=after(step), legs=(one,))
        book.take(order("o-1", updated_at=after(step), legs=(one, two)))
        book.take(two)
    assert [leg.id for leg in book.orders["o-1"].legs] == ["o-2"]
    assert book.orders["o-1"].legs[0].legs == ()


@pytest.mark.parametrize("backwards", [False, True])
def test_what_replaces_a_parent_takes_over_the_legs_that_it_names(backwards):
    legs = (order("profit", status=Status.HELD), order("loss", status=Status.HELD))
    told = [
        order(legs=legs),
        order("second", replaces="o-1"),  # the first answer knows of no legs yet
        order(status=Status.REPLACED, replaced_by="second", updated_at=after(1)),
        order("third", replaces="second", legs=legs),
        order("second", status=Status.REPLACED, replaces="o-1", updated_at=after(2)),
    ]
    book = OrderBook()
    changed = [book.take(seen).changed for seen in (reversed(told) if backwards else told)]
    assert {leg.id for leg in book.orders["third"].legs} == {"profit", "loss"}
    assert [book.orders[order_id].legs for order_id in ("o-1", "second")] == [(), ()]
    assert {book.orders[leg.id].parent_id for leg in legs} == {"third"}
    if not backwards:
        assert set(changed[-2] + changed[-1]) >= {"o-1", "third", "profit", "loss"}


def test_orders_that_are_said_to_have_replaced_each_other_keep_their_legs():
    leg = order("leg", status=Status.HELD)
    told = [
        order("o-1", replaces="o-2", replaced_by="o-1", legs=(leg,)),
        order("o-2", replaces="o-1", legs=(leg,)),
    ]
    book = OrderBook()
    book.take_all(told)
    assert [book.take(seen).changed for seen in told] == [(), ()]


def test_more_filled_than_ordered_raises_one_alarm_and_the_brokers_total_stands():
    book = OrderBook()
    over = order(status=Status.FILLED, filled_qty=Decimal(12))
    assert [(alarm.kind, alarm.filled_qty) for alarm in book.take(over).alarms] == [
        (AlarmKind.OVERFILL, Decimal(12))
    ]
    assert book.take(order(status=Status.FILLED, filled_qty=Decimal(12), updated_at=after(1))).alarms == ()
    assert book.orders["o-1"].filled_qty == 12


def test_a_total_falls_only_by_a_look_up_after_the_broker_undid_an_execution():
    book = OrderBook()
    book.take(order(status=Status.FILLED, filled_qty=Decimal(10)))
    less = order(status=Status.PARTIALLY_FILLED, filled_qty=Decimal(6), updated_at=after(9))
    assert book.take(less, Source.EVENT).doubted == ("o-1",)
    fell = book.take(less, Source.LOOK_UP)
    assert (bool(fell), [alarm.kind for alarm in fell.alarms]) == (False, [AlarmKind.TOTAL_FELL])
    book.correct(less)
    assert book.take(less, Source.EVENT).doubted == ("o-1",)
    assert book.take(less, Source.LOOK_UP)
    assert book.orders["o-1"].filled_qty == 6


def test_an_old_look_up_does_not_end_a_correction():
    book = OrderBook()
    book.take(order(status=Status.PARTIALLY_FILLED, filled_qty=Decimal(6), updated_at=after(1)))
    less = order(status=Status.PARTIALLY_FILLED, filled_qty=Decimal(2), updated_at=after(9))
    book.correct(less)
    more = order(status=Status.FILLED, filled_qty=Decimal(10), updated_at=after(4))
    assert book.take(more, Source.LOOK_UP)
    settled = book.take(less, Source.LOOK_UP)
    assert (bool(settled), settled.alarms, book.orders["o-1"].filled_qty) == (True, (), Decimal(2))


@pytest.mark.parametrize("source", [Source.EVENT, Source.LIST, Source.ANSWER])
@pytest.mark.parametrize("is_known_before", [True, False])
def test_what_was_undone_does_not_come_back_by_old_news(source, is_known_before):
    filled = order(status=Status.FILLED, filled_qty=Decimal(10), updated_at=after(1))
    none = order(status=Status.CANCELED, updated_at=after(9))
    book = OrderBook()
    book.take(filled if is_known_before else order(updated_at=after(0)))
    book.correct(none)
    book.take(none, Source.EVENT)
    book.take(none, Source.LOOK_UP)
    assert not book.take(filled, source).changed
    assert book.orders["o-1"] == none
    alike = order(status=Status.FILLED, filled_qty=Decimal(10), updated_at=after(9))
    assert book.take(alike, source).doubted == ("o-1",)
    assert book.take(alike, Source.LOOK_UP).changed == ("o-1",)


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
    whole = order(status=Status.FILLED, filled_qty=Decimal(10), updated_at=after(1))
    assert book.take_all([order(), whole]).changed == ("o-1",)
    assert book.orders["o-1"] is whole

"""Walks through long lists meet every entry, whatever arrives meanwhile and whatever page sizes do."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from core.protocol.call import Answer, Call
from core.protocol.coverage import Coverage, Span
from core.protocol.paging import ActivityWalk, OrderWalk, Walk
from tests.fakes.past import activity_page, order_json, order_page

BEGIN = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)


def moment_text(microseconds: int, nanoseconds: int) -> str:
    at = BEGIN + timedelta(microseconds=microseconds)
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}{nanoseconds:03d}Z"


def ask(call: Call[Any] | None, page_of: Any, rows: list[dict[str, Any]]) -> Any:
    """Answer a call as the broker would."""
    assert call is not None
    page = page_of(rows, dict(call.query))
    return call.read(Answer(status=200, headers={}, body=msgspec.json.encode(page)))


def walked(walk: Walk[Any], page_of: Any, rows: list[dict[str, Any]], arriving: list[Any]) -> list[str]:
    """Walk to the end, while one entry of `arriving` appears at the new end after each page."""
    met: list[str] = []
    for _ in range(4 * len(rows) + 8):
        call = walk.next_call()
        if call is None:
            return met
        page = ask(call, page_of, rows)
        met += [item.id for item in page]
        walk.take(page)
        if arriving:
            rows.insert(0, arriving.pop())
    raise AssertionError("the walk does not end")


# Few distinct times, so that many orders share one, in the same microsecond or the same nanosecond.
moments = st.tuples(st.integers(0, 6), st.sampled_from([0, 1, 999]))


def orders_at(times: list[tuple[int, int]], numbers: Any) -> list[dict[str, Any]]:
    return [order_json(next(numbers), moment_text(*time)) for time in sorted(times, reverse=True)]


@given(times=st.lists(moments, max_size=25), late=st.lists(moments, max_size=8), limit=st.integers(1, 7))
def test_every_order_is_met_though_times_are_shared_and_orders_arrive(times, late, limit):
    numbers = count(1)
    rows = orders_at(times, numbers)
    arriving = [order_json(next(numbers), moment_text(1_000_000 + at, 0)) for at in range(len(late))][::-1]
    existed = {row["id"] for row in rows}
    walk = OrderWalk(limit=limit)
    assert existed <= set(walked(walk, order_page, rows, arriving))
    assert walk.next_call() is None


@given(
    times=st.lists(moments, min_size=1, max_size=25),
    late=st.lists(moments, max_size=9),
    limit=st.integers(1, 5),
    pages=st.integers(0, 6),
)
def test_a_walk_goes_on_where_an_earlier_one_stopped_and_closes_the_gap_above_it(times, late, limit, pages):
    numbers = count(1)
    rows = orders_at(times, numbers)
    first, met = OrderWalk(limit=limit), set()
    for _ in range(pages):
        if (call := first.next_call()) is not None:
            page = ask(call, order_page, rows)
            met |= {order.id for order in page}
            first.take(page)
    rows = [
        order_json(next(numbers), moment_text(1_000 + at, nano)) for at, nano in sorted(late, reverse=True)
    ] + rows
    second = OrderWalk(first.spans(), limit=limit)
    met |= set(walked(second, order_page, rows, []))
    assert met == {row["id"] for row in rows}


@given(amount=st.integers(0, 30), late=st.integers(0, 6), limit=st.integers(1, 7), pages=st.integers(0, 5))
def test_every_activity_is_met_exactly_once_in_two_runs_whatever_arrives(amount, late, limit, pages):
    rows = [{"id": f"{20260101000000000 + n}::x", "activity_type": "DIV"} for n in range(amount)][::-1]
    first, met = ActivityWalk(limit=limit), []
    for _ in range(pages):
        if (call := first.next_call()) is not None:
            page = ask(call, activity_page, rows)
            met += [entry.id for entry in page]
            first.take(page)
    existed = {row["id"] for row in rows}
    arriving = [{"id": f"{20260201000000000 + n}::x"} for n in range(late)][::-1]
    rest = walked(ActivityWalk(first.spans(), limit=limit), activity_page, rows, arriving)
    assert existed <= set(met + rest)
    assert len(met) == len(set(met))
    assert len(rest) == len(set(rest))


def test_a_whole_window_at_one_instant_is_passed_by_order_id():
    rows = [order_json(n, moment_text(5, 0)) for n in range(7)] + [order_json(99, moment_text(1, 0))]
    assert set(walked(OrderWalk(limit=3), order_page, rows, [])) == {row["id"] for row in rows}


def test_a_broker_that_ignores_the_bounds_does_not_trap_the_walk():
    rows = orders_at([(n, 0) for n in range(6)], count(1))
    walk = OrderWalk(limit=3)
    assert walked(walk, lambda all_rows, _query: all_rows[:3], rows, [])
    entries = [{"id": f"{n}::x"} for n in range(9, 0, -1)]
    assert walked(ActivityWalk(limit=3), lambda all_rows, _query: all_rows[:3], entries, [])


def test_orders_without_a_time_end_the_walk_rather_than_repeat_it():
    rows = [order_json(1, None)]
    walk = OrderWalk(limit=3)
    walk.take(ask(walk.next_call(), lambda all_rows, _query: all_rows, rows))
    walk.take(())
    assert walk.next_call() is None


def test_spans_that_meet_are_one():
    coverage = Coverage([Span(10, 20), Span(30, 40)])
    assert coverage.low_of(35) == 30
    coverage.add(20, 30)
    assert coverage.spans == (Span(10, 40),)
    assert coverage.low_of(5) == 5

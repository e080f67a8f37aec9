"""What is kept of the past: exact, bound to its account, and never in the way when the disk fails."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import pytest

from core.domain.activity import Activity
from core.domain.environment import Environment
from core.domain.order import OrderStatus
from core.errors import StorageFailed
from core.store.history import Cursor, History, HistoryList
from tests.core.builders import after, order

Item = TypeVar("Item")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history" / "paper-a.sqlite"


@pytest.fixture
def opened(path):
    histories = []

    def open_history(**changes):
        owner = {"account_id": "a", "environment": Environment.PAPER, **changes}
        histories.append(History(path, **owner))
        return histories[-1]

    yield open_history
    for history in histories:
        history.close()


def everything(read: Callable[[Cursor, int], tuple[tuple[Item, ...], Cursor]], chunk: int = 2) -> list[Item]:
    found: list[Item] = []
    cursor: Cursor = ()
    while True:
        items, cursor = read(cursor, chunk)
        found += items
        if not cursor:
            return found


def activity(number: int, **changes: Any) -> Activity:
    return Activity(id=f"{number}::x", type="DIV", day=date(2026, 11, 19), **changes)


def test_orders_come_back_exactly_and_newest_first(opened):
    leg = order("leg", trail_percent=Decimal("0.50"))
    orders = [
        order(f"o-{n}", submitted_at=after(n), limit_price=Decimal("189.4000"), legs=(leg,)) for n in range(5)
    ]
    opened().put_orders(orders)
    assert everything(opened().orders) == orders[::-1]


def test_orders_of_one_instant_and_orders_without_a_time_are_all_paged(opened):
    history = opened()
    orders = [order(f"o-{n}", submitted_at=after(0)) for n in range(5)] + [order("timeless")]
    history.put_orders(orders)
    found = everything(history.orders)
    assert {kept.id for kept in found} == {kept.id for kept in orders}
    assert found[-1].id == "timeless"


def test_a_newer_version_takes_the_place_of_the_older(opened):
    history = opened()
    history.put_orders([order("o-1", submitted_at=after(0))])
    assert history.open_order_ids() == ("o-1",)
    history.put_orders([order("o-1", submitted_at=after(0), status=OrderStatus.FILLED)])
    assert history.open_order_ids() == ()
    assert [kept.status for kept in everything(history.orders)] == [OrderStatus.FILLED]


def test_an_order_that_is_over_is_read_again_while_a_leg_of_it_works(opened):
    history = opened()
    for status, ids in ((OrderStatus.HELD, ("o-1",)), (OrderStatus.CANCELED, ())):
        legs = (order("leg", status=status),)
        history.put_orders([order("o-1", submitted_at=after(0), status=OrderStatus.FILLED, legs=legs)])
        assert history.open_order_ids() == ids


def test_activities_come_back_exactly_and_newest_first(opened):
    entries = [
        activity(n, net_amount=Decimal("12.50"), at=datetime(2026, 11, 19, tzinfo=UTC)) for n in range(5)
    ]
    opened().put_activities(entries)
    assert everything(opened().activities) == entries[::-1]


def test_what_has_been_read_is_kept_with_what_was_read(opened):
    history = opened()
    history.put_orders([order()], [("5", "9"), ("0", "3")])
    history.put_activities([activity(1)], [("", "z")])
    again = opened()
    assert again.spans(HistoryList.ORDERS) == (("5", "9"), ("0", "3"))
    assert again.spans(HistoryList.ACTIVITIES) == (("", "z"),)


@pytest.mark.parametrize("owner", [{"account_id": "b"}, {"environment": Environment.LIVE}])
def test_another_accounts_file_is_refused_and_left_alone(opened, path, owner):
    opened().put_orders([order()])
    with pytest.raises(StorageFailed, match="another account"):
        opened(**owner)
    assert len(everything(opened().orders)) == 1
    assert not path.with_name(f"{path.name}.damaged").exists()


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough to be one" * 9, b"SQLite format 3\0"]
)
def test_a_file_that_is_no_history_is_put_aside_and_a_new_one_begun(opened, path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    history = opened()
    assert history.was_put_aside
    assert path.with_name(f"{path.name}.damaged").read_bytes() == content
    history.put_orders([order()])
    assert len(everything(history.orders)) == 1


def test_a_torn_file_is_put_aside(opened, path):
    history = opened()
    history.put_orders([order(f"o-{n}", submitted_at=after(n)) for n in range(200)])
    history.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] + b"\xff" * (len(whole) - len(whole) // 2))
    again = opened()
    assert again.was_put_aside
    assert everything(again.orders) == []


def test_a_file_of_another_version_is_put_aside(opened, path):
    opened().close()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    assert opened().was_put_aside


def test_an_unreadable_record_has_its_list_read_again(opened, path):
    history = opened()
    history.put_orders([order("o-1"), order("o-2")], [("0", "9")])
    with sqlite3.connect(path) as database:
        database.execute("UPDATE orders SET body = ? WHERE id = 'o-1'", (b'{"id": 7}',))
    database.close()
    assert [kept.id for kept in everything(history.orders)] == ["o-2"]
    assert history.spans(HistoryList.ORDERS) == ()


def test_a_full_disk_fails_the_write_and_keeps_what_was_there(opened):
    history = opened()
    history.put_orders([order("o-1")], [("5", "9")])
    pages = history._database.execute("PRAGMA page_count").fetchone()[0]
    history._database.execute(f"PRAGMA max_page_count = {pages}")
    many = [order(f"o-{n}", submitted_at=after(n)) for n in range(2, 2_000)]
    with pytest.raises(StorageFailed, match="could not be written"):
        history.put_orders(many, [("0", "9")])
    assert [kept.id for kept in everything(history.orders)] == ["o-1"]
    assert history.spans(HistoryList.ORDERS) == (("5", "9"),)
    history._database.execute(f"PRAGMA max_page_count = {pages * 1000}")
    history.put_orders(many)
    assert len(everything(history.orders, 500)) == 1_999


def test_a_folder_that_cannot_be_made_is_a_failure_in_words(tmp_path):
    (tmp_path / "history").write_text("in the way")
    with pytest.raises(StorageFailed, match="could not be opened"):
        History(tmp_path / "history" / "x.sqlite", account_id="a", environment=Environment.PAPER)

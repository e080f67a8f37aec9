"""A stream that comes and goes faster than the orders can be read: what is read counts all the same."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from core.domain.order import OrderStatus
from core.domain.trading_block import TradingBlock
from tests.core.builders import after, order
from tests.core.services.desk import buy
from tests.core.services.made_up_desk import World, make_world


@pytest.fixture
def world(qapp, tmp_path) -> Iterator[World]:
    made = make_world(tmp_path / "paper.sqlite")
    yield made
    made.stop()


def come_and_go(world: World, seconds: int) -> None:
    """The stream is up for a second and down for half a one, again and again; a read takes two."""
    world.link.read_takes_ms = 2_000
    until = world.time.now_ms + seconds * 1_000
    while world.time.now_ms < until:
        world.desk.hold()
        world.time.pass_ms(500)
        world.desk.reconcile()
        world.time.pass_ms(1_000)


def a_working_order(world: World) -> str:
    key = world.desk.place(buy()).client_order_id
    world.time.pass_ms(50)
    intent = world.desk.intent(key)
    assert intent is not None
    assert intent.order_id is not None
    return intent.order_id


def test_a_fill_that_nobody_told_of_is_found_between_interruptions(world):
    order_id = a_working_order(world)
    known = world.desk.orders[order_id]
    world.books.orders[order_id] = order(
        order_id,
        client_order_id=known.client_order_id,
        status=OrderStatus.FILLED,
        filled_qty=Decimal(10),
        updated_at=after(world.time.now_ms + 1),
    )
    come_and_go(world, 60)
    assert world.desk.orders[order_id].status is OrderStatus.FILLED
    assert world.block is TradingBlock.NOT_READY


def test_an_order_that_left_the_list_is_read_by_its_id_between_interruptions(world):
    """It is too old to be among the newest, and no longer among the open ones."""
    order_id = a_working_order(world)
    ended = order(order_id, status=OrderStatus.EXPIRED, updated_at=after(world.time.now_ms + 1))
    del world.books.orders[order_id]
    world.books.older[order_id] = ended
    come_and_go(world, 60)
    assert world.desk.orders[order_id].status is OrderStatus.EXPIRED


def test_nothing_more_is_read_or_told_once_the_desk_has_stopped(world):
    a_working_order(world)
    world.link.read_takes_ms = 2_000
    world.desk.reconcile()
    world.time.pass_ms(10)
    world.desk.stop()
    asked = len(world.books.asked)
    world.time.pass_ms(600_000)
    assert len(world.books.asked) <= asked + 1

"""What was told of an order and cannot be right is asked about until the broker's own answer settles it."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from core.domain.order import Order, OrderStatus
from core.errors import AppError, NotFound, Overloaded
from core.protocol.call import Call
from tests.core.builders import after, event, order
from tests.core.services.made_up_desk import Books, World, make_world
from tests.fakes.made_up_time import Time

pytestmark = pytest.mark.expects_log("o-1: busted")

FILLED = order(status=OrderStatus.FILLED, filled_qty=Decimal(10), updated_at=after(1))
UNDONE = order(status=OrderStatus.CANCELED, filled_qty=Decimal(6), updated_at=after(9))


class Evasive(Books):
    """Answers the first reads of an order with something else."""

    def __init__(self, time: Time) -> None:
        super().__init__(time)
        self.evasions: list[AppError | Order] = []
        self.reads = 0

    def run(self, call: Call[Any], **told: Any) -> Any:
        if call.method == "GET" and call.path == "/v2/orders/o-1":
            self.reads += 1
            if self.evasions:
                evasion = self.evasions.pop(0)
                if isinstance(evasion, AppError):
                    raise evasion
                return evasion
        return super().run(call, **told)


@pytest.fixture
def world(qapp, tmp_path) -> Iterator[World]:
    made = make_world(tmp_path / "paper.sqlite", books=Evasive)
    yield made
    made.stop()


def undo(world: World) -> Evasive:
    """A filled order, of which an execution is undone at the broker."""
    books = world.books
    assert isinstance(books, Evasive)
    world.desk.take_events((event("fill", FILLED),))
    books.orders["o-1"] = UNDONE
    return books


@pytest.mark.parametrize(
    "evasion",
    [
        lambda: Overloaded("busy"),
        lambda: NotFound("not yet readable"),
        lambda: FILLED,
        lambda: order("somebody-elses"),
    ],
)
@pytest.mark.parametrize("times", [1, 4])
def test_a_doubt_outlives_failures_and_answers_that_lag_behind(
    world, evasion: Callable[[], AppError | Order], times
):
    books = undo(world)
    books.evasions = [evasion() for _ in range(times)]
    world.desk.take_events((event("trade_bust", UNDONE),))
    world.time.pass_ms(30_000)
    assert world.desk.orders["o-1"] == UNDONE
    assert books.reads == times + 1


def test_a_doubt_that_no_answer_settles_is_not_asked_about_for_ever(world):
    books = undo(world)
    books.evasions = [FILLED] * 1_000
    world.desk.take_events((event("trade_bust", UNDONE),))
    world.time.pass_ms(600_000)
    assert books.reads < 12
    books.evasions = []
    world.desk.take_events((event("trade_bust", UNDONE),))
    world.time.pass_ms(1_000)
    assert world.desk.orders["o-1"] == UNDONE

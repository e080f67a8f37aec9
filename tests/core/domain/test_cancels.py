"""What "cancel all" counts, asks about and sends: the same orders each time."""

import pytest

from core.domain.book import OrderBook
from core.domain.cancels import cancelable_orders, standing_orders
from core.domain.order import Order, OrderStatus
from tests.core.builders import order


def chosen(*orders: Order, **which: str) -> list[str]:
    return [one.id for one in cancelable_orders({one.id: one for one in orders}, **which)]


RESTING = order("rests")
OTHER = order("other", symbol="NVDA", side="sell")
OVER = order("over", status=OrderStatus.FILLED)
GOING = order("going", status=OrderStatus.PENDING_CANCEL)
ENTRY = order("entry")
GAIN = order("gain", side="sell", status=OrderStatus.HELD, parent_id="entry")
LOSS = order("loss", side="sell", status=OrderStatus.HELD, parent_id="entry")


def test_what_is_over_or_going_already_is_not_asked_again():
    assert chosen(RESTING, OVER, GOING, OTHER) == ["rests", "other"]


@pytest.mark.parametrize(
    ("which", "ids"),
    [
        ({"symbol": "NVDA"}, ["other"]),
        ({"symbol": "AAPL"}, ["rests"]),
        ({"side": "sell"}, ["other"]),
        ({"symbol": "NVDA", "side": "buy"}, []),
    ],
)
def test_a_symbol_or_a_side_narrows_it(which, ids):
    assert chosen(RESTING, OTHER, **which) == ids


def test_legs_go_with_an_entry_that_works_and_count_as_its_side():
    assert chosen(ENTRY, GAIN, LOSS) == ["entry"]
    assert chosen(ENTRY, GAIN, LOSS, side="sell") == []


def test_exits_of_an_entry_that_filled_are_orders_of_their_own():
    filled = order("entry", status=OrderStatus.FILLED)
    working = order("gain", side="sell", parent_id="entry")
    assert chosen(filled, working, LOSS, side="sell") == ["gain", "loss"]


@pytest.mark.parametrize(
    ("entry", "standing"),
    [(OrderStatus.NEW, ["entry"]), (OrderStatus.FILLED, ["profit", "loss"])],
)
def test_exits_stand_for_themselves_once_their_entry_is_over(entry, standing):
    book = OrderBook()
    legs = (order("profit", status=OrderStatus.NEW), order("loss", status=OrderStatus.HELD))
    book.take(order("entry", status=entry, legs=legs))
    book.take(order("done", status=OrderStatus.CANCELED))
    assert [each.id for each in standing_orders(book.orders)] == standing

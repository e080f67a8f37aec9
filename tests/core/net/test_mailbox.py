"""The mailbox between the stream thread and the GUI thread: the newest of each symbol, told once."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from core.net.mailbox import BARS, RECENT, MarketMailbox
from core.protocol.data_messages import Message, MinuteBar, Other, QuoteMessage, TradeMessage


def quote(symbol: str, bid: float) -> QuoteMessage:
    return QuoteMessage(S=symbol, bp=bid)


def test_the_newest_of_each_symbol_stays_and_everything_is_counted():
    box = MarketMailbox()
    box.post([quote("A", 1), quote("B", 2), TradeMessage(S="A", p=3)], 10)
    box.post([quote("A", 4)], 20)
    delivery = box.take()
    assert {symbol: (message.bp, at) for symbol, (message, at) in delivery.quotes.items()} == {
        "A": (4, 20),
        "B": (2, 10),
    }
    assert delivery.trades["A"][0].p == 3
    assert delivery.messages == 4
    assert len(delivery.recent()) == 4


def test_an_empty_box_gives_nothing():
    box = MarketMailbox()
    box.post([quote("A", 1)], 1)
    box.take()
    assert (box.take().messages, box.take().quotes) == (0, {})


def test_it_wakes_once_however_much_comes_until_it_is_emptied(qapp):
    box, woken = MarketMailbox(), []
    box.filled.connect(lambda: woken.append(1))
    for number in range(10):
        box.post([quote("A", number)], number)
    box.post([], 11)
    assert len(woken) == 1
    box.take()
    box.post([quote("A", 1)], 12)
    assert len(woken) == 2


def test_a_flood_is_bounded():
    box = MarketMailbox()
    bars: list[Message] = [MinuteBar(S="A") for _ in range(BARS)]
    for _ in range(3):
        box.post(bars, 1)
    box.post([Other(T="n")], 2)
    delivery = box.take()
    assert len(delivery.bars) == BARS
    assert len(delivery.recent()) == RECENT
    assert delivery.messages == 3 * BARS + 1
    assert delivery.recent()[-1][0] == Other(T="n")


@given(st.lists(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 99)), max_size=5), max_size=10))
def test_nothing_newer_is_ever_covered_by_something_older(frames):
    box, newest = MarketMailbox(), {}
    for at, frame in enumerate(frames):
        box.post([quote(symbol, bid) for symbol, bid in frame], at)
        newest.update(frame)
    taken = box.take()
    assert {symbol: message.bp for symbol, (message, _) in taken.quotes.items()} == newest
    assert taken.messages == sum(len(frame) for frame in frames)


def test_two_threads_lose_nothing_between_them():
    box, frames, stop = MarketMailbox(), 3_000, threading.Event()
    counted: list[int] = []
    last: dict[str, float] = {}

    def post() -> None:
        for number in range(frames):
            box.post([quote("A", number), quote("B", number)], number)
        stop.set()

    def take() -> None:
        while True:
            ending = stop.is_set()
            delivery = box.take()
            counted.append(delivery.messages)
            for symbol, (message, _) in delivery.quotes.items():
                assert message.bp is not None
                assert message.bp >= last.get(symbol, -1)
                last[symbol] = message.bp
            if ending:
                return

    taker = threading.Thread(target=take)
    poster = threading.Thread(target=post)
    taker.start()
    poster.start()
    poster.join()
    taker.join()
    assert sum(counted) == 2 * frames
    assert last == {"A": frames - 1, "B": frames - 1}

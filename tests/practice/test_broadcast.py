"""What the feeds carry, minute by minute, without sockets."""

from collections import deque
from typing import Any, cast

import msgspec
import pytest
from aiohttp import WSMsgType

from practice.engine.brokerage import Brokerage
from practice.engine.clock import HOUR, MINUTE, SECOND, SteppedClock
from practice.engine.hours import AlwaysOpen, ExchangeHours, Timetable
from practice.engine.instruments import Instrument, listed_instruments
from practice.engine.market import Market
from practice.engine.news import News
from practice.server.broadcast import Broadcast, broadcasts_of
from practice.server.data_session import DataSession
from practice.server.feeds import Feed, all_feeds, news_feed
from practice.server.news_broadcast import NewsBroadcast
from practice.server.pump import Pump
from practice.server.reader import Reader
from practice.server.sockets import Outbox
from practice.server.tape_wire import book_fields, packed_timestamp

Message = dict[str, Any]
INSTRUMENTS = listed_instruments()
MORNING = 1_796_056_500 * SECOND  # Monday 30 November 2026, 11:35 in New York


class Ears:
    """An outbox that keeps what is put into it."""

    def __init__(self) -> None:
        self.frames: deque[bytes] = deque()
        self.is_overfull = self.is_closed = False

    def put(self, frame: bytes, _: WSMsgType) -> None:
        self.frames.append(frame)

    def close(self) -> None:
        self.is_closed = True


class Listener:
    """Somebody who reads a feed."""

    def __init__(self, feed: Feed, *, packed: bool = False, **channels: list[str]) -> None:
        self.ears = Ears()
        session = DataSession(feed.kind, lambda *_: "welcome", 0, packed=packed)
        self.reader = Reader(cast(Outbox, self.ears), session, packed=packed)
        session.authenticate("key", "secret")
        feed.reader = self.reader
        self.ask("subscribe", **channels)

    def ask(self, action: str, **channels: list[str]) -> None:
        reply = self.reader.session.receive({"action": action, **channels})
        assert reply.messages[0]["T"] == "subscription"

    def heard(self) -> list[Message]:
        self.reader.flush()
        decode: Any = msgspec.msgpack.decode if self.reader.packed else msgspec.json.decode
        messages = [message for frame in self.ears.frames for message in decode(frame)]
        self.ears.frames.clear()
        return messages


class Place:
    """A market and its feeds, moved along by hand."""

    def __init__(self, *, exchange: bool = False, start: int = MORNING) -> None:
        self.market = Market(7, Timetable(ExchangeHours() if exchange else AlwaysOpen()))
        self.feeds = {feed.name: feed for feed in all_feeds(INSTRUMENTS, self.market)}
        self.broadcasts = broadcasts_of(self.feeds.values(), self.market, prints_quotes=True)
        self.now = start

    def pass_time(self, span: int, step: int = SECOND) -> None:
        end = self.now + span
        while self.now < end:
            until = min(self.now + step, self.now - self.now % MINUTE + MINUTE, end)
            for broadcast in self.broadcasts:
                broadcast.gather(self.now, until)
            self.now = until


def of_kind(messages: list[Message], kind: str) -> list[Message]:
    return [message for message in messages if message["T"] == kind]


def test_feeds_that_carry_the_same_encode_it_once() -> None:
    place = Place()
    readers = [Listener(place.feeds[name], quotes=["NVDA"], trades=["NVDA"]) for name in ("iex", "sip")]
    packed = Listener(place.feeds["delayed_sip"], packed=True, quotes=["NVDA"])
    place.pass_time(20 * SECOND)
    first, second = (one.reader.pending for one in readers)
    assert first
    assert all(mine is yours for mine, yours in zip(first, second, strict=True))
    assert packed.reader.pending


@pytest.mark.parametrize("symbol", ["AAPL", "BTC/USD"])
def test_prints_and_bars_agree_with_history(symbol: str) -> None:
    place = Place()
    feed = place.feeds["us" if "/" in symbol else "iex"]
    listener = Listener(feed, trades=[symbol], quotes=[symbol], bars=[symbol], dailyBars=[symbol])
    listener.ask("subscribe", updatedBars=[symbol])
    start, instrument = place.now, INSTRUMENTS[symbol]
    place.pass_time(6 * MINUTE)
    heard = listener.heard()
    if not {"u", "c", "x"} & {message["T"] for message in heard}:
        prints = list(place.market.prints(instrument, start, place.now))
        assert len(of_kind(heard, "q") + of_kind(heard, "t")) == len(prints)
    bars = of_kind(heard, "b")
    assert [bar["t"][14:16] for bar in bars] == [f"{35 + n}" for n in range(6)]
    session = place.market.timetable_of(instrument).last_started(place.now)
    history = place.market.minutes_of(instrument, session, start, place.now)
    for bar, true in zip(bars, history, strict=True):
        assert [bar[name] for name in "ohlc"] == [
            instrument.number(ticks) for ticks in (true.open, true.high, true.low, true.close)
        ]
    day = of_kind(heard, "d")[-1]
    so_far = place.market.day_bar(instrument, place.now)
    assert so_far is not None
    assert (day["c"], day["n"]) == (instrument.number(so_far.close), so_far.trades)
    # History dates a day by its midnight: New York's, and Greenwich's for coins.
    assert day["t"] == ("2026-11-30T00:00:00Z" if "/" in symbol else "2026-11-30T05:00:00Z")


def test_a_day_that_begins_at_four_is_dated_by_its_midnight_as_in_history() -> None:
    place = Place(exchange=True)
    listener = Listener(place.feeds["sip"], dailyBars=["AAPL"])
    place.pass_time(MINUTE)
    (day,) = of_kind(listener.heard(), "d")
    assert day["t"] == "2026-11-30T05:00:00Z"


def test_a_halt_is_told_and_nothing_is_printed_until_trading_resumes() -> None:
    place, apple = Place(), INSTRUMENTS["AAPL"]
    listener = Listener(place.feeds["sip"], trades=["AAPL"], quotes=["AAPL"], statuses=["*"])
    place.pass_time(10 * SECOND)
    assert of_kind(listener.heard(), "q")
    place.market.halt(apple, place.now + 1, "news")
    place.pass_time(80 * SECOND)
    (status,) = listener.heard()
    assert {name: status[name] for name in ("T", "S", "sc", "sm", "rc", "rm", "z")} == {
        "T": "s",
        "S": "AAPL",
        "sc": "H",
        "sm": "Trading Halt",
        "rc": "T1",
        "rm": "Halt News Pending",
        "z": "C",
    }
    place.market.resume(apple, place.now + 1)
    place.pass_time(20 * SECOND)
    heard = listener.heard()
    assert [status["sc"] for status in of_kind(heard, "s")] == ["T"]
    assert heard[0]["T"] == "s"
    assert of_kind(heard, "q")


def test_price_bands_come_every_minute_of_ordinary_trading() -> None:
    place = Place(exchange=True)
    listener = Listener(place.feeds["iex"], packed=True, lulds=["AAPL"])
    place.pass_time(3 * MINUTE, step=20 * SECOND)
    bands = of_kind(listener.heard(), "l")
    assert len(bands) == 3
    for band in bands:
        assert list(band) == ["T", "S", "u", "d", "i", "z", "t"]
        assert band["d"] < band["u"]


def test_imbalances_close_in_on_the_price_of_the_closing_auction() -> None:
    near_close = MORNING + (4 * 60 + 14) * MINUTE  # eleven minutes before four
    place, apple = Place(exchange=True, start=near_close), INSTRUMENTS["AAPL"]
    listener = Listener(place.feeds["sip"], imbalances=["*"])
    place.pass_time(MINUTE, step=20 * SECOND)
    assert not listener.heard()
    place.pass_time(10 * MINUTE, step=20 * SECOND)
    told = of_kind(listener.heard(), "i")
    mine = [message["p"] for message in told if message["S"] == "AAPL"]
    session = place.market.timetable.last_started(place.now)
    closing = place.market.auction(apple, session, place.now).closing
    assert closing is not None
    assert len(mine) == 60
    assert mine[-1] == pytest.approx(apple.number(closing.price), abs=0.01)
    assert list(told[0]) == ["T", "S", "p", "z", "t"]


class Copy:
    """An order book as a client keeps it."""

    def __init__(self) -> None:
        self.sides: dict[str, dict[float, float]] = {}
        self.resets = 0

    def take(self, message: Message) -> None:
        if message.get("r"):
            self.sides, self.resets = {"b": {}, "a": {}}, self.resets + 1
        for side, levels in self.sides.items():
            for level in message[side]:
                if level["s"] == 0:
                    del levels[level["p"]]
                else:
                    levels[level["p"]] = level["s"]

    def is_that_of(self, market: Market, instrument: Instrument, instant: int) -> bool:
        book = book_fields(instrument, market.book(instrument, instant), packed_timestamp)
        return all(
            self.sides[side] == {level["p"]: level["s"] for level in book[side]} for side in ("b", "a")
        )


def test_an_order_book_begins_whole_and_its_changes_keep_it_true() -> None:
    place, bitcoin = Place(), INSTRUMENTS["BTC/USD"]
    listener, copy = Listener(place.feeds["us"], orderbooks=["BTC/USD"]), Copy()
    changed = []
    for _ in range(70):
        place.pass_time(SECOND)
        for message in listener.heard():
            assert message["T"] == "o"
            copy.take(message)
            changed.append(len(message["b"]) + len(message["a"]))
        assert copy.is_that_of(place.market, bitcoin, place.now)
    assert copy.resets == 1
    whole, *changes = changed
    assert whole > 16
    assert sum(changes) / len(changes) < whole / 2  # most of a book stays


def test_who_comes_later_or_comes_back_is_given_the_whole_book() -> None:
    place, bitcoin = Place(), INSTRUMENTS["BTC/USD"]
    first = Listener(place.feeds["us"], orderbooks=["*"])
    place.pass_time(20 * SECOND)
    second = Listener(place.feeds["global"], packed=True, orderbooks=["BTC/USD"], trades=["BTC/USD"])
    place.pass_time(20 * SECOND)
    second.ask("unsubscribe", orderbooks=["BTC/USD"])
    place.pass_time(20 * SECOND)
    second.ask("subscribe", orderbooks=["BTC/USD"])
    place.pass_time(20 * SECOND)
    for listener, resets in ((first, 1), (second, 2)):
        copy = Copy()
        for message in of_kind(listener.heard(), "o"):
            if message["S"] == "BTC/USD":
                copy.take(message)
        assert copy.is_that_of(place.market, bitcoin, place.now)
        assert copy.resets >= resets


def test_trades_of_the_free_option_feed_are_a_quarter_of_an_hour_old() -> None:
    place = Place()
    chain = place.market.chain(INSTRUMENTS, INSTRUMENTS["NVDA"], place.now)
    quoted = chain[len(chain) // 2].symbol
    readers = {
        name: Listener(place.feeds[name], packed=True, trades=["*"], quotes=[quoted])
        for name in ("opra", "indicative")
    }
    place.pass_time(3 * MINUTE, step=2 * SECOND)
    for name, age in (("opra", 0), ("indicative", 15 * 60)):
        heard = readers[name].heard()
        newest = {kind: max(m["t"] for m in of_kind(heard, kind)).timestamp() for kind in ("q", "t")}
        assert place.now / SECOND - 60 < newest["q"] <= place.now / SECOND
        assert place.now / SECOND - age - 60 < newest["t"] <= place.now / SECOND - age


def test_quotes_of_the_free_option_feed_are_those_of_the_other_a_little_wider() -> None:
    place = Place()
    chain = place.market.chain(INSTRUMENTS, INSTRUMENTS["NVDA"], place.now)
    symbol = chain[len(chain) // 2].symbol
    real, free = (
        Listener(place.feeds[name], packed=True, quotes=[symbol]) for name in ("opra", "indicative")
    )
    place.pass_time(2 * MINUTE, step=2 * SECOND)
    pairs = list(zip(of_kind(real.heard(), "q"), of_kind(free.heard(), "q"), strict=True))
    assert len(pairs) > 3
    for quote, shown in pairs:
        assert (quote["t"], quote["bs"], quote["as"]) == (shown["t"], shown["bs"], shown["as"])
        assert shown["bp"] < quote["bp"] < quote["ap"] < shown["ap"]
        assert shown["ap"] - shown["bp"] <= 2 * (quote["ap"] - quote["bp"]) + 0.021


@pytest.mark.parametrize("packed", [False, True], ids=["json", "msgpack"])
def test_news_come_when_they_are_out_to_those_who_asked_for_a_symbol(packed: bool) -> None:
    news, feed = News(7, INSTRUMENTS), news_feed()
    wire, start = NewsBroadcast(news, feed), MORNING
    expected = news.articles(start, start + 12 * HOUR)
    listener = Listener(feed, packed=packed, news=["*"])
    for minute in range(12 * 60):
        wire.gather(start + minute * MINUTE, start + (minute + 1) * MINUTE)
    heard = listener.heard()
    assert [message["id"] for message in heard] == [article.id for article in expected]
    assert " ".join(heard[0]) == (
        "T id headline summary author created_at updated_at url content symbols source"
    )
    symbol = expected[-1].symbols[0]
    listener.ask("unsubscribe", news=["*"])
    listener.ask("subscribe", news=[symbol])
    wire.gather(start, start + 12 * HOUR)
    assert {message["id"] for message in listener.heard()} == {
        article.id for article in expected if symbol in article.symbols
    }


def test_a_feed_that_breaks_tells_its_readers_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    place = Place()
    unlucky, lucky = (Listener(place.feeds[name], quotes=["NVDA"]) for name in ("iex", "test"))
    lucky.ask("subscribe", quotes=["FAKEPACA"])

    class Broken(Broadcast):
        def gather(self, after: int, until: int) -> None:
            raise RuntimeError("broken")

    clock = SteppedClock(place.now)
    broadcasts = [
        kind(place.market, [place.feeds[name]], frozenset({"quotes"}), 0)
        for kind, name in ((Broken, "iex"), (Broadcast, "test"))
    ]
    pump = Pump(Brokerage(7, INSTRUMENTS, place.market, place.now), clock, broadcasts)
    clock.advance(10 * SECOND)
    pump.turn()
    assert unlucky.heard() == [{"T": "error", "code": 500, "msg": "internal error"}]
    assert unlucky.ears.is_closed
    assert of_kind(lucky.heard(), "q")
    assert "a data stream failed" in caplog.text

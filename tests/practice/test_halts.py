"""Halts, auctions and order books of the simulated market."""

import itertools

import pytest

from practice.engine.clock import MINUTE, SECOND
from practice.engine.halts import Halt
from practice.engine.history import Span, Timeframe, bars
from practice.engine.hours import AlwaysOpen, ExchangeHours, Hours, Session, Timetable
from practice.engine.instruments import Instrument, listed_instruments
from practice.engine.market import Market
from practice.engine.orders import Tif
from practice.engine.tape import Quote, Trade
from tests.practice.engine import NOON, Day, instant

INSTRUMENTS = listed_instruments()
AAPL, COIN = INSTRUMENTS["AAPL"], INSTRUMENTS["BTC/USD"]


def market(hours: Hours | None = None, seed: int = 7) -> Market:
    return Market(seed, Timetable(hours or AlwaysOpen()))


def halted_by_seed(market_: Market) -> tuple[Instrument, Session, Halt]:
    """The first halt that the seed has in store for the day before NOON's."""
    for one in INSTRUMENTS.values():
        session = market_.timetable_of(one).before(market_.timetable.last_started(NOON).day)
        if halts := market_.halts.during(one, session):
            return one, session, halts[0]
    raise AssertionError("no halt anywhere")


@pytest.mark.parametrize("hours", [AlwaysOpen(), ExchangeHours()], ids=["always", "exchange"])
def test_the_seed_halts_something_every_day_and_nothing_prints_meanwhile(hours: Hours) -> None:
    market_ = market(hours)
    one, session, halt = halted_by_seed(market_)
    assert session.open < halt.start < halt.end < session.close
    assert list(market_.prints(one, halt.start - 1, halt.end - 1)) == []
    assert list(market_.prints(one, halt.end - 1, halt.end + 2 * MINUTE)) != []
    assert market_.is_halted(one, halt.start)
    assert not market_.is_halted(one, halt.end)
    assert not market_.is_open(one, halt.end - 1)
    assert market_.quote(one, halt.end - 1).at < halt.start
    assert market_.trade(one, halt.end - 1).at < halt.start
    assert market_.minute_bar(one, halt.end).at == halt.start - MINUTE
    day = market_.of(one).whole_day(session)
    minutes = market_.minutes_of(one, session, session.start, session.end)
    assert len(minutes) == session.minutes - (halt.end - halt.start) // MINUTE
    assert (day.high, day.lots) == (max(bar.high for bar in minutes), sum(bar.lots for bar in minutes))
    stopped, resumed = market_.statuses(one, halt.start - 1, halt.end)
    assert (stopped.at, resumed.at) == (halt.start, halt.end)
    assert (stopped.code, resumed.code) in {("H", "T"), ("P", "T"), ("2", "3")}


def test_the_busiest_names_and_coins_are_never_halted_by_the_seed() -> None:
    market_ = market()
    for one in [*INSTRUMENTS.optionable(), COIN]:
        timetable = market_.timetable_of(one)
        for session in timetable.sessions(
            timetable.hours.day_of(NOON).replace(month=1), timetable.hours.day_of(NOON)
        ):
            assert market_.halts.during(one, session) == []


def test_a_halt_by_order_stops_prints_in_the_middle_of_a_minute_and_those_before_stay() -> None:
    market_, at = market(), NOON + 20 * SECOND
    before = list(market_.prints(AAPL, NOON - 1, NOON + MINUTE))
    option = next(one for one in market_.chain(INSTRUMENTS, AAPL, NOON))
    market_.halt(AAPL, at)
    kept = list(market_.prints(AAPL, NOON - 1, NOON + 10 * MINUTE))
    assert kept == [tick for tick in before if tick.at < at]
    assert market_.is_halted(AAPL, NOON + 5 * MINUTE)
    assert market_.is_halted(option, NOON + 5 * MINUTE)
    assert list(market_.prints(option, at, NOON + 5 * MINUTE)) == []
    assert market_.resume(AAPL, NOON + 150 * SECOND)
    assert not market_.resume(AAPL, NOON + 150 * SECOND)
    after = list(market_.prints(AAPL, NOON + MINUTE, NOON + 10 * MINUTE))
    assert after[0].at >= NOON + 150 * SECOND
    minutes = bars(
        market_, AAPL, Timeframe(1, "Min"), Span(start=NOON, end=NOON + MINUTE, now=NOON + 9 * MINUTE)
    )
    [partial] = minutes
    trades = [tick for tick in kept if isinstance(tick, Trade)]
    assert partial.lots == sum(trade.lots for trade in trades)
    assert partial.close == trades[-1].price


def test_orders_wait_for_the_end_of_a_halt() -> None:
    day = Day()
    day.brokerage.market.halt(day.instrument(), day.brokerage.now)
    order = day.place("buy", "10")
    day.pass_time(300)
    assert order.state == "new"
    day.brokerage.market.resume(day.instrument(), day.brokerage.now)
    day.pass_time(5)
    assert order.state in {"filled", "partially_filled"}


def test_coins_trade_while_the_exchange_sleeps_and_their_days_begin_in_greenwich() -> None:
    market_, sunday = market(ExchangeHours()), instant("2026-11-22T15:00:00")
    assert market_.is_open(COIN, sunday)
    assert not market_.is_open(AAPL, sunday)
    assert market_.trade(COIN, sunday).at > sunday - 2 * MINUTE
    days = list(
        bars(market_, COIN, Timeframe(1, "Day"), Span(start=0, end=sunday, now=sunday, newest_first=True))
    )
    assert days[0].at == instant("2026-11-22T00:00:00")
    day = Day(start=sunday, hours="exchange")
    assert day.filled("buy", "0.01", symbol="BTC/USD", tif=Tif.GTC).is_buy


@pytest.mark.parametrize("hours", [AlwaysOpen(), ExchangeHours()], ids=["always", "exchange"])
def test_the_auctions_prints_are_trades_of_the_tape(hours: Hours) -> None:
    market_ = market(hours)
    session = market_.timetable.before(market_.timetable.last_started(NOON).day)
    auction = market_.auction(AAPL, session, NOON)
    assert auction.opening is not None
    assert auction.closing is not None
    tape = list(market_.prints(AAPL, session.open - 1, session.open + MINUTE))
    assert auction.opening in tape
    assert session.open <= auction.opening.at < session.open + MINUTE
    assert session.close - MINUTE <= auction.closing.at < session.close
    assert auction.opening.venue == auction.closing.venue == AAPL.home_venue
    assert market_.auction(AAPL, session, session.open - 1).opening is None
    assert market_.auction(AAPL, session, session.close - MINUTE).closing is None


def test_bands_stand_around_the_price_in_ordinary_hours_only() -> None:
    market_ = market(ExchangeHours())
    [band] = market_.bands(AAPL, NOON, NOON + MINUTE)
    trade = market_.trade(AAPL, NOON + MINUTE)
    assert band.at == NOON + MINUTE
    assert band.down < trade.price < band.up
    evening = instant("2026-11-18T18:00:00-05:00")
    assert market_.bands(AAPL, evening, evening + 10 * MINUTE) == []
    assert market_.bands(COIN, NOON, NOON + MINUTE) == []


def test_a_book_is_ordered_and_its_top_is_the_quote() -> None:
    market_ = market()
    for one in (COIN, INSTRUMENTS["SHIB/USD"], INSTRUMENTS["USDC/USD"]):
        for n in range(20):
            book, quote = market_.book(one, NOON + n * SECOND), market_.quote(one, NOON + n * SECOND)
            assert isinstance(quote, Quote)
            assert (book.bids[0].price, book.asks[0].price) == (quote.bid, quote.ask)
            assert len(book.bids) == len(book.asks) == 12
            assert all(a.price > b.price > 0 for a, b in itertools.pairwise(book.bids))
            assert all(a.price < b.price for a, b in itertools.pairwise(book.asks))
            assert all(level.lots > 0 for level in (*book.bids, *book.asks))

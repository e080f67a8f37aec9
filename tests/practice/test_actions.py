"""Splits, dividends and the history that is adjusted for them; quiet and wild days."""

import itertools
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from practice.engine.actions import Actions, former_symbol, symbol_now
from practice.engine.adjustment import KINDS, Kind, scale_of
from practice.engine.amendments import AmendedTrade
from practice.engine.exchange_days import closing_time
from practice.engine.history import FINER, Span, Timeframe, bars, ticks
from practice.engine.hours import AlwaysOpen, ExchangeHours, Hours, Timetable
from practice.engine.instruments import Instrument, listed_instruments
from practice.engine.market import Market
from practice.engine.tape import Bar, Quote, Trade
from tests.practice.engine import NOON, instant

INSTRUMENTS = listed_instruments()
AAPL, KO = INSTRUMENTS["AAPL"], INSTRUMENTS["KO"]
DAY, MINUTE_BARS = Timeframe(1, "Day"), Timeframe(1, "Min")


def market(hours: Hours | None = None, seed: int = 7) -> Market:
    return Market(seed, Timetable(hours or AlwaysOpen()))


def daily(
    market_: Market, one: Instrument, first: str, last: str, *kinds: Kind, timeframe: Timeframe = DAY
) -> list[Bar]:
    span = Span(start=instant(first), end=instant(last), now=NOON)
    scale = scale_of(market_, one, frozenset(kinds), date(2026, 11, 18)) if kinds else None
    return list(bars(market_, one, timeframe, span, scale))


@pytest.mark.parametrize("hours", [AlwaysOpen(), ExchangeHours()], ids=["always", "exchange"])
def test_a_split_divides_the_price_and_adjusted_history_does_not_see_it(hours: Hours) -> None:
    market_ = market(hours)
    raw = daily(market_, AAPL, "2020-08-27", "2020-09-03")
    adjusted = daily(market_, AAPL, "2020-08-27", "2020-09-03", "split")
    split = instant("2020-08-31T04:00:00")
    before, after = [bar for bar in raw if bar.at < split][-1], next(bar for bar in raw if bar.at >= split)
    assert 3.6 < before.close / after.open < 4.4
    for one, other in zip(raw, adjusted, strict=True):
        part = 4 if one.at < split else 1
        assert abs(other.close - one.close * FINER / part) <= 1
        assert abs(other.lots - one.lots * part) <= 1
    moves = [abs(b.open / a.close - 1) for a, b in itertools.pairwise(adjusted)]
    assert max(moves) < 0.1


def test_minutes_and_months_are_adjusted_like_days() -> None:
    market_ = market()
    week = ("2020-08-30T12:00:00-04:00", "2020-08-30T12:10:00-04:00")
    raw = daily(market_, AAPL, *week, timeframe=MINUTE_BARS)
    adjusted = daily(market_, AAPL, *week, "split", timeframe=MINUTE_BARS)
    assert all(abs(b.open - a.open * FINER / 4) <= 1 for a, b in zip(raw, adjusted, strict=True))
    [month] = daily(
        market_, AAPL, "2020-08-01T00:00:00-04:00", "2020-08-31", "split", timeframe=Timeframe(1, "Month")
    )
    days = daily(market_, AAPL, "2020-08-01T00:00:00-04:00", "2020-09-01T03:00:00", "split")
    assert (month.open, month.close) == (days[0].open, days[-1].close)
    assert month.high == max(bar.high for bar in days)


def test_a_dividend_lowers_the_history_before_it_by_its_part_of_the_close() -> None:
    market_ = market(ExchangeHours())
    first, *later = market_.actions.dividends(KO, date(2026, 7, 1), date(2026, 11, 18))
    raw = daily(market_, KO, "2026-07-01", "2026-11-18T06:00:00")
    adjusted = daily(market_, KO, "2026-07-01", "2026-11-18T06:00:00", "dividend")
    ex = instant(f"{first.day}T00:00:00-04:00")
    close = KO.price([bar for bar in raw if bar.at < ex][-1].close)
    rest = 1.0
    for action in later:
        at = instant(f"{action.day}T00:00:00-04:00")
        rest *= float(1 - action.cash / KO.price([bar for bar in raw if bar.at < at][-1].close))
    ratio = float(1 - first.cash / close) * rest
    assert adjusted[0].close == pytest.approx(raw[0].close * FINER * ratio, abs=1)
    assert adjusted[-1].close == raw[-1].close * FINER
    assert adjusted[0].lots == raw[0].lots


def test_adjustments_combine() -> None:
    market_, today = market(), date(2026, 11, 18)
    day = date(2020, 8, 3)
    apart = [scale_of(market_, AAPL, frozenset({kind}), today)(day)[0] for kind in KINDS]
    together = scale_of(market_, AAPL, frozenset(KINDS), today)(day)[0]
    assert together == pytest.approx(apart[0] * apart[1] * apart[2])


def test_every_action_falls_on_a_trading_day_and_the_past_only_has_splits() -> None:
    actions = Actions(7)
    found = [a for one in INSTRUMENTS.values() for a in actions.of(one, date(2016, 1, 1), date(2029, 12, 31))]
    kinds = Counter(action.kind for action in found)
    assert kinds["cash_dividend"] > 1000
    for kind in ("forward_split", "reverse_split", "stock_dividend", "spin_off", "name_change"):
        assert kinds[kind] >= 1, kind
    assert all(closing_time(action.day) for action in found)
    assert all(a.day < date(2026, 1, 1) for a in found if a.kind != "cash_dividend")
    assert len({action.id for action in found}) == len(found)
    strangers = actions.elsewhere(date(2016, 1, 1), date(2029, 12, 31))
    assert len(strangers) > 100
    assert all(action.symbol not in INSTRUMENTS for action in strangers)


def test_a_renamed_company_is_found_by_the_name_of_the_time() -> None:
    assert former_symbol("META", date(2022, 6, 8)) == "FB"
    assert former_symbol("META", date(2022, 6, 9)) == "META"
    assert symbol_now("FB", date(2022, 6, 8)) == "META"
    assert symbol_now("FB", date(2022, 6, 9)) is None
    assert symbol_now("META", date(2020, 1, 2)) is None
    assert symbol_now("AAPL", date(2020, 1, 2)) == "AAPL"


def test_some_days_are_wild_some_quiet_and_it_shows() -> None:
    market_ = market(ExchangeHours())
    seen: dict[str, list[tuple[float, float, float]]] = {"quiet": [], "usual": [], "wild": []}
    for symbol in ("AAPL", "KO", "F", "JPM", "TSLA", "XOM"):
        one = INSTRUMENTS[symbol]
        days = market_.days(one)
        sessions = market_.timetable.sessions(date(2026, 1, 2), date(2026, 11, 17))
        for before, session in itertools.pairwise(sessions):
            bar, sigma = days.bar(session), days.character.sigma
            gap = abs(bar.open / days.bar(before).close - 1) / sigma
            width = (bar.high - bar.low) / bar.open / sigma
            seen[days.temper(session.day)].append((width, gap, bar.lots / one.daily_lots))
    averages = {
        temper: [sum(column) / len(rows) for column in zip(*rows, strict=True)]
        for temper, rows in seen.items()
    }
    for quiet, usual, wild in zip(averages["quiet"], averages["usual"], averages["wild"], strict=True):
        assert quiet <= usual * 1.1
        assert wild > usual * 1.3
    assert len(seen["usual"]) > len(seen["quiet"]) > len(seen["wild"]) > 5


def test_openings_and_closes_are_busier_than_noon_and_the_early_morning_is_quiet() -> None:
    market_ = market(ExchangeHours())
    session = market_.timetable.last_started(NOON)
    minutes = market_.minutes_of(AAPL, session, session.start, session.end)

    def lots(first: str, last: str) -> int:
        begin, end = instant(f"2026-11-18T{first}:00-05:00"), instant(f"2026-11-18T{last}:00-05:00")
        return sum(bar.lots for bar in minutes if begin <= bar.at < end)

    assert lots("09:30", "10:00") > lots("12:30", "13:00")
    assert lots("15:30", "16:00") > lots("12:30", "13:00")
    assert lots("04:00", "09:30") < lots("09:30", "16:00") / 4


def was_taken_back(trade: Trade) -> bool:
    return isinstance(trade, AmendedTrade) and trade.how != "corrected"


@pytest.mark.parametrize("symbol", ["AAPL", "BTC/USD", "AAPL261120C00275000"])
@pytest.mark.parametrize("newest_first", [False, True])
def test_history_s_ticks_are_the_market_s_prints(symbol: str, newest_first: bool) -> None:
    market_, one = market(ExchangeHours()), INSTRUMENTS.find(symbol)
    assert one is not None
    start, end = instant("2026-11-17T20:58:30"), instant("2026-11-18T14:31:30")
    span = Span(start=start, end=end, now=NOON, newest_first=newest_first)
    prints = list(market_.prints(one, start - 1, end))
    expected = prints[::-1] if newest_first else prints
    trades = [trade for trade in ticks(market_, one, Trade, span) if not was_taken_back(trade)]
    assert [(t.at, t.price, t.lots) for t in trades] == [
        (t.at, t.price, t.lots) for t in expected if isinstance(t, Trade)
    ]
    some = list(itertools.islice(ticks(market_, one, Quote, span), 500))
    assert some == [tick for tick in expected if isinstance(tick, Quote)][:500]


def test_prices_of_long_ago_are_those_of_the_shares_of_the_time() -> None:
    market_ = market()
    [nvda] = daily(market_, INSTRUMENTS["NVDA"], "2021-03-01T05:00:00", "2021-03-01T06:00:00")
    assert nvda.close > INSTRUMENTS["NVDA"].base_ticks * 8
    assert market_.actions.price_factor(INSTRUMENTS["NVDA"], date(2021, 3, 1)) == Decimal(40)

"""Portfolio history: it agrees with the account, keeps its parameters' rules, and is read by the SDK."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practice.engine.clock import SECOND
from practice.engine.equity_history import EquityHistory, Reporting, Span, Timeframe
from practice.engine.hours import new_york_day
from tests.practice.engine import Day, instant
from tests.practice.program import PracticeProgram
from tests.practice.sdk import GetPortfolioHistoryRequest, TradingClient

PATH = "/v2/account/portfolio/history"


def span(day: Day, days: int, timeframe: Timeframe = "1D", reporting: Reporting = "market_hours") -> Span:
    now = day.brokerage.now
    last = new_york_day(now)
    start = now - days * 86_400 * SECOND
    return Span(
        first_day=last - timedelta(days=days),
        last_day=last,
        start=start,
        end=now,
        timeframe=timeframe,
        reporting=reporting,
    )


def history(day: Day) -> EquityHistory:
    return EquityHistory(day.brokerage, day.account)


def test_the_last_point_is_the_equity_now() -> None:
    day = Day(fresh=False)
    day.filled("buy", "30")
    equity = day.brokerage.figures(day.account).equity
    for timeframe in get_args(Timeframe):
        assert history(day).points(span(day, 2, timeframe))[-1].equity == equity


@pytest.mark.parametrize("hours", ["always", "exchange"])
def test_a_day_ends_with_what_the_next_calls_last_equity(hours: Any) -> None:
    day = Day(hours=hours, fresh=False)
    day.filled("buy", "0.3", symbol="BTC/USD", tif="gtc")
    day.filled("sell", "12", symbol="AMD")
    for _ in range(2):  # Thursday and Friday
        day.pass_time(86_400)
        closing = history(day).closing_before(new_york_day(day.brokerage.now))
        assert closing is not None
        assert closing.equity == day.account.last_equity
        assert history(day).points(span(day, 5))[-2].equity == day.account.last_equity


def test_an_account_was_worth_its_deposit_until_it_traded() -> None:
    day = Day(fresh=False)
    points = history(day).points(span(day, 60))
    assert {point.equity for point in points[:40]} == {Decimal(100_000)}
    assert len({point.equity for point in points[46:]}) > 10


def test_nothing_lies_before_the_account_s_first_day() -> None:
    day = Day()
    points = history(day).points(span(day, 900))
    assert points[0].day == history(day).first_day
    assert history(day).closing_before(points[0].day) is None


def test_the_windows_of_a_session_begin_at_its_opening_and_end_with_its_close() -> None:
    day = Day(hours="exchange", start=instant("2026-11-27T23:30:00"), fresh=False)  # after a half day's close
    core = history(day).points(span(day, 0, "15Min"))
    assert (core[0].at, core[-1].at) == (instant("2026-11-27T14:30:00"), instant("2026-11-27T18:00:00"))
    whole = history(day).points(span(day, 0, "1H", "extended_hours"))
    assert (whole[0].at, whole[-1].at) == (instant("2026-11-27T09:00:00"), instant("2026-11-27T22:00:00"))
    assert len(history(day).points(span(day, 1, "1H", "continuous"))) == 25


@settings(max_examples=25, deadline=None)
@given(
    trades=st.lists(
        st.tuples(st.sampled_from(["AAPL", "AMD", "KO"]), st.sampled_from(["buy", "sell"])), max_size=4
    ),
    timeframe=st.sampled_from(["5Min", "15Min", "1H"]),
)
def test_with_nothing_held_any_more_equity_is_cash_in_every_window(
    trades: list[tuple[str, Any]], timeframe: Any
) -> None:
    day = Day()
    for symbol, side in trades:
        day.filled(side, "5", symbol=symbol)
        day.filled("sell" if side == "buy" else "buy", "5", symbol=symbol)
    day.pass_time(7200)
    points = history(day).points(span(day, 0, timeframe))
    assert points[-1].equity == day.account.cash
    assert points[0].equity == 100_000
    assert [point.at for point in points] == sorted({point.at for point in points})


@pytest.fixture
def client(broker: PracticeProgram) -> Iterator[Any]:
    made = TradingClient(oauth_token=broker.token(), url_override=broker.line["trading_url"]["paper"])
    yield made
    made._session.close()


def asked(broker: PracticeProgram, **params: Any) -> Any:
    answer = broker.call("GET", PATH, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_by_default_a_month_of_days_is_told(broker: PracticeProgram) -> None:
    told = asked(broker)
    assert told["timeframe"] == "1D"
    assert 28 <= len(told["timestamp"]) <= 32
    assert told["cashflow"] == {}
    sizes = {len(told[name]) for name in ("timestamp", "equity", "profit_loss", "profit_loss_pct")}
    assert sizes == {len(told["timestamp"])}
    for equity, gain, part in zip(told["equity"], told["profit_loss"], told["profit_loss_pct"], strict=True):
        assert gain == pytest.approx(equity - told["base_value"], abs=0.001)
        assert part == pytest.approx(gain / told["base_value"], abs=1e-6)
    before = datetime.fromtimestamp(told["timestamp"][0], UTC).date() - timedelta(days=1)
    assert told["base_value_asof"] == f"{before:%Y-%m-%d}"


# The shortest month is 27 days and a part of today; a day when the clocks change has 23 hours or 25.
@pytest.mark.parametrize(
    ("params", "timeframe", "least", "most"),
    [
        ({"period": "1D"}, "1Min", 1, 25 * 60 + 1),
        ({"period": "1W"}, "15Min", 6 * 96 - 3, 7 * 96 + 5),
        ({"period": "7D", "timeframe": "1D"}, "1D", 7, 7),
        ({"period": "30D"}, "1D", 30, 30),
        ({"period": "1M", "timeframe": "1H"}, "1H", 27 * 24, 31 * 24 + 2),
        ({"period": "2W", "timeframe": "1H", "intraday_reporting": "continuous"}, "1H", 336, 337),
        ({"period": "1A"}, "1D", 320, 322),
        ({"start": "2026-01-01T00:00:00Z"}, "1D", 30, 400),
        ({"timeframe": "5min", "period": "1d", "extended_hours": "True"}, "5Min", 1, 25 * 12 + 1),
    ],
)
def test_periods_have_their_timeframes(
    broker: PracticeProgram, params: dict[str, str], timeframe: str, least: int, most: int
) -> None:
    told = asked(broker, **params)
    assert told["timeframe"] == timeframe
    assert least <= len(told["timestamp"]) <= most
    assert told["timestamp"] == sorted(set(told["timestamp"]))


def test_two_of_start_end_and_period_bound_the_windows(broker: PracticeProgram) -> None:
    now = datetime.now(UTC).replace(hour=17)  # on the same day in New York, in summer and in winter
    start, end = now - timedelta(days=20), now - timedelta(days=10)
    bounds = {"start": start.isoformat(), "end": end.isoformat()}
    between = asked(broker, **bounds, timeframe="1D")
    assert len(between["timestamp"]) == 11
    assert asked(broker, start=start.isoformat(), period="10D", timeframe="1D") == between
    assert len(asked(broker, end=end.isoformat(), period="11D", timeframe="1D")["timestamp"]) == 11
    hours = asked(broker, **bounds, timeframe="1H", intraday_reporting="continuous")
    assert hours["timestamp"][0] <= start.timestamp() < hours["timestamp"][1]
    assert hours["timestamp"][-1] < end.timestamp()


def test_gains_begin_anew_each_day_unless_told_not_to(broker: PracticeProgram) -> None:
    days = asked(broker, period="3D", timeframe="1D")
    fresh = asked(broker, period="3D", timeframe="1H")
    running = asked(broker, period="3D", timeframe="1H", pnl_reset="no_reset")
    assert fresh["equity"][:40] == running["equity"][:40]
    # The first day has this many hours, even where the clocks go forward on it.
    assert fresh["profit_loss"][:23] == running["profit_loss"][:23]
    later = fresh["equity"][30] - days["equity"][0]
    assert fresh["profit_loss"][30] == pytest.approx(later, abs=0.01)
    assert running["profit_loss"][30] == pytest.approx(fresh["equity"][30] - days["base_value"], abs=0.01)


def test_cash_flows_are_told_by_type(broker: PracticeProgram) -> None:
    whole = asked(broker, period="1A", cashflow_types="ALL")
    assert whole["cashflow"]["JNLC"][0] == 100_000
    assert not any(whole["cashflow"]["JNLC"][1:])
    chosen = asked(broker, period="1W", timeframe="1D", cashflow_types="CSD,FEE")
    assert chosen["cashflow"] == {"CSD": [0.0] * 7, "FEE": [0.0] * 7}
    assert asked(broker, cashflow_types="NONE")["cashflow"] == {}


@pytest.mark.parametrize(
    "params",
    [
        {"period": "1Y"},
        {"period": "0D"},
        {"period": "month"},
        {"timeframe": "2Min"},
        {"period": "2M", "timeframe": "1H"},
        {"period": "31D", "timeframe": "15Min"},
        {"start": "2026-01-01T00:00:00Z", "timeframe": "5Min"},
        {"period": "1D", "start": "2026-11-01T00:00:00Z", "end": "2026-11-02T00:00:00Z"},
        {"start": "2026-11-03T00:00:00Z", "end": "2026-11-02T00:00:00Z"},
        {"start": "2036-11-03T00:00:00Z"},
        {"end": "2026-11-03T00:00:00Z", "date_end": "2026-11-03"},
        {"start": "once"},
        {"intraday_reporting": "sometimes"},
        {"pnl_reset": "never"},
        {"cashflow_types": "CSD,PARTY"},
        {"extended_hours": "perhaps"},
    ],
)
def test_what_cannot_be_told_is_refused(broker: PracticeProgram, params: dict[str, str]) -> None:
    answer = broker.call("GET", PATH, params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, 40010001)


@pytest.mark.parametrize(
    "params", [{"end": "0001-01-01T00:00:00Z"}, {"start": "0001-01-01"}, {"period": "9999A"}]
)
def test_far_times_are_no_trouble(broker: PracticeProgram, params: dict[str, str]) -> None:
    asked(broker, **params)


def test_the_sdk_reads_the_history_and_it_agrees_with_the_account(client: Any) -> None:
    told = client.get_portfolio_history()
    assert told.equity[-1] == pytest.approx(float(client.get_account().equity), rel=0.01)
    now = datetime.now(UTC)
    request = GetPortfolioHistoryRequest(
        start=now - timedelta(days=3),
        end=now,
        timeframe="15Min",
        intraday_reporting="continuous",
        pnl_reset="no_reset",
        cashflow_types="ALL",
        extended_hours=True,
    )
    assert len(client.get_portfolio_history(request).timestamp) in {288, 289}
    assert client.get_portfolio_history(
        GetPortfolioHistoryRequest(period="1A", cashflow_types="ALL")
    ).cashflow

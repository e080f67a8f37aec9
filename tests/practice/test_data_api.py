"""Market data over REST."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.practice.program import PracticeProgram

BAR = {"o", "h", "l", "c", "v", "n", "vw", "t"}


def bars(broker: PracticeProgram, path: str = "/v2/stocks/bars", **params: Any) -> Any:
    answer = broker.data(path, **{"symbols": "AAPL", "timeframe": "1Day", **params})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_latest_prints_come_for_one_symbol_or_many(broker: PracticeProgram) -> None:
    for kind, one in (("quotes", "quote"), ("trades", "trade"), ("bars", "bar")):
        many = broker.data(f"/v2/stocks/{kind}/latest", symbols="AAPL,msft,NOPE", feed="iex").json()
        assert list(many) == [kind]
        assert list(many[kind]) == ["AAPL", "MSFT"]
        single = broker.data(f"/v2/stocks/AAPL/{kind}/latest").json()
        assert set(single) == {"symbol", one}
    quote = broker.data("/v2/stocks/AAPL/quotes/latest").json()["quote"]
    assert set(quote) == {"bx", "bp", "bs", "ax", "ap", "as", "c", "t", "z"}
    assert 0 < quote["bp"] < quote["ap"]


def test_a_thousand_symbols_fit_into_one_request(broker: PracticeProgram) -> None:
    names = ["AAPL", *(f"ZZZZZ.{number}" for number in range(999))]
    answer = broker.data("/v2/stocks/trades/latest", symbols=",".join(names))
    assert answer.status_code == 200, answer.text
    assert list(answer.json()["trades"]) == ["AAPL"]


def test_snapshots_are_a_bare_map(broker: PracticeProgram) -> None:
    many = broker.data("/v2/stocks/snapshots", symbols="AAPL,KO").json()
    assert set(many) == {"AAPL", "KO"}
    snapshot = many["AAPL"]
    assert set(snapshot) == {"latestTrade", "latestQuote", "minuteBar", "dailyBar", "prevDailyBar"}
    assert set(snapshot["prevDailyBar"]) == BAR
    single = broker.data("/v2/stocks/AAPL/snapshot").json()
    assert single["symbol"] == "AAPL"
    assert single["prevDailyBar"] == snapshot["prevDailyBar"]


def test_daily_bars_begin_at_midnight_in_new_york(broker: PracticeProgram) -> None:
    found = bars(broker, start="2026-10-28", end="2026-11-04")["bars"]["AAPL"]
    assert [bar["t"] for bar in found][:2] == ["2026-10-28T04:00:00Z", "2026-10-29T04:00:00Z"]
    assert found[-1]["t"] == "2026-11-04T05:00:00Z"
    assert len(found) == 8
    assert all(set(bar) == BAR for bar in found)


@pytest.mark.parametrize("sort", ["asc", "desc"])
def test_pages_put_together_are_the_whole(broker: PracticeProgram, sort: str) -> None:
    query = {
        "symbols": "KO,AAPL",
        "timeframe": "1Hour",
        "start": "2026-11-01",
        "end": "2026-11-03",
        "sort": sort,
    }
    whole = bars(broker, **query, limit=10_000)
    assert whole["next_page_token"] is None
    assert list(whole["bars"]) == ["AAPL", "KO"]
    rows: dict[str, list[Any]] = {}
    token, pages = None, 0
    while token is not None or pages == 0:
        page = bars(broker, **query, limit=17, **({"page_token": token} if token else {}))
        assert sum(map(len, page["bars"].values())) <= 17
        for symbol, found in page["bars"].items():
            rows.setdefault(symbol, []).extend(found)
        token, pages = page["next_page_token"], pages + 1
    assert rows == whole["bars"]
    times = [bar["t"] for bar in rows["KO"]]
    assert times == sorted(times, reverse=sort == "desc")


def test_one_symbol_s_bars_come_as_a_list(broker: PracticeProgram) -> None:
    found = bars(
        broker, "/v2/stocks/AAPL/bars", timeframe="5Min", start="2026-11-02", end="2026-11-02T06:00:00Z"
    )
    assert set(found) == {"symbol", "bars", "next_page_token"}
    assert [bar["t"][11:16] for bar in found["bars"]][:3] == ["05:00", "05:05", "05:10"]


def test_a_longer_bar_covers_its_minutes(broker: PracticeProgram) -> None:
    window = {"start": "2026-11-02T15:00:00Z", "end": "2026-11-02T15:59:59Z"}
    [hour] = bars(broker, timeframe="1Hour", **window)["bars"]["AAPL"]
    minutes = bars(broker, timeframe="1Min", **window)["bars"]["AAPL"]
    assert len(minutes) == 60
    assert (hour["o"], hour["c"]) == (minutes[0]["o"], minutes[-1]["c"])
    assert (hour["h"], hour["l"]) == (max(b["h"] for b in minutes), min(b["l"] for b in minutes))
    assert hour["v"] == sum(bar["v"] for bar in minutes)


def test_nothing_of_the_future_is_in_history(broker: PracticeProgram) -> None:
    ahead = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    recent = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    found = bars(broker, timeframe="1Min", start=recent, end=ahead)["bars"]["AAPL"]
    assert 3 <= len(found) <= 6
    assert bars(broker, start=ahead)["bars"] == {}


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("/v2/stocks/bars", {"symbols": "AAPL"}, 400),
        ("/v2/stocks/bars", {"symbols": "AAPL", "timeframe": "1Parsec"}, 400),
        ("/v2/stocks/bars", {"timeframe": "1Day"}, 400),
        ("/v2/stocks/bars", {"symbols": "AAPL", "timeframe": "1Day", "start": "soon"}, 400),
        ("/v2/stocks/bars", {"symbols": "AAPL", "timeframe": "1Day", "limit": "-1"}, 400),
        ("/v2/stocks/bars", {"symbols": "AAPL", "timeframe": "1Day", "page_token": "&&"}, 400),
        ("/v2/stocks/bars", {"symbols": "AAPL", "timeframe": "1Day", "sort": "up"}, 400),
        (
            "/v2/stocks/bars",
            {"symbols": "AAPL", "timeframe": "1Day", "start": "2026-02-01", "end": "2026-01-01"},
            400,
        ),
        ("/v2/stocks/quotes/latest", {}, 400),
        ("/v2/stocks/quotes/latest", {"symbols": "AAPL", "feed": "pigeon"}, 400),
        ("/v2/stocks/NOPE/quotes/latest", {}, 404),
        ("/v2/stocks/BTC%2FUSD/quotes/latest", {}, 400),
        ("/v2/stocks/nowhere", {}, 404),
    ],
)
def test_mistakes_get_the_data_host_s_errors(
    broker: PracticeProgram, path: str, params: dict[str, str], status: int
) -> None:
    answer = broker.data(path, **params)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == ({"message"} if status == 400 else {"code", "message"})


def test_a_start_before_the_first_day_of_history_is_no_problem(broker: PracticeProgram) -> None:
    found = bars(broker, start="1900-01-01", limit=5)["bars"]["AAPL"]
    assert found[0]["t"] == "2016-01-01T05:00:00Z"

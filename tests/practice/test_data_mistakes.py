"""What the data host refuses, and what it quietly leaves out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.practice.program import PracticeProgram

BARS = {"symbols": "AAPL", "timeframe": "1Day"}
COINS = {"symbols": "BTC/USD"}
OPTIONS = {"symbols": "AAPL261218C00270000"}


@pytest.mark.parametrize(
    ("path", "params", "message"),
    [
        ("/v2/stocks/bars", {**BARS, "limit": "10001"}, "limit"),
        ("/v2/stocks/bars", {**BARS, "limit": "0"}, "limit"),
        ("/v2/stocks/bars", {**BARS, "limit": "many"}, "limit"),
        ("/v2/stocks/bars", {**BARS, "adjustment": "split,none"}, "adjustment"),
        ("/v2/stocks/bars", {**BARS, "asof": "yesterday"}, "asof"),
        ("/v2/stocks/bars", {**BARS, "currency": "XXX"}, "currency"),
        ("/v2/stocks/bars", {**BARS, "feed": "overnight"}, "feed"),
        ("/v2/stocks/bars", {**BARS, "page_token": "\u00e4\u00f6"}, "page_token"),
        ("/v2/stocks/bars", {**BARS, "page_token": "QUFQTA=="}, "page_token"),
        ("/v2/stocks/bars", {**BARS, "start": "2026-13-01"}, "start"),
        ("/v2/stocks/bars", {**BARS, "symbols": "AAPL,$$$"}, "symbol"),
        ("/v2/stocks/auctions", {"symbols": "AAPL", "feed": "iex"}, "feed"),
        ("/v2/stocks/quotes", {"symbols": ""}, "symbols"),
        ("/v2/stocks/snapshots", {"symbols": "AAPL", "feed": "both"}, "feed"),
        ("/v2/stocks/meta/conditions/trade", {}, "tape"),
        ("/v2/stocks/meta/conditions/trade", {"tape": "Q"}, "tape"),
        ("/v2/stocks/meta/conditions/tick", {"tape": "A"}, "ticktype"),
        ("/v1beta3/crypto/us/bars", {"symbols": "BTCUSD", "timeframe": "1Day"}, "^[A-Z]+x?/[A-Z]+$"),
        ("/v1beta3/crypto/us/bars", COINS, "timeframe"),
        ("/v1beta3/crypto/mars/latest/quotes", COINS, "location"),
        ("/v1beta3/crypto/us/trades", {**COINS, "sort": "sideways"}, "sort"),
        ("/v1beta1/options/bars", OPTIONS, "timeframe"),
        ("/v1beta1/options/trades", {"symbols": "AAPL"}, "symbol"),
        ("/v1beta1/options/trades", {"symbols": ",".join(f"F261218C{n:08d}" for n in range(101))}, "symbols"),
        ("/v1beta1/options/snapshots", {**OPTIONS, "limit": "1001"}, "limit"),
        ("/v1beta1/options/snapshots", {**OPTIONS, "feed": "sip"}, "feed"),
        ("/v1beta1/options/snapshots", {**OPTIONS, "updated_since": "now"}, "updated_since"),
        ("/v1beta1/options/snapshots/AAPL", {"type": "straddle"}, "type"),
        ("/v1beta1/options/snapshots/AAPL", {"strike_price_gte": "low"}, "strike_price_gte"),
        ("/v1beta1/options/snapshots/AAPL", {"expiration_date": "Friday"}, "expiration_date"),
        ("/v1beta1/news", {"limit": "51"}, "limit"),
        ("/v1beta1/news", {"start": "2026-02-02", "end": "2026-02-01"}, "end"),
        ("/v1beta1/news", {"include_content": "perhaps"}, "include_content"),
        ("/v1beta1/screener/stocks/most-actives", {"by": "noise"}, "by"),
        ("/v1beta1/screener/stocks/most-actives", {"top": "101"}, "top"),
        ("/v1beta1/screener/crypto/movers", {"top": "51"}, "top"),
        ("/v1/corporate-actions", {"types": "party"}, "type"),
        ("/v1/corporate-actions", {"ids": "x", "symbols": "AAPL"}, "ids"),
        ("/v1/corporate-actions", {"start": "2026-02-02", "end": "2026-02-01"}, "end"),
        ("/v1/corporate-actions", {"region": "mars"}, "region"),
        ("/v1/corporate-actions", {"limit": "1001"}, "limit"),
        ("/v1/corporate-actions", {"page_token": "eHx5fHo="}, "page_token"),
        ("/v1beta1/logos/AAPL", {"placeholder": "perhaps"}, "placeholder"),
    ],
)
def test_a_bad_parameter_is_named(
    broker: PracticeProgram, path: str, params: dict[str, str], message: str
) -> None:
    if "logos" in path:
        path = "/v1beta1/logos/NOPE"
    answer = broker.data(path, **params)
    assert answer.status_code == 400, answer.text
    assert set(answer.json()) == {"message"}
    assert message in answer.json()["message"]


@pytest.mark.parametrize(
    ("path", "params", "key"),
    [
        ("/v2/stocks/bars", {"symbols": "NOPE", "timeframe": "1Day"}, "bars"),
        ("/v2/stocks/trades/latest", {"symbols": "NOPE,BTC.X"}, "trades"),
        ("/v1beta3/crypto/us/latest/bars", {"symbols": "NOPE/USD"}, "bars"),
        ("/v1beta1/options/quotes/latest", {"symbols": "AAPL261218C00270001"}, "quotes"),
        ("/v1beta1/options/snapshots/NOPE", {}, "snapshots"),
        ("/v1/corporate-actions", {"symbols": "BTCUSD", "start": "2020-01-01"}, "corporate_actions"),
        ("/v1/corporate-actions", {"region": "non_us", "start": "2020-01-01"}, "corporate_actions"),
    ],
)
def test_what_is_unknown_is_absent(
    broker: PracticeProgram, path: str, params: dict[str, str], key: str
) -> None:
    answer = broker.data(path, **params)
    assert answer.status_code == 200, answer.text
    assert answer.json()[key] == {}


@pytest.mark.parametrize(
    "path", ["/v2/stocks/bars", "/v1beta1/news", "/v1/corporate-actions", "/v1beta1/logos/KO"]
)
def test_nobody_gets_in_without_credentials_save_to_the_coins(broker: PracticeProgram, path: str) -> None:
    url = broker.line["data_url"]
    assert broker.http.get(url + path, timeout=10).status_code == 401
    coins = f"{url}/v1beta3/crypto/us/latest/trades?symbols=BTC%2FUSD"
    assert broker.http.get(coins, timeout=10).status_code == 200
    wrong = {"APCA-API-KEY-ID": broker.line["api_key"], "APCA-API-SECRET-KEY": "x"}
    assert broker.http.get(coins, headers=wrong, timeout=10).status_code == 401


def test_a_company_is_found_by_its_name_of_the_time(broker: PracticeProgram) -> None:
    day = {"timeframe": "1Day", "start": "2022-06-01", "end": "2022-06-03"}
    old = broker.data("/v2/stocks/bars", symbols="FB", asof="2022-06-01", **day).json()["bars"]
    new = broker.data("/v2/stocks/bars", symbols="META", **day).json()["bars"]
    assert old["FB"] == new["META"]
    assert broker.data("/v2/stocks/bars", symbols="FB", **day).json()["bars"] == {}
    assert broker.data("/v2/stocks/bars", symbols="FB", asof="-", **day).json()["bars"] == {}


def test_prices_come_in_other_currencies_and_say_so(broker: PracticeProgram) -> None:
    query = {"timeframe": "1Day", "start": "2026-11-02", "end": "2026-11-04"}
    dollars = broker.data("/v2/stocks/AAPL/bars", **query).json()
    pounds = broker.data("/v2/stocks/AAPL/bars", currency="GBP", **query).json()
    assert "currency" not in dollars
    assert pounds["currency"] == "GBP"
    for one, other in zip(dollars["bars"], pounds["bars"], strict=True):
        assert other["c"] == pytest.approx(one["c"] / 1.271, abs=0.001)
        assert other["v"] == one["v"]


def test_auctions_are_the_day_s_opening_and_closing_prints(broker: PracticeProgram) -> None:
    window = {"start": "2026-11-02", "end": "2026-11-04T00:00:00Z"}
    found = broker.data("/v2/stocks/AAPL/auctions", **window).json()["auctions"]
    assert [day["d"] for day in found][-2:] == ["2026-11-02", "2026-11-03"]
    one_day = {"start": "2026-11-03", "end": "2026-11-03"}
    assert broker.data("/v2/stocks/AAPL/auctions", **one_day).json()["auctions"] == found[-1:]
    [opening], [closing] = found[-2]["o"], found[-2]["c"]
    assert (opening["c"], closing["c"]) == ("O", "6")
    second = {"start": opening["t"], "end": opening["t"]}
    [trade] = broker.data("/v2/stocks/AAPL/trades", **second).json()["trades"]
    assert (trade["p"], trade["s"], trade["x"]) == (opening["p"], opening["s"], opening["x"])
    assert "O" in trade["c"]


@pytest.mark.parametrize("kind", ["quotes", "trades"])
@pytest.mark.parametrize("sort", ["asc", "desc"])
def test_pages_of_ticks_put_together_are_the_whole(broker: PracticeProgram, kind: str, sort: str) -> None:
    query = {
        "symbols": "KO,XOM",
        "start": "2026-11-02T15:00:00Z",
        "end": "2026-11-02T15:04:00Z",
        "sort": sort,
    }
    path = f"/v2/stocks/{kind}"
    whole = broker.data(path, limit=10_000, **query).json()
    found: dict[str, list[Any]] = {}
    token: str | None = ""
    while token is not None:
        page = broker.data(path, limit=37, page_token=token, **query).json()
        for symbol, rows in page[kind].items():
            found.setdefault(symbol, []).extend(rows)
        token = page["next_page_token"]
    assert found == whole[kind]
    times = [row["t"] for row in found["KO"]]
    assert times == sorted(times, reverse=sort == "desc")


def test_pages_of_news_and_actions_put_together_are_the_whole(broker: PracticeProgram) -> None:
    day = {"start": "2026-11-02", "end": "2026-11-03"}
    for path, most, key in (
        ("/v1beta1/news", 50, "news"),
        ("/v1/corporate-actions", 1000, "corporate_actions"),
    ):
        for sort in ("asc", "desc"):
            found: list[Any] = []
            token: str | None = ""
            while token is not None:
                page = broker.data(path, limit=7, page_token=token, sort=sort, **day).json()
                rows = page[key]
                found += rows if isinstance(rows, list) else [one for part in rows.values() for one in part]
                token = page["next_page_token"]
            whole = broker.data(path, limit=most, sort=sort, **day).json()[key]
            rows = whole if isinstance(whole, list) else [one for part in whole.values() for one in part]
            assert sorted(map(str, found[: len(rows)])) == sorted(map(str, rows))
            assert len({str(one["id"]) for one in found}) == len(found)


def test_an_action_is_found_by_its_id(broker: PracticeProgram) -> None:
    query = {"symbols": "NVDA", "types": "forward_split", "start": "2024-06-01", "end": "2024-06-30"}
    [split] = broker.data("/v1/corporate-actions", **query).json()["corporate_actions"]["forward_splits"]
    assert split["new_rate"] == 10
    again = broker.data("/v1/corporate-actions", ids=split["id"]).json()["corporate_actions"]
    assert again == {"forward_splits": [split]}
    by_number = broker.data(
        "/v1/corporate-actions", cusips=split["cusip"], start="2024-06-10", end="2024-06-10"
    )
    assert by_number.json()["corporate_actions"]["forward_splits"] == [split]


def test_a_logo_is_a_picture_and_nobody_has_none(broker: PracticeProgram) -> None:
    apple, coke = broker.data("/v1beta1/logos/AAPL"), broker.data("/v1beta1/logos/KO")
    for answer in (apple, coke, broker.data("/v1beta1/logos/BTC/USD"), broker.data("/v1beta1/logos/NOPE")):
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.content.startswith(b"\x89PNG")
    assert apple.content != coke.content
    assert broker.data("/v1beta1/logos/NOPE", placeholder="false").status_code == 404


def test_a_chain_keeps_to_its_filters_and_an_old_update_is_left_out(broker: PracticeProgram) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    query = {"strike_price_gte": "250", "strike_price_lte": "290", "limit": "1000"}
    puts = broker.data("/v1beta1/options/snapshots/AAPL", type="put", root_symbol="AAPL", **query).json()
    assert puts["snapshots"]
    assert all(name[10] == "P" and 250 <= int(name[-8:]) / 1000 <= 290 for name in puts["snapshots"])
    later = broker.data("/v1beta1/options/snapshots/AAPL", updated_since=soon, **query).json()
    assert later["snapshots"] == {}


def test_the_larger_plan_may_ask_for_market_data_more_often(broker: PracticeProgram, tmp_path: Any) -> None:
    with PracticeProgram(tmp_path / "log", "--plan", "plus") as program:
        asked = program.data("/v2/stocks/meta/exchanges").headers
        assert asked["X-RateLimit-Limit"] == "10000"
        assert program.call("GET", "/v2/clock").headers["X-RateLimit-Limit"] == "200"

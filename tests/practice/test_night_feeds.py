"""The overnight session over the wire: orders by the broker's SDK, and the feeds `boats` and `overnight`."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest

from practice.engine.hours import ExchangeHours, Timetable
from practice.engine.instruments import listed_instruments
from practice.engine.market import Market
from tests.practice import sdk
from tests.practice.engine import instant
from tests.practice.program import PracticeProgram, Stream, until
from tests.practice.test_sdk_streams import Seen, made, streaming
from tests.practice.test_streamed_history import CHANNELS, without_names

Sdk = Any  # by the SDK's types any answer may be raw JSON, which it never is with the defaults
EVENING = "2026-11-17T01:00:00Z"  # Monday, eight in the evening in New York: the night begins
NIGHTFALL = datetime(2026, 11, 17, 1, tzinfo=UTC)
INSTRUMENTS = listed_instruments()
MINUTES = 5
ABSENT, THIN = "BKNG", "BLK"  # not traded at night; not in fractions


def started(tmp_path_factory: pytest.TempPathFactory, start: str, *arguments: str) -> PracticeProgram:
    options = ("--auto-approve", "--rate-limit", "0", "--hours", "exchange", "--paused", "--start", start)
    return PracticeProgram(tmp_path_factory.mktemp("night") / "log", *options, *arguments)


@pytest.fixture
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeProgram]:
    """A broker at the beginning of a night; its time moves when told to."""
    with started(tmp_path_factory, EVENING, "--plan", "plus") as program:
        yield program


@pytest.fixture(scope="module")
def midnight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeProgram]:
    """One in the middle of a night, for whoever only reads."""
    with started(tmp_path_factory, "2026-11-17T05:00:30Z", "--plan", "plus") as program:
        yield program


@pytest.fixture(scope="module")
def frugal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeProgram]:
    """The same with the free plan."""
    with started(tmp_path_factory, "2026-11-17T05:00:30Z", "--plan", "basic") as program:
        yield program


def joined(broker: PracticeProgram, path: str) -> Stream:
    stream = Stream(broker.line["data_stream_url"] + path, headers=broker.keys)
    assert [stream.hear(), stream.hear()][1][0]["msg"] == "authenticated"
    return stream


def passed(broker: PracticeProgram, seconds: float) -> None:
    broker.control("POST", "/time/step", seconds=seconds)


# Orders


def test_the_sdk_places_an_overnight_order_and_it_fills(evening: PracticeProgram) -> None:
    broker = evening
    url = broker.line["trading_url"]["paper"]
    client: Sdk = sdk.TradingClient(oauth_token=broker.token(), url_override=url)
    data: Sdk = sdk.StockHistoricalDataClient(
        api_key=broker.line["api_key"],
        secret_key=broker.line["api_secret"],
        url_override=broker.line["data_url"],
    )
    with closing(client._session), closing(data._session):
        passed(broker, 30)
        assert not client.get_clock().is_open
        latest = sdk.StockLatestQuoteRequest(symbol_or_symbols="KO", feed=sdk.DataFeed.BOATS)
        ask = data.get_stock_latest_quote(latest)["KO"].ask_price
        placed = client.submit_order(
            sdk.LimitOrderRequest(
                symbol="KO",
                qty=3,
                side=sdk.OrderSide.BUY,
                time_in_force=sdk.TimeInForce.DAY,
                limit_price=round(ask + 0.5, 2),
                extended_hours=True,
            )
        )
        assert (placed.status, placed.extended_hours) == (sdk.OrderStatus.PENDING_NEW, True)
        # A day order of the night ends with the trading day that the night began.
        assert placed.expires_at.isoformat() == "2026-11-18T01:00:00+00:00"
        passed(broker, 20)
        done = client.get_order_by_id(placed.id)
        assert done.status == sdk.OrderStatus.FILLED
        assert abs(float(done.filled_avg_price) - ask) < 0.2
        assert "2026-11-17T01:00:30" < done.filled_at.isoformat() < "2026-11-17T01:00:51"
        position = client.get_open_position("KO")
        assert (position.qty, position.avg_entry_price) == ("3", done.filled_avg_price)
        trade = sdk.StockLatestTradeRequest(symbol_or_symbols="KO", feed=sdk.DataFeed.BOATS)
        assert float(position.current_price) == data.get_stock_latest_trade(trade)["KO"].price
        bars = sdk.StockBarsRequest(
            symbol_or_symbols="KO", timeframe=sdk.TimeFrame.Minute, feed=sdk.DataFeed.BOATS, start=NIGHTFALL
        )
        passed(broker, 10)
        (bar,) = data.get_stock_bars(bars)["KO"]
        assert bar.timestamp == NIGHTFALL
        assert bar.low <= float(done.filled_avg_price) <= bar.high + 0.1


def test_the_sdk_s_stream_hears_the_night(evening: PracticeProgram) -> None:
    stream, seen = made(sdk.StockDataStream, evening, "/v1beta1/boats"), Seen()
    for channel, subscribe in (
        ("trades", stream.subscribe_trades),
        ("quotes", stream.subscribe_quotes),
        ("bars", stream.subscribe_bars),
    ):
        subscribe(seen.on(channel), "AAPL")
    with streaming(stream):
        acknowledged = "/log/frames?stream=data&contains=subscription"
        until(lambda: evening.control("GET", acknowledged)["frames"] or None, "nobody subscribed")
        passed(evening, 90)
        seen.wait_for("trades", "quotes", "bars")
    assert (seen.last("bars").symbol, seen.last("bars").timestamp) == ("AAPL", NIGHTFALL)
    assert {message.tape for message in seen.messages["trades"] + seen.messages["quotes"]} == {"N"}


def order(broker: PracticeProgram, **fields: Any) -> tuple[int, Any]:
    body = {"symbol": "AAPL", "qty": "1", "side": "buy", "type": "limit", "time_in_force": "day",
            "limit_price": "900", "extended_hours": True}  # fmt: skip
    answer = broker.call("POST", "/v2/orders", json=body | fields)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "market", "limit_price": None},
        {"type": "stop", "limit_price": None, "stop_price": "900"},
        {"time_in_force": "ioc"},
        {"time_in_force": "opg"},
    ],
)
def test_what_is_no_lasting_limit_order_is_refused(midnight: PracticeProgram, fields: dict[str, Any]) -> None:
    body = {"code": 42210000, "message": "extended hours order must be DAY or GTC limit orders"}
    assert order(midnight, **fields) == (422, body)


def test_fractions_are_refused_where_the_asset_lacks_them(midnight: PracticeProgram) -> None:
    status, body = order(midnight, symbol=THIN, qty="0.5", limit_price="1000")
    assert (status, body["code"]) == (422, 42210000)
    assert "fractional" in body["message"]


def test_the_switch_of_the_account_keeps_orders_out_of_the_night(evening: PracticeProgram) -> None:
    passed(evening, 30)
    answer = evening.call("PATCH", "/v2/account/configurations", json={"disable_overnight_trading": True})
    assert answer.json()["disable_overnight_trading"] is True
    taken = order(evening)[1]
    passed(evening, 3600)
    assert evening.call("GET", f"/v2/orders/{taken['id']}").json()["status"] == "accepted"
    passed(evening, 7 * 3600)
    found = evening.call("GET", f"/v2/orders/{taken['id']}").json()
    assert found["status"] == "filled"
    assert found["filled_at"][:19] >= "2026-11-17T09:00:00"


def attributes(broker: PracticeProgram, symbol: str) -> set[str]:
    return set(broker.call("GET", f"/v2/assets/{symbol}").json()["attributes"])


def test_assets_say_what_they_do_at_night(evening: PracticeProgram) -> None:
    broker = evening
    assert attributes(broker, "AAPL") == {"fractional_eh_enabled", "has_options", "overnight_tradable"}
    assert attributes(broker, THIN) & {"fractional_eh_enabled", "overnight_tradable"} == {
        "overnight_tradable"
    }
    assert not attributes(broker, ABSENT) & {"overnight_tradable", "overnight_halted"}
    listed = broker.call("GET", "/v2/assets", params={"attributes": "overnight_halted"}).json()
    assert all("overnight_tradable" in asset["attributes"] for asset in listed)
    broker.control("POST", "/halt", symbol="AAPL", kind="overnight")
    passed(broker, 1)
    assert "overnight_halted" in attributes(broker, "AAPL")
    taken = order(broker)[1]
    passed(broker, 60)
    assert broker.call("GET", f"/v2/orders/{taken['id']}").json()["status"] == "accepted"
    broker.control("POST", "/resume", symbol="AAPL")
    passed(broker, 1)
    assert "overnight_halted" not in attributes(broker, "AAPL")


def test_the_clocks_agree_about_the_night(midnight: PracticeProgram) -> None:
    clock = midnight.call("GET", "/v2/clock").json()
    assert (clock["is_open"], clock["next_open"]) == (False, "2026-11-17T09:30:00-05:00")
    found = midnight.call("GET", "/v3/clock", params={"markets": "NYSE,BOATS"}).json()["clocks"]
    phases = {one["market"]["acronym"]: (one["phase"], one["phase_until"]) for one in found}
    assert phases == {
        "NYSE": ("closed", "2026-11-17T04:00:00-05:00"),
        "BOATS": ("core", "2026-11-17T04:00:00-05:00"),
    }


# Prices


@pytest.mark.parametrize("kind", ["trades", "quotes", "bars"])
@pytest.mark.parametrize("feed", ["sip", "iex", "delayed_sip"])
def test_the_day_s_feeds_have_nothing_of_the_night(midnight: PracticeProgram, feed: str, kind: str) -> None:
    latest = midnight.data(f"/v2/stocks/AAPL/{kind}/latest", feed=feed).json()[kind.removesuffix("s")]
    assert latest["t"] < EVENING
    if feed != "delayed_sip":
        window: dict[str, Any] = {"start": EVENING, "feed": feed}
        if kind == "bars":
            window["timeframe"] = "1Min"
        assert midnight.data(f"/v2/stocks/AAPL/{kind}", **window).json()[kind] in ([], None)


@pytest.mark.parametrize("kind", ["trades", "quotes", "bars"])
def test_the_night_s_feed_has_the_night_alone(midnight: PracticeProgram, kind: str) -> None:
    latest = midnight.data(f"/v2/stocks/AAPL/{kind}/latest", feed="boats").json()[kind.removesuffix("s")]
    assert latest["t"] > "2026-11-17T04:59"
    frame = {"timeframe": "1Min"} if kind == "bars" else {}
    window: dict[str, Any] = {"start": "2026-11-16T14:00:00Z", "feed": "boats", "limit": 10_000} | frame
    rows = midnight.data(f"/v2/stocks/AAPL/{kind}", **window).json()[kind]
    assert rows
    assert all(row["t"] >= EVENING[:19] for row in rows)
    assert kind == "bars" or {row["z"] for row in rows} == {"N"}


def test_a_stock_that_is_not_traded_at_night_has_no_data_there(midnight: PracticeProgram) -> None:
    both = {"symbols": f"AAPL,{ABSENT}", "feed": "boats"}
    assert set(midnight.data("/v2/stocks/quotes/latest", **both).json()["quotes"]) == {"AAPL"}
    assert set(midnight.data("/v2/stocks/snapshots", **both).json()) == {"AAPL"}
    assert midnight.data(f"/v2/stocks/{ABSENT}/trades/latest", feed="boats").status_code == 404


def test_a_snapshot_of_the_night_has_the_night_s_bars(midnight: PracticeProgram) -> None:
    found = midnight.data("/v2/stocks/AAPL/snapshot", feed="boats").json()
    assert found["dailyBar"]["t"] == "2026-11-17T00:00:00Z"
    assert found["prevDailyBar"]["t"] == "2026-11-16T00:00:00Z"
    assert found["minuteBar"]["t"] == "2026-11-17T04:59:00Z"
    days = midnight.data(
        "/v2/stocks/AAPL/bars", feed="boats", timeframe="1Day", start="2026-11-16T00:00:00Z"
    ).json()["bars"]
    assert days == [found["prevDailyBar"], found["dailyBar"]]
    sip = midnight.data("/v2/stocks/AAPL/snapshot", feed="sip").json()
    assert sip["dailyBar"]["t"] == "2026-11-16T05:00:00Z"


def test_the_free_plan_sees_the_night_s_quotes_at_once_and_the_rest_late(frugal: PracticeProgram) -> None:
    found = frugal.data("/v2/stocks/AAPL/snapshot", feed="overnight").json()
    quote, real = found["latestQuote"], INSTRUMENTS["AAPL"]
    assert quote["t"] > "2026-11-17T04:59"
    market = Market(7, Timetable(ExchangeHours()))
    standing = market.quote(market.by_night(real), instant("2026-11-17T05:00:30"))
    assert 0 < real.number(standing.bid) - quote["bp"] < 0.05
    assert 0 < quote["ap"] - real.number(standing.ask) < 0.05
    for key, latest in (("latestTrade", "2026-11-17T04:45:31"), ("minuteBar", "2026-11-17T04:45")):
        assert "2026-11-17T04:4" < found[key]["t"] < latest
    refused = frugal.data("/v2/stocks/AAPL/quotes/latest", feed="boats")
    assert (refused.status_code, refused.json()["message"]) == (
        403,
        "subscription does not permit querying BOATS data",
    )


def test_the_free_plan_reads_the_night_s_history_a_quarter_of_an_hour_late(frugal: PracticeProgram) -> None:
    asked: dict[str, Any] = {"feed": "boats", "start": EVENING, "limit": 10_000}
    trades = frugal.data("/v2/stocks/AAPL/trades", **asked).json()["trades"]
    assert "2026-11-17T04:4" < trades[-1]["t"] < "2026-11-17T04:45:31"
    refused = frugal.data("/v2/stocks/AAPL/trades", **asked, end="2026-11-17T05:00:00Z")
    assert (refused.status_code, refused.json()["message"]) == (
        403,
        "subscription does not permit querying recent BOATS data",
    )
    # The derived feed has no history at all.
    assert frugal.data("/v2/stocks/AAPL/trades", **asked | {"feed": "overnight"}).status_code == 400


def test_what_the_night_s_stream_said_is_what_history_says(evening: PracticeProgram) -> None:
    heard: list[dict[str, Any]] = []
    with joined(evening, "/v1beta1/boats") as stream, joined(evening, "/v2/sip") as by_day:
        for one in (stream, by_day):
            one.say({"action": "subscribe"} | {channel: ["AAPL", "F"] for channel in CHANNELS})
            one.hear()
        by_day.say({"action": "subscribe", "dailyBars": ["AAPL"]})
        by_day.hear()
        for _ in range(MINUTES):
            passed(evening, 60)
            for _ in range(2):  # a bar of each ends a minute
                heard += stream.hear_until(lambda message: message["T"] == "b")
        # The day's feed has not said a word: what comes next is an answer.
        by_day.say({"action": "subscribe", "trades": ["KO"]})
        assert by_day.hear()[0]["T"] == "subscription"
    end = "2026-11-17T01:04:00Z"
    for symbol in ("AAPL", "F"):
        mine = [message for message in heard if message.get("S") == symbol]
        window: dict[str, Any] = {
            "symbols": symbol,
            "start": EVENING,
            "end": end,
            "feed": "boats",
            "limit": 10_000,
        }
        for kind, letter in (("trades", "t"), ("quotes", "q")):
            told = evening.data(f"/v2/stocks/{kind}", **window).json()[kind][symbol]
            came = [without_names(message) for message in mine if message["T"] == letter]
            assert [one for one in came if one["t"][:19] < end[:19]] == told
            assert len(told) > 20
        told = evening.data("/v2/stocks/bars", timeframe="1Min", **window).json()["bars"][symbol]
        final = {message["t"]: without_names(message) for message in mine if message["T"] in {"b", "u"}}
        assert told == list(final.values())


def test_the_derived_stream_has_quotes_at_once_and_trades_late(evening: PracticeProgram) -> None:
    passed(evening, 20 * 60)
    with joined(evening, "/v1beta1/overnight") as stream:
        stream.say({"action": "subscribe", "trades": ["AAPL"], "quotes": ["AAPL"], "bars": ["AAPL"]})
        stream.hear()
        passed(evening, 60)
        heard = stream.hear_until(lambda message: message["T"] == "b")
    assert {message["z"] for message in heard if message["T"] != "b"} == {"N"}
    assert {m["t"][:16] for m in heard if m["T"] == "q"} == {"2026-11-17T01:20"}
    assert {m["t"][:16] for m in heard if m["T"] in "tb"} == {"2026-11-17T01:05"}


def test_by_day_the_night_s_stream_is_silent(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        started(tmp_path_factory, "2026-11-17T15:00:00Z", "--plan", "plus") as broker,
        joined(broker, "/v1beta1/boats") as stream,
    ):
        stream.say({"action": "subscribe"} | {channel: ["AAPL"] for channel in CHANNELS})
        stream.hear()
        passed(broker, 120)
        stream.say({"action": "subscribe", "dailyBars": ["AAPL"]})
        assert stream.hear()[0]["T"] == "subscription"

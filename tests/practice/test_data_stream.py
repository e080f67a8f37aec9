"""The market-data streams over real sockets."""

import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from practice.engine.hours import AlwaysOpen, Timetable
from practice.engine.instruments import listed_instruments
from practice.engine.market import Market
from practice.server import data_session
from tests.practice.program import PracticeProgram, Stream, until

AUTHENTICATED = [{"T": "success", "msg": "authenticated"}]
CONNECTED = [{"T": "success", "msg": "connected"}]


@pytest.fixture(scope="module")
def basic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeProgram]:
    """A broker whose user has the free plan."""
    with PracticeProgram(tmp_path_factory.mktemp("basic") / "log") as program:
        yield program


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeProgram]:
    """A broker whose minutes last half a second."""
    log = tmp_path_factory.mktemp("hurried") / "log"
    with PracticeProgram(log, "--speed", "120", "--rate-limit", "0", "--plan", "plus") as program:
        yield program


@contextmanager
def live(program: PracticeProgram, feed: str = "iex", *, packed: bool = False) -> Iterator[Stream]:
    """A stream, authenticated by key as soon as the feed's slot is free."""

    def admitted() -> Stream | None:
        path = feed if feed.startswith("/") else f"/v2/{feed}"
        stream = Stream(program.line["data_stream_url"] + path, packed=packed)
        assert stream.hear() == CONNECTED
        stream.say({"action": "auth", "key": program.line["api_key"], "secret": program.line["api_secret"]})
        if stream.hear() == AUTHENTICATED:
            return stream
        stream.__exit__()
        return None

    with until(admitted, "the slot was never free") as stream:
        yield stream


def error(code: int, message: str) -> list[dict[str, Any]]:
    return [{"T": "error", "code": code, "msg": message}]


def test_a_token_is_sent_as_the_secret_of_the_key_oauth(broker: PracticeProgram) -> None:
    with Stream(broker.line["data_stream_url"] + "/v2/sip") as stream:
        assert stream.hear() == CONNECTED
        stream.say({"action": "auth", "key": "oauth", "secret": broker.token(scope="data")})
        assert stream.hear() == AUTHENTICATED
        stream.say({"action": "auth", "key": "oauth", "secret": "again"})
        assert stream.hear() == error(403, "already authenticated")


@pytest.mark.parametrize("kind", ["bearer", "keys"])
def test_headers_on_the_upgrade_authenticate_too(broker: PracticeProgram, kind: str) -> None:
    headers = broker.keys if kind == "keys" else {"Authorization": f"Bearer {broker.token(scope='data')}"}
    with Stream(broker.line["data_stream_url"] + "/v2/delayed_sip", headers=headers) as stream:
        assert stream.hear() == CONNECTED
        assert stream.hear() == AUTHENTICATED


@pytest.mark.parametrize(
    ("scope", "secret", "expected"),
    [(None, "nonsense", error(402, "auth failed")), ("trading", None, error(411, "insufficient scope"))],
)
def test_a_token_that_does_not_do_is_told_why_and_hung_up_on(
    broker: PracticeProgram, scope: str | None, secret: str | None, expected: list[dict[str, Any]]
) -> None:
    with Stream(broker.line["data_stream_url"] + "/v2/iex") as stream:
        stream.hear()
        stream.say({"action": "auth", "key": "oauth", "secret": secret or broker.token(scope=scope)})
        assert stream.hear() == expected
        with pytest.raises(ConnectionClosed):
            stream.hear()


def test_subscriptions_add_up_and_every_answer_shows_them_all(broker: PracticeProgram) -> None:
    with live(broker) as stream:
        stream.say({"action": "subscribe", "trades": ["AAPL"], "bars": ["*"]})
        stream.say({"action": "subscribe", "quotes": ["MSFT", "AMD"], "statuses": ["*"]})
        stream.say({"action": "unsubscribe", "quotes": ["MSFT"], "trades": ["KO"]})
        heard = stream.hear_until(lambda m: m.get("quotes") == ["AMD"])
        assert heard[-1] == {
            "T": "subscription",
            "trades": ["AAPL"],
            "quotes": ["AMD"],
            "bars": ["*"],
            "updatedBars": [],
            "dailyBars": [],
            "statuses": ["*"],
            "lulds": [],
            "imbalances": [],
            "corrections": ["AAPL"],
            "cancelErrors": ["AAPL"],
        }


def test_only_what_was_asked_for_comes(broker: PracticeProgram) -> None:
    with live(broker) as stream:
        stream.say({"action": "subscribe", "trades": ["NVDA"], "quotes": ["AAPL", "NVDA"]})
        heard = [m for _ in range(4) for m in stream.hear_until(lambda m: m["T"] == "t")]
        heard += stream.hear_until(lambda m: m.get("S") == "AAPL")
        assert {(m["T"], m.get("S")) for m in heard} == {
            ("subscription", None),
            ("t", "NVDA"),
            ("q", "AAPL"),
            ("q", "NVDA"),
        }


@pytest.mark.parametrize("packed", [False, True], ids=["json", "msgpack"])
def test_quotes_and_trades_have_the_documented_fields(broker: PracticeProgram, packed: bool) -> None:
    with live(broker, packed=packed) as stream:
        stream.say({"action": "subscribe", "trades": ["NVDA"], "quotes": ["NVDA"]})
        quote = stream.hear_until(lambda m: m["T"] == "q")[-1]
        trade = stream.hear_until(lambda m: m["T"] == "t")[-1]
        assert next(iter(trade)) == "T"  # an SDK relies on it
        assert set(trade) == {"T", "S", "i", "x", "p", "s", "c", "t", "z"}
        assert set(quote) == {"T", "S", "bx", "bp", "bs", "ax", "ap", "as", "c", "t", "z"}
        assert quote["bp"] < quote["ap"]
        assert isinstance(trade["p"], float)
        if packed:
            moment = trade["t"]
            assert isinstance(moment, datetime)
        else:
            moment = datetime.fromisoformat(trade["t"][:26] + "+00:00")
        assert abs((datetime.now(UTC) - moment).total_seconds()) < 60
        assert isinstance(stream.frame(), bytes if packed else str)


def test_a_minute_bar_comes_right_after_its_minute_and_history_repeats_it(hurried: PracticeProgram) -> None:
    channels = ("trades", "bars", "updatedBars", "dailyBars")
    with live(hurried) as stream:
        stream.say({"action": "subscribe", **{channel: ["AAPL"] for channel in channels}})
        first = stream.hear_until(lambda m: m["T"] == "b")[-1]
        minute = stream.hear_until(lambda m: m["T"] == "b")
        bar = minute[-1]
        daily = stream.hear_until(lambda m: m["T"] == "d")[-1]
        heard = minute + stream.hear_until(lambda m: m["T"] == "b")
    if {"u", "c", "x"} & {m["T"] for m in heard}:
        return  # one minute in some hundred is amended; that is tested where it is certain to happen
    assert bar["t"] > first["t"]
    # What has been dealt with since the bar before is the minute of this one.
    trades = [m for m in minute if m["T"] == "t" and m["t"][:16] == bar["t"][:16]]
    prices = [trade["p"] for trade in trades]
    assert (prices[0], max(prices), min(prices), prices[-1]) == (bar["o"], bar["h"], bar["l"], bar["c"])
    assert (len(trades), sum(trade["s"] for trade in trades)) == (bar["n"], bar["v"])
    history = hurried.data("/v2/stocks/AAPL/bars", timeframe="1Min", start=bar["t"], end=bar["t"]).json()
    assert history["bars"] == [{name: bar[name] for name in bar if name not in {"T", "S"}}]
    assert daily["h"] >= bar["h"]
    assert daily["l"] <= bar["l"]


@pytest.mark.parametrize(
    ("feed", "symbol", "history"),
    [("sip", "NVDA", "/v2/stocks"), ("/v1beta3/crypto/us", "BTC/USD", "/v1beta3/crypto/us")],
)
def test_history_repeats_every_print_and_bar_that_was_streamed(
    hurried: PracticeProgram, feed: str, symbol: str, history: str
) -> None:
    with live(hurried, feed) as stream:
        stream.say(
            {"action": "subscribe", "trades": [symbol], "quotes": [symbol], "bars": [symbol]}
            | {"updatedBars": [symbol]}
        )
        heard = [m for _ in range(4) for m in stream.hear_until(lambda m: m["T"] == "b")]
    begun, ended = (next(m["t"] for m in side if m["T"] == "q") for side in (heard, heard[::-1]))

    def at(message: dict[str, Any]) -> str:
        return str(message["t"]).rstrip("Z")  # fractions have no zeros at the end: 05Z comes before 05.1Z

    corrected = {m[name] for m in heard for name in ("oi", "ci", "i") if m["T"] in {"c", "x"} and name in m}

    def told(kind: str) -> list[dict[str, Any]]:
        messages = [m for m in heard if m["T"] == kind and begun.rstrip("Z") <= at(m) <= ended.rstrip("Z")]
        messages.sort(key=at)
        return [{name: value for name, value in m.items() if name not in {"T", "S"}} for m in messages]

    def kept(channel: str, **query: Any) -> list[dict[str, Any]]:
        answer = hurried.data(
            f"{history}/{channel}", symbols=symbol, start=begun, end=ended, limit=10000, **query
        )
        return list(answer.json()[channel].get(symbol, []))

    assert told("q") == kept("quotes")
    trades = [trade for trade in kept("trades") if trade["i"] not in corrected]
    late = {trade["i"] for trade in trades} - {trade["i"] for trade in told("t")}
    assert len(late) <= 1  # the last minute's may still be on its way
    assert [t for t in told("t") if t["i"] not in corrected] == [t for t in trades if t["i"] not in late]
    updated = {bar["t"] for bar in told("u")}
    bars = {bar["t"]: bar for bar in kept("bars", timeframe="1Min")}
    prices = [({n: bar[n] for n in "ohlc"}, {n: bars[bar["t"]][n] for n in "ohlc"}) for bar in told("b")]
    assert len(prices) >= 2
    assert all(mine == theirs for mine, theirs in prices)
    settled = [bar for bar in told("b")[:-1] if bar["t"] not in updated]
    assert all(bar == bars[bar["t"]] for bar in told("u") + settled)


def test_the_test_feed_has_its_one_symbol(broker: PracticeProgram) -> None:
    with live(broker, "test") as stream:
        stream.say({"action": "subscribe", "quotes": ["FAKEPACA", "AAPL"]})
        assert stream.hear()[0]["T"] == "subscription"
        heard = [m for _ in range(3) for m in stream.hear_until(lambda m: m["T"] == "q")]
        assert {m["S"] for m in heard} == {"FAKEPACA"}


def test_a_feed_has_one_connection_for_each_user(broker: PracticeProgram) -> None:
    key = {"action": "auth", "key": broker.line["api_key"], "secret": broker.line["api_secret"]}
    with live(broker), Stream(broker.line["data_stream_url"] + "/v2/iex") as second:
        second.hear()
        second.say(key)
        assert second.hear() == error(406, "connection limit exceeded")
        with pytest.raises(ConnectionClosed):
            second.hear()
        with live(broker, "test"):
            pass  # another feed has a slot of its own


def test_thirty_symbols_of_trades_and_quotes_are_the_limit_and_bars_are_free(tmp_path: Path) -> None:
    symbols = [f"A{n}" for n in range(30)]
    with PracticeProgram(tmp_path / "log") as program, live(program) as stream:
        stream.say({"action": "subscribe", "trades": symbols[:15], "quotes": symbols[15:], "bars": ["*"]})
        assert stream.hear()[0]["T"] == "subscription"
        for more in ({"quotes": ["KO"]}, {"quotes": ["*"]}, {"trades": symbols[15:]}):
            stream.say({"action": "subscribe", **more})
            assert stream.hear_until(lambda m: m["T"] == "error")[-1:] == error(405, "symbol limit exceeded")
        stream.say({"action": "unsubscribe", "trades": symbols[:1]})
        stream.say({"action": "subscribe", "quotes": ["KO"]})
        assert "KO" in stream.hear_until(lambda m: "KO" in m.get("quotes", ()))[-1]["quotes"]


def test_mistakes_are_numbered_and_the_connection_stays(broker: PracticeProgram) -> None:
    with Stream(broker.line["data_stream_url"] + "/v2/iex") as stream:
        stream.hear()
        stream.say({"action": "subscribe", "trades": ["AAPL"]})
        assert stream.hear() == error(401, "not authenticated")
    with live(broker) as stream:
        for message, expected in (
            ({"action": "dance"}, error(400, "invalid syntax")),
            ([], error(400, "invalid syntax")),
            ({"action": "subscribe", "trades": "AAPL"}, error(400, "invalid syntax")),
            ({"action": "subscribe", "trades": [5]}, error(400, "invalid syntax")),
            ({"action": "subscribe", "trades": ["aapl"]}, error(400, "invalid syntax")),
            (
                {"action": "subscribe", "orderbooks": ["AAPL"]},
                error(410, "invalid subscribe action for this feed"),
            ),
        ):
            stream.say(message)
            assert stream.hear() == expected, message
        for frame in ("{", "[" * 3000, b"\xff"):
            stream.socket.send(frame)
            assert stream.hear() == error(400, "invalid syntax")


def test_fragmented_messages_are_put_together(broker: PracticeProgram) -> None:
    with live(broker) as stream:
        stream.socket.send(['{"action":"sub', 'scribe","quo', 'tes":["AAPL"]}'])
        assert stream.hear()[0]["quotes"] == ["AAPL"]


@pytest.mark.parametrize("frame", ["{", b"\xff\xfe", b"\xc1", b"\xdd\xff\xff\xff\xff", b"\x91" * 5000, "\0"])
@pytest.mark.parametrize("packed", [False, True], ids=["json", "msgpack"])
def test_garbage_is_invalid_syntax_whatever_the_encoding(
    broker: PracticeProgram, frame: str | bytes, packed: bool
) -> None:
    with live(broker, packed=packed) as stream:
        stream.socket.send(frame)
        assert stream.hear() == error(400, "invalid syntax")
        stream.say({"action": "subscribe", "bars": ["AAPL"]})
        assert stream.hear()[0]["bars"] == ["AAPL"]


# The client library says so when it is cut off while it sends.
@pytest.mark.expects_log("unexpected internal error")
def test_a_frame_beyond_all_measure_ends_the_connection_and_nothing_else(broker: PracticeProgram) -> None:
    def overdo(stream: Stream) -> None:
        stream.socket.send("[" + " " * 2_000_000 + "]")
        stream.hear()

    with live(broker) as stream, pytest.raises(ConnectionClosed):
        overdo(stream)
    with live(broker):
        pass


@pytest.mark.parametrize("packed", [False, True], ids=["json", "msgpack"])
def test_who_asks_for_compression_gets_it(broker: PracticeProgram, packed: bool) -> None:
    url = broker.line["data_stream_url"] + "/v2/iex"
    with Stream(url, packed=packed, headers=broker.keys, compression="deflate") as stream:
        answered = stream.socket.response
        assert answered is not None
        assert "permessage-deflate" in answered.headers["Sec-WebSocket-Extensions"]
        stream.say({"action": "subscribe", "quotes": ["*"]})
        stream.hear_until(lambda m: m["T"] == "q")


@pytest.mark.parametrize("key", ["oauth", "access_token"])
def test_either_name_stands_for_the_key_of_a_token(broker: PracticeProgram, key: str) -> None:
    with Stream(broker.line["data_stream_url"] + "/v1beta1/news") as stream:
        stream.hear()
        stream.say({"action": "auth", "key": key, "secret": broker.token(scope="data")})
        assert stream.hear() == AUTHENTICATED


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Authorization": "Bearer nonsense"}, 402),
        ({"Authorization": "Basic !!"}, 402),
        ({"APCA-API-KEY-ID": "PKNOBODY"}, 402),
    ],
)
def test_wrong_headers_on_the_upgrade_are_told_and_hung_up_on(
    broker: PracticeProgram, headers: dict[str, str], expected: int
) -> None:
    with Stream(broker.line["data_stream_url"] + "/v2/iex", headers=headers) as stream:
        assert stream.hear() == CONNECTED
        assert stream.hear()[0]["code"] == expected
        with pytest.raises(ConnectionClosed):
            stream.hear()


def test_key_and_secret_may_come_as_basic_authorization(broker: PracticeProgram) -> None:
    proof = b64encode(f"{broker.line['api_key']}:{broker.line['api_secret']}".encode()).decode()
    headers = {"Authorization": f"Basic {proof}"}
    with Stream(broker.line["data_stream_url"] + "/v1beta3/crypto/eu-1", headers=headers) as stream:
        assert (stream.hear(), stream.hear()) == (CONNECTED, AUTHENTICATED)


@pytest.mark.parametrize("path", ["/v2/sip", "/v1beta1/boats", "/v2/boats"])
def test_the_free_plan_lacks_feeds(basic: PracticeProgram, path: str) -> None:
    with Stream(basic.line["data_stream_url"] + path) as stream:
        stream.hear()
        stream.say({"action": "auth", "key": basic.line["api_key"], "secret": basic.line["api_secret"]})
        assert stream.hear() == error(409, "insufficient subscription")
        with pytest.raises(ConnectionClosed):
            stream.hear()


@pytest.mark.parametrize(
    "path",
    ["/v2/iex", "/v2/delayed_sip", "/v2/test", "/v1beta1/overnight", "/v1beta1/news", "/v1beta3/crypto/us"],
)
def test_the_free_plan_has_the_others(basic: PracticeProgram, path: str) -> None:
    with live(basic, path):
        pass


def test_pairs_have_no_exchange_and_say_who_took(broker: PracticeProgram) -> None:
    with live(broker, "/v1beta3/crypto/us", packed=True) as stream:
        stream.say({"action": "subscribe", "trades": ["BTC/USD"], "quotes": ["*"]})
        quote = stream.hear_until(lambda m: m["T"] == "q")[-1]
        trade = stream.hear_until(lambda m: m["T"] == "t", 60)[-1]
        assert set(quote) == {"T", "S", "bp", "bs", "ap", "as", "t"}
        assert set(trade) == {"T", "S", "i", "p", "s", "t", "tks"}
        assert trade["tks"] in {"B", "S"}


def test_options_speak_messagepack_alone(broker: PracticeProgram) -> None:
    with Stream(broker.line["data_stream_url"] + "/v1beta1/indicative", headers=broker.keys) as stream:
        assert stream.hear() == CONNECTED
        assert stream.hear() == error(412, "option messages are only available in MsgPack format")
        with pytest.raises(ConnectionClosed):
            stream.hear()


@pytest.mark.parametrize("feed", ["opra", "indicative"])
def test_options_have_quotes_by_contract_and_trades_for_the_star(hurried: PracticeProgram, feed: str) -> None:
    instruments = listed_instruments()
    market = Market(7, Timetable(AlwaysOpen()))
    contract = market.chain(instruments, instruments["NVDA"], time.time_ns())[-1].symbol
    with live(hurried, f"/v1beta1/{feed}", packed=True) as stream:
        stream.say({"action": "subscribe", "quotes": ["*"]})
        assert stream.hear() == error(413, "star subscription is not allowed for option quotes")
        stream.say({"action": "subscribe", "trades": ["*"], "quotes": [contract]})
        heard = stream.hear_until(lambda m: m["T"] == "q")
        heard += stream.hear_until(lambda m: m["T"] == "t")
        quote = next(message for message in heard if message["T"] == "q")
        assert quote["S"] == contract
        assert set(quote) == {"T", "S", "bx", "bp", "bs", "ax", "ap", "as", "c", "t"}
        assert set(heard[-1]) == {"T", "S", "x", "p", "s", "c", "t"}
        assert (type(quote["c"]), type(heard[-1]["c"])) == (str, str)


def test_a_delayed_feed_tells_now_what_was_printed_a_quarter_of_an_hour_ago(broker: PracticeProgram) -> None:
    with live(broker, "delayed_sip", packed=True) as stream:
        stream.say({"action": "subscribe", "quotes": ["NVDA", "AAPL"]})
        quote = stream.hear_until(lambda m: m["T"] == "q")[-1]
        assert 895 < (datetime.now(UTC) - quote["t"]).total_seconds() < 960


def test_the_overnight_feeds_have_a_tape_of_their_own(broker: PracticeProgram) -> None:
    with live(broker, "/v1beta1/boats") as stream:
        stream.say({"action": "subscribe", "quotes": ["NVDA"]})
        assert stream.hear_until(lambda m: m["T"] == "q")[-1]["z"] == "N"


@pytest.mark.parametrize("packed", [False, True], ids=["json", "msgpack"])
def test_the_test_symbol_rehearses_corrections_cancellations_and_updated_bars(
    hurried: PracticeProgram, packed: bool
) -> None:
    fields = {
        "c": "T S x oi op os oc ci cp cs cc z t",
        "x": "T S i x p s a z t",
        "u": "T S o h l c v n vw t",
    }
    with live(hurried, "test", packed=packed) as stream:
        stream.say({"action": "subscribe", "trades": ["*"], "updatedBars": ["FAKEPACA"]})
        seen: dict[str, dict[str, Any]] = {}
        while not seen.keys() >= fields.keys():
            message = stream.hear_until(lambda m: m["T"] in fields)[-1]
            seen[message["T"]] = message
    assert {kind: " ".join(message) for kind, message in seen.items()} == fields


def test_an_unknown_feed_is_not_found(broker: PracticeProgram) -> None:
    url = broker.line["data_stream_url"].replace("ws:", "http:") + "/v2/weather"
    assert broker.http.get(url, timeout=10).status_code == 404


def test_who_says_nothing_for_ten_seconds_is_hung_up_on(
    broker: PracticeProgram,
) -> None:
    with Stream(broker.line["data_stream_url"] + "/v2/iex") as stream:
        stream.hear()
        assert stream.hear(patience_s=data_session.AUTH_TIMEOUT_S + 5) == error(404, "auth timeout")
        with pytest.raises(ConnectionClosed):
            stream.hear()


def test_a_flood_has_the_rate_that_was_asked_for(tmp_path: Path) -> None:
    arguments = ("--quote-rate", "20000", "--plan", "plus")
    with PracticeProgram(tmp_path / "log", *arguments) as program, live(program, "sip") as stream:
        stream.say({"action": "subscribe", "quotes": ["*"]})
        symbols, count, stamps = set(), 0, []
        while count < 40_000:
            for message in stream.hear():
                if message["T"] == "q":
                    count += 1
                    symbols.add(message["S"])
                    stamps.append(message["t"])
        assert len(symbols) > 300
        assert stamps == sorted(stamps)
        begun, ended = (datetime.fromisoformat(stamps[n][:26]) for n in (0, -1))
        assert 1.5 < (ended - begun).total_seconds() < 20


def test_a_reader_that_falls_behind_is_told_and_hung_up_on(tmp_path: Path) -> None:
    arguments = ("--quote-rate", "600000", "--symbol-limit", "0")
    with PracticeProgram(tmp_path / "log", *arguments) as program, live(program) as stream:
        stream.say({"action": "subscribe", "quotes": ["*"]})

        def told() -> bool | None:
            message = stream.hear()[-1]  # a frame for each question to the control port is far too slow
            program.control("GET", "/log")
            return True if message == error(407, "slow client")[0] else None

        until(told, "the reader was never told", 60)
        with pytest.raises(ConnectionClosed):
            stream.hear()
        assert program.call("GET", "/v2/clock").status_code == 200

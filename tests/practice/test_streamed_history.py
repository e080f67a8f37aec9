"""History over REST is what the streams sent before, to the cent and the nanosecond."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.practice.program import PracticeProgram, Stream

Message = dict[str, Any]

FROM, UNTIL, LAST_BAR = "2026-11-18T14:00:00Z", "2026-11-18T14:04:00Z", "2026-11-18T14:03:00Z"
MINUTES = 5  # one more, in which trades of the fourth may be reported late
CHANNELS = ("trades", "quotes", "bars", "updatedBars")


@pytest.fixture
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeProgram]:
    """One whose time moves when told to."""
    arguments = ("--auto-approve", "--rate-limit", "0", "--plan", "plus", "--paused", "--start", FROM)
    with PracticeProgram(tmp_path_factory.mktemp("standing") / "log", *arguments) as program:
        yield program


def streamed(broker: PracticeProgram, path: str, symbols: list[str]) -> list[Message]:
    """Everything that some minutes brought, in order."""
    heard: list[Message] = []
    with Stream(broker.line["data_stream_url"] + path) as stream:
        stream.hear()
        stream.say({"action": "auth", "key": broker.line["api_key"], "secret": broker.line["api_secret"]})
        stream.hear()
        stream.say({"action": "subscribe"} | dict.fromkeys(CHANNELS, symbols))
        stream.hear()
        for _ in range(MINUTES):
            broker.control("POST", "/time/step", seconds=60)
            for _ in symbols:  # a bar of each ends a minute
                heard += stream.hear_until(lambda message: message["T"] == "b")
    return heard


def without_names(message: Message) -> Message:
    return {name: value for name, value in message.items() if name not in {"T", "S"}}


@pytest.mark.parametrize(
    ("stream", "history", "symbols"),
    [
        ("/v2/sip", "/v2/stocks", ["AAPL", "KO", "XOM"]),
        ("/v1beta3/crypto/us", "/v1beta3/crypto/us", ["BTC/USD", "SHIB/USD"]),
    ],
)
def test_what_was_streamed_is_what_history_says(
    standing: PracticeProgram, stream: str, history: str, symbols: list[str]
) -> None:
    heard = streamed(standing, stream, symbols)
    for symbol in symbols:
        mine = [message for message in heard if message.get("S") == symbol]
        window: dict[str, Any] = {"symbols": symbol, "start": FROM, "end": UNTIL, "limit": 10_000}
        # What was taken back or put right is known by its number.
        amended = {m[key] for m in mine if m["T"] in {"c", "x"} for key in ("i", "oi", "ci") if key in m}
        for kind, letter in (("trades", "t"), ("quotes", "q")):
            told = standing.data(f"{history}/{kind}", **window).json()[kind][symbol]
            came = [without_names(message) for message in mine if message["T"] == letter]
            inside = sorted(
                (one for one in came if one["t"][:19] < UNTIL[:19]), key=lambda one: str(one["t"])
            )
            assert [one for one in inside if one.get("i") not in amended] == [
                one for one in told if one.get("i") not in amended
            ]
            assert len(inside) > MINUTES
        told = standing.data(f"{history}/bars", timeframe="1Min", **window).json()["bars"][symbol]
        final = {message["t"]: without_names(message) for message in mine if message["T"] in {"b", "u"}}
        assert [bar for bar in told if bar["t"] <= LAST_BAR] == [
            bar for start, bar in final.items() if start <= LAST_BAR
        ]


def test_the_free_option_feed_shows_quotes_a_little_wider_than_they_are(standing: PracticeProgram) -> None:
    standing.control("POST", "/time/step", seconds=3 * 3600)  # options trade in ordinary hours only
    shown: dict[str, dict[str, Message]] = {}
    for feed in ("opra", "indicative"):
        found = standing.data("/v1beta1/options/snapshots/AAPL", feed=feed, limit=40).json()["snapshots"]
        shown[feed] = {symbol: one["latestQuote"] for symbol, one in found.items()}
        symbols = ",".join(found)
        latest = standing.data("/v1beta1/options/quotes/latest", feed=feed, symbols=symbols).json()["quotes"]
        assert latest == shown[feed]
    assert len(shown["opra"]) == 40
    for symbol, quote in shown["opra"].items():
        free = shown["indicative"][symbol]
        assert free["bp"] <= quote["bp"] < quote["ap"] < free["ap"]
        assert free["t"] == quote["t"]

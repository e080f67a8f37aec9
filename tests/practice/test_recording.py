"""A recorded day is replayed from its file, and a file that is none says where it is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice.__main__ import main
from practice.engine.clock import MINUTE, SECOND
from practice.engine.history import Span, Timeframe, bars
from practice.engine.hours import AlwaysOpen, ExchangeHours, Hours, Timetable
from practice.engine.instruments import listed_instruments
from practice.engine.market import Market
from practice.engine.recording import Recording, UnreadableRecording, read_recording, recording_of
from practice.engine.tape import Quote, Trade
from practice.server.tape_wire import quote_fields, trade_fields
from tests.practice.engine import NOON, instant
from tests.practice.program import PracticeProgram

INSTRUMENTS = listed_instruments()
AAPL, KO = INSTRUMENTS["AAPL"], INSTRUMENTS["KO"]
OPEN = instant("2026-11-18T09:30:00-05:00")


def quoted(second: float, bid: float, ask: float, symbol: str = "AAPL", **more: Any) -> dict[str, Any]:
    return {"T": "q", "S": symbol, "bp": bid, "bs": 200, "ap": ask, "as": 300, "t": at(second), **more}


def traded(
    second: float, price: float, size: float = 100, symbol: str = "AAPL", **more: Any
) -> dict[str, Any]:
    return {"T": "t", "S": symbol, "p": price, "s": size, "t": at(second), **more}


def at(second: float) -> str:
    whole = int(second)
    return f"2026-11-18T{14 + (30 + whole // 60) // 60:02d}:{(30 + whole // 60) % 60:02d}:{whole % 60:02d}.5Z"


DAY = [
    {"T": "success", "msg": "connected"},
    quoted(0, 150.0, 150.02, bx="Q", unknown=[1]),
    traded(1, 150.02, 40, x="V", i=77, c=["@", "I"]),
    [quoted(2, 150.1, 150.13), traded(3, 150.1), {"T": "b", "S": "AAPL"}],
    traded(130, 151.0, 10),
    quoted(131, 150.99, 151.0),
]


def written(tmp_path: Path, lines: list[Any]) -> Path:
    path = tmp_path / "day.jsonl"
    path.write_text("\n".join(json.dumps(line) if line != "" else "" for line in lines) + "\n", "utf-8")
    return path


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    return read_recording(written(tmp_path, ["", *DAY]), INSTRUMENTS)


def market(recording: Recording, hours: Hours | None = None) -> Market:
    return Market(7, Timetable(hours or AlwaysOpen()), recording)


@pytest.mark.parametrize("hours", [AlwaysOpen(), ExchangeHours()], ids=["always", "exchange"])
def test_the_prints_of_a_recorded_day_are_the_file_s(recording: Recording, hours: Hours) -> None:
    market_ = market(recording, hours)
    prints = list(market_.prints(AAPL, OPEN - 1, OPEN + 10 * MINUTE))
    assert [type(tick) for tick in prints] == [Quote, Trade, Quote, Trade, Trade, Quote]
    first = prints[1]
    assert isinstance(first, Trade)
    assert (first.price, first.lots, first.venue, first.number) == (15002, 40, "V", 77)
    assert first.buyer_took
    assert market_.quote(AAPL, OPEN + 60 * SECOND).ask == 15013
    assert market_.trade(AAPL, OPEN + 60 * SECOND).price == 15010
    minutes = list(
        bars(
            market_, AAPL, Timeframe(1, "Min"), Span(start=OPEN, end=OPEN + 5 * MINUTE, now=OPEN + 9 * MINUTE)
        )
    )
    assert [(bar.at - OPEN, bar.open, bar.close, bar.lots) for bar in minutes] == [
        (0, 15002, 15010, 140),
        (2 * MINUTE, 15100, 15100, 10),
    ]
    day = market_.day_bar(AAPL, OPEN + 10 * MINUTE)
    assert day is not None
    assert (day.open, day.high, day.low, day.close, day.lots) == (15002, 15100, 15002, 15100, 150)
    assert market_.minute_bar(AAPL, OPEN + 2 * MINUTE).at == OPEN


def test_the_days_around_a_recorded_one_lead_to_its_prices(recording: Recording) -> None:
    market_ = market(recording, ExchangeHours())
    before = market_.previous_day_bar(AAPL, OPEN)
    assert before.close == pytest.approx(15002, rel=0.001)
    assert market_.trade(AAPL, OPEN).at < OPEN
    assert market_.quote(AAPL, OPEN).bid == pytest.approx(15000, rel=0.01)
    tomorrow = instant("2026-11-19T12:00:00-05:00")
    assert market_.trade(AAPL, tomorrow).at > tomorrow - MINUTE
    plain = Market(7, Timetable(ExchangeHours()))
    assert market_.quote(KO, NOON) == plain.quote(KO, NOON)


def test_options_follow_their_recorded_underlying(recording: Recording) -> None:
    market_ = market(recording)
    option = INSTRUMENTS.find("AAPL261218C00150000")
    assert option is not None
    before, after = market_.quote(option, OPEN + SECOND), market_.quote(option, OPEN + 140 * SECOND)
    assert before.bid < after.bid
    assert market_.trade(option, OPEN + 140 * SECOND).price > 0
    session = market_.timetable.last_started(OPEN)
    for trade in market_.of(option).trades_in(session.open):
        quote = market_.quote(option, trade.at)
        assert trade.price in {quote.bid, quote.ask}


def test_a_recorded_symbol_can_be_halted(recording: Recording) -> None:
    market_ = market(recording)
    market_.halt(AAPL, OPEN + 2 * SECOND)
    prints = list(market_.prints(AAPL, OPEN - 1, OPEN + 10 * MINUTE))
    assert [tick.at - OPEN for tick in prints] == [SECOND // 2, 3 * SECOND // 2]


def test_what_a_stream_sends_can_be_read_again(tmp_path: Path) -> None:
    source = Market(7, Timetable(AlwaysOpen()))
    coin = INSTRUMENTS["BTC/USD"]
    prints = {one: list(source.prints(one, OPEN - 1, OPEN + MINUTE)) for one in (AAPL, coin)}
    lines = [
        {"T": "q", "S": one.symbol, **quote_fields(one, tick)}
        if isinstance(tick, Quote)
        else {"T": "t", "S": one.symbol, **trade_fields(one, tick)}
        for one, ticks in prints.items()
        for tick in ticks
    ]
    again = read_recording(written(tmp_path, [lines]), INSTRUMENTS)
    market_ = market(again)
    for one, ticks in prints.items():
        replayed = list(market_.prints(one, OPEN - 1, OPEN + MINUTE))
        assert [(type(t), t.at) for t in replayed] == [(type(t), t.at) for t in ticks]
        assert prices(replayed) == prices(ticks)


def test_a_session_at_the_real_exchange_can_be_read(tmp_path: Path) -> None:
    lines = [
        quoted(0, 150.0, 150.02),
        quoted(1, 150.0, 0, symbol="AAPL"),  # nobody offers
        quoted(2, 150.04, 150.04),  # locked
        quoted(3, 150.05, 150.02),  # crossed
        [traded(6, 150.02, i=2), traded(4, 150.01, i=1), traded(7, 10.0, symbol="ELSEWHERE")],  # one is late
        {"T": "t", "S": "AAPL261218C00150000", "p": 1.2, "s": 1, "c": "a", "t": at(7)},
        traded(130, 151.0, 10),
    ]
    recording_ = read_recording(written(tmp_path, lines), INSTRUMENTS)
    assert list(recording_.by_symbol) == ["AAPL"]
    prints = list(market(recording_).prints(AAPL, OPEN - 1, OPEN + MINUTE))
    assert prices(prints) == [(15000, 15002), (15001,), (15002,)]


def prices(ticks: list[Quote | Trade]) -> list[tuple[int, ...]]:
    return [(tick.price,) if isinstance(tick, Trade) else (tick.bid, tick.ask) for tick in ticks]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([], ": no quote and no trade of a known stock or coin in it"),
        ([{"T": "success"}], ": no quote and no trade of a known stock or coin in it"),
        ([quoted(0, 150.0, 150.02), "oops"], ":2: "),
        ([traded(0, 150.0, symbol="NOPE")], ": no quote and no trade of a known stock or coin"),
        ([traded(0, 1e30)], ":1: Expected `float` < 1"),
        ([traded(0, 150.0, t="1926-11-18T14:30:00Z")], ":1: 1926-11-18T14:30:00Z is not in the years 2017"),
        ([traded(0, -1)], ":1: "),
        ([traded(0, 0.001)], ":1: a price of less than a tick"),
        ([traded(0, 150.0, t="soon")], ":1: Invalid isoformat"),
        ([{"T": "t", "S": "AAPL", "p": 1}], ":1: Object missing required field"),
        ([quoted(0, 150.02, 150.02)], ": no quote and no trade of a known stock or coin in it"),
    ],
)
def test_a_file_that_is_no_recording_says_where_and_why(
    tmp_path: Path, lines: list[Any], problem: str
) -> None:
    path = written(tmp_path, lines)
    with pytest.raises(UnreadableRecording) as caught:
        read_recording(path, INSTRUMENTS)
    assert f"{path}{problem}" in str(caught.value)


@given(st.lists(st.binary(max_size=200) | st.sampled_from([b"[[]]", b"[1]", b"{}", b'{"T": "t"}', b"null"])))
def test_no_bytes_break_the_reader(lines: list[bytes]) -> None:
    with pytest.raises(UnreadableRecording, match="file"):
        recording_of(lines, "file", INSTRUMENTS)


def test_the_program_starts_in_the_recorded_day_and_says_why_it_cannot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--auto-approve", "--paused", "--replay", str(written(tmp_path, DAY)))
    with PracticeProgram(tmp_path / "log", *arguments) as program:
        program.control("POST", "/time/step", seconds=140)
        quote = program.data("/v2/stocks/AAPL/quotes/latest", feed="iex").json()["quote"]
        assert (quote["bp"], quote["ap"]) == (150.99, 151.0)
        assert quote["t"] == "2026-11-18T14:32:11.500000000Z"
        found = program.data("/v2/stocks/bars", symbols="AAPL", timeframe="1Min", feed="iex").json()["bars"]
        assert [bar["c"] for bar in found["AAPL"]][-1] == 150.1
    assert main(["--replay", str(tmp_path / "none")]) == 1
    assert "cannot start" in capsys.readouterr().err


def test_time_can_begin_on_any_day_of_the_market(tmp_path: Path) -> None:
    arguments = ("--auto-approve", "--paused", "--hours", "exchange", "--start", "2024-07-03T16:59:00Z")
    with PracticeProgram(tmp_path / "log", *arguments) as program:
        clock = program.call("GET", "/v2/clock").json()
        assert clock["timestamp"].startswith("2024-07-03T12:59:00")
        assert clock["is_open"]
        assert clock["next_close"] == "2024-07-03T13:00:00-04:00"
        program.control("POST", "/time/step", seconds=60)
        assert not program.call("GET", "/v2/clock").json()["is_open"]


def test_what_was_recorded_at_night_is_what_the_overnight_market_prints() -> None:
    lines = [
        {"T": "q", "S": "AAPL", "bp": 150, "bs": 100, "ap": 150.2, "as": 100, "t": "2026-11-18T02:00:01Z"},
        {"T": "t", "S": "AAPL", "p": 150.2, "s": 7, "t": "2026-11-18T02:00:02Z"},  # nine in the evening
        *(message for message in DAY if isinstance(message, dict)),
    ]
    recording = recording_of([json.dumps(line).encode() for line in lines], "night", INSTRUMENTS)
    market_ = market(recording, ExchangeHours())
    by_night, evening = market_.by_night(AAPL), instant("2026-11-17T20:00:00-05:00")
    night = list(market_.prints(by_night, evening, OPEN))
    assert [tick.at for tick in night] == [instant("2026-11-18T02:00:01"), instant("2026-11-18T02:00:02")]
    assert list(market_.prints(AAPL, evening, OPEN - 1)) == []
    assert market_.trade(AAPL, OPEN - 1).at < evening
    # The night after it, of which nothing was recorded, leads on from the recorded day.
    after = market_.minute(by_night, instant("2026-11-18T20:00:00-05:00"))
    assert after is not None
    assert abs(after.trades[0].price / 15100 - 1) < 0.02

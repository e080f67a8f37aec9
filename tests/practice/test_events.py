"""Server-sent events of activities and orders: history, live tail, their end, and what goes wrong."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Self

import pytest
import requests
from aiohttp import WSMsgType
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from practice.engine.ulid import checked_ulid, instant_of_ulid, ulid
from practice.faults.registry import Faults
from practice.server.background import running
from practice.server.event_log import Event, EventLog
from practice.server.event_source import EventReader
from practice.server.event_span import Span
from practice.server.frame_log import FrameLog
from practice.server.sockets import Outbox, Traffic
from tests.practice.engine import Day
from tests.practice.openapi import BROKER, TRADING, needs_files, problems, specification
from tests.practice.program import PracticeProgram, Stream, until
from tests.practice.test_data_stream import live
from tests.practice.test_order_stream import authenticate, authorization, open_stream

Json = dict[str, Any]
ACTIVITIES, TRADES = "/v2beta1/events/activities", "/v2/events/trades"
BOTH = pytest.mark.parametrize("path", [ACTIVITIES, TRADES])


class Events:
    """An open stream of server-sent events; a context manager."""

    def __init__(
        self,
        program: PracticeProgram,
        path: str,
        *,
        token: str | None = None,
        env: str = "paper",
        **query: str,
    ) -> None:
        proof = program.keys if token is None else {"Authorization": f"Bearer {token}"}
        url = program.line["trading_url"][env] + path
        self.answer = requests.get(url, params=query, headers=proof, stream=True, timeout=10)
        assert self.answer.status_code == 200, self.answer.text
        assert self.answer.headers["Content-Type"] == "text/event-stream"
        self._lines = self.answer.iter_lines(chunk_size=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.answer.close()

    def lines(self) -> Iterator[str]:
        """What comes, a line at a time, without the empty ones between."""
        return (line.decode() for line in self._lines if line)

    def __iter__(self) -> Iterator[Json]:
        return (json.loads(line.removeprefix("data: ")) for line in self.lines() if line[0] != ":")

    def until(self, event: str) -> list[Json]:
        """The messages up to the first of that event, or activity."""
        heard: list[Json] = []
        for message in self:
            heard.append(message)
            if event in {message.get("event"), message.get("activity_type")}:
                return heard
        raise AssertionError(f"no {event} among {heard}")


def bought(program: PracticeProgram, **fields: Any) -> Json:
    return program.settled(program.order(**fields)["id"], "filled")


def ahead(program: PracticeProgram, seconds: float = 0.2) -> str:
    """An instant that is that far ahead, by the broker's clock."""
    now = datetime.fromisoformat(program.control("GET", "/time")["now"][:26] + "+00:00")
    return (now + timedelta(seconds=seconds)).isoformat()


@BOTH
def test_without_a_beginning_only_what_happens_now_is_told(clean: PracticeProgram, path: str) -> None:
    bought(clean)
    with Events(clean, path) as events:
        assert next(events.lines()).startswith(":")
        order = clean.order(symbol="KO")
        told = events.until("fill" if path == TRADES else "FILL")
    assert {order_of(one) for one in told} == {order["id"]}


@BOTH
def test_what_happened_comes_first_and_then_what_happens_each_once_and_in_order(
    clean: PracticeProgram, path: str
) -> None:
    before = bought(clean)
    with Events(clean, path, since="2020-01-01") as events:
        first = events.until("fill" if path == TRADES else "FILL")
        after = bought(clean, symbol="KO")
        told = list(first)
        for message in events:
            told.append(message)
            if after["id"] in json.dumps(message) and is_complete(message):
                break
    ids = [one["event_id"] for one in told]
    assert ids == sorted(set(ids))
    assert [checked_ulid(one) for one in ids] == ids
    text = json.dumps(told)
    assert before["id"] in text
    assert after["id"] in text


def order_of(message: Json) -> str:
    return str(message["order"]["id"] if "order" in message else message["details"]["order_id"])


def is_complete(message: Json) -> bool:
    details = message.get("details", {})
    return message.get("event") == "fill" or details.get("leaves_qty") == "0"


@BOTH
def test_a_span_with_an_end_ends_there(clean: PracticeProgram, path: str) -> None:
    bought(clean)
    with Events(clean, path, since="2020-01-01", until=ahead(clean)) as events:
        told = list(events)
    assert told
    first, last = told[0]["event_id"], told[-1]["event_id"]
    with Events(clean, path, since_id=first, until_id=last) as again:
        assert list(again) == told
    with Events(clean, path, since_id=last.lower(), until_id=last) as one:
        assert list(one) == told[-1:]
    with Events(clean, path, since="2020-01-01", until="2020-01-02") as none:
        assert list(none) == []


def test_a_span_may_end_in_the_future(clean: PracticeProgram) -> None:
    with Events(clean, TRADES, since="2020-01-01", until=ahead(clean, 60)) as events:
        next(events.lines())
        order = bought(clean)
        clean.control("POST", "/time/step", seconds=120)
        told = list(events)
    assert order["id"] in {order_of(one) for one in told}
    last = told[-1]
    until_id = ulid(int(datetime.fromisoformat(ahead(clean, 60)).timestamp()) * 10**9, 0, "")
    with Events(clean, TRADES, since_id=last["event_id"], until_id=until_id) as events:
        next(events.lines())
        clean.control("POST", "/time/step", seconds=120)
        assert next(iter(events)) == last
        assert list(events) == []


@BOTH
@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"until": "2026-01-01"}, "since is required"),
        ({"until_id": "01JDZZ0000000000000000S1M1"}, "since_id is required"),
        (
            {"since": "2026-01-01", "since_id": "01JDZZ0000000000000000S1M1"},
            "cannot be used at the same time",
        ),
        ({"since": "yesterday"}, "invalid since"),
        ({"since_id": "5"}, "invalid since_id"),
        ({"since_id": "81JDZZ0000000000000000S1M1"}, "invalid since_id"),
        ({"since_id": "01JDZZ000000000000000USIM1"}, "invalid since_id"),
    ],
)
def test_a_query_that_breaks_the_rules_is_refused(
    clean: PracticeProgram, path: str, query: dict[str, str], says: str
) -> None:
    answer = clean.call("GET", path, params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, 40010001)
    assert says in answer.json()["message"]


@BOTH
def test_it_takes_a_token_or_a_key_of_the_account(clean: PracticeProgram, path: str) -> None:
    url = clean.line["trading_url"]["paper"] + path
    for headers in ({}, {"Authorization": "Bearer nonsense"}, clean.keys | {"APCA-API-SECRET-KEY": "x"}):
        assert requests.get(url, headers=headers, timeout=10).status_code == 401
    assert clean.call("GET", path, token=clean.token(env="live")).status_code == 401
    with Events(clean, path, token=clean.token(scope="")) as events:
        assert next(events.lines()) == ": connected"


def test_the_other_account_s_events_are_not_told(clean: PracticeProgram) -> None:
    bought(clean)
    with Events(
        clean, TRADES, token=clean.token(env="live"), env="live", since="2020-01-01", until=ahead(clean)
    ) as none:
        assert list(none) == []


@needs_files
def test_activities_are_what_the_specification_says(clean: PracticeProgram) -> None:
    bought(clean)
    bought(clean, symbol="BTC/USD", qty="0.01", time_in_force="gtc")
    clean.settled(
        clean.order(symbol="BTC/USD", qty="0.005", side="sell", time_in_force="gtc")["id"], "filled"
    )
    with Events(clean, ACTIVITIES, since="2020-01-01", until=ahead(clean)) as events:
        told = list(events)
    assert {one["activity_type"] for one in told} >= {"JNLC", "FILL", "CFEE", "FEE"}
    schema = specification(TRADING)["components"]["schemas"]["ActivityEventV2"]
    for one in told:
        assert list(problems(TRADING, schema, one)) == []
        assert one["details"].get("leaves_qty") is not None or one["activity_type"] != "FILL"
    listed = clean.call("GET", "/v2/account/activities").json()
    assert len(told) == min(len(listed), 100)


@needs_files
def test_order_events_are_what_the_specification_says(clean: PracticeProgram) -> None:
    with Events(clean, TRADES) as events:
        next(events.lines())
        clean.order()
        told = events.until("fill")
    schema = specification(BROKER)["components"]["schemas"]["TradeUpdateEventV2"]
    for one in told:
        assert [each for each in problems(BROKER, schema, one) if not is_tolerated(each)] == []
        assert one["account_id"] == clean.call("GET", "/v2/account").json()["id"]


def is_tolerated(problem: str) -> bool:
    return "'' is not" in problem or "order.legs" in problem


def test_the_order_stream_tells_the_same_events(clean: PracticeProgram) -> None:
    with open_stream(clean) as socket, Events(clean, TRADES) as events:
        authenticate(socket, clean)
        socket.say({"action": "listen", "data": {"streams": ["trade_updates"]}})
        socket.hear()
        next(events.lines())
        clean.order()
        heard = socket.hear_until(lambda message: message["data"]["event"] == "fill")
        told = events.until("fill")
    account = clean.call("GET", "/v2/account").json()["id"]
    assert told == [{"account_id": account, **one["data"]} for one in heard]


def test_faults_meet_events_like_messages_of_any_stream(clean: PracticeProgram) -> None:
    clean.control("POST", "/faults", kind="duplicate_event", stream="events/trades", event="new")
    clean.control("POST", "/faults", kind="drop_event", stream="events/paper", event="pending_new")
    clean.control("POST", "/faults", kind="unknown_event", stream="events", event="FILL")
    with Events(clean, TRADES) as trades, Events(clean, ACTIVITIES) as activities:
        next(trades.lines())
        next(activities.lines())
        clean.order()
        assert [one["event"] for one in trades.until("fill")][:2] == ["new", "new"]
        assert next(iter(activities))["activity_type"] == "practice_novelty"


def test_garbage_a_mute_and_a_cut_happen_to_events_too(clean: PracticeProgram) -> None:
    with Events(clean, TRADES) as events:
        lines = events.lines()
        next(lines)
        clean.control("POST", "/faults", kind="garbage_frame", stream="events", body="{]")
        clean.order()
        assert next(lines) == "data: {]"
        events.until("fill")
        clean.control("POST", "/mute", stream="events", seconds=60)
        lost = bought(clean)
        clean.control("POST", "/mute", stream="events", seconds=0)
        clean.order(symbol="KO")
        assert lost["id"] not in json.dumps(events.until("fill"))
        assert clean.control("POST", "/drop-streams", stream="events")["dropped"] == {"events": 1}
        with pytest.raises(requests.RequestException):
            list(events)


def test_faults_of_requests_meet_the_request_for_events(clean: PracticeProgram) -> None:
    clean.control("POST", "/faults", kind="html", route=f"GET {TRADES}")
    clean.control("POST", "/faults", kind="refuse_login", stream="events/activities")
    assert clean.call("GET", TRADES).status_code == 502
    assert clean.call("GET", ACTIVITIES).status_code == 401


def test_revoking_one_token_ends_that_token_s_streams_and_no_others(clean: PracticeProgram) -> None:
    mine, other = clean.token(), clean.token()
    url = clean.line["token_url"]
    shown = clean.http.get(url, headers={"Authorization": f"Bearer {mine}"}, timeout=10).json()
    with (
        Events(clean, TRADES, token=mine) as ending,
        Events(clean, TRADES, token=other) as going_on,
        Events(clean, ACTIVITIES) as of_the_key,
        open_stream(clean) as orders,
        live(clean) as data,
    ):
        orders.say({"action": "authenticate", "data": {"oauth_token": other}})
        assert orders.hear() == authorization("authorized")
        for stream in (ending, going_on, of_the_key):
            next(stream.lines())
        assert clean.control("POST", "/revoke", id=shown["id"]) == {"revoked": 1}
        with pytest.raises(requests.RequestException):
            list(ending)
        assert clean.call("GET", "/v2/account", token=mine).status_code == 401
        assert clean.call("GET", "/v2/account", token=other).status_code == 200
        clean.order()
        going_on.until("fill")
        of_the_key.until("FILL")
        assert still_talks(orders)
        data.say({"action": "subscribe", "quotes": ["AAPL"]})
        assert data.hear()[0]["T"] == "subscription"
    answer = clean.http.post(clean.line["control_url"] + "/revoke", json={"id": shown["id"]}, timeout=10)
    assert (answer.status_code, answer.json()["key"]) == (400, "id")


def still_talks(stream: Stream) -> bool:
    stream.say({"action": "listen", "data": {"streams": []}})
    return bool(stream.hear()["data"] == {"streams": []})


def test_revoking_every_token_leaves_the_streams_of_keys(clean: PracticeProgram) -> None:
    token = clean.token()
    with open_stream(clean) as orders, Events(clean, TRADES, token=token) as events:
        authenticate(orders, clean)
        next(events.lines())
        clean.control("POST", "/revoke")
        with pytest.raises(requests.RequestException):
            list(events)
        assert still_talks(orders)


def test_a_reader_that_leaves_is_forgotten(clean: PracticeProgram) -> None:
    with Events(clean, TRADES) as events:
        next(events.lines())

    def gone() -> bool | None:
        clean.order()
        unfinished = clean.control("GET", "/log/unfinished")["requests"]
        return None if any(TRADES in one["path"] for one in unfinished) else True

    assert until(gone, "the reader was never forgotten")


class SlowWire:
    """A connection whose other side reads when the test lets it."""

    def __init__(self) -> None:
        self.closed, self.reads, self.lines = False, asyncio.Event(), list[tuple[bytes, WSMsgType]]()

    async def send_frame(self, message: bytes, opcode: WSMsgType) -> None:
        await self.reads.wait()
        self.lines.append((message, opcode))

    async def close(self, **_: int) -> None:
        self.closed = True

    @property
    def comments(self) -> list[str]:
        return [line.decode() for line, kind in self.lines if kind is WSMsgType.PING]


async def read(log: EventLog, span: Span, happens: Callable[[SlowWire], None]) -> SlowWire:
    """What a reader of a span gets that reads only after something has happened."""
    wire, traffic = SlowWire(), Traffic(Faults(time.monotonic), FrameLog())
    request = make_mocked_request("GET", "/paper/v2/events/trades")
    outbox = Outbox(wire, request, traffic, 1_000, packed=False)
    async with running(EventReader(log, span, outbox, lambda: 10**18).run()):
        sending = asyncio.create_task(outbox.run())
        await asyncio.sleep(0)
        happens(wire)
        wire.reads.set()
        await sending
    return wire


def noted(log: EventLog, count: int, at: int = 0) -> None:
    for _ in range(count):
        log.add(ulid(at, log.end, ""), at, b"%d" % log.end)


def test_who_reads_too_slowly_is_told_how_much_was_left_out() -> None:
    log = EventLog()
    noted(log, 3)
    span = Span(since=0, until=10**18 - 1)
    wire = asyncio.run(read(log, span, lambda _: noted(log, 10_001)))
    assert wire.comments == ["connected", "you are reading too slowly, dropped 10003 messages"]
    assert wire.closed


def test_a_long_history_is_not_cut_short() -> None:
    log = EventLog()
    noted(log, 12_000)
    wire = asyncio.run(read(log, Span(since=0, until=10**18 - 1), lambda _: noted(log, 50)))
    assert wire.comments == ["connected"]
    assert [line for line, kind in wire.lines if kind is WSMsgType.TEXT] == [b"%d" % n for n in range(12_050)]


def test_what_the_log_has_no_more_room_for_is_told_as_left_out() -> None:
    log = EventLog(most_bytes=100)
    noted(log, 5)
    wire = asyncio.run(read(log, Span(since=0, until=10**18 - 1), lambda _: noted(log, 200)))
    assert any(text.endswith("messages") for text in wire.comments)
    assert wire.lines[-1][0] == b"204"


def test_a_failure_is_told_in_a_comment_and_ends_the_stream(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(EventLog):
        def after(self, number: int) -> Event | None:
            raise OSError(number)

    with caplog.at_level("CRITICAL", "practice"):
        wire = asyncio.run(read(Broken(), Span(), lambda _: None))
    assert wire.comments == ["connected", "internal server error"]
    assert wire.closed


@given(st.integers(0, 2**46), st.integers(0, 2**40), st.integers(0, 10**9), st.integers(1, 10**6))
def test_ulids_sort_by_their_instants_and_then_by_their_numbers(
    at: int, number: int, later: int, further: int
) -> None:
    first, following = ulid(at, number, "a"), ulid(at + later, number + further, "a")
    assert first < following
    assert checked_ulid(first.lower()) == first
    assert instant_of_ulid(first) == at - at % 1_000_000


def test_the_same_seed_gives_the_same_ids() -> None:
    def ids() -> list[str]:
        day, told = Day(), []
        day.brokerage.floor.listen(lambda update: told.append(update.id))
        day.filled("buy", "30")
        return told + [one.event_id for one in day.brokerage.activities.of(day.account)]

    assert ids() == ids()

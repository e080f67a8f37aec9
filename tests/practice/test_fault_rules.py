"""The rules of faults by themselves: counting, aiming, altering, redacting."""

import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from aiohttp import WSMsgType
from hypothesis import given
from hypothesis import strategies as st

from practice.faults.alterations import alteration_of, altered, shifted_stamps, without_aimed
from practice.faults.order import FaultOrder, Nonsense, checked
from practice.faults.read_lag import ReadLag
from practice.faults.registry import Faults, stream_meets
from practice.faults.subject import Subject, route_meets, subject_of, subject_of_path
from practice.server.event_faults import EventFaults
from practice.server.redaction import REMOVED, redacted, redacted_body, redacted_query

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


class Hand:
    """A clock that the test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def asked(faults: Faults, path: str = "/paper/v2/clock", subject: Subject | None = None) -> bool:
    return bool(faults.of_request("GET", path, subject or Subject()))


@given(st.integers(1, 12), st.integers(0, 12), st.integers(1, 40))
def test_a_fault_is_met_from_the_nth_on_and_count_times(nth: int, count: int, requests: int) -> None:
    faults = Faults(Hand())
    faults.set(FaultOrder(kind="hang", route="GET /v2/clock", nth=nth, count=count))
    met = [asked(faults) for _ in range(requests)]
    expected = [n >= nth and (count == 0 or n < nth + count) for n in range(1, requests + 1)]
    assert met == expected
    assert bool(faults.all()) == (count == 0 or requests < nth + count - 1)


@given(st.integers(0, 2**32), st.floats(0.05, 1), st.integers(1, 60))
def test_chance_repeats_and_counts_what_was_met_only(seed: int, probability: float, requests: int) -> None:
    def run() -> list[bool]:
        faults = Faults(Hand())
        order = FaultOrder(kind="hang", route="* *", probability=probability, seed=seed, count=3)
        faults.set(order)
        return [asked(faults) for _ in range(requests)]

    first = run()
    assert first == run()
    assert sum(first) <= 3


def test_a_fault_that_has_had_its_time_is_over() -> None:
    clock = Hand()
    faults = Faults(clock)
    ended: list[int] = []
    faults.on_end(lambda fault: ended.append(fault.number))
    fault = faults.set(FaultOrder(kind="hang", route="* *", for_s=5))
    clock.now = 4.9
    assert asked(faults)
    clock.now = 5.0
    assert not asked(faults)
    assert ended == [fault.number]


@pytest.mark.parametrize(
    ("route", "path", "meets"),
    [
        ("GET /v2/orders", "/paper/v2/orders", True),
        ("GET /paper/v2/orders", "/paper/v2/orders", True),
        ("GET /live/v2/orders", "/paper/v2/orders", False),
        ("POST /v2/orders", "/paper/v2/orders", False),
        ("* *", "/anything", True),
        ("GET /v2/orders*", "/live/v2/orders:by_client_order_id", True),
        ("GET /v2/iex", "/data-stream/v2/iex", False),
        ("GET /data-stream/*", "/data-stream/v2/iex", True),
        ("GET /v2/stocks/*", "/data/v2/stocks/bars", True),
    ],
)
def test_routes_cover_paths_with_or_without_their_environment(route: str, path: str, meets: bool) -> None:
    assert route_meets(route, "GET", path) == meets


@pytest.mark.parametrize(
    ("wanted", "endpoint", "meets"),
    [
        ("all", "orders/paper", True),
        ("orders", "orders/live", True),
        ("orders", "data/v2/iex", False),
        ("orders/live", "orders/paper", False),
        ("data/v2/iex", "data/v2/iex", True),
        ("data/iex", "data/v2/iex", True),
        ("data/ex", "data/v2/iex", False),
        ("data/us", "data/v1beta3/crypto/us", True),
    ],
)
def test_stream_names_cover_endpoints(wanted: str, endpoint: str, meets: bool) -> None:
    assert stream_meets(wanted, endpoint) == meets


def test_what_something_is_about_is_found_wherever_it_is_said() -> None:
    body = {
        "legs": [{"symbol": "aapl"}],
        "symbols": "KO,BTC/USD",
        "client_order_id": "mine",
        "n": {"S": "T"},
        "c": ["@"],
    }
    found = subject_of(body)
    assert found.symbols == {"AAPL", "KO", "BTCUSD", "T"}
    assert found.client_order_ids == {"mine"}
    assert subject_of({"quotes": {"BTC/USD": {"c": ["@"]}}}).symbols == {"BTCUSD"}
    assert "BTCUSD" in subject_of_path("/paper/v2/positions/BTC/USD").symbols


@given(json_values)
def test_any_content_has_a_subject(value: Any) -> None:
    assert subject_of(value).meets(None, None)


@given(json_values, st.sampled_from(["null_numbers", "unknown_enum", "unknown_field"]))
def test_an_altered_answer_is_still_json_and_lists_keep_their_length(value: Any, kind: str) -> None:
    order = FaultOrder(kind=kind, route="* *")
    change = alteration_of(order)
    assert change is not None
    text = json.dumps(value)
    after = altered(json.loads(text), order, change)
    assert json.loads(json.dumps(after)) == after
    if isinstance(value, list):
        assert len(after) == len(value)
    if kind == "null_numbers":
        assert not _numbers_in_objects(after)


def _numbers_in_objects(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [found for one in value for found in _numbers_in_objects(one)]
    if not isinstance(value, dict):
        return []
    names = {"account_number", "cusip", "client_order_id", "name", "symbol", "S"}
    direct = [
        one
        for name, one in value.items()
        if isinstance(one, int | float) and not isinstance(one, bool) and name not in names
    ]
    return direct + [found for one in value.values() for found in _numbers_in_objects(one)]


def test_only_what_is_aimed_at_is_altered() -> None:
    order = FaultOrder(kind="null_numbers", route="* *", symbol="BTC/USD")
    change = alteration_of(order)
    assert change is not None
    by_symbol = {"quotes": {"BTC/USD": {"bp": 1}, "AAPL": {"bp": 2}}}
    assert altered(by_symbol, order, change) == {"quotes": {"BTC/USD": {"bp": None}, "AAPL": {"bp": 2}}}
    listed = [{"symbol": "BTCUSD", "qty": "1"}, {"symbol": "KO", "qty": "2"}]
    assert altered(listed, order, change) == [{"symbol": "BTCUSD", "qty": None}, {"symbol": "KO", "qty": "2"}]


@given(st.lists(st.sampled_from(["KO", "AAPL", "T"]), max_size=6), st.integers(0, 100))
def test_a_list_lacks_exactly_what_is_aimed_at(symbols: list[str], draw: int) -> None:
    items = [{"symbol": symbol} for symbol in symbols]
    aimed = without_aimed(items, FaultOrder(kind="missing_from_list", symbol="KO"), lambda size: 0)
    assert [one["symbol"] for one in aimed] == [symbol for symbol in symbols if symbol != "KO"]
    drawn = without_aimed(items, FaultOrder(kind="missing_from_list"), lambda size: draw % size)
    assert len(drawn) == max(0, len(items) - 1)


def test_shifted_stamps_keep_their_fractions_and_leave_dates_alone() -> None:
    text = b'{"at":"2026-11-20T23:59:59.123456789Z","day":"2026-11-20","ny":"2026-11-20T18:59:59-05:00"}'
    assert shifted_stamps(text, 2) == (
        b'{"at":"2026-11-21T00:00:01.123456789Z","day":"2026-11-20","ny":"2026-11-20T19:00:01-05:00"}'
    )


def test_a_hidden_order_is_found_when_its_time_is_over() -> None:
    clock = Hand()
    lag = ReadLag(clock)
    lag.hide({"id": "o1", "client_order_id": "mine"}, 5)
    one, mine = "/paper/v2/orders/o1", "/paper/v2/orders:by_client_order_id"
    assert (lag.missing(one, ""), lag.missing(mine, "mine")) == ("o1", "mine")
    assert lag.missing("/paper/v2/orders/o2", "") is None
    assert lag.filtered("/paper/v2/orders", b'[{"id":"o1"},{"id":"o2"}]') == b'[{"id":"o2"}]'
    clock.now = 5
    assert (lag.missing(one, ""), lag.missing(mine, "mine")) == (None, None)


@given(
    json_values, st.sampled_from(["token", "access_token", "code", "client_secret", "secret", "oauth_token"])
)
def test_no_secret_survives_however_deep_it_lies(value: Any, name: str) -> None:
    secret = "s3cr3t-of-the-test"
    for deep in ({name: secret, "more": value}, [value, {"a": {name: secret}}], {"x": [{name: secret}]}):
        assert secret not in json.dumps(redacted(deep))
        assert secret not in redacted_body(json.dumps(deep).encode(), "application/json")
    assert redacted_query(f"{name}={secret}&status=all") == f"{name}={REMOVED}&status=all"
    assert secret not in redacted_body(f"{name}={secret}".encode(), "application/x-www-form-urlencoded")
    assert secret not in redacted_body(secret.encode(), "application/json")


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.booleans(), st.integers(0, 1000))
def test_messages_are_neither_lost_nor_invented_by_doubling_and_overtaking(
    numbers: list[int], packed: bool, seed: int
) -> None:
    faults = Faults(Hand())
    for kind, other in (("duplicate_event", 1), ("reorder_events", 2), ("garbage_frame", 3)):
        faults.set(FaultOrder(kind=kind, stream="data", probability=0.4, seed=seed + other, count=0))
    encode = msgspec.msgpack.encode if packed else msgspec.json.encode
    decode = msgspec.msgpack.decode if packed else msgspec.json.decode
    way = EventFaults("data/v2/iex", faults, packed=packed, late=lambda frame, kind: None)
    sent: list[int] = []
    for number in [*numbers, -1, -2]:
        for frame, sort in way.passed(encode([{"T": "q", "S": "KO", "n": number}]), WSMsgType.TEXT):
            if sort is WSMsgType.TEXT:  # garbage is binary here
                sent += [message["n"] for message in decode(frame)]
    assert set(numbers) <= set(sent) | {numbers[-1]}
    assert all(sent.count(number) <= 2 * numbers.count(number) for number in set(numbers))


@given(st.dictionaries(st.sampled_from(FaultOrder.__struct_fields__), json_values))
def test_an_order_for_a_fault_is_taken_or_refused_with_a_reason(fields: dict[str, Any]) -> None:
    with suppress(msgspec.ValidationError, Nonsense):
        fault = Faults(Hand()).set(checked(msgspec.convert(fields, FaultOrder)))
        assert fault.shown()["kind"] == fields["kind"]

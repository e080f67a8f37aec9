"""Watchlists: the rules against a plain list, the routes over HTTP, and through the broker's SDK."""

import itertools
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice.engine.instruments import listed_instruments
from practice.engine.refusals import Refusal
from practice.engine.watchlists import Watchlists
from tests.practice.program import PracticeProgram
from tests.practice.sdk import (
    APIError,
    CreateWatchlistRequest,
    TradingClient,
    UpdateWatchlistRequest,
)

INSTRUMENTS = list(listed_instruments().values())[:5]
NAMES = ["Tech", "Coins", "tech"]
PATHS = ("/v2/watchlists/{id}", "/v2/watchlists:by_name?name={name}")

operations = st.lists(
    st.tuples(
        st.sampled_from(["create", "rename", "fill", "append", "remove", "delete"]),
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
        st.lists(st.sampled_from(INSTRUMENTS), max_size=4),
    ),
    max_size=40,
)


@given(operations)
def test_watchlists_behave_like_named_plain_lists(steps: list[tuple[str, str, str, list[Any]]]) -> None:
    lists, numbers = Watchlists(map(str, itertools.count()).__next__), itertools.count()
    model: dict[str, list[Any]] = {}
    for action, name, other, instruments in steps:
        with suppress(Refusal):
            _apply(lists, action, name, other, instruments, next(numbers))
        _apply_to_model(model, action, name, other, instruments)
        assert {one.name: one.instruments for one in lists.all()} == model
        assert [one.name for one in lists.all()] == list(model)


def _apply(lists: Watchlists, action: str, name: str, other: str, instruments: list[Any], now: int) -> None:
    if action == "create":
        lists.create(name, instruments, now)
        return
    watchlist = lists.by_name(name)
    assert lists.by_id(watchlist.id) is watchlist
    match action:
        case "rename":
            lists.change(watchlist, other, None, now)
        case "fill":
            lists.change(watchlist, None, instruments, now)
        case "append":
            lists.append(watchlist, INSTRUMENTS[0], now)
        case "remove":
            lists.remove(watchlist, INSTRUMENTS[0], now)
        case "delete":
            lists.delete(watchlist)
    assert action == "delete" or watchlist.updated_at == now


def _apply_to_model(
    model: dict[str, list[Any]], action: str, name: str, other: str, instruments: list[Any]
) -> None:
    wanted = list(dict.fromkeys(instruments))
    if action == "create":
        model.setdefault(name, wanted)
    elif name not in model:
        return
    elif action == "rename" and (other == name or other not in model):
        renamed = {other if one == name else one: held for one, held in model.items()}
        model.clear()
        model.update(renamed)
    elif action == "fill":
        model[name] = wanted
    elif action == "append" and INSTRUMENTS[0] not in model[name]:
        model[name].append(INSTRUMENTS[0])
    elif action == "remove" and INSTRUMENTS[0] in model[name]:
        model[name].remove(INSTRUMENTS[0])
    elif action == "delete":
        del model[name]


@pytest.fixture
def watchlist(broker: PracticeProgram) -> Iterator[dict[str, Any]]:
    """A list of two, gone afterwards."""
    body = {"name": "A & B", "symbols": ["AAPL", "BTC/USD", None]}
    answer = broker.call("POST", "/v2/watchlists", json=body)
    assert answer.status_code == 200, answer.text
    yield answer.json()
    for one in broker.call("GET", "/v2/watchlists").json():
        assert broker.call("DELETE", f"/v2/watchlists/{one['id']}").status_code == 204


def named(path: str, watchlist: dict[str, Any]) -> str:
    return path.format(id=watchlist["id"], name="A%20%26%20B")


def symbols(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [asset["symbol"] for asset in answer.json()["assets"]]


def test_a_list_of_lists_has_no_assets(broker: PracticeProgram, watchlist: dict[str, Any]) -> None:
    (only,) = broker.call("GET", "/v2/watchlists").json()
    assert only == {key: value for key, value in watchlist.items() if key != "assets"}
    assert only.keys() == {"id", "account_id", "name", "created_at", "updated_at"}


@pytest.mark.parametrize("path", PATHS)
def test_a_list_is_read_filled_and_extended_by_id_and_by_name(
    broker: PracticeProgram, watchlist: dict[str, Any], path: str
) -> None:
    place = named(path, watchlist)
    assert symbols(broker.call("GET", place)) == ["AAPL", "BTC/USD"]
    assert symbols(broker.call("POST", place, json={"symbol": "KO"})) == ["AAPL", "BTC/USD", "KO"]
    assert symbols(broker.call("PUT", place, json={"symbols": ["KO", "T", "KO"]})) == ["KO", "T"]
    assert symbols(broker.call("PUT", place, json={"name": "Renamed"})) == ["KO", "T"]
    assert broker.call("GET", f"/v2/watchlists/{watchlist['id']}").json()["name"] == "Renamed"
    by_name = broker.call("DELETE", "/v2/watchlists:by_name?name=Renamed")
    assert (by_name.status_code, by_name.content) == (204, b"")


@pytest.mark.parametrize("symbol", ["BTC/USD", "BTC%2FUSD", "BTCUSD", "btc/usd"])
def test_a_pair_is_removed_however_it_is_spelt(
    broker: PracticeProgram, watchlist: dict[str, Any], symbol: str
) -> None:
    assert symbols(broker.call("DELETE", f"/v2/watchlists/{watchlist['id']}/{symbol}")) == ["AAPL"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/v2/watchlists/00000000-0000-4000-8000-000000000000", None, 404, 40410000),
        ("GET", "/v2/watchlists/nonsense", None, 404, 40410000),
        ("DELETE", "/v2/watchlists/nonsense", None, 404, 40410000),
        ("GET", "/v2/watchlists:by_name?name=nobody", None, 404, 40410000),
        ("GET", "/v2/watchlists:by_name", None, 422, 40010001),
        ("POST", "/v2/watchlists", {"name": "A & B"}, 422, 42210000),
        ("POST", "/v2/watchlists", {"symbols": ["KO"]}, 422, 40010001),
        ("POST", "/v2/watchlists", {"name": "x" * 65}, 422, 40010001),
        ("POST", "/v2/watchlists", {"name": "New", "symbols": ["NOPE"]}, 422, 42210000),
        ("POST", "/v2/watchlists", {"name": "New", "symbols": "KO"}, 422, 40010001),
        ("POST", "/v2/watchlists", {"name": "New", "symbols": [5]}, 422, 40010001),
        ("POST", "/v2/watchlists", ["New"], 400, 40010000),
        ("POST", PATHS[0], {"symbol": "AAPL"}, 422, 42210000),
        ("POST", PATHS[0], {"symbol": "NOPE"}, 422, 42210000),
        ("POST", PATHS[0], {}, 422, 40010001),
        ("DELETE", PATHS[0] + "/KO", None, 404, 40410000),
        ("DELETE", PATHS[0] + "/NOPE", None, 404, 40410000),
        ("PUT", PATHS[0], {"symbols": ["NOPE"]}, 422, 42210000),
    ],
)
def test_what_cannot_be_done_is_refused_in_the_broker_s_envelope(
    broker: PracticeProgram,
    watchlist: dict[str, Any],
    method: str,
    path: str,
    body: Any,
    status: int,
    code: int,
) -> None:
    answer = broker.call(method, named(path, watchlist), json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert symbols(broker.call("GET", f"/v2/watchlists/{watchlist['id']}")) == ["AAPL", "BTC/USD"]


def test_changing_watchlists_needs_its_scope_and_reading_none(
    broker: PracticeProgram, watchlist: dict[str, Any]
) -> None:
    token = broker.token(scope="trading data")
    place = f"/v2/watchlists/{watchlist['id']}"
    assert broker.call("GET", place, token=token).status_code == 200
    for method, path, body in (
        ("POST", "/v2/watchlists", {"name": "New"}),
        ("PUT", place, {"name": "New"}),
        ("POST", place, {"symbol": "KO"}),
        ("DELETE", place + "/AAPL", None),
        ("DELETE", place, None),
    ):
        answer = broker.call(method, path, token=token, json=body)
        assert (answer.status_code, answer.json()["code"]) == (401, 40110000)


def test_paper_and_live_have_lists_of_their_own(broker: PracticeProgram, watchlist: dict[str, Any]) -> None:
    token = broker.token(env="live")
    assert broker.call("GET", "/v2/watchlists", token=token, env="live").json() == []


def test_the_sdk_manages_watchlists(broker: PracticeProgram) -> None:
    client: Any = TradingClient(oauth_token=broker.token(), url_override=broker.line["trading_url"]["paper"])
    made = client.create_watchlist(CreateWatchlistRequest(name="SDK", symbols=["AAPL"]))
    assert [one.id for one in client.get_watchlists()] == [made.id]
    assert client.add_asset_to_watchlist_by_id(made.id, "BTC/USD").assets[1].symbol == "BTC/USD"
    assert len(client.remove_asset_from_watchlist_by_id(made.id, "BTC/USD").assets) == 1
    changed = client.update_watchlist_by_id(made.id, UpdateWatchlistRequest(name="Other", symbols=["KO"]))
    assert (changed.name, changed.assets[0].symbol) == ("Other", "KO")
    assert client.get_watchlist_by_id(made.id) == changed
    assert client.delete_watchlist_by_id(made.id) is None
    with pytest.raises(APIError):
        client.get_watchlist_by_id(made.id)
    client._session.close()

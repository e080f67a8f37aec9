"""Every operation of the broker's OpenAPI files that is served here, answered as the files say."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.practice.conformance import unknown_problems
from tests.practice.deviations import is_served
from tests.practice.openapi import (
    DATA,
    TRADING,
    needs_files,
    operations,
    path_of,
    problems,
    response_schema,
)
from tests.practice.program import PracticeProgram

pytestmark = needs_files

Call = Callable[[PracticeProgram], requests.Response]
Params = dict[str, Any]
LIMIT = {"symbol": "AAPL", "qty": "1", "side": "buy", "type": "limit", "limit_price": "20.00"}
HELD = iter(("KO", "PEP", "MCD", "PFE"))
CONTRACTS = {
    "underlying_symbols": "AAPL",
    "expiration_date_lte": (datetime.now(UTC) + timedelta(days=60)).date().isoformat(),
}
MISSING = "00000000-0000-4000-8000-000000000000"


def _order(program: PracticeProgram, **fields: Any) -> dict[str, Any]:
    return program.order(**{**LIMIT, **fields})


def _bracket(symbol: str) -> dict[str, Any]:
    return {
        **LIMIT,
        "symbol": symbol,
        "time_in_force": "day",
        "order_class": "bracket",
        "take_profit": {"limit_price": "900"},
        "stop_loss": {"stop_price": "15", "limit_price": "14.5"},
    }


def _get(path: str, **params: Any) -> Call:
    return lambda program: program.call("GET", path, params=params)


def _data(path: str, **params: Any) -> Call:
    return lambda program: program.data(path, **params)


def _watchlist(program: PracticeProgram, symbols: list[str] | None = None) -> dict[str, Any]:
    name = f"list-{datetime.now(UTC).timestamp()}"
    answer = program.call("POST", "/v2/watchlists", json={"name": name, "symbols": symbols or ["AAPL"]})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def _on_watchlist(method: str, tail: str = "", **body: Any) -> Call:
    def call(program: PracticeProgram) -> requests.Response:
        path = f"/v2/watchlists/{_watchlist(program)['id']}{tail}"
        return program.call(method, path, json=body or None)

    return call


def _by_name(method: str, **body: Any) -> Call:
    def call(program: PracticeProgram) -> requests.Response:
        params = {"name": _watchlist(program)["name"]}
        return program.call(method, "/v2/watchlists:by_name", params=params, json=body or None)

    return call


def _contract(program: PracticeProgram) -> str:
    contracts = program.call("GET", "/v2/options/contracts", params=CONTRACTS)
    return str(contracts.json()["option_contracts"][0]["symbol"])


def _on_contract(tail: str) -> Call:
    return lambda program: program.call("POST", f"/v2/positions/{_contract(program)}/{tail}")


def _announcement(program: PracticeProgram) -> requests.Response:
    found = TRADING_CALLS["get", "/v2/corporate_actions/announcements"](program).json()
    return program.call("GET", f"/v2/corporate_actions/announcements/{found[0]['id']}")


def _held(program: PracticeProgram) -> str:
    """A symbol of which a share was just bought; another one each time, lest a sale be a wash trade."""
    symbol = next(HELD)
    program.settled(program.order(symbol=symbol)["id"], "filled")
    return symbol


def _close_held(program: PracticeProgram) -> requests.Response:
    return program.call("DELETE", f"/v2/positions/{_held(program)}")


def _replace(program: PracticeProgram) -> requests.Response:
    order = program.settled(_order(program)["id"], "new")
    return program.call("PATCH", f"/v2/orders/{order['id']}", json={"limit_price": "21.00"})


def _own_order(program: PracticeProgram) -> requests.Response:
    own = _order(program)["client_order_id"]
    return program.call("GET", "/v2/orders:by_client_order_id", params={"client_order_id": own})


QUARTER = {
    "since": (datetime.now(UTC) - timedelta(days=80)).date().isoformat(),
    "until": datetime.now(UTC).date().isoformat(),
}

TRADING_CALLS: dict[tuple[str, str], Call] = {
    ("get", "/v2/account"): _get("/v2/account"),
    ("get", "/v2/account/activities"): _get("/v2/account/activities"),
    ("get", "/v2/account/activities/{activity_type}"): _get("/v2/account/activities/FILL"),
    ("get", "/v2/account/configurations"): _get("/v2/account/configurations"),
    ("patch", "/v2/account/configurations"): lambda program: program.call(
        "PATCH", "/v2/account/configurations", json={"trade_confirm_email": "all"}
    ),
    ("get", "/v2/account/portfolio/history"): _get("/v2/account/portfolio/history", period="1M"),
    ("get", "/v2/assets"): _get("/v2/assets"),
    ("get", "/v2/assets/{symbol_or_asset_id}"): _get("/v2/assets/BTC/USD"),
    ("get", "/v2/calendar"): _get("/v2/calendar", start="2026-11-01", end="2026-12-01"),
    ("get", "/v2/clock"): _get("/v2/clock"),
    ("get", "/v2/corporate_actions/announcements"): _get(
        "/v2/corporate_actions/announcements", ca_types="dividend,split", **QUARTER
    ),
    ("get", "/v2/corporate_actions/announcements/{id}"): _announcement,
    ("get", "/v2/options/contracts"): _get("/v2/options/contracts", **CONTRACTS),
    ("get", "/v2/options/contracts/{symbol_or_id}"): lambda program: program.call(
        "GET", f"/v2/options/contracts/{_contract(program)}"
    ),
    ("post", "/v2/orders"): lambda program: program.call("POST", "/v2/orders", json=_bracket("PG")),
    ("get", "/v2/orders"): lambda program: (
        program.call("POST", "/v2/orders", json=_bracket("WMT")),
        program.call("GET", "/v2/orders", params={"status": "all", "nested": "true"}),
    )[1],
    ("get", "/v2/orders/{order_id}"): lambda program: program.call(
        "GET", f"/v2/orders/{_order(program)['id']}"
    ),
    ("patch", "/v2/orders/{order_id}"): _replace,
    ("delete", "/v2/orders/{order_id}"): lambda program: program.call(
        "DELETE", f"/v2/orders/{_order(program)['id']}"
    ),
    ("get", "/v2/orders:by_client_order_id"): _own_order,
    ("delete", "/v2/orders"): lambda program: (_order(program), program.call("DELETE", "/v2/orders"))[1],
    ("get", "/v2/positions"): lambda program: (_held(program), program.call("GET", "/v2/positions"))[1],
    ("get", "/v2/positions/{symbol_or_asset_id}"): lambda program: program.call(
        "GET", f"/v2/positions/{_held(program)}"
    ),
    ("delete", "/v2/positions/{symbol_or_asset_id}"): _close_held,
    ("delete", "/v2/positions"): lambda program: program.call("DELETE", "/v2/positions?cancel_orders=true"),
    ("post", "/v2/positions/{symbol_or_contract_id}/exercise"): _on_contract("exercise"),
    ("post", "/v2/positions/{symbol_or_contract_id}/do-not-exercise"): _on_contract("do-not-exercise"),
    ("get", "/v2/watchlists"): lambda program: (
        _watchlist(program), program.call("GET", "/v2/watchlists")
    )[1],
    ("post", "/v2/watchlists"): lambda program: program.call(
        "POST", "/v2/watchlists", json={"name": f"n{datetime.now(UTC).timestamp()}", "symbols": ["KO"]}
    ),
    ("get", "/v2/watchlists/{watchlist_id}"): _on_watchlist("GET"),
    ("post", "/v2/watchlists/{watchlist_id}"): _on_watchlist("POST", symbol="KO"),
    ("put", "/v2/watchlists/{watchlist_id}"): _on_watchlist("PUT", name="renamed-1", symbols=["KO", "AAPL"]),
    ("delete", "/v2/watchlists/{watchlist_id}"): _on_watchlist("DELETE"),
    ("delete", "/v2/watchlists/{watchlist_id}/{symbol}"): _on_watchlist("DELETE", "/AAPL"),
    ("get", "/v2/watchlists:by_name"): _by_name("GET"),
    ("post", "/v2/watchlists:by_name"): _by_name("POST", symbol="KO"),
    ("put", "/v2/watchlists:by_name"): _by_name("PUT", name="renamed-2", symbols=["KO"]),
    ("delete", "/v2/watchlists:by_name"): _by_name("DELETE"),
    ("get", "/v3/calendar/{market}"): _get("/v3/calendar/NYSE", start="2026-11-01", end="2026-12-01"),
    ("get", "/v3/clock"): _get("/v3/clock"),
}  # fmt: skip

BARS: Params = {"timeframe": "1Hour", "limit": 40}
STOCK_DATA: dict[str, Params] = {
    "auctions": {"start": "2026-11-02", "end": "2026-11-20"},
    "bars": BARS,
    "quotes": {"limit": 50},
    "trades": {"limit": 50},
    "bars/latest": {},
    "quotes/latest": {},
    "trades/latest": {},
}
COIN_DATA: dict[str, Params] = {
    "bars": BARS,
    "quotes": {"limit": 50},
    "trades": {"limit": 50},
    "latest/bars": {},
    "latest/orderbooks": {},
    "latest/quotes": {},
    "latest/trades": {},
    "snapshots": {},
}
COIN = "/v1beta3/crypto/us"


def _option_data(path: str, **params: Any) -> Call:
    def call(program: PracticeProgram) -> requests.Response:
        chain = program.data("/v1beta1/options/snapshots/AAPL", limit=3).json()["snapshots"]
        return program.data(f"/v1beta1/options/{path}", symbols=",".join(chain), **params)

    return call


DATA_CALLS: dict[tuple[str, str], Call] = {
    **{
        ("get", f"/v2/stocks/{{symbol}}/{what}"): _data(f"/v2/stocks/AAPL/{what}", **params)
        for what, params in (STOCK_DATA | {"snapshot": {}}).items()
    },
    **{
        ("get", f"/v2/stocks/{what}"): _data(f"/v2/stocks/{what}", symbols="AAPL,KO", **params)
        for what, params in (STOCK_DATA | {"snapshots": {}}).items()
    },
    ("get", "/v2/stocks/meta/conditions/{ticktype}"): _data("/v2/stocks/meta/conditions/quote", tape="A"),
    ("get", "/v2/stocks/meta/exchanges"): _data("/v2/stocks/meta/exchanges"),
    **{
        ("get", f"/v1beta3/crypto/{{loc}}/{what}"): _data(
            f"{COIN}/{what}", symbols="BTC/USD,ETH/USD", **params
        )
        for what, params in COIN_DATA.items()
    },
    ("get", "/v1beta1/options/bars"): _option_data("bars", **BARS),
    ("get", "/v1beta1/options/trades"): _option_data("trades", limit=50),
    ("get", "/v1beta1/options/quotes/latest"): _option_data("quotes/latest"),
    ("get", "/v1beta1/options/trades/latest"): _option_data("trades/latest"),
    ("get", "/v1beta1/options/snapshots"): _option_data("snapshots"),
    ("get", "/v1beta1/options/snapshots/{underlying_symbol}"): _data("/v1beta1/options/snapshots/AAPL"),
    ("get", "/v1beta1/options/meta/conditions/{ticktype}"): _data(
        "/v1beta1/options/meta/conditions/trade"
    ),
    ("get", "/v1beta1/options/meta/exchanges"): _data("/v1beta1/options/meta/exchanges"),
    ("get", "/v1beta1/news"): _data("/v1beta1/news", include_content="true", limit=5),
    ("get", "/v1beta1/logos/{symbol}"): _data("/v1beta1/logos/AAPL"),
    ("get", "/v1beta1/screener/{market_type}/movers"): _data("/v1beta1/screener/crypto/movers", top=3),
    ("get", "/v1beta1/screener/stocks/most-actives"): _data(
        "/v1beta1/screener/stocks/most-actives", by="trades"
    ),
    ("get", "/v1/corporate-actions"): _data("/v1/corporate-actions", start="2026-01-01", end="2026-11-20"),
}  # fmt: skip

CALLS = {
    **{(TRADING, *operation): call for operation, call in TRADING_CALLS.items()},
    **{(DATA, *operation): call for operation, call in DATA_CALLS.items()},
}
SERVED = [(file, *one) for file in (TRADING, DATA) for one in operations(file) if is_served(one[1])]
NO_BODY = {
    (TRADING, "post", "/v2/positions/{symbol_or_contract_id}/exercise"),
    (TRADING, "post", "/v2/positions/{symbol_or_contract_id}/do-not-exercise"),
}


@pytest.mark.parametrize(("file", "method", "path"), SERVED)
def test_an_answer_fits_the_broker_s_schema(
    clean: PracticeProgram, file: str, method: str, path: str
) -> None:
    answer = CALLS[file, method, path](clean)
    schema = response_schema(file, method, path, answer.status_code)
    if (file, method, path) in NO_BODY:
        assert answer.status_code in {200, 403, 404, 422}, answer.text
    else:
        assert answer.status_code < 400, answer.text
    if schema is None:
        assert answer.status_code == 204 or (file, method, path) in NO_BODY
        return
    if answer.headers["Content-Type"].startswith("image/"):
        assert answer.content
        return
    assert answer.json()
    assert unknown_problems(file, method, path, schema, answer.json()) == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/v2/orders/{MISSING}"),
        ("GET", "/v2/positions/KHC"),
        ("GET", "/v2/assets/NOBODY"),
        ("POST", "/v2/orders"),
        ("DELETE", f"/v2/orders/{MISSING}"),
        ("GET", "/v2/watchlists/" + MISSING),
        ("GET", "/v2/account/portfolio/history?period=never"),
        ("GET", "/v2/nothing"),
        ("PUT", "/v2/account"),
    ],
)
def test_every_refusal_is_in_the_broker_s_envelope(clean: PracticeProgram, method: str, path: str) -> None:
    answer = clean.call(method, path, json={} if method == "POST" else None)
    assert 400 <= answer.status_code < 500
    body = answer.json()
    assert isinstance(body["code"], int)
    assert body["message"]
    assert answer.headers["Content-Type"].startswith("application/json")


def test_every_answer_has_the_broker_s_headers(clean: PracticeProgram) -> None:
    for answer in (clean.call("GET", "/v2/clock"), clean.call("GET", "/v2/nothing"), clean.data("/v2/x")):
        assert {"X-Request-ID", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} <= set(
            answer.headers
        )


def test_what_is_not_served_is_not_there(clean: PracticeProgram) -> None:
    for file in (TRADING, DATA):
        for method, path in operations(file):
            if method == "get" and not is_served(path):
                answer = clean.data(path) if file == DATA else clean.call("GET", path)
                assert answer.status_code == 404, path


def test_the_check_itself_finds_mistakes() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "enum": ["x"]}}}
    assert list(problems(TRADING, schema, {"a": "x"})) == []
    assert list(problems(TRADING, schema, {})) == ["$.a is missing"]
    assert len(list(problems(TRADING, schema, {"a": "y"}))) == 1
    assert len(list(problems(TRADING, schema, {"a": 5}))) == 1
    assert list(problems(TRADING, {"type": "string", "format": "uuid"}, "x"))
    assert list(problems(TRADING, {"type": "string", "format": "date-time"}, "yesterday"))
    assert path_of(DATA, "/v2/stocks/bars") == "/v2/stocks/bars"
    assert path_of(DATA, "/v2/stocks/KO/bars") == "/v2/stocks/{symbol}/bars"
    assert json.dumps(operations(TRADING))

"""Answers against the broker's own OpenAPI files, where they are at hand."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest

from tests.practice.program import ROOT, PracticeProgram

LATELY = {"start": "2026-11-02", "end": "2026-11-03", "limit": "50"}
PAIRS, OPTION = {"symbols": "BTC/USD,ETH/USD"}, {"symbols": "AAPL261218C00270000"}
FILES = ROOT.parent / "shared" / "reference" / "openapi"

pytestmark = pytest.mark.skipif(not FILES.is_dir(), reason="the broker's OpenAPI files are not here")


@lru_cache(maxsize=2)
def specification(name: str) -> Any:
    return json.loads((FILES / f"{name}.json").read_text("utf-8"))


def response_schema(name: str, method: str, path: str, status: str) -> Any:
    content = specification(name)["paths"][path][method]["responses"][status]["content"]
    return content["application/json"]["schema"]


def problems(name: str, schema: Any, value: Any, at: str = "$") -> Iterator[str]:
    """What of a value a schema does not allow: JSON Schema as far as these files use it."""
    schema = resolved(name, schema)
    for part in schema.get("allOf", ()):
        yield from problems(name, part, value, at)
    options = schema.get("oneOf") or schema.get("anyOf")
    if options and all(list(problems(name, option, value, at)) for option in options):
        yield f"{at}: none of the alternatives fits"
    if value is None:
        return  # fields that the files do not call nullable are null in the broker's own examples
    kind = schema.get("type")
    if kind and not _is(value, kind):
        yield f"{at}: {value!r} is not of type {kind}"
    elif "enum" in schema and value not in {*schema["enum"], ""}:  # "" is the usual order class
        yield f"{at}: {value!r} is not one of {schema['enum']}"
    elif isinstance(value, dict):
        yield from _problems_of_object(name, schema, value, at)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from problems(name, schema.get("items", {}), item, f"{at}[{index}]")


def resolved(name: str, schema: Any) -> Any:
    """Follow a reference inside the file."""
    while "$ref" in schema:
        node = specification(name)
        for step in schema["$ref"].removeprefix("#/").split("/"):
            node = node[step]
        schema = node
    return schema


def _problems_of_object(file: str, schema: Any, value: dict[str, Any], at: str) -> Iterator[str]:
    known = schema.get("properties", {})
    yield from (
        f"{at}.{required} is missing" for required in schema.get("required", ()) if required not in value
    )
    for key in value.keys() & known.keys():
        yield from problems(file, known[key], value[key], f"{at}.{key}")
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict):
        for key in value.keys() - known.keys():
            yield from problems(file, extra, value[key], f"{at}.{key}")


def _is(value: Any, kind: str) -> bool:
    kinds: dict[str, Any] = {
        "string": str,
        "object": dict,
        "array": list,
        "boolean": bool,
        "integer": int,
        "number": (int, float),
    }
    return isinstance(value, kinds[kind]) and (kind == "boolean" or not isinstance(value, bool))


@pytest.fixture
def order_id(clean: PracticeProgram) -> str:
    return str(clean.order(type="limit", limit_price="20.00")["id"])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/v2/account", "200"),
        ("get", "/v2/account/configurations", "200"),
        ("get", "/v2/positions", "200"),
        ("get", "/v2/positions/{symbol_or_asset_id}", "200"),
        ("get", "/v2/orders", "200"),
        ("get", "/v2/orders/{order_id}", "200"),
        ("get", "/v2/assets", "200"),
        ("get", "/v2/assets/{symbol_or_asset_id}", "200"),
        ("get", "/v2/clock", "200"),
        ("get", "/v2/calendar", "200"),
        ("get", "/v2/account/activities", "200"),
        ("get", "/v2/account/activities/{activity_type}", "200"),
        ("get", "/v2/account/portfolio/history", "200"),
        ("post", "/v2/watchlists", "200"),
        ("get", "/v2/watchlists", "200"),
        ("get", "/v2/watchlists:by_name?name=Schema", "200"),
        ("delete", "/v2/watchlists:by_name?name=Schema", "204"),
        ("delete", "/v2/orders", "207"),
        # What is refused has the broker's error in place of an order, which the file does not say.
        ("delete", "/v2/positions?cancel_orders=true", "207"),
    ],
)
def test_trading_answers_fit_the_broker_s_schema(
    clean: PracticeProgram, order_id: str, method: str, path: str, status: str
) -> None:
    filled = path.replace("{order_id}", order_id).replace("{symbol_or_asset_id}", "AAPL")
    body = {"name": "Schema", "symbols": ["AAPL", "KO"]} if method == "post" else None
    answer = clean.call(method.upper(), filled.replace("{activity_type}", "FILL"), json=body)
    assert answer.status_code == int(status)
    if status == "204":
        return
    schema = response_schema("trading-api", method, path.partition("?")[0], status)
    assert answer.json()
    assert list(problems("trading-api", schema, answer.json())) == []


@pytest.mark.parametrize(
    ("path", "params"),
    [
        (
            "/v2/stocks/bars",
            {"symbols": "AAPL,KO", "timeframe": "1Hour", "start": "2026-11-02", "limit": "30"},
        ),
        ("/v2/stocks/{symbol}/bars", {"timeframe": "1Day", "start": "2026-11-02"}),
        ("/v2/stocks/bars/latest", {"symbols": "AAPL,KO"}),
        ("/v2/stocks/{symbol}/bars/latest", {}),
        ("/v2/stocks/quotes/latest", {"symbols": "AAPL,KO"}),
        ("/v2/stocks/{symbol}/quotes/latest", {}),
        ("/v2/stocks/trades/latest", {"symbols": "AAPL,KO"}),
        ("/v2/stocks/{symbol}/trades/latest", {}),
        ("/v2/stocks/snapshots", {"symbols": "AAPL,KO"}),
        ("/v2/stocks/{symbol}/snapshot", {}),
        *((f"/v2/stocks/{kind}", {"symbols": "AAPL,KO", **LATELY}) for kind in ("quotes", "trades")),
        *((f"/v2/stocks/{{symbol}}/{kind}", LATELY) for kind in ("quotes", "trades", "auctions")),
        ("/v2/stocks/auctions", {"symbols": "AAPL,KO", **LATELY}),
        ("/v2/stocks/meta/exchanges", {}),
        ("/v2/stocks/meta/conditions/{ticktype}", {"tape": "C"}),
        *((f"/v1beta3/crypto/{{loc}}/{kind}", {**PAIRS, **LATELY}) for kind in ("quotes", "trades")),
        ("/v1beta3/crypto/{loc}/bars", {**PAIRS, **LATELY, "timeframe": "4Hour"}),
        *(
            (f"/v1beta3/crypto/{{loc}}/latest/{kind}", PAIRS)
            for kind in ("bars", "orderbooks", "quotes", "trades")
        ),
        ("/v1beta3/crypto/{loc}/snapshots", PAIRS),
        ("/v1beta1/options/bars", {**OPTION, **LATELY, "timeframe": "1Day"}),
        ("/v1beta1/options/trades", {**OPTION, **LATELY}),
        *((f"/v1beta1/options/{kind}/latest", OPTION) for kind in ("quotes", "trades")),
        ("/v1beta1/options/snapshots", OPTION),
        ("/v1beta1/options/snapshots/{underlying_symbol}", {"limit": "20"}),
        ("/v1beta1/options/meta/exchanges", {}),
        ("/v1beta1/options/meta/conditions/{ticktype}", {}),
        ("/v1beta1/news", {"limit": "20", "include_content": "true", "exclude_contentless": "true"}),
        ("/v1beta1/screener/stocks/most-actives", {}),
        ("/v1beta1/screener/{market_type}/movers", {}),
        ("/v1/corporate-actions", {"start": "2022-01-01", "end": "2022-12-31", "limit": "1000"}),
    ],
)
def test_data_answers_fit_the_broker_s_schema(
    broker: PracticeProgram, path: str, params: dict[str, str]
) -> None:
    schema = response_schema("market-data-api", "get", path, "200")
    names = {"symbol": "AAPL", "underlying_symbol": "AAPL", "loc": "us", "ticktype": "trade"}
    answer = broker.data(path.format(**names, market_type="crypto"), **params)
    assert answer.status_code == 200, answer.text
    assert list(problems("market-data-api", schema, answer.json())) == []


def test_the_check_itself_finds_mistakes() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "enum": ["x"]}}}
    assert list(problems("trading-api", schema, {"a": "x"})) == []
    assert list(problems("trading-api", schema, {})) == ["$.a is missing"]
    assert len(list(problems("trading-api", schema, {"a": "y"}))) == 1
    assert len(list(problems("trading-api", schema, {"a": 5}))) == 1

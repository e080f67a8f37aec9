"""The broker's OpenAPI files, where they are at hand, and what of an answer they do not allow."""

import json
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRADING, DATA = "trading-api", "market-data-api"
BROKER = "broker-api.2026-01"
_ENDLESS = {"/v2beta1/events/activities"}  # a stream, which test_events.py reads
METHODS = ("get", "post", "put", "patch", "delete")


def _folder() -> Path | None:
    """Beside the repository, or beside any folder that it lies in; or where the environment says."""
    named = os.environ.get("BROKER_OPENAPI")
    places = [Path(named)] if named else []
    places += [folder / "shared" / "reference" / "openapi" for folder in ROOT.parents]
    return next((place for place in places if place.is_dir()), None)


FOLDER = _folder()
needs_files = pytest.mark.skipif(FOLDER is None, reason="the broker's OpenAPI files are not here")


@lru_cache(maxsize=3)
def specification(name: str) -> Any:
    """One of the files, decoded."""
    assert FOLDER is not None
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def operations(name: str) -> list[tuple[str, str]]:
    """Every method and path of a file, save the streams of events."""
    if FOLDER is None:
        return []
    paths = specification(name)["paths"]
    return [
        (method, path)
        for path, calls in paths.items()
        if path not in _ENDLESS
        for method in METHODS
        if method in calls
    ]


def response_schema(name: str, method: str, path: str, status: int) -> Any:
    """The schema of an answer; None where the file has none."""
    response = specification(name)["paths"][path][method]["responses"].get(str(status), {})
    content = resolved(name, response).get("content", {})
    return next((kind["schema"] for kind in content.values() if "schema" in kind), None)


@lru_cache(maxsize=2)
def _patterns(name: str) -> list[tuple[re.Pattern[str], str]]:
    # The more is said literally, the earlier: /v2/stocks/bars before /v2/stocks/{symbol}.
    paths = sorted(specification(name)["paths"], key=lambda path: (path.count("{"), path))
    return [(re.compile("[^/]+".join(map(re.escape, re.split(r"\{\w+\}", path)))), path) for path in paths]


def path_of(name: str, called: str) -> str | None:
    """The path of the file that a called one belongs to."""
    return next((path for pattern, path in _patterns(name) if pattern.fullmatch(called)), None)


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
        for item in value:
            yield from problems(name, schema.get("items", {}), item, f"{at}[]")
    elif isinstance(value, str):
        yield from _problems_of_text(schema, value, at)


def resolved(name: str, schema: Any) -> Any:
    """Follow a reference inside the file."""
    while "$ref" in schema:
        node = specification(name)
        for step in schema["$ref"].removeprefix("#/").split("/"):
            node = node[step.replace("~1", "/").replace("~0", "~")]
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
            yield from problems(file, extra, value[key], f"{at}.*")


_FORMATS = {
    "uuid": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)"),
}


def _problems_of_text(schema: Any, value: str, at: str) -> Iterator[str]:
    form = _FORMATS.get(schema.get("format", ""))
    if form and value and not form.fullmatch(value):
        yield f"{at}: {value!r} is no {schema['format']}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{at}: {value!r} does not match {schema['pattern']}"


def _is(value: object, kind: str) -> bool:
    kinds: dict[str, type | tuple[type, ...]] = {
        "object": dict,
        "array": list,
        "string": str,
        "boolean": bool,
        "integer": int,
        "number": (int, float),
    }
    return isinstance(value, kinds[kind]) and (kind == "boolean" or not isinstance(value, bool))

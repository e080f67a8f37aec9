"""Reading untrusted request values: JSON bodies, decimals, times, flags, lists."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from aiohttp import web

from practice.engine.clock import SECOND
from practice.engine.hours import at
from practice.engine.refusals import malformed

_NUMBER = re.compile(r"-?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,2})?", re.ASCII)
_BEYOND_ALL_MONEY = Decimal(10**11)  # the product of any two is still exact to the cent
_FRACTION = re.compile(r"\.(\d+)")
# A time beyond these is read as the nearest one: nothing happens there, and a day more can be counted.
_EARLIEST, _LATEST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * SECOND for year in (1900, 2200))


class BadValue(Exception):
    """A value that cannot be what its name says; each host has its own status for that."""


async def json_object(request: web.Request) -> dict[str, Any]:
    """The request's JSON object, or raise `Refusal`."""
    try:
        value = msgspec.json.decode(await request.read())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed("request body format is invalid") from error
    if not isinstance(value, dict):
        raise malformed("request body format is invalid")
    return value


async def form_of(request: web.Request) -> dict[str, str]:
    """The fields of a form, files left out; raise `Refusal` for one that cannot be read."""
    try:
        form = await request.post()
    except (ValueError, LookupError, AssertionError) as error:  # bytes, encoding, or parts that are none
        raise malformed("request body format is invalid") from error
    return {name: value for name, value in form.items() if isinstance(value, str)}


def decimal_of(value: object, name: str) -> Decimal | None:
    """A number sent as a string or as a number; None when absent, null or empty."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadValue(f"{name} must be a number")
    text = repr(value) if isinstance(value, float) else str(value)
    if not _NUMBER.fullmatch(text):
        raise BadValue(f"{name} must be a number")
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise BadValue(f"{name} must be a number") from error
    if abs(number) >= _BEYOND_ALL_MONEY:
        raise BadValue(f"{name} is too large")
    return number


def text_of(value: object, name: str) -> str | None:
    """A string; None when absent, null or empty."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise BadValue(f"{name} must be a string")
    return value


def flag_of(value: object, name: str, default: bool = False) -> bool:
    """A boolean, from JSON or from a query in any letter case."""
    if value is None or value == "":
        return default
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise BadValue(f"{name} must be true or false")


def whole_of(
    value: str | None, name: str, default: int, most: int, least: int = 1, *, strict: bool = False
) -> int:
    """A whole number from a query, cut to `most` or, with `strict`, refused beyond it."""
    if value is None or value == "":
        return default
    if not value.isascii() or not value.isdigit() or len(value) > 9 or int(value) < least:
        raise BadValue(f"{name} must be a number between {least} and {most}")
    if strict and int(value) > most:
        raise BadValue(f"{name} must be a number between {least} and {most}")
    return min(int(value), most)


def list_of(value: str | None) -> list[str]:
    """A comma-joined list."""
    return [item.strip() for item in value.split(",") if item.strip()] if value else []


def one_of(value: str | None, name: str, allowed: tuple[str, ...], default: str) -> str:
    """One of a fixed set of words."""
    if value is None or value == "":
        return default
    if value.lower() not in allowed:
        raise BadValue(f"invalid {name}: {value[:40]}")
    return value.lower()


def instant_of(value: str | None, name: str) -> int | None:
    """RFC 3339 or a bare date (midnight in New York), in nanoseconds; None when absent.

    Times before 1900 and after 2199 are moved to these edges.
    """
    if value is None or value == "":
        return None
    return max(_EARLIEST, min(_instant(value, name), _LATEST))


def _instant(value: str, name: str) -> int:
    try:
        if len(value) == len("2026-01-31"):
            return at(date.fromisoformat(value), datetime.min.time())
        fraction = _FRACTION.search(value)
        nanoseconds = int(fraction.group(1)[:9].ljust(9, "0")) if fraction else 0
        # A plus sign that nobody encoded arrives as a space.
        moment = datetime.fromisoformat(_FRACTION.sub("", value, count=1).replace(" ", "+"))
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return int(aware.timestamp()) * SECOND + nanoseconds
    except (ValueError, OverflowError, OSError) as error:
        raise _bad_time(value, name) from error


def _bad_time(value: str, name: str) -> BadValue:
    return BadValue(f"invalid {name}: {value[:40]} is not an RFC 3339 time or a date")

"""Pages of time series: by symbol, then by time, `limit` rows in all."""

import asyncio
import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from aiohttp import web

from practice.engine.history import Span
from practice.server.reading import BadValue, instant_of, one_of

_USUAL_LIMIT, _MOST_ROWS = 1000, 10_000
_AT_A_STRETCH = 250


class Stamped(Protocol):
    """Anything with an instant."""

    @property
    def at(self) -> int: ...


Row = TypeVar("Row", bound=Stamped)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: at the row of a symbol at an instant, after `skipped` others of that instant."""

    symbol: str
    at: int
    skipped: int

    @property
    def token(self) -> str:
        return base64.urlsafe_b64encode(f"{self.symbol}|{self.at}|{self.skipped}".encode()).decode()


@dataclass(frozen=True, slots=True)
class Window:
    """What a history request asks for."""

    start: int
    end: int
    room: int
    newest_first: bool
    place: Place | None

    def span(self, symbol: str, now: int) -> Span | None:
        """The span that is still to be read of a symbol; None when earlier pages had it all."""
        start, end = self.start, self.end
        if self.place and symbol < self.place.symbol:
            return None
        if self.place and symbol == self.place.symbol:
            start, end = (start, self.place.at) if self.newest_first else (self.place.at, end)
        return Span(start=start, end=end, now=now, newest_first=self.newest_first)


def window_of(request: web.Request, default_start: int, default_end: int) -> Window:
    """Read `start`, `end`, `limit`, `sort` and `page_token`, or raise `BadValue`."""
    query = request.query
    start, end = instant_of(query.get("start"), "start"), instant_of(query.get("end"), "end")
    if start is not None and end is not None and end < start:
        raise BadValue("end should not be before start")
    start = default_start if start is None else start
    return Window(
        start=start,
        end=default_end if end is None else end,
        room=limit_of(request, _USUAL_LIMIT, _MOST_ROWS),
        newest_first=one_of(query.get("sort"), "sort", ("asc", "desc"), "asc") == "desc",
        place=place_of(query.get("page_token")),
    )


def limit_of(request: web.Request, usual: int, most: int) -> int:
    """Read `limit`, or raise `BadValue`."""
    return count_in(request, "limit", usual, most)


def count_in(request: web.Request, name: str, usual: int, most: int) -> int:
    """Read a whole number from 1 to `most`, or raise `BadValue`."""
    text = request.query.get(name) or str(usual)
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not 1 <= int(text) <= most:
        raise BadValue(f"invalid {name}: {text[:20]} is not between 1 and {most}")
    return int(text)


def place_of(token: str | None) -> Place | None:
    """Read a page token; raise `BadValue` for one that is not ours."""
    if not token:
        return None
    try:
        symbol, at, skipped = base64.b64decode(token, altchars=b"-_", validate=True).decode().split("|")
        return Place(symbol, int(at), int(skipped))
    except (binascii.Error, ValueError):
        raise BadValue("invalid page_token") from None


async def page(
    symbols: Sequence[str], rows: Callable[[str, Span], Iterator[Row]], window: Window, now: int
) -> tuple[Mapping[str, list[Row]], str | None]:
    """One page of rows by symbol, and the token of the next one. `symbols` are sorted."""
    found: dict[str, list[Row]] = {}
    room = window.room
    for symbol in symbols:
        span = window.span(symbol, now)
        if span is None:
            continue
        place = window.place if window.place and window.place.symbol == symbol else None
        before = place.at if place else None
        skipped = 0  # rows of the instant `before` so far, those of earlier pages included
        for row in rows(symbol, span):
            skipped, before = (skipped + 1 if row.at == before else 1), row.at
            if place and row.at == place.at and skipped <= place.skipped:
                continue
            if room == 0:
                return found, Place(symbol, row.at, skipped - 1).token
            found.setdefault(symbol, []).append(row)
            room -= 1
            if room % _AT_A_STRETCH == 0:
                await asyncio.sleep(0)  # long histories must not hold up the streams
    return found, None

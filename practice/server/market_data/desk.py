"""What every market-data request passes: credentials, the plan, and the readings they have in common."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any

from aiohttp import web

from practice.engine.brokerage import Brokerage
from practice.engine.clock import MINUTE, Clock
from practice.engine.hours import CoinHours, at, new_york_day
from practice.engine.instruments import Instrument
from practice.engine.refusals import Refusal
from practice.server.access import presented_grant, require
from practice.server.grants import Grants
from practice.server.reading import BadValue, list_of
from practice.server.stream_kinds import Plan

DELAY = 15 * MINUTE
_MOST_SYMBOLS = 1000
_AT_A_STRETCH = 8


class DataDesk:
    """One brokerage's market as REST handlers see it."""

    def __init__(self, brokerage: Brokerage, grants: Grants, clock: Clock, plan: Plan) -> None:
        self.market, self.instruments = brokerage.market, brokerage.instruments
        self.plan, self.coin_hours = plan, CoinHours()
        self._grants, self._clock = grants, clock

    def enter(self, request: web.Request) -> int:
        """Check the credentials; return the instant it is, or raise `Denied`."""
        require(request, self._grants, scope="data")
        return self._clock.now()

    def enter_openly(self, request: web.Request) -> int:
        """Let everybody in, but nobody with wrong credentials."""
        presented_grant(request, self._grants)
        return self._clock.now()

    @property
    def is_basic(self) -> bool:
        return self.plan == "basic"


def not_entitled(message: str) -> Refusal:
    """The refusal of data that the plan does not cover."""
    return Refusal(403, 42210000, message)


def wanted_symbols(request: web.Request) -> list[str]:
    """The symbols of a request, sorted, each once; raise `BadValue` without any."""
    symbols = sorted(set(list_of(request.query.get("symbols"))))
    if not symbols:
        raise BadValue("symbols is required")
    if len(symbols) > _MOST_SYMBOLS:
        raise BadValue(f"too many symbols: at most {_MOST_SYMBOLS} are accepted")
    return symbols


async def gathered(
    instruments: Mapping[str, Instrument], found: Callable[[Instrument], dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """What is found of each, letting the streams go on in between."""
    answer = {}
    for number, (symbol, instrument) in enumerate(instruments.items(), 1):
        answer[symbol] = found(instrument)
        if number % _AT_A_STRETCH == 0:
            await asyncio.sleep(0)
    return answer


def start_of_day(now: int) -> int:
    """Midnight in New York, from which history starts unless told otherwise."""
    return at(new_york_day(now), time())


def day_of(value: str | None, name: str) -> date | None:
    """A date, or the day of an RFC 3339 time; None when absent."""
    if not value:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        raise BadValue(f"invalid {name}: {value[:40]} is not a date") from None

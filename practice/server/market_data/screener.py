"""/v1beta1/screener: the most active stocks, and the stocks and coins that moved most."""

import asyncio
from typing import Literal

from aiohttp import web

from practice.engine.clock import MINUTE
from practice.engine.instruments import Instrument
from practice.engine.rankings import Standing, standing
from practice.server.answers import json_answer
from practice.server.market_data.desk import DataDesk
from practice.server.market_data.paging import count_in
from practice.server.reading import one_of
from practice.server.wire import timestamp

MarketType = Literal["stocks", "crypto"]
_AT_A_STRETCH = 10


class ScreenerRoutes:
    """The screener routes of the data host. Lists are made at most once a minute."""

    def __init__(self, desk: DataDesk) -> None:
        self._desk = desk
        self._made: dict[MarketType, tuple[int, list[Standing]]] = {}

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Register the routes under a prefix."""
        base = f"{prefix}/v1beta1/screener"
        app.router.add_get(f"{base}/stocks/most-actives", self.most_actives)
        app.router.add_get(f"{base}/{{market_type:stocks|crypto}}/movers", self.movers)

    async def _standings(self, kind: MarketType, now: int) -> tuple[str, list[Standing]]:
        minute = now - now % MINUTE
        made_at, standings = self._made.get(kind, (0, []))
        if made_at != minute:
            standings = []
            for number, one in enumerate(self._listed(kind), 1):
                standings.append(standing(self._desk.market, one, minute))
                if number % _AT_A_STRETCH == 0:
                    await asyncio.sleep(0)
            self._made[kind] = minute, standings
        return timestamp(minute), standings

    def _listed(self, kind: MarketType) -> list[Instrument]:
        wanted = "crypto" if kind == "crypto" else "us_equity"
        return [one for one in self._desk.instruments.values() if one.asset_class == wanted]

    async def most_actives(self, request: web.Request) -> web.Response:
        now = self._desk.enter(request)
        by = one_of(request.query.get("by"), "by", ("volume", "trades"), "volume")
        top = count_in(request, "top", 10, 100)
        updated, standings = await self._standings("stocks", now)
        standings = sorted(
            standings, key=lambda one: one.day.lots if by == "volume" else one.day.trades, reverse=True
        )
        most = [
            {"symbol": one.instrument.symbol, "volume": one.day.lots, "trade_count": one.day.trades}
            for one in standings[:top]
        ]
        return json_answer({"most_actives": most, "last_updated": updated})

    async def movers(self, request: web.Request) -> web.Response:
        now, top = self._desk.enter(request), count_in(request, "top", 10, 50)
        kind: MarketType = "crypto" if request.match_info["market_type"] == "crypto" else "stocks"
        updated, standings = await self._standings(kind, now)
        ranked = sorted(standings, key=lambda standing: standing.percent_change)
        return json_answer(
            {
                "gainers": [_mover(s) for s in reversed(ranked[-top:]) if s.change > 0],
                "losers": [_mover(s) for s in ranked[:top] if s.change < 0],
                "market_type": kind,
                "last_updated": updated,
            }
        )


def _mover(standing: Standing) -> dict[str, object]:
    digits = standing.instrument.digits
    return {
        "symbol": standing.instrument.symbol,
        "percent_change": round(standing.percent_change, 2),
        "change": round(standing.change, digits),
        "price": standing.price,
    }

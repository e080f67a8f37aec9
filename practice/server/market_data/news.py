"""/v1beta1/news: simulated articles."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from practice.engine.clock import HOUR, SECOND
from practice.engine.news import AUTHOR, SOURCE, Article, News
from practice.server.answers import json_answer
from practice.server.market_data.desk import DataDesk
from practice.server.market_data.paging import Place, limit_of, place_of
from practice.server.reading import BadValue, flag_of, instant_of, list_of, one_of
from practice.server.wire import timestamp

_USUAL, _MOST = 10, 50
_FIRST = int(datetime(2015, 1, 1, tzinfo=UTC).timestamp()) * SECOND
_AT_A_STRETCH = 200  # hours


class NewsRoutes:
    """The news route of the data host."""

    def __init__(self, desk: DataDesk, news: News) -> None:
        self._desk, self._news = desk, news

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Register the route under a prefix."""
        app.router.add_get(f"{prefix}/v1beta1/news", self.news)

    async def news(self, request: web.Request) -> web.Response:
        now, query = self._desk.enter(request), request.query
        newest_first = one_of(query.get("sort"), "sort", ("asc", "desc"), "desc") == "desc"
        start, end = instant_of(query.get("start"), "start"), instant_of(query.get("end"), "end")
        if start is not None and end is not None and end < start:
            raise BadValue("end should not be before start")
        room, place = limit_of(request, _USUAL, _MOST), place_of(query.get("page_token"))
        with_content = flag_of(query.get("include_content"), "include_content")
        no_contentless = flag_of(query.get("exclude_contentless"), "exclude_contentless")
        symbols = {symbol.upper().replace("/", "") for symbol in list_of(query.get("symbols"))}
        first, last = max(start or 0, _FIRST), min(now if end is None else end, now)
        if place:
            first, last = (first, place.at) if newest_first else (place.at, last)
        found: list[Article] = []
        if symbols and not self._news.writes_about(symbols):
            return _answer(found, None, with_content=with_content)  # without looking through all years
        async for article in self._walk(first, last, newest_first=newest_first):
            if (symbols and symbols.isdisjoint(article.symbols)) or (no_contentless and not article.content):
                continue
            if len(found) == room:
                token = Place("news", article.updated_at, 0).token
                return _answer(found, token, with_content=with_content)
            found.append(article)
        return _answer(found, None, with_content=with_content)

    async def _walk(self, first: int, last: int, *, newest_first: bool) -> AsyncIterator[Article]:
        hours = range(first // HOUR - 1, last // HOUR + 1)
        for count, hour in enumerate(reversed(hours) if newest_first else hours, 1):
            articles = self._news.of_hour(hour)
            for article in reversed(articles) if newest_first else articles:
                if first <= article.updated_at <= last:
                    yield article
            if count % _AT_A_STRETCH == 0:
                await asyncio.sleep(0)


def _answer(articles: list[Article], token: str | None, *, with_content: bool) -> web.Response:
    news = [article_fields(article, with_content=with_content) for article in articles]
    return json_answer({"news": news, "next_page_token": token})


def article_fields(article: Article, *, with_content: bool) -> dict[str, Any]:
    """An article as REST shows it."""
    return {
        "id": article.id,
        "headline": article.headline,
        "author": AUTHOR,
        "created_at": timestamp(article.created_at)[:19] + "Z",
        "updated_at": timestamp(article.updated_at)[:19] + "Z",
        "summary": article.summary,
        "content": article.content if with_content else "",
        "url": article.url,
        "images": [],
        "symbols": list(article.symbols),
        "source": SOURCE,
    }

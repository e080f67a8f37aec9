"""The news stream: articles as they come out, to whoever asked for one of their symbols."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from practice.engine.clock import SECOND
from practice.engine.news import AUTHOR, SOURCE, Article, News
from practice.server.feeds import Feed
from practice.server.reader import Reader
from practice.server.tape_wire import Stamp, packed_timestamp
from practice.server.wire import timestamp


class NewsBroadcast:
    """The feed of simulated articles."""

    def __init__(self, news: News, feed: Feed) -> None:
        self._news, self.feeds = news, (feed,)

    def gather(self, after: int, until: int) -> None:
        """Give the reader what came out in (after, until]."""
        reader = self.feeds[0].live_reader
        if reader is None or not reader.session.subscriptions["news"]:
            return
        for article in self._news.articles(after, until):
            if _is_wanted(article, reader):
                reader.pending.append(article_message(article, packed=reader.packed))

    def prepare(self, _: int) -> Iterable[Callable[[], object]]:
        """Nothing: articles are cheap."""
        return ()


def _is_wanted(article: Article, reader: Reader) -> bool:
    asked = reader.session.subscriptions["news"]
    return "*" in asked or not {symbol.replace("/", "") for symbol in asked}.isdisjoint(article.symbols)


def article_message(article: Article, *, packed: bool) -> bytes:
    """An article as the stream sends it; it has no `S`."""
    stamp: Stamp = packed_timestamp if packed else _seconds
    encode = msgspec.msgpack.encode if packed else msgspec.json.encode
    fields: dict[str, Any] = {
        "T": "n",
        "id": article.id,
        "headline": article.headline,
        "summary": article.summary,
        "author": AUTHOR,
        "created_at": stamp(_whole(article.created_at)),
        "updated_at": stamp(_whole(article.updated_at)),
        "url": article.url,
        "content": article.content,
        "symbols": list(article.symbols),
        "source": SOURCE,
    }
    return encode(fields)


def _whole(instant: int) -> int:
    return instant - instant % SECOND


def _seconds(instant: int) -> str:
    return timestamp(instant)[:19] + "Z"

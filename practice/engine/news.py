"""Simulated news, as a pure function of the seed and the hour; every article says what it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from practice.engine.chance import chance_of
from practice.engine.clock import HOUR, SECOND
from practice.engine.instruments import Instrument, Instruments

SOURCE, AUTHOR = "simulated", "Bellwether practice broker"
_LABEL = "[Simulated]"
_MOST_AN_HOUR = 4
_CONTENTLESS_CHANCE = 0.2
# Headline and one more sentence; {0} and {1} are names.
_STORIES: tuple[tuple[str, str], ...] = (
    ("{0} shares draw attention ahead of results", "Analysts of nowhere expect the usual."),
    ("{0} names a new head of operations", "The appointment is invented, like the person."),
    ("{0} and {1} are said to talk about a partnership", "Neither company knows of it."),
    ("What the charts say about {0}", "They were drawn by a random number generator."),
    ("{0} opens a research centre", "Its address is not given, for there is none."),
    ("Traders weigh {0} against {1}", "The scales are simulated, and so are the traders."),
    ("{0} confirms its outlook for the year", "The outlook is as good as any other simulated one."),
    ("Options on {0} trade briskly", "Volumes follow from a formula."),
)


@dataclass(frozen=True, slots=True)
class Article:
    """One piece of news; `updated_at` is when it is out."""

    id: int
    created_at: int
    updated_at: int
    headline: str
    summary: str
    content: str  # HTML, or nothing
    symbols: tuple[str, ...]  # coins without their slash

    @property
    def url(self) -> str:
        return f"https://news.invalid/simulated/{self.id}"


class News:
    """What is written about the instruments."""

    def __init__(self, seed: int, instruments: Instruments) -> None:
        self._seed = seed
        coins = [one for one in instruments.values() if one.is_crypto and not one.is_pegged]
        self._subjects = [*instruments.optionable(), *coins]
        self._named = {instrument.compact_symbol for instrument in self._subjects}
        self._hour = lru_cache(maxsize=1024)(self._written)

    def writes_about(self, symbols: Iterable[str]) -> bool:
        """Whether there is ever an article about any of these, coins without their slash."""
        return not self._named.isdisjoint(symbols)

    def articles(self, after: int, until: int) -> list[Article]:
        """What came out in (after, until], in order of time."""
        first, last = after // HOUR - 1, until // HOUR
        return [
            article
            for hour in range(first, last + 1)
            for article in self.of_hour(hour)
            if after < article.updated_at <= until
        ]

    def of_hour(self, hour: int) -> Sequence[Article]:
        """The articles of an hour since the epoch, in order of time."""
        return self._hour(hour)

    def _written(self, hour: int) -> tuple[Article, ...]:
        chance = chance_of(self._seed, "news", hour)
        count = chance.randint(0, _MOST_AN_HOUR)
        moments = sorted(chance.randrange(HOUR - 10 * SECOND) for _ in range(count))
        articles = []
        for number, moment in enumerate(moments):
            one, other = chance.sample(self._subjects, 2)
            headline, sentence = chance.choice(_STORIES)
            named = (one, other) if "{1}" in headline else (one,)
            title = f"{_LABEL} {headline.format(_short(one), _short(other))}"
            content = f"<p>{title}.</p><p>{sentence} This article is part of a simulation.</p>"
            created = hour * HOUR + moment
            articles.append(
                Article(
                    id=hour * 10 + number,
                    created_at=created,
                    updated_at=created + (number + 1) * SECOND,
                    headline=title,
                    summary=f"{_LABEL} {sentence}",
                    content="" if chance.random() < _CONTENTLESS_CHANCE else content,
                    symbols=tuple(instrument.compact_symbol for instrument in named),
                )
            )
        return tuple(sorted(articles, key=lambda article: article.updated_at))


def _short(instrument: Instrument) -> str:
    for ending in (" Common Stock", " Class A", " Class B", " Class C", " Capital Stock", " / US Dollar"):
        name = instrument.name.partition(ending)[0]
        if name != instrument.name:
            return name.rstrip(",")
    return instrument.name

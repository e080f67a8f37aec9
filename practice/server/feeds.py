"""The endpoints of the data streams: what each carries, who may read it, and who does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from practice.engine.busiest import busiest_contracts
from practice.engine.clock import MINUTE
from practice.engine.instruments import Instrument, Instruments, fake_company
from practice.engine.market import Market
from practice.server.reader import Reader
from practice.server.stream_kinds import CRYPTO, NEWS, OPTIONS, STOCKS, StreamKind

_DELAY = 15 * MINUTE
_CRYPTO_LOCATIONS = ("us", "us-1", "us-2", "eu-1", "bs-1", "global")


class Universe(Protocol):
    """What a feed knows."""

    def named(self, symbols: frozenset[str]) -> Mapping[str, Instrument]:
        """Those of the symbols that there are."""
        ...

    def everything(self, instant: int, /) -> Mapping[str, Instrument]:
        """What the star stands for."""
        ...


@dataclass(frozen=True, slots=True)
class Listed:
    """A fixed list of instruments."""

    instruments: Mapping[str, Instrument]

    def named(self, symbols: frozenset[str]) -> Mapping[str, Instrument]:
        return {symbol: self.instruments[symbol] for symbol in symbols & self.instruments.keys()}

    def everything(self, _: int, /) -> Mapping[str, Instrument]:
        return self.instruments


@dataclass(frozen=True, slots=True)
class Contracts:
    """All option contracts. There are tens of thousands, so the star stands for the busiest."""

    instruments: Instruments
    market: Market

    def named(self, symbols: frozenset[str]) -> Mapping[str, Instrument]:
        return {symbol: found for symbol in symbols if (found := self.instruments.option(symbol))}

    def everything(self, instant: int, /) -> Mapping[str, Instrument]:
        return {one.symbol: one for one in busiest_contracts(self.market, self.instruments, instant)}


@dataclass(slots=True, kw_only=True, eq=False)
class Feed:
    """One endpoint; a user has one connection to each."""

    paths: tuple[str, ...]
    kind: StreamKind
    universe: Universe
    needs_plus: bool = False  # whether the free plan is turned away
    delay: int = 0  # nanoseconds between a print and its message
    trade_delay: int = 0  # the same, of all but quotes
    is_derived: bool = False  # whether its quotes are only about what was quoted
    reader: Reader | None = None

    @property
    def name(self) -> str:
        """The last part of its path, such as `iex`."""
        return self.paths[0].rpartition("/")[2]

    @property
    def live_reader(self) -> Reader | None:
        """Who reads, once authenticated and until told to go."""
        reader = self.reader
        return reader if reader and reader.session.is_live and not reader.is_leaving else None

    def wanted(self, channel: str, instant: int) -> Mapping[str, Instrument]:
        """What is asked for on a channel, of that which there is."""
        reader = self.live_reader
        asked = reader.session.subscriptions.get(channel) if reader else None
        if not asked:
            return {}
        return self.universe.everything(instant) if "*" in asked else self.universe.named(asked)


def news_feed() -> Feed:
    """The endpoint of the news, whose symbols are those of its articles."""
    return Feed(paths=("/v1beta1/news",), kind=NEWS, universe=Listed({}))


def all_feeds(instruments: Instruments, market: Market) -> list[Feed]:
    """Every endpoint of market data, over the instruments of a brokerage."""
    stocks = Listed({name: one for name, one in instruments.items() if one.asset_class == "us_equity"})
    nights = Listed({name: market.by_night(one) for name, one in stocks.instruments.items()
                     if one.overnight_tradable})  # fmt: skip
    pairs = Listed({name: one for name, one in instruments.items() if one.is_crypto})
    fake = fake_company()
    of_stocks: Callable[..., Feed] = partial(Feed, kind=STOCKS, universe=stocks)
    of_nights: Callable[..., Feed] = partial(Feed, kind=STOCKS, universe=nights)
    of_pairs: Callable[..., Feed] = partial(Feed, kind=CRYPTO, universe=pairs)
    of_options: Callable[..., Feed] = partial(Feed, kind=OPTIONS, universe=Contracts(instruments, market))
    return [
        of_stocks(paths=("/v2/iex",)),
        of_stocks(paths=("/v2/sip",), needs_plus=True),
        of_stocks(paths=("/v2/delayed_sip",), delay=_DELAY),
        of_nights(paths=("/v1beta1/boats", "/v2/boats"), needs_plus=True),
        of_nights(paths=("/v1beta1/overnight", "/v2/overnight"), trade_delay=_DELAY, is_derived=True),
        Feed(paths=("/v2/test",), kind=STOCKS, universe=Listed({fake.symbol: fake})),
        *(of_pairs(paths=(f"/v1beta3/crypto/{location}",)) for location in _CRYPTO_LOCATIONS),
        of_options(paths=("/v1beta1/opra",), needs_plus=True),
        of_options(paths=("/v1beta1/indicative",), trade_delay=_DELAY, is_derived=True),
    ]

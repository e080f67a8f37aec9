"""The endpoints of the data streams: what each carries, who may read it, and who does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from practice.engine.clock import MINUTE
from practice.engine.instruments import Instrument, fake_company
from practice.server.reader import Reader
from practice.server.stream_kinds import CRYPTO, NEWS, STOCKS, StreamKind

_DELAY = 15 * MINUTE
_CRYPTO_LOCATIONS = ("us", "us-1", "us-2", "eu-1", "bs-1", "global")
_OVERNIGHT_TAPE = "N"


@dataclass(slots=True, kw_only=True, eq=False)
class Feed:
    """One endpoint; a user has one connection to each."""

    paths: tuple[str, ...]
    kind: StreamKind
    instruments: Mapping[str, Instrument]
    needs_plus: bool = False  # whether the free plan is turned away
    delay: int = 0  # nanoseconds between a print and its message
    never_sleeps: bool = False  # whether it carries a market that is open around the clock
    tape: str | None = None  # the tape of everything here, where it is not that of the listing
    reader: Reader | None = None

    @property
    def name(self) -> str:
        """The last part of its path, such as `iex`."""
        return self.paths[0].rpartition("/")[2]

    @property
    def live_reader(self) -> Reader | None:
        """Who reads, once authenticated."""
        return self.reader if self.reader and self.reader.session.is_live else None

    def wanted(self, channel: str) -> Iterable[str]:
        """The symbols that are asked for on a channel, of those there are."""
        reader = self.live_reader
        if reader is None:
            return ()
        asked = reader.session.subscriptions.get(channel, frozenset())
        return self.instruments if "*" in asked else asked & self.instruments.keys()


def all_feeds(instruments: Mapping[str, Instrument]) -> list[Feed]:
    """Every endpoint, over the instruments of a brokerage."""
    stocks = {symbol: one for symbol, one in instruments.items() if one.asset_class == "us_equity"}
    pairs = {symbol: one for symbol, one in instruments.items() if one.asset_class == "crypto"}
    fake = fake_company()
    of_stocks = partial(Feed, kind=STOCKS, instruments=stocks)
    of_pairs = partial(Feed, kind=CRYPTO, instruments=pairs)
    return [
        of_stocks(paths=("/v2/iex",)),
        of_stocks(paths=("/v2/sip",), needs_plus=True),
        of_stocks(paths=("/v2/delayed_sip",), delay=_DELAY),
        of_stocks(paths=("/v1beta1/boats", "/v2/boats"), needs_plus=True, tape=_OVERNIGHT_TAPE),
        of_stocks(paths=("/v1beta1/overnight", "/v2/overnight"), tape=_OVERNIGHT_TAPE),
        Feed(paths=("/v2/test",), kind=STOCKS, instruments={fake.symbol: fake}, never_sleeps=True),
        *(of_pairs(paths=(f"/v1beta3/crypto/{location}",)) for location in _CRYPTO_LOCATIONS),
        Feed(paths=("/v1beta1/news",), kind=NEWS, instruments={}),
    ]

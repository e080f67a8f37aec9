"""What each kind of data stream offers: its channels, the symbols it takes, and what of them is counted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Plan = Literal["basic", "plus"]
PLANS: tuple[Plan, ...] = ("basic", "plus")
Subscriptions = Mapping[str, frozenset[str]]

_PAIR = r"[A-Z][A-Z0-9]{0,9}/[A-Z]{3,5}"
_TICKER = r"[A-Z][A-Z0-9./]{0,14}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamKind:
    """One row of the broker's table of streams. The order of `channels` is that of an acknowledgement."""

    channels: tuple[str, ...]
    symbol: re.Pattern[str]
    following: tuple[str, ...] = ()  # shown in acknowledgements, and subscribed, like `trades`
    counted: tuple[str, ...] = ()  # channels whose symbols add up against the limit
    limits: Mapping[Plan, int]  # 0: as many as one likes
    starless: frozenset[str] = frozenset()  # channels that have to name their symbols
    packed_only: bool = False

    def takes(self, symbol: object) -> bool:
        """Whether this is spelt like a symbol of the stream, or the star for all of them."""
        return isinstance(symbol, str) and (symbol == "*" or self.symbol.fullmatch(symbol) is not None)

    def state(self, subscriptions: Subscriptions) -> dict[str, list[str]]:
        """Everything subscribed, as an acknowledgement lists it."""
        lists = {channel: sorted(subscriptions[channel]) for channel in self.channels}
        for channel in self.following:
            lists[channel] = lists["trades"]
        return lists

    def counts(self, subscriptions: Subscriptions) -> float:
        """How many symbols are counted against the limit; the star counts as all there are."""
        counted = [subscriptions[channel] for channel in self.counted]
        return float("inf") if any("*" in symbols for symbols in counted) else sum(map(len, counted))


STOCKS = StreamKind(
    channels=("trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds", "imbalances"),
    symbol=re.compile(_TICKER),
    following=("corrections", "cancelErrors"),
    counted=("trades", "quotes"),
    limits={"basic": 30, "plus": 0},
)
CRYPTO = StreamKind(
    channels=("trades", "quotes", "bars", "updatedBars", "dailyBars", "orderbooks"),
    symbol=re.compile(_PAIR),
    limits={"basic": 0, "plus": 0},
)
OPTIONS = StreamKind(
    channels=("trades", "quotes"),
    symbol=re.compile(r"[A-Z][A-Z0-9.]{0,5}\d{6}[CP]\d{8}"),
    counted=("quotes",),
    limits={"basic": 200, "plus": 1000},
    starless=frozenset({"quotes"}),
    packed_only=True,
)
NEWS = StreamKind(channels=("news",), symbol=re.compile(f"{_TICKER}|{_PAIR}"), limits={"basic": 0, "plus": 0})

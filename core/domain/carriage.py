"""Which stream carries the prices of what, and when a price may count as fresh by it."""

from collections.abc import Set as AbstractSet

from core.domain.connection import StreamName
from core.domain.freshness import Freshness, freshness_of
from core.domain.instrument import AssetClass
from core.domain.market import Source

CARRIERS = {
    AssetClass.EQUITY: StreamName.QUOTES,
    AssetClass.CRYPTO: StreamName.COINS,
    AssetClass.OPTION: StreamName.OPTIONS,
}
PRICE_STREAMS = tuple(CARRIERS.values())


def carrier_of(symbol: str) -> StreamName:
    """The stream that carries a symbol's prices, should there be one."""
    return CARRIERS[AssetClass.of_symbol(symbol)]


def is_vouched_for(carrier: StreamName, source: Source | None, live: AbstractSet[StreamName]) -> bool:
    """Whether nothing but its age tells against a price, given the streams that are live.

    What was asked for by REST carries an age of its own; what a stream brought was the newest only for as
    long as that stream lives.
    """
    return source is Source.REST or carrier in live


def price_freshness(
    carrier: StreamName,
    source: Source | None,
    received_ns: int | None,
    now_ns: int,
    live: AbstractSet[StreamName],
) -> Freshness:
    """Judge a price by what brought it and when (both times on the monotonic clock)."""
    return freshness_of(received_ns, now_ns, stream_is_live=is_vouched_for(carrier, source, live))

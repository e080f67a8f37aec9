"""One row of the positions table: a holding with what it gained, what was closed today, or the total."""

from dataclasses import replace
from decimal import Decimal
from typing import Literal

from core.domain.freshness import Freshness
from core.domain.gains import Gains
from core.domain.market import Ticker
from core.domain.marking import Mark
from core.domain.position import Position, Valuation
from core.domain.provenance import Figure

ZERO = Decimal(0)


class PositionRow:
    """Only the model writes. Without a `position` it is the total, or what is flat by now if it has a symbol.

    `gains` of the total are the sums over all symbols, flat ones too.
    """

    __slots__ = (
        "age",
        "flash_until_ns",
        "freshness",
        "gains",
        "is_as_chosen",
        "mark_used",
        "moved",
        "oddities",
        "position",
        "symbol",
        "ticker",
        "valuation",
        "working",
    )

    def __init__(self, symbol: str, position: Position | None) -> None:
        self.symbol = symbol
        self.position = position
        self.ticker: Ticker | None = None
        self.mark_used: Mark | None = None
        self.is_as_chosen = True
        self.valuation: Valuation | None = None
        self.gains: Gains | None = None
        self.oddities: tuple[Figure, ...] = ()
        self.working = 0
        self.age: float | None = None
        self.freshness = Freshness.ABSENT
        self.moved: Literal[-1, 0, 1] = 0
        self.flash_until_ns = 0

    @property
    def is_total(self) -> bool:
        """Whether this row adds up the others."""
        return self.position is None and not self.symbol

    @property
    def is_flat(self) -> bool:
        """Whether nothing is held in the symbol any more, and it is here for what was closed today."""
        return self.position is None and bool(self.symbol)

    @property
    def is_stale(self) -> bool:
        """Whether figures derived from the mark must not look like news."""
        return self.freshness >= Freshness.STALE

    @property
    def mark(self) -> Decimal | None:
        """The price the position is valued at."""
        return None if self.is_total or self.valuation is None else self.valuation.mark

    @property
    def value(self) -> Decimal | None:
        """Signed market value."""
        return None if self.valuation is None else self.valuation.market_value

    @property
    def day(self) -> Decimal | None:
        """Profit of what is held since the previous close."""
        return None if self.valuation is None else self.valuation.day

    @property
    def unrealised(self) -> Decimal | None:
        """Profit of what is held since entry."""
        return None if self.valuation is None else self.valuation.unrealized

    @property
    def fraction(self) -> Decimal | None:
        """`unrealised` as a fraction of the cost."""
        return None if self.valuation is None else self.valuation.unrealized_fraction

    @property
    def realised(self) -> Decimal | None:
        """What closing earned, as far back as fills are known here."""
        return None if self.gains is None else self.gains.realised

    @property
    def realised_day(self) -> Decimal | None:
        """What closing earned on the trading day."""
        return None if self.gains is None else self.gains.realised_day

    @property
    def is_explained(self) -> bool:
        """Whether the fills that are known explain all that is held."""
        if self.gains is None or self.is_total:
            return True
        return self.gains.reaches_back_to(ZERO if self.position is None else self.position.qty)


def was_closed_today(gains: Gains) -> bool:
    """Whether a symbol of which nothing is held has to do with the trading day.

    A quantity that is left over, of one that is not listed as held, is a position that the list does not have
    yet, or one whose older fills are missing: then only what was realised counts.
    """
    return bool(gains.realised_day or (gains.fills_day and not gains.qty))


def add_up(total: PositionRow, rows: list[PositionRow]) -> None:
    """Write the sums into `total`; a sum with an unknown part is unknown, and as old as its oldest part."""
    valuations = [row.valuation for row in rows]
    known = [valuation for valuation in valuations if valuation is not None]
    total.freshness = max((row.freshness for row in rows), default=Freshness.ABSENT)
    if len(known) < len(valuations):
        total.valuation = None
        return
    days = [valuation.day for valuation in known]
    unrealised = sum((valuation.unrealized for valuation in known), ZERO)
    cost = sum((abs(row.position.cost) for row in rows if row.position), ZERO)
    total.valuation = Valuation(
        mark=ZERO,
        market_value=sum((valuation.market_value for valuation in known), ZERO),
        unrealized=unrealised,
        unrealized_fraction=unrealised / cost if cost else None,
        day=None if None in days else sum((day for day in days if day is not None), ZERO),
    )


def added_gains(gains: list[Gains]) -> Gains:
    """The sums over all symbols; `since` is the oldest fill of any."""
    total = Gains(symbol="")
    for one in gains:
        since = [at for at in (total.since, one.since) if at is not None]
        total = replace(
            total,
            realised=total.realised + one.realised,
            realised_day=total.realised_day + one.realised_day,
            fills=total.fills + one.fills,
            fills_day=total.fills_day + one.fills_day,
            since=min(since, default=None),
        )
    return total

"""Positions, and what they are worth at a price we can name."""

from dataclasses import dataclass
from decimal import Decimal

from core.domain.instrument import AssetClass, order_symbol

OPTION_MULTIPLIER = 100  # units of the underlying for one contract


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A holding as the broker reports it; `qty` is negative for a short one.

    Source: protocol page section 3.11.
    """

    symbol: str
    asset_class: str
    qty: Decimal
    avg_entry_price: Decimal
    qty_available: Decimal | None = None
    cost_basis: Decimal | None = None
    market_value: Decimal | None = None
    current_price: Decimal | None = None
    lastday_price: Decimal | None = None
    unrealized_pl: Decimal | None = None
    unrealized_intraday_pl: Decimal | None = None

    @property
    def is_short(self) -> bool:
        """Whether shares are owed rather than owned."""
        return self.qty < 0

    @property
    def is_stock(self) -> bool:
        """Whether the stock feeds know the symbol."""
        return self.asset_class in ("us_equity", "")

    @property
    def is_option(self) -> bool:
        """Whether `qty` counts contracts."""
        return self.asset_class == AssetClass.OPTION or AssetClass.of_symbol(self.symbol) is AssetClass.OPTION

    @property
    def multiplier(self) -> int:
        """How many units, priced by the mark and the average, one of `qty` stands for."""
        return OPTION_MULTIPLIER if self.is_option else 1

    @property
    def market_symbol(self) -> str:
        """The symbol as orders, quotes and trades spell it: `BTC/USD` for a position in `BTCUSD`."""
        return order_symbol(self.symbol, self.asset_class)

    @property
    def cost(self) -> Decimal:
        """What is held cost at its average price; negative for a short position."""
        return self.qty * self.avg_entry_price * self.multiplier

    @property
    def closable_qty(self) -> Decimal:
        """The size that an order to close may have now; zero when open orders hold all of it."""
        return abs(self.qty if self.qty_available is None else self.qty_available)

    def valued_at(self, mark: Decimal) -> "Valuation":
        """Return value and profit at `mark`, in the account's currency.

        Day profit counts from the previous close when the broker gave one, and takes the broker's own
        figure for the part bought today into account: its intraday profit moves one for one with the price.
        """
        units = self.qty * self.multiplier
        value, cost = units * mark, self.cost
        day: Decimal | None = None
        if self.unrealized_intraday_pl is not None and self.current_price is not None:
            day = self.unrealized_intraday_pl + units * (mark - self.current_price)
        elif self.lastday_price is not None:
            day = units * (mark - self.lastday_price)
        unrealized = value - cost
        return Valuation(
            mark=mark,
            market_value=value,
            unrealized=unrealized,
            unrealized_fraction=unrealized / abs(cost) if cost else None,
            day=day,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Valuation:
    """What a position is worth at `mark`."""

    mark: Decimal
    market_value: Decimal
    unrealized: Decimal
    unrealized_fraction: Decimal | None
    day: Decimal | None

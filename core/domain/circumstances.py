"""Everything that is known around an order at the moment it is judged, as one value."""

from dataclasses import dataclass, field
from decimal import Decimal

from core.domain.account import Account
from core.domain.configuration import AccountConfiguration
from core.domain.environment import Environment
from core.domain.freshness import NS_PER_S, Freshness
from core.domain.instrument import AssetClass, Instrument
from core.domain.market import Ticker
from core.domain.money import on_grid
from core.domain.order import Order, Side
from core.domain.position import Position
from core.domain.trading_hours import TradingHours


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What is known about the instrument's market; prices on the instrument's grid.

    `late_s` is how old the last trade is where its feed brings trades late, else None.
    """

    bid: Decimal | None = None
    ask: Decimal | None = None
    last: Decimal | None = None
    late_s: float | None = None
    freshness: Freshness = Freshness.ABSENT
    age_s: float | None = None
    is_open: bool | None = None
    feed_is_live: bool = True

    def far_side(self, side: Side) -> Decimal | None:
        """The price a market order of that side would meet."""
        return self.ask if side is Side.BUY else self.bid

    @property
    def mid(self) -> Decimal | None:
        """The middle of bid and ask when both sides are active."""
        return None if self.bid is None or self.ask is None else (self.bid + self.ask) / 2

    @property
    def reference(self) -> Decimal | None:
        """The price that distances are measured from: the last trade, or the middle until there is one.

        A late trade serves only where there is no middle.
        """
        if self.last is None or (self.late_s is not None and self.mid is not None):
            return self.mid
        return self.last


def market_from(
    ticker: Ticker | None,
    *,
    freshness: Freshness,
    age_s: float | None,
    is_open: bool | None,
    feed_is_live: bool,
    now_ns: int = 0,
    asset_class: AssetClass = AssetClass.EQUITY,
    increment: Decimal | None = None,
) -> Market:
    """The market as `ticker` shows it at `now_ns`; a price of 0 means that the side is not active."""

    def priced(price: float | None) -> Decimal | None:
        if price is None or price <= 0:
            return None
        return on_grid(price, asset_class=asset_class, increment=increment)

    quote = None if ticker is None else ticker.quote
    trade = None if ticker is None else ticker.trade
    late_s = None
    if ticker is not None and trade is not None and ticker.has_late_trade:
        late_s = max(0.0, (now_ns - trade.received_ns) / NS_PER_S)
    return Market(
        bid=priced(None if quote is None else quote.bid),
        ask=priced(None if quote is None else quote.ask),
        last=priced(None if trade is None else trade.price),
        late_s=late_s,
        freshness=freshness,
        age_s=age_s,
        is_open=is_open,
        feed_is_live=feed_is_live,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What rules and limits are checked against; None and empty where nothing is known yet.

    `working` holds the open orders of the account; `underlying` is the position in an option's underlying.
    `is_unknown` means that the broker said it does not know the symbol; `is_settling` that something filled
    so lately that `position` may not show it yet.
    """

    environment: Environment = Environment.PAPER
    instrument: Instrument | None = None
    is_unknown: bool = False
    account: Account | None = None
    configuration: AccountConfiguration = field(default_factory=AccountConfiguration)
    position: Position | None = None
    underlying: Position | None = None
    working: tuple[Order, ...] = ()
    market: Market = field(default_factory=Market)
    hours: TradingHours = field(default_factory=TradingHours)
    orders_last_minute: int = 0
    is_settling: bool = False

    @property
    def held(self) -> Decimal:
        """The position's signed quantity; zero without one."""
        return Decimal(0) if self.position is None else self.position.qty

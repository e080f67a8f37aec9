"""A ticket's surroundings for the tests of rules and limits, all of them ordinary."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from core.domain.circumstances import Circumstances, Market
from core.domain.freshness import Freshness
from core.domain.instrument import AssetClass, Instrument
from core.domain.legs import StopLoss, TakeProfit
from core.domain.order import OrderType, Side, TimeInForce
from core.domain.position import Position
from core.domain.request import OrderRequest
from core.domain.trading_hours import TradingHours
from tests.fakes.services import account

D = Decimal
CALL, PUT, BTC = "AAPL261218C00200000", "AAPL261218P00180000", "BTC/USD"
FIGURES = ("qty", "notional", "limit_price", "stop_price", "trail_price", "trail_percent")
OPEN = TradingHours(
    now=datetime(2026, 11, 20, 18, 0, tzinfo=UTC),  # a Friday, 13:00 in New York
    is_open=True,
    next_close=datetime(2026, 11, 20, 21, 0, tzinfo=UTC),
    next_open=datetime(2026, 11, 23, 14, 30, tzinfo=UTC),
)
EVENING = replace(OPEN, now=datetime(2026, 11, 20, 22, 0, tzinfo=UTC), is_open=False)
MARKET = Market(
    bid=D("189.40"), ask=D("189.44"), last=D("189.42"), freshness=Freshness.FRESH, age_s=0.2, is_open=True
)
SHARE = Instrument(
    symbol="AAPL",
    exchange="NASDAQ",
    fractionable=True,
    shortable=True,
    attributes=frozenset({"fractional_eh_enabled", "overnight_tradable"}),
)
COIN = Instrument(
    symbol=BTC,
    exchange="CRYPTO",
    asset_class=AssetClass.CRYPTO,
    fractionable=True,
    price_increment=D("0.5"),
    min_order_size=D("0.0001"),
    min_trade_increment=D("0.00000001"),
)
CONTRACT = Instrument(symbol=CALL, asset_class=AssetClass.OPTION, multiplier=D(100))
BROKERAGE = account(
    buying_power=D(100_000),
    non_marginable_buying_power=D(50_000),
    options_buying_power=D(40_000),
    options_level=2,
)


def asked(type_: str = "market", qty: str | None = "10", side: str = "buy", **terms: object) -> OrderRequest:
    """An order for AAPL, with numbers written as text."""
    made = {
        name: D(value) if name in FIGURES and isinstance(value, str) else value
        for name, value in terms.items()
    }
    if "time_in_force" in made:
        made["time_in_force"] = TimeInForce(str(made["time_in_force"]))
    return OrderRequest(
        **{"symbol": "AAPL", "qty": None if qty is None else D(qty), **made},  # type: ignore[arg-type]
        side=Side(side),
        type=OrderType(type_),
    )


def gain(price: str) -> TakeProfit:
    """A take profit at `price`."""
    return TakeProfit(limit_price=D(price))


def loss(stop: str, limit: str | None = None) -> StopLoss:
    """A stop loss at `stop`."""
    return StopLoss(stop_price=D(stop), limit_price=None if limit is None else D(limit))


def around(**changes: object) -> Circumstances:
    """An open market, a quote just heard, an account that may do a lot, and no position."""
    usual = Circumstances(account=BROKERAGE, instrument=SHARE, market=MARKET, hours=OPEN)
    return replace(usual, **changes)  # type: ignore[arg-type]


def coins(bid: str = "91240.5", ask: str = "91250", **changes: object) -> Circumstances:
    """The same around a coin."""
    market = replace(MARKET, bid=D(bid), ask=D(ask), last=D(bid))
    return around(**{"instrument": COIN, "market": market, **changes})


def contracts(bid: str = "4.00", ask: str = "4.10", **changes: object) -> Circumstances:
    """The same around a call."""
    market = replace(MARKET, bid=D(bid), ask=D(ask), last=D(ask))
    return around(**{"instrument": CONTRACT, "market": market, **changes})


def held(
    qty: str, available: str | None = None, symbol: str = "AAPL", asset_class: str = "us_equity"
) -> Position:
    """A position with an average of 180."""
    return Position(
        symbol=symbol,
        asset_class=asset_class,
        qty=D(qty),
        qty_available=None if available is None else D(available),
        avg_entry_price=D(180),
    )

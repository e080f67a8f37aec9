"""What trading an order would probably cost in fees: estimates, each with the basis it was made on.

The broker charges no commission on shares and options; what remains are the regulators' fees on sales, which
a paper account does not charge, and the fee on coins, which it does (protocol page section 3.9).
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_UP, Decimal
from enum import StrEnum

from core.domain.environment import Environment
from core.domain.forecast import COIN_FEE, Forecast
from core.domain.instrument import AssetClass
from core.domain.money import CENT
from core.domain.order import Side
from core.domain.request import OrderRequest

# Rates as known when this was written; they change every year, so they are shown with the figure.
SEC_PER_MILLION = Decimal("20.60")
TAF_PER_SHARE, TAF_PER_SHARE_MOST = Decimal("0.000195"), Decimal("9.79")
TAF_PER_CONTRACT = Decimal("0.00329")
_MILLION = Decimal(1_000_000)


class FeeKind(StrEnum):
    """Who takes it."""

    SEC = "sec"
    TAF = "taf"
    COIN = "coin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """One estimated fee in money; a coin's fee is taken from what is received."""

    kind: FeeKind
    amount: Decimal
    rate: Decimal


def estimate_fees(request: OrderRequest, expected: Forecast, environment: Environment) -> tuple[Fee, ...]:
    """The fees of a complete fill at the expected price; empty where there are none or nothing is known."""
    value, qty = expected.value, expected.qty
    if value is None or qty is None:
        return ()
    if request.asset_class is AssetClass.CRYPTO:
        amount = (value * COIN_FEE).quantize(CENT, rounding=ROUND_HALF_EVEN)
        return (Fee(kind=FeeKind.COIN, amount=amount, rate=COIN_FEE),)
    if request.side is Side.BUY or environment is Environment.PAPER:
        return ()
    if request.asset_class is AssetClass.OPTION:
        taf, rate = qty * TAF_PER_CONTRACT, TAF_PER_CONTRACT
    else:
        taf, rate = min(qty * TAF_PER_SHARE, TAF_PER_SHARE_MOST), TAF_PER_SHARE
    return (
        Fee(kind=FeeKind.SEC, amount=_to_cent(value * SEC_PER_MILLION / _MILLION), rate=SEC_PER_MILLION),
        Fee(kind=FeeKind.TAF, amount=_to_cent(taf), rate=rate),
    )


def _to_cent(amount: Decimal) -> Decimal:
    """The regulators' fees are rounded up, each by itself."""
    return amount.quantize(CENT, rounding=ROUND_UP)

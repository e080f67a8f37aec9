"""What trading an order would probably cost in fees: estimates, each with the basis it was made on.

The broker charges no commission on shares and options; what remains is passed on from regulators, exchanges
and the clearing house (fee_rates.py), which a paper account is not charged, and the fee on coins, which it is
(protocol page section 3.9). The broker charges each kind once a day, on the day's total rounded up to a cent;
here every order is rounded up by itself, so that an estimate is a cent too high rather than too low.
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_UP, Decimal

from core.domain.environment import Environment
from core.domain.fee_rates import OPTION_RATES, SHARE_RATES, FeeBasis, FeeKind, FeeRate
from core.domain.forecast import COIN_FEE, Forecast
from core.domain.instrument import AssetClass, multiplier_of
from core.domain.money import CENT
from core.domain.order import Side
from core.domain.request import OrderRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """One estimated fee in money, at a rate `known` of that day; a coin's is taken from what is received."""

    kind: FeeKind
    amount: Decimal
    rate: Decimal
    known: date | None = None


def estimate_fees(request: OrderRequest, expected: Forecast, environment: Environment) -> tuple[Fee, ...]:
    """The fees of a complete fill at the expected price; empty where there are none or nothing is known."""
    value, qty = expected.value, expected.qty
    if value is None or qty is None:
        return ()
    if request.asset_class is AssetClass.CRYPTO:
        amount = (value * COIN_FEE).quantize(CENT, rounding=ROUND_HALF_EVEN)
        return (Fee(kind=FeeKind.COIN, amount=amount, rate=COIN_FEE),)
    if environment is Environment.PAPER:
        return ()
    rates = OPTION_RATES if request.asset_class is AssetClass.OPTION else SHARE_RATES
    bases = {
        FeeBasis.VALUE: value,
        FeeBasis.QUANTITY: qty,
        FeeBasis.UNITS: qty * multiplier_of(request.symbol),
    }
    return tuple(
        _fee(rate, bases[rate.basis]) for rate in rates if request.side is Side.SELL or not rate.on_sales_only
    )


def _fee(rate: FeeRate, basis: Decimal) -> Fee:
    amount = basis * rate.rate
    if rate.most is not None:
        amount = min(amount, rate.most)
    return Fee(
        kind=rate.kind,
        amount=amount.quantize(CENT, rounding=ROUND_UP),
        rate=rate.rate,
        known=rate.known,
    )

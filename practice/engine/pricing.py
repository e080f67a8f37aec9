"""What an option is worth: Black and Scholes with a smile and a term structure.

Interest and dividends are nothing here. An American option is then worth as much as a European one, never
less than exercising it, and a call less a put of one strike is the price less the strike, whatever the smile.
"""

import math
from dataclasses import dataclass

from practice.engine.clock import SECOND

_YEAR = 365 * 24 * 3600 * SECOND
_LEAST_LIFE = 60 * SECOND
_ROOT_TWO, _ROOT_TWO_PI = math.sqrt(2.0), math.sqrt(2.0 * math.pi)


@dataclass(frozen=True, slots=True)
class Smile:
    """The implied volatility of one underlying by strike and time.

    `level` is the volatility of a year's logarithmic return at the money and far away in time, `skew` how
    much dearer low strikes are, `curve` how much dearer both wings are, `front` how much the next weeks are.
    """

    level: float
    skew: float
    curve: float
    front: float

    def volatility(self, spot: float, strike: float, years: float) -> float:
        """Implied volatility; the wings level off, so that prices stay monotonous in the strike."""
        middle = self.level * (1.0 + self.front * math.exp(-6.0 * years))
        wing = math.tanh(math.log(strike / spot) / (3.0 * middle * math.sqrt(years + 0.02)))
        return middle * (1.0 - self.skew * wing + self.curve * wing * wing)


@dataclass(frozen=True, slots=True)
class Valuation:
    """The value of one share's option and its derivatives.

    `theta` is per day, `vega` per point of volatility, `rho` per point of interest, as brokers show them.
    """

    value: float
    volatility: float
    delta: float
    gamma: float
    theta: float
    vega: float
    rho: float


def years_between(now: int, expiry: int) -> float:
    """The life left, in years; never quite nothing."""
    return max(expiry - now, _LEAST_LIFE) / _YEAR


def _normal(x: float) -> float:
    return 0.5 * (1.0 + math.erf(x / _ROOT_TWO))


def value(spot: float, strike: float, years: float, smile: Smile, *, call: bool) -> float:
    """The value alone, which is asked for far more often than the rest."""
    deviation = smile.volatility(spot, strike, years) * math.sqrt(years)
    upper = math.log(spot / strike) / deviation + deviation / 2
    worth = spot * _normal(upper) - strike * _normal(upper - deviation)
    return max(worth if call else worth - spot + strike, 0.0)


def valuation(spot: float, strike: float, years: float, smile: Smile, *, call: bool) -> Valuation:
    """The value with everything a chain shows beside it."""
    volatility, root = smile.volatility(spot, strike, years), math.sqrt(years)
    deviation = volatility * root
    upper = math.log(spot / strike) / deviation + deviation / 2
    density = math.exp(-upper * upper / 2) / _ROOT_TWO_PI
    in_money = _normal(upper - deviation) if call else -_normal(deviation - upper)
    return Valuation(
        value=value(spot, strike, years, smile, call=call),
        volatility=volatility,
        delta=_normal(upper) if call else _normal(upper) - 1.0,
        gamma=density / (spot * deviation),
        theta=-spot * density * volatility / (2.0 * root) / 365.0,
        vega=spot * density * root / 100.0,
        rho=strike * years * in_money / 100.0,
    )

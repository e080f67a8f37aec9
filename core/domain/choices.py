"""Which choices of a ticket go together: what cannot be chosen, and the rule that says so."""

from dataclasses import replace
from enum import Enum

from core.domain.instrument import AssetClass
from core.domain.legs import OrderClass
from core.domain.order import OrderType, TimeInForce
from core.domain.problem import Problem
from core.domain.request import OrderRequest

P = Problem


class Aspect(Enum):
    """What is chosen, and which rules speak about that choice."""

    TYPE = frozenset(
        {
            P.CRYPTO_TYPE,
            P.OPTION_TYPE,
            P.FRACTION_NOT_TRAILING,
            P.COMPLEX_NOT_TRAILING,
            P.NOTIONAL_NEEDS_MARKET,
            P.OCO_NEEDS_LIMIT,
        }
    )
    TIME_IN_FORCE = frozenset(
        {
            P.FRACTION_NEEDS_DAY,
            P.IMMEDIATE_NEEDS_MARKET_OR_LIMIT,
            P.TRAILING_NEEDS_DAY_OR_GTC,
            P.COMPLEX_NEEDS_DAY_OR_GTC,
            P.CRYPTO_TIME_IN_FORCE,
            P.OPTION_TIME_IN_FORCE,
        }
    )
    ORDER_CLASS = frozenset({P.COMPLEX_EQUITY_ONLY, P.COMPLEX_NOT_TRAILING, P.FRACTION_NEEDS_SIMPLE})
    EXTENDED_HOURS = frozenset(
        {P.EXTENDED_HOURS_NEEDS_LIMIT, P.EXTENDED_HOURS_EQUITY_ONLY, P.COMPLEX_NOT_EXTENDED}
    )
    NOTIONAL = frozenset({P.NOTIONAL_NOT_FOR_OPTIONS, P.NOTIONAL_NEEDS_MARKET, P.FRACTION_NEEDS_SIMPLE})


def why_not(request: OrderRequest, aspect: Aspect, **choice: object) -> Problem | None:
    """Why `choice` cannot be made with everything else of `request` as it is; None where it can."""
    changed = replace(request, **choice)  # type: ignore[arg-type]
    return next((problem for problem in changed.problems() if problem in aspect.value), None)


def usual_time_in_force(asset_class: AssetClass) -> TimeInForce:
    """The time in force that every order of the class may have."""
    return TimeInForce.GTC if asset_class is AssetClass.CRYPTO else TimeInForce.DAY


def fitted(request: OrderRequest) -> OrderRequest:
    """The same order with the choices that its instrument's class excludes turned to usual ones."""
    if request.asset_class is not AssetClass.EQUITY:
        request = replace(
            request, order_class=OrderClass.SIMPLE, take_profit=None, stop_loss=None, extended_hours=False
        )
    if why_not(request, Aspect.TYPE) in (P.CRYPTO_TYPE, P.OPTION_TYPE):
        request = replace(request, type=OrderType.LIMIT)
    if why_not(request, Aspect.TIME_IN_FORCE) in (P.CRYPTO_TIME_IN_FORCE, P.OPTION_TIME_IN_FORCE):
        request = replace(request, time_in_force=usual_time_in_force(request.asset_class))
    return request

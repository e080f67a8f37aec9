"""What the account's options level allows (protocol page section 3.1): 1 covered, 2 long, 3 spreads."""

from collections.abc import Iterator
from decimal import Decimal

from core.domain.circumstances import Circumstances
from core.domain.finding import Fact, Finding, Reason, Rule, Verdict
from core.domain.forecast import Forecast, multiplier_of
from core.domain.instrument import AssetClass, OptionTerms
from core.domain.order import Side
from core.domain.request import OrderRequest

_COVERED, _LONG = 1, 2


def options(request: OrderRequest, around: Circumstances, expected: Forecast) -> Iterator[Finding]:
    """Whether this account may buy or write this contract; closing is always allowed."""
    if request.asset_class is not AssetClass.OPTION:
        return
    if around.account is None or not _opens(request, around):
        yield Finding(rule=Rule.OPTIONS)
        return
    level = around.account.options_level or 0
    if around.configuration.max_options_level is not None:
        level = min(level, around.configuration.max_options_level)
    needed = _LONG if request.side is Side.BUY else _COVERED
    if level == 0:
        yield _found(Verdict.REFUSED, Reason.OPTIONS_NOT_APPROVED)
    elif level < needed:
        yield _found(
            Verdict.REFUSED,
            Reason.OPTIONS_LEVEL_TOO_LOW,
            level=Decimal(level),
            needed=Decimal(needed),
        )
    elif shortfall := _uncovered(request, around, expected):
        yield _found(Verdict.DOUBTFUL, Reason.CALL_NOT_COVERED, **shortfall)
    else:
        yield Finding(rule=Rule.OPTIONS)


def _found(verdict: Verdict, code: Reason, **facts: Fact) -> Finding:
    return Finding(rule=Rule.OPTIONS, verdict=verdict, code=code, facts=facts)


def _opens(request: OrderRequest, around: Circumstances) -> bool:
    return around.held >= 0 if request.side is Side.BUY else around.held <= 0


def _uncovered(request: OrderRequest, around: Circumstances, expected: Forecast) -> dict[str, Fact]:
    """Shares that are missing under a call that is to be written; empty when it is covered or no call."""
    option = OptionTerms.of_symbol(request.symbol)
    if request.side is Side.BUY or option is None or not option.is_call or expected.qty is None:
        return {}
    needed = (expected.opening_qty + max(-around.held, Decimal(0))) * multiplier_of(request, around)
    shares = around.underlying
    available = Decimal(0) if shares is None or shares.is_short else shares.closable_qty
    if available >= needed:
        return {}
    return {"underlying": option.underlying, "needed": needed, "available": available}

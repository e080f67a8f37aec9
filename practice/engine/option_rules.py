"""What an account may do with options: its level, and what covers those it writes."""

from decimal import Decimal

from practice.engine.accounts import Account, Figures
from practice.engine.collateral import Exposure, worst_loss
from practice.engine.instruments import Instrument
from practice.engine.orders import Intent, Order
from practice.engine.refusals import Refusal, forbidden, unprocessable
from practice.engine.text import plain

_LEAST_LEVEL: dict[Intent, int] = {"sell_to_open": 1, "buy_to_open": 2}
_SPREADS = 3
_CENT = Decimal("0.01")


def check_level(account: Account, intent: Intent) -> None:
    """Raise `Refusal` unless the account may open such a position in one contract."""
    if account.options_level < _LEAST_LEVEL.get(intent, 0):
        raise forbidden("account not eligible to trade options at this level")


def check_spreads(account: Account) -> None:
    """Raise `Refusal` unless the account may trade several contracts as one."""
    if account.options_level < _SPREADS:
        raise forbidden("account not eligible to trade multi-leg options")


def check_writing(
    account: Account, instrument: Instrument, qty: Decimal, money: Figures, replacing: Order | None
) -> None:
    """Raise `Refusal` unless shares cover a written call, or cash secures a written put."""
    contract = instrument.contract
    if contract is None:
        return
    already = replacing.remaining if replacing is not None else Decimal(0)
    if contract.is_call:
        required = qty * instrument.multiplier
        available = Decimal(0)
        if account.held(contract.underlying) > 0:
            available = account.available(contract.underlying) + already * instrument.multiplier
        if required > available:
            raise forbidden(
                "insufficient underlying qty available for covered call "
                f"(required: {plain(required)}, available: {plain(available)})",
                symbol=instrument.symbol,
                required_qty=plain(required),
                available_qty=plain(available),
                underlying_asset_id=contract.underlying.asset_id,
            )
        return
    required = qty * contract.strike * instrument.multiplier
    if required > money.cash_power:
        raise _too_little_cash("cash-secured put", required, money.cash_power)


def _too_little_cash(purpose: str, required: Decimal, power: Decimal) -> Refusal:
    needed, there = plain(required.quantize(_CENT)), plain(power.quantize(_CENT))
    return forbidden(
        f"insufficient options buying power for {purpose} (required: {needed}, available: {there})",
        buying_power=there,
        options_buying_power=there,
        cost_basis=needed,
    )


def combo_requirement(opening: list[Exposure]) -> Decimal:
    """What one unit of a multi-leg order sets aside for the contracts it opens, or raise `Refusal`."""
    loss = worst_loss(opening)
    if loss is None:
        raise forbidden("account not eligible to trade uncovered option contracts")
    return loss


def check_combo_power(required: Decimal, money: Figures) -> None:
    """Raise `Refusal` for a multi-leg order the account cannot pay for."""
    if required > money.cash_power:
        raise _too_little_cash("mleg order", required, money.cash_power)


def check_same_underlying(instruments: list[Instrument]) -> None:
    """Raise `Refusal` unless all legs are options of one underlying."""
    underlyings = {one.contract.underlying.symbol for one in instruments if one.contract}
    if len(underlyings) != 1 or not all(one.contract for one in instruments):
        raise unprocessable("mleg legs must be option contracts of the same underlying")

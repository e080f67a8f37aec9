"""What written options may cost at worst, and what therefore has to be set aside for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from practice.engine.accounts import Account
from practice.engine.instruments import Contract

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Exposure:
    """A number of contracts of one kind, negative when written."""

    contract: Contract
    qty: Decimal
    multiplier: int


def worst_loss(exposures: Iterable[Exposure]) -> Decimal | None:
    """The most that the holder may owe at expiry, or None where there is no bound.

    A contract that ends before a written one does not cover it.
    """
    held = list(exposures)
    written = [one for one in held if one.qty < 0]
    if not written:
        return ZERO
    last = max(one.contract.expiry for one in written)
    counted = [one for one in held if one.qty < 0 or one.contract.expiry >= last]
    if sum(one.qty * one.multiplier for one in counted if one.contract.is_call) < 0:
        return None
    strikes = {one.contract.strike for one in counted}
    return max(ZERO, *(-_worth(counted, price) for price in (ZERO, *strikes)))


def _worth(exposures: Iterable[Exposure], price: Decimal) -> Decimal:
    return sum((one.qty * one.multiplier * intrinsic(one.contract, price) for one in exposures), ZERO)


def intrinsic(contract: Contract, price: Decimal) -> Decimal:
    """What exercising gains on each share when the underlying is at this price."""
    gain = price - contract.strike if contract.is_call else contract.strike - price
    return max(gain, ZERO)


def collateral(account: Account) -> Decimal:
    """What has to stay in the account for the options it has written. Shares cover calls."""
    by_underlying: dict[str, list[Exposure]] = {}
    for position in account.positions.values():
        contract = position.instrument.contract
        if contract:
            exposure = Exposure(contract, position.qty, position.instrument.multiplier)
            by_underlying.setdefault(contract.underlying.symbol, []).append(exposure)
    total = ZERO
    for exposures in by_underlying.values():
        shares = max(account.held(exposures[0].contract.underlying), ZERO)
        covered = _without_covered_calls(exposures, shares)
        loss = worst_loss(covered)
        if loss is None:  # the calls' shares are gone, as after an assignment: their value now is no bound
            loss = worst_loss([one for one in covered if not (one.qty < 0 and one.contract.is_call)]) or ZERO
        total += loss
    return total


def _without_covered_calls(exposures: list[Exposure], shares: Decimal) -> list[Exposure]:
    left = []
    for one in sorted(exposures, key=lambda one: one.contract.strike):
        if one.qty < 0 and one.contract.is_call:
            covered = min(-one.qty, shares // one.multiplier)
            shares -= covered * one.multiplier
            left.append(Exposure(one.contract, one.qty + covered, one.multiplier))
        else:
            left.append(one)
    return [one for one in left if one.qty]

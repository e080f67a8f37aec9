"""What was really earned: fills folded into an average cost, a realised part and what is left.

Average cost, as the broker keeps it (`avg_entry_price`): a fill that adds changes the average, a fill that
reduces realises the difference to it, one that turns the position round does both. Fees in money are not
in here: the broker books them as activities of their own. Fees in coins are: less is held at the same cost.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from core.domain.activity import Activity
from core.domain.instrument import multiplier_of, position_symbol

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gains:
    """What the fills of one symbol come to, in the account's currency.

    `qty` is signed. `opened_at` is the fill that opened what is held, `since` the oldest fill that was seen.
    `realised_day` belongs to the day that `fold` was asked for.
    """

    symbol: str
    qty: Decimal = ZERO
    cost: Decimal = ZERO  # of what is held; negative when short
    realised: Decimal = ZERO
    realised_day: Decimal = ZERO
    fills: int = 0
    fills_day: int = 0
    since: datetime | None = None
    opened_at: datetime | None = None

    @property
    def average(self) -> Decimal | None:
        """The average entry price of what is held; None when nothing is."""
        return self.cost / (self.qty * multiplier_of(self.symbol)) if self.qty else None

    def reaches_back_to(self, qty: Decimal) -> bool:
        """Whether the fills seen explain a holding of `qty`; if not, older ones are missing."""
        return self.qty == qty


def fold(
    activities: Iterable[Activity], *, day: date, day_of: Callable[[datetime], date]
) -> dict[str, Gains]:
    """Return the gains of every symbol that was traded, by the symbol as positions spell it.

    `activities` in any order, each once; those that are no fills are left out. `day_of` says to which trading
    day a moment belongs.
    """
    fills = [one for one in activities if counts(one)]
    # A symbol of which everything was undone has been traded too, and comes to nothing.
    gains = {symbol: Gains(symbol=symbol) for symbol in {position_symbol(fill.symbol) for fill in fills}}
    for fill in _standing(sorted(fills, key=_order)):
        symbol = position_symbol(fill.symbol)
        is_of_day = fill.at is not None and day_of(fill.at) == day
        turn = _after_fee if fill.is_coin_fee else _after
        gains[symbol] = turn(gains[symbol], fill, is_of_day=is_of_day)
    return gains


def counts(activity: Activity) -> bool:
    """Whether an entry changes what is held by trading: a fill, or a fee that was taken in coins."""
    is_fill = activity.is_fill and bool(activity.qty) and activity.price is not None
    return is_fill or activity.is_coin_fee


def _standing(fills: Iterable[Activity]) -> list[Activity]:
    """What is left of entries in order of time when each that was undone goes together with what undid it.

    What undoes a fill that is not known here is kept, and counts as the other side's; a fee's is not.
    """
    kept: list[Activity] = []
    for fill in fills:
        undone = [one for one in kept if _undoes(fill, one)] if fill.is_undoing else []
        if undone:
            kept.remove(undone[-1])
        elif not (fill.is_undoing and fill.is_coin_fee):
            kept.append(fill)
    return kept


def _undoes(undoing: Activity, one: Activity) -> bool:
    """Whether it takes this one back: the same but for the sign."""
    return (
        not one.is_undoing
        and (one.type, one.order_id, one.side, one.price)
        == (undoing.type, undoing.order_id, undoing.side, undoing.price)
        and one.symbol == undoing.symbol
        and one.qty == -(undoing.qty or ZERO)
    )


def _order(activity: Activity) -> tuple[str, bool, str]:
    """By time, with which ids begin; a fee after the fill of the same moment."""
    return activity.id.partition("::")[0], activity.is_coin_fee, activity.id


def _after_fee(before: Gains, fee: Activity, *, is_of_day: bool) -> Gains:
    """Coins were taken: the average rises. One that takes the last of them realises what those had cost."""
    qty = before.qty + (fee.qty or ZERO)
    if qty < 0:
        return before  # of coins whose purchase is not known here
    lost = ZERO if qty else before.cost
    return replace(
        before,
        qty=qty,
        cost=before.cost - lost,
        realised=before.realised - lost,
        realised_day=before.realised_day - (lost if is_of_day else ZERO),
        opened_at=before.opened_at if qty else None,
    )


def _after(before: Gains, fill: Activity, *, is_of_day: bool) -> Gains:
    size, price = abs(fill.qty or ZERO), fill.price or ZERO
    signed = size if (fill.side == "buy") is not fill.is_undoing else -size
    units = multiplier_of(before.symbol)
    qty, cost, realised, opened_at = before.qty + signed, before.cost, ZERO, before.opened_at
    if before.qty * signed >= 0:  # opens or adds
        cost += signed * price * units
        opened_at = opened_at if before.qty else fill.at
    else:
        closing = min(size, abs(before.qty))
        share = before.cost * closing / abs(before.qty)  # exact only up to the decimal context's precision
        proceeds = closing * price * units * (1 if before.qty > 0 else -1)
        realised = proceeds - share
        if before.qty * qty > 0:
            cost -= share
        else:  # flat, or turned round: what is left was opened by this fill
            cost = qty * price * units
            opened_at = fill.at if qty else None
    return Gains(
        symbol=before.symbol,
        qty=qty,
        cost=cost,
        realised=before.realised + realised,
        realised_day=before.realised_day + (realised if is_of_day else ZERO),
        fills=before.fills + 1,
        fills_day=before.fills_day + (1 if is_of_day else 0),
        since=before.since or fill.at,
        opened_at=opened_at,
    )

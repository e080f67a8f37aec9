"""What happened in an account: fills, dividends, fees, transfers, and whatever the broker adds to the list.

Source: protocol page section 3.3. Types and statuses are kept as the broker's own words, known or not.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from core.domain.instrument import multiplier_of

FILL_TYPE = "FILL"
COIN_FEE_TYPE = "CFEE"
# What leaves the account richer or poorer. All else is money that moved: into shares or out of them, between
# accounts, or for a reason that the type does not tell.
_GAINS_AND_COSTS = frozenset(
    (
        "CFEE",
        "CGD",
        "DIV",
        "DIVCGL",
        "DIVCGS",
        "DIVFEE",
        "DIVFT",
        "DIVNRA",
        "DIVTW",
        "DIVTXEX",
        "DIVWH",
        "FEE",
        "INT",
        "INTNRA",
        "INTPNL",
        "INTTW",
        "PTC",
        "PTR",
        "WH",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One entry of the account's ledger; money in `currency`, None where the broker said nothing.

    `id` sorts by time and is what the next page is asked for by. `at` is when it happened or was booked;
    entries that are booked by the day alone have only `day`.
    """

    id: str
    type: str
    sub_type: str = ""
    at: datetime | None = None
    day: date | None = None
    symbol: str = ""
    side: str = ""
    qty: Decimal | None = None
    price: Decimal | None = None
    per_share_amount: Decimal | None = None
    net_amount: Decimal | None = None
    currency: str = "USD"
    description: str = ""
    status: str = ""
    order_id: str = ""
    order_status: str = ""
    cum_qty: Decimal | None = None
    leaves_qty: Decimal | None = None
    group_id: str = ""
    cusip: str = ""

    @property
    def is_fill(self) -> bool:
        """Whether shares changed hands by an order."""
        return self.type == FILL_TYPE

    @property
    def is_gain_or_cost(self) -> bool:
        """Whether its money is income, a fee, a tax or interest, rather than the price of something."""
        return self.type in _GAINS_AND_COSTS

    @property
    def is_coin_fee(self) -> bool:
        """Whether a fee was taken in coins: less is held, and what was paid for it stays."""
        return self.type == COIN_FEE_TYPE and bool(self.symbol) and bool(self.qty)

    @property
    def is_undoing(self) -> bool:
        """Whether it takes an earlier fill or coin fee back: its quantity has the other sign."""
        if self.qty is None or not (self.is_fill or self.is_coin_fee):
            return False
        return self.qty > 0 if self.is_coin_fee else self.qty < 0

    @property
    def when(self) -> date | None:
        """The day it belongs to: its own, or that of its moment in UTC."""
        return self.day if self.day is not None or self.at is None else self.at.date()

    @property
    def amount(self) -> Decimal | None:
        """Money gained or paid: as booked, or what a fill cost or brought (without fees)."""
        if self.net_amount is not None or self.price is None or self.qty is None:
            return self.net_amount
        value = self.price * self.qty * multiplier_of(self.symbol)
        return -value if self.side == "buy" else value

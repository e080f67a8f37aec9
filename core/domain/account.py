"""A brokerage account as the broker reports it."""

from dataclasses import dataclass
from decimal import Decimal

TRADABLE_STATUS = "ACTIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Money in US dollars unless `currency` says otherwise; None where the broker said nothing.

    Source: protocol page section 3.1. `status` keeps the broker's own word, known to us or not.
    """

    id: str
    number: str
    status: str
    currency: str = "USD"
    equity: Decimal | None = None
    last_equity: Decimal | None = None
    cash: Decimal | None = None
    buying_power: Decimal | None = None
    regt_buying_power: Decimal | None = None
    non_marginable_buying_power: Decimal | None = None
    options_buying_power: Decimal | None = None
    long_market_value: Decimal | None = None
    short_market_value: Decimal | None = None
    initial_margin: Decimal | None = None
    maintenance_margin: Decimal | None = None
    multiplier: Decimal | None = None
    options_level: int | None = None
    trading_blocked: bool = False
    transfers_blocked: bool = False
    account_blocked: bool = False
    suspended_by_user: bool = False
    shorting_enabled: bool = True

    @property
    def short_number(self) -> str:
        """The last four characters, for badges: enough to tell two accounts apart."""
        return self.number[-4:]

    @property
    def day_change(self) -> Decimal | None:
        """Equity now less equity at the previous close (16:00 New York), or None without both."""
        if self.equity is None or self.last_equity is None:
            return None
        return self.equity - self.last_equity

    @property
    def day_change_fraction(self) -> Decimal | None:
        """`day_change` as a fraction of the previous close's equity (0.05 is 5 %)."""
        change = self.day_change
        if change is None or not self.last_equity:
            return None
        return change / self.last_equity

    @property
    def blocks(self) -> tuple[str, ...]:
        """The names of the block flags that are set, in a fixed order."""
        flags = (
            ("account_blocked", self.account_blocked),
            ("trading_blocked", self.trading_blocked),
            ("transfers_blocked", self.transfers_blocked),
            ("suspended_by_user", self.suspended_by_user),
        )
        return tuple(name for name, is_set in flags if is_set)

    @property
    def can_trade(self) -> bool:
        """Whether the broker would take orders: status ACTIVE and no block on trading."""
        blocked = self.account_blocked or self.trading_blocked or self.suspended_by_user
        return self.status == TRADABLE_STATUS and not blocked

"""The switches of a brokerage account that its owner sets (protocol page section 3.2)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountConfiguration:
    """What the owner allows; the defaults forbid nothing."""

    suspend_trade: bool = False
    no_shorting: bool = False
    fractional_trading: bool = True
    max_options_level: int | None = None
    ptp_no_exception_entry: bool = True
    disable_overnight_trading: bool = False

"""How a practice brokerage starts: its market, its two accounts, and what the paper account already holds."""

import uuid
from decimal import Decimal
from typing import Literal

from practice.engine.accounts import Account, Environment, Position
from practice.engine.brokerage import Brokerage
from practice.engine.clock import SECOND
from practice.engine.hours import AlwaysOpen, ExchangeHours, Timetable
from practice.engine.instruments import Instrument, listed_instruments
from practice.engine.market import Market

HoursName = Literal["always", "exchange"]

_OPENING_CASH = Decimal(100_000)
_HOLDINGS = (("NVDA", 40, 9), ("AAPL", 25, 16), ("AMD", 60, 5), ("TSLA", -10, 3))  # symbol, shares, days ago
_ACCOUNTS: tuple[tuple[Environment, str, str], ...] = (
    ("paper", "PA3SIM00001", "1d2c3b4a-5e6f-4a70-8b91-00000000a001"),
    ("live", "SIM000001", "1d2c3b4a-5e6f-4a70-8b91-00000000b001"),
)
_AGE = 320 * 24 * 3600 * SECOND


def opened_brokerage(
    seed: int,
    start: int,
    *,
    hours: HoursName = "always",
    fresh: bool = False,
    new_accounts: bool = False,
) -> Brokerage:
    """A brokerage at the instant `start`; with `fresh` nobody holds anything yet.

    With `new_accounts` the accounts get ids of this start's own: to a client that remembers, a brokerage
    that has forgotten its orders must not look like one that has lost them.
    """
    timetable = Timetable(AlwaysOpen() if hours == "always" else ExchangeHours())
    brokerage = Brokerage(seed, listed_instruments(), Market(seed, timetable), start)
    for environment, number, account_id in _ACCOUNTS:
        account = Account(
            id=str(uuid.uuid5(uuid.UUID(account_id), str(start))) if new_accounts else account_id,
            number=number,
            environment=environment,
            created_at=start - _AGE,
            cash=_OPENING_CASH,
            last_equity=_OPENING_CASH,
        )
        brokerage.accounts[account.id] = account
        if environment == "paper" and not fresh:
            _hold(brokerage, account, start)
    return brokerage


def _hold(brokerage: Brokerage, account: Account, start: int) -> None:
    for symbol, shares, days_ago in _HOLDINGS:
        instrument = brokerage.instruments[symbol]
        price = _past_close(brokerage.market, instrument, start, days_ago)
        qty = Decimal(shares)
        account.positions[symbol] = Position(instrument, qty, qty * price, qty * price)
        account.cash -= qty * price
    account.roll_day(brokerage.last_close)


def _past_close(market: Market, instrument: Instrument, start: int, days_ago: int) -> Decimal:
    session = market.timetable.last_started(start)
    for _ in range(days_ago):
        session = market.timetable.before(session.day)
    return instrument.price(market.of(instrument).whole_day(session).close)

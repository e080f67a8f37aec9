"""How a practice brokerage starts: its market, its two accounts, and what the paper account already holds."""

import uuid
from decimal import Decimal
from typing import Literal

from practice.engine.accounts import Account, Environment
from practice.engine.activities import FILL, Activity, Trade
from practice.engine.brokerage import Brokerage
from practice.engine.clock import SECOND
from practice.engine.hours import AlwaysOpen, ExchangeHours, Session, Timetable
from practice.engine.instruments import Instrument, listed_instruments
from practice.engine.market import Market
from practice.engine.recording import Recording

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
    recording: Recording | None = None,
) -> Brokerage:
    """A brokerage at the instant `start`; with `fresh` nobody holds anything yet.

    With `new_accounts` the accounts get ids of this start's own: to a client that remembers, a brokerage
    that has forgotten its orders must not look like one that has lost them.
    """
    timetable = Timetable(AlwaysOpen() if hours == "always" else ExchangeHours())
    brokerage = Brokerage(seed, listed_instruments(), Market(seed, timetable, recording), start)
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
        brokerage.activities.enter(account, _deposit(account))
        if environment == "paper" and not fresh:
            _hold(brokerage, account, start)
    return brokerage


def _deposit(account: Account) -> Activity:
    return Activity(
        type="JNLC", at=account.created_at, net_amount=account.cash, description="Opening balance"
    )


def _hold(brokerage: Brokerage, account: Account, start: int) -> None:
    """Buy what the account holds, at the closes of earlier days, the earliest first."""
    for symbol, shares, days_ago in sorted(_HOLDINGS, key=lambda holding: -holding[2]):
        instrument, qty = brokerage.instruments[symbol], Decimal(shares)
        session = _past_session(brokerage.market, start, days_ago)
        price = instrument.price(brokerage.market.of(instrument).whole_day(session).close)
        account.settle(instrument, qty, -qty * price)
        brokerage.activities.enter(account, _bought(account, instrument, qty, price, session.close - SECOND))
    account.positions = {symbol: account.positions[symbol] for symbol, _, _ in _HOLDINGS}
    account.roll_day(brokerage.last_close)


def _bought(account: Account, instrument: Instrument, qty: Decimal, price: Decimal, at: int) -> Activity:
    trade = Trade(
        order_id=str(uuid.uuid5(uuid.UUID(account.id), instrument.symbol)),
        execution_id=str(uuid.uuid5(uuid.UUID(account.id), f"{instrument.symbol}/1")),
        order_status="filled",
        side="buy" if qty > 0 else "sell",
        is_last=True,
        cum_qty=abs(qty),
        leaves_qty=Decimal(0),
    )
    return Activity(type=FILL, at=at, instrument=instrument, qty=abs(qty), price=price, trade=trade)


def _past_session(market: Market, start: int, days_ago: int) -> Session:
    session = market.timetable.last_started(start)
    for _ in range(days_ago):
        session = market.timetable.before(session.day)
    return session

"""What becomes of option positions without anybody trading them: exercised, assigned, expired."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Literal

from practice.engine.accounts import Account
from practice.engine.admission import Gate, check_may_trade, check_power
from practice.engine.collateral import intrinsic
from practice.engine.floor import Floor
from practice.engine.hours import at, new_york_day
from practice.engine.instruments import Contract, Instrument
from practice.engine.market import Market
from practice.engine.orders import State
from practice.engine.refusals import forbidden, unprocessable
from practice.engine.text import plain

_AFTER_CLOSE = time(16, 15)
_IN_THE_MONEY = Decimal("0.01")

SettlementKind = Literal["exercise", "assignment", "expiry", "cash"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """One position settled. `shares` came in at the strike (or went, when negative), `cash` likewise.

    exercise and assignment move shares; expiry moves nothing; cash is a contract worth something whose
    holder could not have paid for the shares, sold for what it was worth.
    """

    id: str
    kind: SettlementKind
    at: int
    account: Account
    instrument: Instrument
    qty: Decimal  # contracts that left the account; negative when they were written
    shares: Decimal
    cash: Decimal


SettlementListener = Callable[[Settlement], None]


class Settlements:
    """Exercises on request, and settles what expires every day after the close."""

    def __init__(self, accounts: Mapping[str, Account], floor: Floor, market: Market, gate: Gate) -> None:
        self._accounts, self._floor, self._market, self._gate = accounts, floor, market, gate
        self._listeners: list[SettlementListener] = []
        self._plan(new_york_day(floor.now))

    def listen(self, listener: SettlementListener) -> None:
        """Have every settlement from now on reported, in order, after it was booked."""
        self._listeners.append(listener)

    def exercise(self, account: Account, instrument: Instrument) -> None:
        """Exercise all of a position that no order is about to sell, or raise `Refusal`."""
        contract = self._contract(instrument)
        check_may_trade(account)
        session = self._market.timetable.hours.on(new_york_day(self._floor.now))
        if session and self._floor.now >= session.close:
            raise unprocessable("exercise requests are not accepted between market close and midnight")
        held = account.held(instrument)
        available = account.available(instrument) if held > 0 else Decimal(0)
        if available <= 0:
            raise forbidden(
                "insufficient qty available for exercise",
                symbol=instrument.symbol,
                existing_qty=plain(max(held, Decimal(0))),
                available="0",
            )
        self._check_delivery(account, instrument, contract, available)
        self._deliver(account, instrument, contract, available, "exercise")

    def do_not_exercise(self, account: Account, instrument: Instrument) -> None:
        """Let a position expire even if it is worth something, or raise `Refusal`."""
        self._contract(instrument)
        if account.held(instrument) <= 0:
            raise forbidden("insufficient qty available", symbol=instrument.symbol, available="0")
        account.never_exercised.add(instrument.symbol)

    def _contract(self, instrument: Instrument) -> Contract:
        if instrument.contract is None:
            raise unprocessable(f"asset {instrument.symbol} is not an option contract")
        return instrument.contract

    def _check_delivery(
        self, account: Account, instrument: Instrument, contract: Contract, qty: Decimal
    ) -> None:
        shares = qty * instrument.multiplier
        if contract.is_call:
            if account.held(contract.underlying) >= 0:
                money = self._gate.figures(account, self._floor.now)
                check_power(money.buying_power, shares * contract.strike)
            return
        available = (
            account.available(contract.underlying) if account.held(contract.underlying) > 0 else Decimal(0)
        )
        if available < shares:
            raise forbidden(
                "insufficient underlying qty available for exercise "
                f"(required: {plain(shares)}, available: {plain(available)})",
                symbol=instrument.symbol,
                required_qty=plain(shares),
                available_qty=plain(available),
                underlying_asset_id=contract.underlying.asset_id,
            )

    def _plan(self, day: date) -> None:
        due = at(day, _AFTER_CLOSE)
        if due <= self._floor.now:
            day += timedelta(days=1)
            due = at(day, _AFTER_CLOSE)
        self._floor.agenda.put(due, lambda instant: self._settle_all(day, instant))

    def _settle_all(self, day: date, instant: int) -> None:
        for account in self._accounts.values():
            over = [
                position.instrument
                for position in account.positions.values()
                if position.instrument.contract and self._gate.expires_at(position.instrument) <= instant
            ]
            self._end_orders(account, instant)
            # What was written first: the shares it takes may be those that exercising brings.
            for instrument in sorted(over, key=account.held):
                self._settle(account, instrument, self._contract(instrument))
        self._plan(day + timedelta(days=1))

    def _end_orders(self, account: Account, instant: int) -> None:
        for order in list(account.open_orders.values()):
            parts = order.legs if order.is_combo else (order,)
            if order.parent is None and any(
                part.instrument.contract and self._gate.expires_at(part.instrument) <= instant
                for part in parts
            ):
                self._floor.end(order, State.EXPIRED, instant)

    def _settle(self, account: Account, instrument: Instrument, contract: Contract) -> None:
        qty = account.held(instrument)
        end = self._gate.expires_at(instrument)
        worth = intrinsic(contract, self._gate.last_price(contract.underlying, end))
        unwanted = qty > 0 and instrument.symbol in account.never_exercised
        account.never_exercised.discard(instrument.symbol)
        if worth < _IN_THE_MONEY or unwanted:
            account.take(instrument, -qty, Decimal(0))
            self._tell(account, instrument, "expiry", qty, Decimal(0), Decimal(0))
        elif qty < 0:
            self._deliver(account, instrument, contract, qty, "assignment")
        elif self._can_deliver(account, instrument, contract, qty):
            self._deliver(account, instrument, contract, qty, "exercise")
        else:
            cash = qty * instrument.multiplier * worth
            account.settle(instrument, -qty, cash)
            self._tell(account, instrument, "cash", qty, Decimal(0), cash)

    def _can_deliver(
        self, account: Account, instrument: Instrument, contract: Contract, qty: Decimal
    ) -> bool:
        shares, held = qty * instrument.multiplier, account.held(contract.underlying)
        if contract.is_call and held <= -shares:
            return True
        if not contract.is_call and held > 0:  # what orders are about to sell cannot be delivered as well
            return account.available(contract.underlying) >= shares
        power = self._gate.figures(account, self._floor.now).buying_power
        return shares * contract.strike <= power

    def _deliver(
        self,
        account: Account,
        instrument: Instrument,
        contract: Contract,
        qty: Decimal,
        kind: SettlementKind,
    ) -> None:
        shares = qty * instrument.multiplier * (1 if contract.is_call else -1)
        cash = -shares * contract.strike
        account.take(instrument, -qty, Decimal(0))
        account.settle(contract.underlying, shares, cash)
        self._tell(account, instrument, kind, qty, shares, cash)

    def _tell(
        self,
        account: Account,
        instrument: Instrument,
        kind: SettlementKind,
        qty: Decimal,
        shares: Decimal,
        cash: Decimal,
    ) -> None:
        told = Settlement(
            id=self._floor.new_id(),
            kind=kind,
            at=self._floor.now,
            account=account,
            instrument=instrument,
            qty=qty,
            shares=shares,
            cash=cash,
        )
        for listener in self._listeners:
            listener(told)

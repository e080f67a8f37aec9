"""A brokerage whose time the test moves, and what it announced."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from practice.engine.accounts import Account
from practice.engine.brokerage import Brokerage
from practice.engine.clock import SECOND
from practice.engine.instruments import Instrument
from practice.engine.opening import HoursName, opened_brokerage
from practice.engine.orders import Kind, Order, Side, Tif
from practice.engine.refusals import Refusal
from practice.engine.rules import LegRequest, OrderRequest, StopLoss
from practice.engine.updates import Update
from practice.server.wire import update_json


def instant(text: str) -> int:
    """Nanoseconds of an ISO time; UTC unless it says otherwise."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) * SECOND


NOON = instant("2026-11-18T17:00:00")  # a Wednesday, noon in New York


@dataclass
class Day:
    """One brokerage and its paper account."""

    seed: int = 7
    start: int = NOON
    hours: HoursName = "always"
    fresh: bool = True
    events: list[str] = field(default_factory=list)
    log: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.brokerage: Brokerage = opened_brokerage(
            self.seed, self.start, hours=self.hours, fresh=self.fresh
        )
        self.account: Account = next(
            account for account in self.brokerage.accounts.values() if account.environment == "paper"
        )
        self.brokerage.floor.listen(self._note)

    def _note(self, update: Update) -> None:
        self.events.append(update.event)
        self.log.append(msgspec.json.encode(update_json(update)))

    def pass_time(self, seconds: float) -> None:
        self.brokerage.floor.advance(self.brokerage.now + int(seconds * SECOND))

    def wait_for(self, condition: Callable[[], object], seconds: float = 36_000, step_s: float = 1.0) -> None:
        """Let time pass until something is so."""
        for _ in range(int(seconds / step_s)):
            if condition():
                return
            self.pass_time(step_s)
        raise AssertionError("it never happened")

    def instrument(self, symbol: str = "AAPL") -> Instrument:
        return self.brokerage.instruments[symbol]

    def ask(self, symbol: str = "AAPL") -> Decimal:
        one = self.instrument(symbol)
        return one.price(self.brokerage.market.standing_quote(one, self.brokerage.now).ask)

    def bid(self, symbol: str = "AAPL") -> Decimal:
        one = self.instrument(symbol)
        return one.price(self.brokerage.market.standing_quote(one, self.brokerage.now).bid)

    def place(
        self,
        side: Side = "buy",
        qty: str | None = "10",
        *,
        symbol: str = "AAPL",
        kind: Kind = Kind.MARKET,
        tif: Tif = Tif.DAY,
        limit: Decimal | str | None = None,
        stop: Decimal | str | None = None,
        profit: Decimal | str | None = None,
        loss: Decimal | str | tuple[Decimal, Decimal] | None = None,
        **others: Any,
    ) -> Order:
        """Send an order; `loss` is a stop loss's price, or its stop and its limit."""
        if isinstance(loss, tuple):
            others["stop_loss"] = StopLoss(*loss)
        elif loss is not None:
            others["stop_loss"] = StopLoss(Decimal(loss))
        request = OrderRequest(
            symbol=symbol,
            side=side,
            kind=Kind.LIMIT if limit is not None and kind is Kind.MARKET else kind,
            take_profit=Decimal(profit) if profit is not None else None,
            tif=tif,
            qty=Decimal(qty) if qty is not None else None,
            limit_price=Decimal(limit) if limit is not None else None,
            stop_price=Decimal(stop) if stop is not None else None,
            **others,
        )
        return self.brokerage.submit(self.account, request)

    def combination(
        self, qty: str, *legs: tuple[str, Side, int], limit: Decimal | str | None = None, **others: Any
    ) -> Order:
        """Send a multi-leg order of contracts, sides and ratios."""
        request = OrderRequest(
            symbol="",
            side="buy",
            kind=Kind.MARKET if limit is None else Kind.LIMIT,
            tif=Tif.DAY,
            qty=Decimal(qty),
            limit_price=Decimal(limit) if limit is not None else None,
            order_class="mleg",
            legs=tuple(LegRequest(symbol, side, Decimal(ratio)) for symbol, side, ratio in legs),
            **others,
        )
        return self.brokerage.submit(self.account, request)

    def contracts(self, right: str = "call", *, symbol: str = "AAPL", weeks: int = 0) -> list[Instrument]:
        """The contracts of one expiry, from the strike nearest the price outward, out of the money."""
        one = self.instrument(symbol)
        chain = self.brokerage.market.chain(self.brokerage.instruments, one, self.brokerage.now)
        terms = [(found, found.contract) for found in chain if found.contract]
        expiry = sorted({contract.expiry for _, contract in terms})[weeks]
        price = self.brokerage.last_price(one)
        fitting = [
            (abs(contract.strike - price), found)
            for found, contract in terms
            if contract.expiry == expiry
            and contract.right == right
            and (contract.strike > price if right == "call" else contract.strike < price)
        ]
        return [found for _, found in sorted(fitting, key=lambda pair: pair[0])]

    def filled(self, *arguments: Any, **options: Any) -> Order:
        """Place an order and let it fill."""
        order = self.place(*arguments, **options)
        for _ in range(600):
            if not order.is_open:
                break
            self.pass_time(0.1)
        assert order.state == "filled", order
        return order

    def held(self, symbol: str = "AAPL") -> Decimal:
        return self.account.held(self.instrument(symbol))


def refusal(day: Day, *arguments: Any, **options: Any) -> Refusal:
    """The refusal that an order meets."""
    with pytest.raises(Refusal) as caught:
        day.place(*arguments, **options)
    return caught.value

"""A brokerage whose time the test moves, and what it announced."""

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
from practice.engine.rules import OrderRequest
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

    def instrument(self, symbol: str = "AAPL") -> Instrument:
        return self.brokerage.instruments[symbol]

    def ask(self, symbol: str = "AAPL") -> Decimal:
        one = self.instrument(symbol)
        return one.price(self.brokerage.market.quote(one, self.brokerage.now).ask)

    def bid(self, symbol: str = "AAPL") -> Decimal:
        one = self.instrument(symbol)
        return one.price(self.brokerage.market.quote(one, self.brokerage.now).bid)

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
        **others: Any,
    ) -> Order:
        request = OrderRequest(
            symbol=symbol,
            side=side,
            kind=Kind.LIMIT if limit is not None and kind is Kind.MARKET else kind,
            tif=tif,
            qty=Decimal(qty) if qty is not None else None,
            limit_price=Decimal(limit) if limit is not None else None,
            stop_price=Decimal(stop) if stop is not None else None,
            **others,
        )
        return self.brokerage.submit(self.account, request)

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

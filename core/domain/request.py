"""What a trader asks for: an order, spelled exactly as it will be sent."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

import msgspec

from core.domain import figure_rules as figure
from core.domain.instrument import AssetClass, order_symbol
from core.domain.leg_rules import leg_problems
from core.domain.legs import OrderClass, StopLoss, TakeProfit
from core.domain.money import plain
from core.domain.order import OrderType, Side, TimeInForce
from core.domain.position import Position
from core.domain.problem import Problem

Body = dict[str, str | bool | dict[str, str]]

LONGEST_CLIENT_ID = 128
_NEEDS_LIMIT = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
_NEEDS_STOP = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
# Protocol page section 3.9, "TIF for whole-share equities" and "By asset class".
IMMEDIATE = frozenset({TimeInForce.IOC, TimeInForce.FOK, TimeInForce.OPG, TimeInForce.CLS})
WORKS_LONG = frozenset({TimeInForce.DAY, TimeInForce.GTC})
CRYPTO_TYPES = frozenset({OrderType.MARKET, OrderType.LIMIT, OrderType.STOP_LIMIT})
CRYPTO_TIMES = frozenset({TimeInForce.GTC, TimeInForce.IOC})
OPTION_TYPES = frozenset({OrderType.MARKET, OrderType.LIMIT})
OPTION_TIMES = frozenset({TimeInForce.DAY})


class PositionIntent(StrEnum):
    """What an order is meant to do to the position; the broker infers it when it is not said."""

    BUY_TO_OPEN = "buy_to_open"
    BUY_TO_CLOSE = "buy_to_close"
    SELL_TO_OPEN = "sell_to_open"
    SELL_TO_CLOSE = "sell_to_close"

    @property
    def side(self) -> Side:
        """The side that goes with it."""
        return Side.BUY if self in (PositionIntent.BUY_TO_OPEN, PositionIntent.BUY_TO_CLOSE) else Side.SELL


@dataclass(frozen=True, kw_only=True)
class OrderRequest:
    """One order. Incomplete while a ticket is being filled in; `problems` says what is missing.

    Exactly one of `qty` and `notional` is given. A price that the type does not carry is not sent. An `oco`
    order is the exit of a position: its limit is the take profit's, and `limit_price` is not used.
    """

    symbol: str
    side: Side
    type: OrderType
    qty: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.DAY
    notional: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    extended_hours: bool = False
    order_class: OrderClass = OrderClass.SIMPLE
    take_profit: TakeProfit | None = None
    stop_loss: StopLoss | None = None
    position_intent: PositionIntent | None = None

    @cached_property
    def asset_class(self) -> AssetClass:
        """What the symbol's spelling says about the instrument."""
        return AssetClass.of_symbol(self.symbol)

    @property
    def needs_limit_price(self) -> bool:
        """Whether this type carries a limit price of its own."""
        return self.type in _NEEDS_LIMIT and self.order_class is not OrderClass.OCO

    @property
    def needs_stop_price(self) -> bool:
        """Whether this type carries a stop price of its own."""
        return self.type in _NEEDS_STOP

    @property
    def is_complex(self) -> bool:
        """Whether legs belong to it."""
        return self.order_class is not OrderClass.SIMPLE

    @property
    def is_fraction(self) -> bool:
        """Whether it asks for a part of a share or coin, or for an amount of money."""
        if self.notional is not None:
            return True
        return self.qty is not None and figure.is_usable(self.qty) and not figure.is_whole(self.qty)

    @property
    def only_closes(self) -> bool:
        """Whether it says that it closes, so that the broker refuses it rather than open anything.

        Coins cannot be short: whatever sells them closes.
        """
        if self.asset_class is AssetClass.CRYPTO:
            return self.side is Side.SELL
        return self.position_intent in (PositionIntent.BUY_TO_CLOSE, PositionIntent.SELL_TO_CLOSE)

    @property
    def base_price(self) -> Decimal | None:
        """The price that an entry's legs are measured against, if the order itself names one."""
        if self.needs_limit_price:
            return self.limit_price
        return self.stop_price if self.needs_stop_price else None

    def problems(self) -> tuple[Problem, ...]:
        """Every reason why this must not be sent, whoever asks and whatever the market; empty when it may."""
        return self._problems

    @cached_property
    def _problems(self) -> tuple[Problem, ...]:
        """Found once, when the ticket first asks: the click should not wait until it is found again."""
        found: list[Problem] = [] if self.symbol.strip() else [Problem.SYMBOL_MISSING]
        found += self._amount_problems()
        found += self._price_problems()
        found += self._time_problems()
        found += leg_problems(
            self.order_class,
            self.side,
            self.take_profit,
            self.stop_loss,
            base_price=self.base_price,
            asset_class=self.asset_class,
        )
        if self.is_complex:
            found += self._complex_problems()
        if self.position_intent is not None and self.position_intent.side is not self.side:
            found.append(Problem.INTENT_CONTRADICTS_SIDE)
        return tuple(dict.fromkeys(found))

    def body(self, client_order_id: str) -> Body:
        """The exact members of the POST body (protocol page section 3.7); every number is text.

        Raises ValueError when `problems` is not empty, or for an id that the broker would not take.
        """
        if problems := self.problems():
            raise ValueError(f"not sendable: {', '.join(problems)}")
        if len(client_order_id) > LONGEST_CLIENT_ID:
            raise ValueError("not sendable: client order id")
        body: Body = {"symbol": self.symbol}
        for name, amount in (("qty", self.qty), ("notional", self.notional)):
            if amount is not None:
                body[name] = plain(amount)
        body["side"] = self.side.value
        body["type"] = self.type.value
        body["time_in_force"] = self.time_in_force.value
        for name, price in self.prices_sent:
            body[name] = plain(price)
        if self.extended_hours:
            body["extended_hours"] = True
        if self.is_complex:
            body["order_class"] = self.order_class.value
        if self.take_profit is not None:
            body["take_profit"] = self.take_profit.body()
        if self.stop_loss is not None:
            body["stop_loss"] = self.stop_loss.body()
        if self.position_intent is not None:
            body["position_intent"] = self.position_intent.value
        body["client_order_id"] = client_order_id
        return body

    @property
    def prices_sent(self) -> tuple[tuple[str, Decimal], ...]:
        """The order's own prices that go with its type, by the names of the wire."""
        is_trailing = self.type is OrderType.TRAILING_STOP
        prices = (
            ("limit_price", self.limit_price if self.needs_limit_price else None),
            ("stop_price", self.stop_price if self.needs_stop_price else None),
            ("trail_price", self.trail_price if is_trailing else None),
            ("trail_percent", self.trail_percent if is_trailing else None),
        )
        return tuple((name, price) for name, price in prices if price is not None)

    def _amount_problems(self) -> list[Problem]:
        if self.notional is None:
            found = figure.qty_problems(self.qty)
        elif self.qty is not None:
            return [Problem.QTY_AND_NOTIONAL]
        else:
            found = figure.notional_problems(self.notional, self.asset_class)
            takes_notional = self.type is OrderType.MARKET or (
                self.type is OrderType.LIMIT and self.asset_class is AssetClass.CRYPTO
            )
            if not takes_notional:
                found.append(Problem.NOTIONAL_NEEDS_MARKET)
        if not self.is_fraction:
            return found
        match self.asset_class:
            case AssetClass.EQUITY:
                if self.time_in_force is not TimeInForce.DAY:
                    found.append(Problem.FRACTION_NEEDS_DAY)
                if self.type is OrderType.TRAILING_STOP:
                    found.append(Problem.FRACTION_NOT_TRAILING)
            case AssetClass.OPTION if self.notional is None:
                found.append(Problem.QTY_NOT_WHOLE)
        return found

    def _price_problems(self) -> list[Problem]:
        found: list[Problem] = []
        if self.needs_limit_price:
            found += figure.price_problems(
                self.limit_price,
                self.asset_class,
                missing=Problem.LIMIT_PRICE_MISSING,
                off_grid=Problem.LIMIT_PRICE_OFF_GRID,
            )
        if self.needs_stop_price:
            found += figure.price_problems(
                self.stop_price,
                self.asset_class,
                missing=Problem.STOP_PRICE_MISSING,
                off_grid=Problem.STOP_PRICE_OFF_GRID,
            )
        if self.type is OrderType.TRAILING_STOP:
            found += figure.trail_problems(self.trail_price, self.trail_percent)
        return found

    def _time_problems(self) -> list[Problem]:
        found: list[Problem] = []
        match self.asset_class:
            case AssetClass.CRYPTO:
                if self.type not in CRYPTO_TYPES:
                    found.append(Problem.CRYPTO_TYPE)
                if self.time_in_force not in CRYPTO_TIMES:
                    found.append(Problem.CRYPTO_TIME_IN_FORCE)
            case AssetClass.OPTION:
                if self.type not in OPTION_TYPES:
                    found.append(Problem.OPTION_TYPE)
                if self.time_in_force not in OPTION_TIMES:
                    found.append(Problem.OPTION_TIME_IN_FORCE)
            case _ if self.type is OrderType.TRAILING_STOP:
                if self.time_in_force not in WORKS_LONG:
                    found.append(Problem.TRAILING_NEEDS_DAY_OR_GTC)
            case _ if self.time_in_force in IMMEDIATE and self.type not in OPTION_TYPES:
                found.append(Problem.IMMEDIATE_NEEDS_MARKET_OR_LIMIT)
        if self.extended_hours:
            if self.asset_class is not AssetClass.EQUITY:
                found.append(Problem.EXTENDED_HOURS_EQUITY_ONLY)
            elif self.type is not OrderType.LIMIT or self.time_in_force not in WORKS_LONG:
                found.append(Problem.EXTENDED_HOURS_NEEDS_LIMIT)
        return found

    def _complex_problems(self) -> list[Problem]:
        found: list[Problem] = []
        if self.asset_class is not AssetClass.EQUITY:
            found.append(Problem.COMPLEX_EQUITY_ONLY)
        if self.time_in_force not in WORKS_LONG:
            found.append(Problem.COMPLEX_NEEDS_DAY_OR_GTC)
        if self.extended_hours:
            found.append(Problem.COMPLEX_NOT_EXTENDED)
        if self.is_fraction:
            found.append(Problem.FRACTION_NEEDS_SIMPLE)
        if self.order_class is OrderClass.OCO:
            if self.type is not OrderType.LIMIT:
                found.append(Problem.OCO_NEEDS_LIMIT)
        elif self.type is OrderType.TRAILING_STOP:
            found.append(Problem.COMPLEX_NOT_TRAILING)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceRequest:
    """New terms for a working order; None leaves a term as it is.

    `qty` is the new total, including what is filled already. `trail` is the new distance of a trailing stop,
    in money or in percent as the order has it. `symbol` tells the price grid.
    """

    order_id: str
    symbol: str = ""
    qty: Decimal | None = None
    time_in_force: TimeInForce | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail: Decimal | None = None

    def problems(self) -> tuple[Problem, ...]:
        """Every reason why this must not be sent; empty when it may."""
        found: list[Problem] = []
        terms = (self.qty, self.time_in_force, self.limit_price, self.stop_price, self.trail)
        if all(term is None for term in terms):
            found.append(Problem.NOTHING_CHANGED)
        if self.qty is not None:
            found += figure.qty_problems(self.qty)
        asset_class = AssetClass.of_symbol(self.symbol)
        if self.limit_price is not None:
            found += figure.price_problems(
                self.limit_price,
                asset_class,
                missing=Problem.LIMIT_PRICE_MISSING,
                off_grid=Problem.LIMIT_PRICE_OFF_GRID,
            )
        if self.stop_price is not None:
            found += figure.price_problems(
                self.stop_price,
                asset_class,
                missing=Problem.STOP_PRICE_MISSING,
                off_grid=Problem.STOP_PRICE_OFF_GRID,
            )
        if self.trail is not None:
            found += figure.trail_problems(None, self.trail)
        return tuple(dict.fromkeys(found))

    def body(self, client_order_id: str) -> Body:
        """The exact members of the PATCH body (protocol page section 3.10)."""
        if problems := self.problems():
            raise ValueError(f"not sendable: {', '.join(problems)}")
        body: Body = {}
        if self.qty is not None:
            body["qty"] = plain(self.qty)
        if self.time_in_force is not None:
            body["time_in_force"] = self.time_in_force.value
        prices = (("limit_price", self.limit_price), ("stop_price", self.stop_price), ("trail", self.trail))
        body |= {name: plain(price) for name, price in prices if price is not None}
        body["client_order_id"] = client_order_id
        return body


def closing_request(position: Position, qty: Decimal | None = None) -> OrderRequest:
    """The market order that closes `qty` of a position, or all that is free of it, which may be zero.

    It says that it closes, so that the broker refuses it when the position is gone by then, and never turns
    the position round. Coins cannot be short and know no such word.
    """
    is_coin = position.asset_class == AssetClass.CRYPTO
    closes = PositionIntent.BUY_TO_CLOSE if position.is_short else PositionIntent.SELL_TO_CLOSE
    return OrderRequest(
        symbol=order_symbol(position.symbol, position.asset_class),
        side=Side.BUY if position.is_short else Side.SELL,
        type=OrderType.MARKET,
        qty=position.closable_qty if qty is None else qty,
        time_in_force=TimeInForce.GTC if is_coin else TimeInForce.DAY,
        position_intent=None if is_coin else closes,
    )


def spelled(body: Body) -> bytes:
    """The JSON text of a body, as the order desk journals and sends it."""
    return msgspec.json.encode(body)

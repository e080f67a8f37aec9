"""The account's side of taking a multi-leg order."""

from dataclasses import dataclass, replace
from decimal import Decimal

from practice.engine.accounts import Account
from practice.engine.admission import Admission, Gate, check_may_trade
from practice.engine.class_rules import check_combo
from practice.engine.collateral import Exposure
from practice.engine.instruments import Instrument, Instruments
from practice.engine.market import Market
from practice.engine.option_rules import (
    check_combo_power,
    check_same_underlying,
    check_spreads,
    combo_requirement,
)
from practice.engine.orders import Intent, Order
from practice.engine.refusals import forbidden, unprocessable
from practice.engine.rules import LegRequest, OrderRequest, unknown_asset
from practice.engine.text import plain


@dataclass(frozen=True, slots=True)
class Part:
    """One leg: what was asked for, the contract, and what it does to the position."""

    request: LegRequest
    instrument: Instrument
    intent: Intent

    @property
    def ratio(self) -> Decimal:
        return self.request.ratio_qty or Decimal(1)


class ComboGate:
    """Checks multi-leg requests against accounts at the market's prices."""

    def __init__(self, market: Market, instruments: Instruments, gate: Gate) -> None:
        self._market, self._instruments, self._gate = market, instruments, gate

    def admit(
        self, account: Account, request: OrderRequest, at: int, replacing: Order | None = None
    ) -> tuple[Admission, list[Part]]:
        """Return what was decided and the legs, or raise `Refusal`."""
        check_combo(request)
        check_may_trade(account)
        found = [self._contract(leg, at) for leg in request.legs]
        check_same_underlying(found)
        check_spreads(account)
        qty = request.qty or Decimal(0)
        parts = [
            self._part(account, leg, one, qty, replacing)
            for leg, one in zip(request.legs, found, strict=True)
        ]
        opening = [part for part in parts if part.intent.endswith("open")]
        requirement = combo_requirement(_exposures(opening))
        net = request.limit_price if request.limit_price is not None else self._net(parts, at)
        unit = max(requirement + net * parts[0].instrument.multiplier, Decimal(0))
        money = self._gate.figures(account, at, without=replacing)
        check_combo_power(max(unit * qty, replacing.reserved if replacing else Decimal(0)), money)
        return Admission("buy_to_open", unit), parts

    def _contract(self, leg: LegRequest, at: int) -> Instrument:
        instrument = self._instruments.find(leg.symbol)
        if instrument is None:
            raise unknown_asset(leg.symbol)
        if not instrument.is_option:
            raise unprocessable(f"asset {instrument.symbol} is not allowed in mleg order")
        self._gate.check_listed(instrument, at)
        return instrument

    def _part(
        self, account: Account, leg: LegRequest, instrument: Instrument, qty: Decimal, replacing: Order | None
    ) -> Part:
        held = account.held(instrument)
        closing = held > 0 if leg.side == "sell" else held < 0
        intent: Intent
        if leg.side == "buy":
            intent = "buy_to_close" if closing else "buy_to_open"
        else:
            intent = "sell_to_close" if closing else "sell_to_open"
        if leg.intent is not None and leg.intent != intent:
            raise unprocessable(f"position intent mismatch, inferred: {intent}, specified: {leg.intent}")
        if closing:
            wanted, available = qty * (leg.ratio_qty or 1), account.available(instrument)
            for one in replacing.legs if replacing else ():
                available += one.remaining if one.instrument is instrument and one.closes else 0
            if wanted > available:
                raise forbidden(
                    "insufficient qty available for order "
                    f"(requested: {plain(wanted)}, available: {plain(available)})",
                    symbol=instrument.symbol,
                    existing_qty=plain(abs(held)),
                    held_for_orders=plain(abs(held) - available),
                    available=plain(available),
                    related_orders=[one.id for one in account.open_on(instrument, leg.side)],
                )
        return Part(leg, instrument, intent)

    def _net(self, parts: list[Part], at: int) -> Decimal:
        net = Decimal(0)
        for part in parts:
            quote = self._market.quote(part.instrument, at)
            buying = part.request.side == "buy"
            price = part.instrument.price(quote.ask if buying else quote.bid)
            net += part.ratio * (price if buying else -price)
        return net


def repeated(order: Order, changed: OrderRequest) -> OrderRequest:
    """The request of a multi-leg order's successor: the same contracts, and what was changed."""
    legs = tuple(LegRequest(leg.instrument.symbol, leg.side, leg.ratio_qty) for leg in order.legs)
    return replace(changed, symbol="", legs=legs, order_class="mleg")


def _exposures(parts: list[Part]) -> list[Exposure]:
    return [
        Exposure(contract, part.ratio * (1 if part.request.side == "buy" else -1), part.instrument.multiplier)
        for part in parts
        if (contract := part.instrument.contract)
    ]

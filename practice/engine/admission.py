"""The account's side of taking an order: what it holds, what it can pay, and whom it would trade with."""

from dataclasses import dataclass
from decimal import Decimal

from practice.engine.accounts import Account, Figures, figures
from practice.engine.instruments import Instrument
from practice.engine.market import Market
from practice.engine.orders import Intent, Kind, Order, Side
from practice.engine.refusals import Refusal, forbidden, unprocessable
from practice.engine.rules import OrderRequest, check_crypto_value
from practice.engine.text import plain

_SHORT_CUSHION = Decimal("1.03")


@dataclass(frozen=True, slots=True)
class Admission:
    """What the brokerage decided about a request it takes."""

    intent: Intent
    reserve_price: Decimal


class Gate:
    """Checks requests against accounts at the market's prices."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def last_price(self, instrument: Instrument, at: int) -> Decimal:
        """The price positions are valued at."""
        return instrument.price(self._market.trade(instrument, at).price)

    def figures(self, account: Account, at: int, without: Order | None = None) -> Figures:
        """The account's money now; `without` leaves one order's reservation out."""
        reserved = sum(
            (order.reserved for order in account.open_orders.values() if order is not without), Decimal(0)
        )
        return figures(account, lambda instrument: self.last_price(instrument, at), reserved)

    def admit(
        self,
        account: Account,
        instrument: Instrument,
        request: OrderRequest,
        at: int,
        replacing: Order | None = None,
    ) -> Admission:
        """Return what was decided, or raise `Refusal`. `replacing` is the order that would make way."""
        if account.configurations.suspend_trade:
            raise forbidden("new orders are rejected by user request")
        reserve_price = self._worst_price(instrument, request, at)
        held = account.held(instrument)
        closing = held < 0 if request.side == "buy" else held > 0
        if closing:
            self._check_available(account, instrument, request, replacing)
        self._check_wash(account, instrument, request, replacing)
        intent = _intent(request.side, closing=closing)
        if instrument.is_crypto:
            check_crypto_value(request.notional or (request.qty or Decimal(0)) * reserve_price)
        if not closing:
            if request.side == "sell":
                self._check_short(account, instrument, request)
            self._check_power(account, instrument, request, reserve_price, at, replacing)
        return Admission(intent, reserve_price)

    def _worst_price(self, instrument: Instrument, request: OrderRequest, at: int) -> Decimal:
        ask = instrument.price(self._market.quote(instrument, at).ask)
        price = request.limit_price or request.stop_price
        if request.side == "buy":
            return price or ask
        return max(price or Decimal(0), ask * _SHORT_CUSHION)

    def _check_available(
        self, account: Account, instrument: Instrument, request: OrderRequest, replacing: Order | None
    ) -> None:
        held, available = abs(account.held(instrument)), account.available(instrument)
        if replacing is not None:
            available = min(held, available + replacing.remaining)
        # An order by amount is limited when it trades; its quantity is not known yet.
        wanted = request.qty if request.qty is not None else Decimal(0)
        if wanted <= available and (request.qty is not None or available > 0):
            return
        closing_side = request.side
        related = [
            order.id
            for order in account.open_orders.values()
            if order.instrument is instrument and order.side == closing_side and order is not replacing
        ]
        if instrument.is_crypto:
            raise _no_coins(instrument, wanted, available)
        raise forbidden(
            "insufficient qty available for order "
            f"(requested: {plain(wanted)}, available: {plain(available)})",
            symbol=instrument.symbol,
            existing_qty=plain(held),
            held_for_orders=plain(held - available),
            available=plain(available),
            related_orders=related,
        )

    def _check_wash(
        self, account: Account, instrument: Instrument, request: OrderRequest, replacing: Order | None
    ) -> None:
        for order in account.open_orders.values():
            if order.instrument is not instrument or order.side == request.side or order is replacing:
                continue
            if _could_meet(request, order):
                raise forbidden(
                    "potential wash trade detected. use complex orders",
                    existing_order_id=order.id,
                    reject_reason=f"opposite side {order.kind} order exists",
                )

    def _check_short(self, account: Account, instrument: Instrument, request: OrderRequest) -> None:
        if instrument.is_crypto:
            raise _no_coins(instrument, request.qty or Decimal(0), Decimal(0))
        if not instrument.shortable:
            raise unprocessable(f'asset "{instrument.symbol}" cannot be sold short')
        if account.configurations.no_shorting:
            raise forbidden("account is not allowed to short")
        if request.qty is None or request.qty % 1:
            raise unprocessable("fractional orders cannot be sold short")

    def _check_power(
        self,
        account: Account,
        instrument: Instrument,
        request: OrderRequest,
        reserve_price: Decimal,
        at: int,
        replacing: Order | None,
    ) -> None:
        cost = request.notional if request.notional is not None else (request.qty or 0) * reserve_price
        money = self.figures(account, at, without=replacing)
        power = money.buying_power
        if instrument.is_crypto:
            power = min(power, max(account.cash - money.reserved, Decimal(0)))
        if cost > power:
            raise forbidden(
                "insufficient buying power",
                buying_power=plain(power.quantize(Decimal("0.01"))),
                cost_basis=plain(Decimal(cost).quantize(Decimal("0.01"))),
            )


def _no_coins(instrument: Instrument, wanted: Decimal, available: Decimal) -> Refusal:
    coin = instrument.symbol.partition("/")[0]
    return forbidden(
        f"insufficient balance for {coin} (requested: {plain(wanted)}, available: {plain(available)})"
    )


def _intent(side: Side, *, closing: bool) -> Intent:
    if side == "buy":
        return "buy_to_close" if closing else "buy_to_open"
    return "sell_to_close" if closing else "sell_to_open"


def _could_meet(request: OrderRequest, order: Order) -> bool:
    """Whether a request and an open order of the other side might trade with each other."""
    limited = {Kind.LIMIT, Kind.STOP_LIMIT}
    if request.kind not in limited or order.kind not in limited:
        return True
    asked, resting = request.limit_price or Decimal(0), order.limit_price or Decimal(0)
    return asked >= resting if request.side == "buy" else asked <= resting

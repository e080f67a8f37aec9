"""The account's side of taking an order: what it holds, what it can pay, and whom it would trade with."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from practice.engine.accounts import Account, Figures, figures
from practice.engine.class_rules import check_stop_loss
from practice.engine.collateral import collateral
from practice.engine.instruments import Instrument
from practice.engine.market import Market
from practice.engine.option_rules import check_level, check_writing
from practice.engine.orders import Intent, Kind, Order, Side, State
from practice.engine.refusals import Refusal, forbidden, invalid, unprocessable
from practice.engine.rules import FINEST_QTY, OrderRequest, check_crypto_value, is_whole
from practice.engine.text import plain

_SHORT_CUSHION = Decimal("1.03")
_LIMITED = {Kind.LIMIT, Kind.STOP_LIMIT}
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Admission:
    """What the brokerage decided about a request it takes."""

    intent: Intent
    reserve_price: Decimal
    keeps: Decimal = Decimal(0)  # of a position that an order by amount closes


class Gate:
    """Checks requests against accounts at the market's prices."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def last_price(self, instrument: Instrument, at: int) -> Decimal:
        """The price positions are valued at: the last trade's; of an option, the middle of its quote."""
        if instrument.is_option:
            quote = self._market.quote(instrument, at)
            return instrument.price(quote.bid + quote.ask) / 2
        return instrument.price(self._market.last_trade(instrument, at).price)

    def check_listed(self, instrument: Instrument, at: int) -> None:
        """Raise `Refusal` for a contract that trades no more."""
        if instrument.contract and self.expires_at(instrument) <= at:
            raise invalid(f"asset {instrument.symbol} is not active")

    def expires_at(self, instrument: Instrument) -> int:
        """The instant from which an option contract is no more."""
        return self._market.expires_at(instrument)

    def figures(self, account: Account, at: int, without: Order | None = None) -> Figures:
        """The account's money now; `without` leaves one order's reservation out."""
        left_out = (Decimal(0), Decimal(0))
        if without is not None:
            on_margin = without.instrument.asset_class == "us_equity"
            left_out = (without.counted, Decimal(0)) if on_margin else (Decimal(0), without.counted)
        return figures(account, lambda one: self.last_price(one, at), collateral(account), left_out)

    def admit(
        self,
        account: Account,
        instrument: Instrument,
        request: OrderRequest,
        at: int,
        replacing: Order | None = None,
    ) -> Admission:
        """Return what was decided, or raise `Refusal`. `replacing` is the order that would make way."""
        check_may_trade(account)
        if not (instrument.is_crypto or account.configurations.fractional_trading or is_whole(request)):
            raise forbidden("fractional trading is not enabled for this account")
        held = account.held(instrument)
        closing = held < 0 if request.side == "buy" else held > 0
        intent = _intent(request.side, closing=closing)
        if request.intent is not None and request.intent != intent:
            raise unprocessable(f"position intent mismatch, inferred: {intent}, specified: {request.intent}")
        self._check_class(instrument, request, at, closing=closing)
        if replacing is None or request.stop_price != replacing.stop_price:
            self._check_stop(instrument, request, at)
        reserve_price = self._reserve_price(instrument, request, at)
        if held < 0 and closing and not instrument.is_crypto and not is_whole(request):
            raise unprocessable("short positions can only be closed in whole shares")
        keeps = self._worth(instrument, request, at)
        if closing:
            self._check_available(account, instrument, request, keeps, replacing)
        elif replacing is not None and replacing.closes:
            raise unprocessable("unable to replace order in current state")  # what it closed is gone
        self._check_notional(account, instrument, request, closing=closing)
        self._check_wash(account, instrument, request, replacing)
        if instrument.is_crypto:
            check_crypto_value(request.notional or (request.qty or Decimal(0)) * reserve_price)
        if not closing:
            if instrument.is_option:
                check_level(account, intent)
            elif request.side == "sell":
                self._check_short(account, instrument, request)
            self._check_power(account, instrument, request, reserve_price, at, replacing)
        return Admission(intent, reserve_price, keeps)

    def _check_class(self, instrument: Instrument, request: OrderRequest, at: int, *, closing: bool) -> None:
        name = request.order_class
        if name == "oco":
            if not closing:
                raise unprocessable("oco orders must be exit orders")
            check_stop_loss(request, self.last_price(instrument, at))
        elif name != "simple":
            if closing:
                raise unprocessable(f"{name} orders must be entry orders")
            check_stop_loss(
                request, request.limit_price or request.stop_price or self._now(instrument, request.side, at)
            )

    def _check_stop(self, instrument: Instrument, request: OrderRequest, at: int) -> None:
        if request.stop_price is None:
            return
        price = self.last_price(instrument, at)
        if request.side == "sell" and request.stop_price >= price:
            raise unprocessable("stop price must be less than current price")
        if request.side == "buy" and request.stop_price <= price:
            raise unprocessable("stop price must be greater than current price")

    def _now(self, instrument: Instrument, side: Side, at: int) -> Decimal:
        """What a market order costs: the far side, the middle in extended hours, else the last trade."""
        timetable = self._market.timetable_of(instrument)
        quote = self._market.standing_quote(instrument, at)
        if instrument.is_option or timetable.is_open(at):
            return instrument.price(quote.ask if side == "buy" else quote.bid)
        if timetable.current(at) or self._market.is_night(at):
            return instrument.price(quote.bid + quote.ask) / 2
        return self.last_price(instrument, at)

    def _reserve_price(self, instrument: Instrument, request: OrderRequest, at: int) -> Decimal:
        contract = instrument.contract
        if contract and request.side == "sell":  # shares cover a written call, and cash a put
            return Decimal(0) if contract.is_call else contract.strike * instrument.multiplier
        return self._worst_price(instrument, request, at) * instrument.multiplier

    def _worst_price(self, instrument: Instrument, request: OrderRequest, at: int) -> Decimal:
        price = request.limit_price or request.stop_price
        if request.kind is Kind.TRAILING_STOP and request.side == "buy":
            last = self.last_price(instrument, at)
            price = last + (request.trail_price or last * (request.trail_percent or 0) / 100)
        if request.side == "buy":
            return price or self._now(instrument, "buy", at)
        ask = instrument.price(self._market.standing_quote(instrument, at).ask)
        return max(price or Decimal(0), ask * _SHORT_CUSHION)

    def _worth(self, instrument: Instrument, request: OrderRequest, at: int) -> Decimal:
        """The quantity that an amount is now; it is fixed, and limited, when it trades."""
        if request.notional is None:
            return Decimal(0)
        price = request.limit_price or self._now(instrument, request.side, at)
        return (request.notional / price).quantize(FINEST_QTY, ROUND_DOWN)

    def _check_available(
        self,
        account: Account,
        instrument: Instrument,
        request: OrderRequest,
        keeps: Decimal,
        replacing: Order | None,
    ) -> None:
        held, available = abs(account.held(instrument)), account.available(instrument)
        if replacing is not None:
            available = min(held, available + replacing.remaining)
        wanted = request.qty if request.qty is not None else keeps
        if wanted <= available and (request.qty is not None or available > 0):
            return
        related = [order.id for order in account.open_on(instrument, request.side) if order is not replacing]
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

    def _check_notional(
        self, account: Account, instrument: Instrument, request: OrderRequest, *, closing: bool
    ) -> None:
        if request.notional is None or closing:
            return
        if any(
            order.closes and order.parent is None
            for order in account.open_on(instrument, _other(request.side))
        ):
            raise unprocessable(
                "unable to open new notional orders while having open closing position orders"
            )

    def _check_wash(
        self, account: Account, instrument: Instrument, request: OrderRequest, replacing: Order | None
    ) -> None:
        for order in account.open_on(instrument, _other(request.side)):
            if order is replacing or order.state is State.HELD:
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
        if account.configurations.no_shorting or account.configurations.max_margin_multiplier == "1":
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
        if instrument.is_option and request.side == "sell":
            check_writing(account, instrument, request.qty or Decimal(0), money, replacing)
            return
        power = money.buying_power if instrument.asset_class == "us_equity" else money.cash_power
        if instrument.asset_class == "us_equity" and self._market.is_night(at):
            power = min(power, money.overnight_power)
        if replacing is not None:
            cost = max(cost, replacing.reserved)
        check_power(power, Decimal(cost))
        if request.side == "sell" and money.multiplier == 1:
            raise forbidden("account is not allowed to short")


def check_may_trade(account: Account) -> None:
    """Raise `Refusal` for an account that must not send orders."""
    if account.account_blocked:
        raise forbidden("account is blocked")
    if account.trading_blocked:
        raise forbidden("account is not authorized to trade")
    if account.configurations.suspend_trade:
        raise forbidden("new orders are rejected by user request")


def check_power(power: Decimal, cost: Decimal) -> None:
    """Raise `Refusal` for a cost beyond the buying power."""
    if cost > power:
        raise forbidden(
            "insufficient buying power",
            buying_power=plain(power.quantize(_CENT)),
            cost_basis=plain(cost.quantize(_CENT)),
        )


def _no_coins(instrument: Instrument, wanted: Decimal, available: Decimal) -> Refusal:
    coin = instrument.symbol.partition("/")[0]
    return forbidden(
        f"insufficient balance for {coin} (requested: {plain(wanted)}, available: {plain(available)})"
    )


def _other(side: Side) -> Side:
    return "sell" if side == "buy" else "buy"


def _intent(side: Side, *, closing: bool) -> Intent:
    if side == "buy":
        return "buy_to_close" if closing else "buy_to_open"
    return "sell_to_close" if closing else "sell_to_open"


def _could_meet(request: OrderRequest, order: Order) -> bool:
    """Whether a request and an open order of the other side might trade with each other."""
    if request.kind not in _LIMITED or order.kind not in _LIMITED:
        return True
    limit = request.take_profit if request.order_class == "oco" else request.limit_price
    asked, resting = limit or Decimal(0), order.limit_price or Decimal(0)
    return asked >= resting if request.side == "buy" else asked <= resting

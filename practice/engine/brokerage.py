"""The brokerage: accounts, and what their holders may ask for."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

from practice.engine import rules
from practice.engine.accounts import Account, Configurations, Figures
from practice.engine.activities import Activities
from practice.engine.admission import Admission, Gate
from practice.engine.class_rules import check_exits, check_order_of_exits
from practice.engine.combos import ComboGate, repeated
from practice.engine.floor import Floor
from practice.engine.hours import new_york_day
from practice.engine.instructions import check_instructions
from practice.engine.instruments import Instrument, Instruments
from practice.engine.making import COMBINATION, Maker
from practice.engine.market import Market
from practice.engine.orders import Kind, Order, Role, State, Tif
from practice.engine.refusals import Refusal, invalid, not_found, unprocessable
from practice.engine.revisions import Revisions
from practice.engine.rules import Change, OrderRequest
from practice.engine.schedule import Schedule
from practice.engine.settlement import Settlements

_REPLACEABLE = {State.NEW, State.PARTIALLY_FILLED, State.HELD}
_EXITS = {Role.TAKE_PROFIT, Role.STOP_LOSS}


class Brokerage:
    """One brokerage. Call `floor.advance(now)` before asking or telling it anything."""

    def __init__(self, seed: int, instruments: Instruments, market: Market, start: int) -> None:
        self.instruments, self.market = instruments, market
        self.accounts: dict[str, Account] = {}
        self.floor = Floor(seed, market, start)
        self.activities = Activities()
        self.floor.listen(self.activities.note)
        self._timetable, self._gate = market.timetable, Gate(market)
        self._combos = ComboGate(market, instruments, self._gate)
        self._maker, self._schedule = Maker(self.floor.new_id), Schedule(market)
        self.settlements = Settlements(self.accounts, self.floor, market, self._gate)
        self.settlements.listen(self.activities.settled)
        self.revisions = Revisions(self.accounts.values, self.floor, self.last_close, self._gate.expires_at)
        self._plan_new_day(start)

    def _plan_new_day(self, instant: int) -> None:
        session = self._timetable.after(new_york_day(instant))
        while self.market.begins(session) <= instant:
            session = self._timetable.after(session.day)
        self.floor.agenda.put(self.market.begins(session), self._begin_day)

    def _begin_day(self, instant: int) -> None:
        for account in self.accounts.values():
            account.roll_day(self.last_close)
        self._plan_new_day(instant)

    @property
    def now(self) -> int:
        """The instant until which everything has happened."""
        return self.floor.now

    def figures(self, account: Account) -> Figures:
        """The account's money now."""
        return self._gate.figures(account, self.now)

    def last_price(self, instrument: Instrument) -> Decimal:
        """What positions are valued at."""
        return self._gate.last_price(instrument, self.now)

    def last_close(self, instrument: Instrument) -> Decimal:
        """The close of the day before."""
        return instrument.price(self.market.last_close(instrument, self.now))

    def configure(self, account: Account, configurations: Configurations) -> None:
        """Let the holder of an account switch something; open orders leave the nights or come back."""
        account.configurations = configurations
        for order in account.open_orders.values():
            order.trades_at_night = _may_trade_at_night(account, order)

    def find_order(self, account: Account, order_id: str) -> Order:
        """Return an order of the account, or raise `Refusal`."""
        order = account.orders.get(order_id)
        if order is None:
            raise not_found(f"order not found for {order_id}")
        return order

    def submit(self, account: Account, request: OrderRequest) -> Order:
        """Take an order, or raise `Refusal`. It is routed a moment later, or when the market opens."""
        if request.order_class == "mleg":
            order = self._combination(account, request)
        else:
            instrument = self.instruments.find(request.symbol)
            if instrument is None:
                raise rules.unknown_asset(request.symbol)
            order = self._single(account, instrument, _cut_to_grid(request, instrument))
        routed = (
            self.floor.soon(3, 12)
            if order.state is State.PENDING_NEW
            else self._schedule.sets_out(order, self.now)
        )
        self.floor.enter(account, order, routed)
        return order

    def _single(
        self, account: Account, instrument: Instrument, request: OrderRequest, replacing: Order | None = None
    ) -> Order:
        if request.order_class == "oco" and request.take_profit is None:
            request = replace(request, take_profit=request.limit_price)
        elif request.order_class == "oco":
            request = replace(request, limit_price=request.take_profit)
        if replacing is None:
            check_exits(request, instrument)
        rules.check(request, instrument)
        self._check_instructions(instrument, request)
        self._gate.check_listed(instrument, self.now)
        if replacing is None:
            self._schedule.check_window(request, self.now)
        self._check_unique(account, request.client_order_id)
        if replacing is not None and replacing.role in _EXITS and replacing.parent is not None:
            admission = Admission(replacing.intent, replacing.reserve_price)
        else:
            admission = self._gate.admit(account, instrument, request, self.now, replacing)
        order = self._made(account, instrument, request, admission)
        if order.kind is Kind.TRAILING_STOP:
            order.trail(self.last_price(instrument))
            if order.stop_price is not None and order.stop_price <= 0:
                raise unprocessable("trail_price must be less than current price")
        return order

    def _check_instructions(self, instrument: Instrument, request: OrderRequest) -> None:
        if request.instructions is None:
            return
        if instrument.asset_class != "us_equity" or not rules.is_whole(request):
            raise invalid("advanced_instructions are only accepted for whole shares of stocks")
        session = self._timetable.current(self.now) or self._timetable.after(new_york_day(self.now))
        check_instructions(request.instructions, request.qty, session)

    def _combination(self, account: Account, request: OrderRequest, replacing: Order | None = None) -> Order:
        if request.instructions is not None:
            raise invalid("advanced_instructions are not accepted for mleg orders")
        self._check_unique(account, request.client_order_id)
        admission, parts = self._combos.admit(account, request, self.now, replacing)
        order = self._made(account, COMBINATION, request, admission)
        self._maker.add_contracts(order, [(part.request, part.instrument, part.intent) for part in parts])
        return order

    def close_position(self, account: Account, instrument: Instrument, qty: Decimal | None = None) -> Order:
        """Send a market order for some or all of a position, or raise `Refusal`."""
        held = account.held(instrument)
        if held == 0:
            raise not_found("position does not exist")
        request = OrderRequest(
            symbol=instrument.symbol,
            side="sell" if held > 0 else "buy",
            kind=Kind.MARKET,
            tif=Tif.GTC if instrument.is_crypto else Tif.DAY,
            qty=abs(held) if qty is None else qty,
        )
        return self.submit(account, request)

    def cancel(self, order: Order) -> None:
        """Ask the venue to cancel, or raise `Refusal`; the outcome comes as an update."""
        if not order.is_open:
            raise unprocessable(f'order is already in "{order.state}" state')
        if order.state is State.PENDING_CANCEL:
            return
        if order.state is State.PENDING_REPLACE or order.role is Role.COMBO_LEG:
            raise unprocessable("unable to cancel order in current state")
        self.floor.request_cancel(order)

    def cancel_all(self, orders: Iterable[Order]) -> list[tuple[Order, Refusal | None]]:
        """Ask for every one of these to be canceled; say what became of each request."""
        answers: list[tuple[Order, Refusal | None]] = []
        for order in orders:
            try:
                self.cancel(order)
                answers.append((order, None))
            except Refusal as refusal:
                answers.append((order, refusal))
        return answers

    def replace(self, account: Account, old: Order, change: Change) -> Order:
        """Take a successor for a working order, or raise `Refusal`.

        The old order keeps working until the venue has the change, and may win that race: then the
        successor is rejected.
        """
        self._check_replaceable(old, change)
        request = _changed(old, change)
        if old.is_combo:
            new = self._combination(account, repeated(old, request), old)
        else:
            new = self._single(account, old.instrument, request, old)
        new.replaces, new.parent, new.role = old.id, old.parent, old.role
        new.state, new.order_class = State.PENDING_NEW, old.order_class
        new.triggered = old.triggered and new.stop_price == old.stop_price
        for leg in new.legs:
            leg.state = State.PENDING_NEW
        old.replaced_by = new.id
        self.floor.move(old, State.PENDING_REPLACE, self.now, "pending_replace")
        self.floor.succeed(account, old, new)
        return new

    def _check_replaceable(self, old: Order, change: Change) -> None:
        if not old.is_open:
            raise unprocessable(f'order is already in "{old.state}" state')
        if old.state not in _REPLACEABLE or old.role is Role.COMBO_LEG:
            raise unprocessable("unable to replace order in current state")
        if old.notional is not None:
            raise unprocessable("notional orders cannot be replaced")
        if change.trail is not None and old.kind is not Kind.TRAILING_STOP:
            raise invalid("trail is only accepted for trailing_stop orders")
        if change.qty is not None and old.qty is not None:
            self._check_new_qty(old, old.qty, change.qty)
        self._check_exits_stay_apart(old, change)

    def _check_new_qty(self, old: Order, qty: Decimal, wanted: Decimal) -> None:
        if old.role in _EXITS and old.parent is not None and wanted != qty:
            raise unprocessable(f"qty of {old.order_class} child orders cannot be replaced")
        if qty % 1:
            raise unprocessable("qty of fractional orders cannot be replaced")
        if wanted % 1:
            raise invalid("qty must be integer")
        if wanted <= old.filled_qty:
            raise unprocessable("qty must be greater than the filled qty")

    def _check_exits_stay_apart(self, old: Order, change: Change) -> None:
        sibling = old.sibling
        if sibling is None:
            return
        profit, stop = (old, sibling) if old.role is Role.TAKE_PROFIT else (sibling, old)
        limit = change.limit_price if old is profit else None
        trigger = change.stop_price if old is stop else None
        limit, trigger = limit or profit.limit_price, trigger or stop.stop_price
        if limit is not None and trigger is not None:
            check_order_of_exits(old.side, limit, trigger)

    def _check_unique(self, account: Account, client_order_id: str | None) -> None:
        if client_order_id is not None and client_order_id in account.by_client_id:
            raise unprocessable("client_order_id must be unique")

    def _made(
        self, account: Account, instrument: Instrument, request: OrderRequest, admission: Admission
    ) -> Order:
        at_night = not account.configurations.disable_overnight_trading
        at_once = self._schedule.trades_now(instrument, request, self.now, at_night=at_night)
        state = State.PENDING_NEW if at_once else State.ACCEPTED
        expires_at = self._schedule.expiry(request, self.now)
        order = self._maker.order(instrument, request, admission, state, self.now, expires_at)
        order.trades_at_night = _may_trade_at_night(account, order)
        return order


def _may_trade_at_night(account: Account, order: Order) -> bool:
    return order.extended_hours and not account.configurations.disable_overnight_trading


def _cut_to_grid(request: OrderRequest, instrument: Instrument) -> OrderRequest:
    """Coins are cut to their increment in silence; shares that are too finely divided are refused later."""
    if instrument.is_crypto and request.qty is not None:
        step = instrument.min_trade_increment
        return replace(request, qty=request.qty.quantize(step, rounding=ROUND_DOWN))
    return request


def _changed(old: Order, change: Change) -> OrderRequest:
    """What remains of an order once the change is applied; a changed quantity counts what is filled."""
    total, trail = change.qty if change.qty is not None else old.qty, change.trail
    return OrderRequest(
        symbol=old.instrument.symbol,
        side=old.side,
        kind=old.kind,
        tif=change.tif or old.tif,
        qty=total - old.filled_qty if total is not None else None,
        limit_price=change.limit_price if change.limit_price is not None else old.limit_price,
        stop_price=_changed_stop(old, change),
        trail_price=None if old.trail_price is None else trail if trail is not None else old.trail_price,
        trail_percent=None
        if old.trail_percent is None
        else trail
        if trail is not None
        else old.trail_percent,
        extended_hours=old.extended_hours,
        client_order_id=change.client_order_id,
        instructions=change.instructions or old.instructions,
    )


def _changed_stop(old: Order, change: Change) -> Decimal | None:
    if change.stop_price is not None:
        return change.stop_price
    return None if old.kind is Kind.TRAILING_STOP else old.stop_price  # that one follows from its trail

"""The brokerage: accounts, and what their holders may ask for."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal

from practice.engine import rules
from practice.engine.accounts import Account, Figures
from practice.engine.admission import Admission, Gate
from practice.engine.floor import Floor
from practice.engine.hours import at, new_york_day
from practice.engine.instruments import Instrument, Instruments
from practice.engine.market import Market
from practice.engine.orders import Kind, Order, State, Tif
from practice.engine.refusals import Refusal, invalid, not_found, unprocessable
from practice.engine.rules import Change, OrderRequest

_GTC_LIFE = timedelta(days=90)
_REPLACEABLE = {State.NEW, State.PARTIALLY_FILLED}


class Brokerage:
    """One brokerage. Call `floor.advance(now)` before asking or telling it anything."""

    def __init__(self, seed: int, instruments: Instruments, market: Market, start: int) -> None:
        self.instruments, self.market = instruments, market
        self.accounts: dict[str, Account] = {}
        self.floor = Floor(seed, market, start)
        self._timetable, self._gate = market.timetable, Gate(market)
        self._plan_new_day(start)

    def _plan_new_day(self, instant: int) -> None:
        self.floor.agenda.put(self._timetable.after(new_york_day(instant)).start, self._begin_day)

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
        return instrument.price(self.market.previous_day_bar(instrument, self.now).close)

    def find_order(self, account: Account, order_id: str) -> Order:
        """Return an order of the account, or raise `Refusal`."""
        order = account.orders.get(order_id)
        if order is None:
            raise not_found(f"order not found for {order_id}")
        return order

    def submit(self, account: Account, request: OrderRequest) -> Order:
        """Take an order, or raise `Refusal`. It is routed a moment later, or when the market opens."""
        instrument = self.instruments.find(request.symbol)
        if instrument is None:
            raise rules.unknown_asset(request.symbol)
        rules.check(request, instrument)
        self._check_unique(account, request.client_order_id)
        admission = self._gate.admit(account, instrument, request, self.now)
        order = self._made(instrument, request, admission)
        routed = self.floor.soon(3, 12) if order.state is State.PENDING_NEW else self._opening(order)
        self.floor.enter(account, order, routed)
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
        if order.state is State.PENDING_REPLACE:
            raise unprocessable("unable to cancel order in current state")
        self.floor.move(order, State.PENDING_CANCEL, self.now, "pending_cancel")
        self.floor.agenda.put(
            self.floor.soon(4, 20), lambda instant: self.floor.finish_cancel(order, instant)
        )

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
        rules.check(request, old.instrument)
        self._check_unique(account, change.client_order_id)
        admission = self._gate.admit(account, old.instrument, request, self.now, replacing=old)
        new = replace(
            self._made(old.instrument, request, admission), state=State.PENDING_NEW, replaces=old.id
        )
        old.replaced_by = new.id
        self.floor.move(old, State.PENDING_REPLACE, self.now, "pending_replace")
        self.floor.succeed(account, old, new)
        return new

    def _check_replaceable(self, old: Order, change: Change) -> None:
        if not old.is_open:
            raise unprocessable(f'order is already in "{old.state}" state')
        if old.state not in _REPLACEABLE:
            raise unprocessable("unable to replace order in current state")
        if old.notional is not None:
            raise unprocessable("notional orders cannot be replaced")
        if change.qty is not None and old.qty is not None:
            if old.qty % 1:
                raise unprocessable("qty of fractional orders cannot be replaced")
            if change.qty % 1:
                raise invalid("qty must be integer")
            if change.qty <= old.filled_qty:
                raise unprocessable("qty must be greater than the filled qty")

    def _check_unique(self, account: Account, client_order_id: str | None) -> None:
        if client_order_id is not None and client_order_id in account.by_client_id:
            raise unprocessable("client_order_id must be unique")

    def _made(self, instrument: Instrument, request: OrderRequest, admission: Admission) -> Order:
        return Order(
            id=self.floor.new_id(),
            client_order_id=request.client_order_id or self.floor.new_id(),
            instrument=instrument,
            side=request.side,
            kind=request.kind,
            tif=request.tif,
            qty=request.qty,
            notional=request.notional,
            limit_price=request.limit_price,
            stop_price=request.stop_price,
            extended_hours=request.extended_hours,
            intent=admission.intent,
            state=State.PENDING_NEW if self._trades_now(instrument, request) else State.ACCEPTED,
            created_at=self.now,
            updated_at=self.now,
            submitted_at=self.now,
            expires_at=self._expiry(request),
            reserve_price=admission.reserve_price,
        )

    def _trades_now(self, instrument: Instrument, request: OrderRequest) -> bool:
        session = self.market.timetable_of(instrument).current(self.now)
        return bool(session and (request.extended_hours or session.open <= self.now < session.close))

    def _opening(self, order: Order) -> int:
        if not order.extended_hours:
            return self._timetable.next_open(self.now)
        session = self._timetable.hours.on(new_york_day(self.now))
        return session.start if session and self.now < session.start else self._next_session_start()

    def _next_session_start(self) -> int:
        return self._timetable.after(new_york_day(self.now)).start

    def _expiry(self, request: OrderRequest) -> int | None:
        if request.tif is Tif.GTC:
            return at(new_york_day(self.now) + _GTC_LIFE, time(16, 15))
        if request.tif is not Tif.DAY:
            return None
        today = self._timetable.hours.on(new_york_day(self.now))
        for session in (today, self._timetable.after(new_york_day(self.now))):
            if session is None:
                continue
            end = session.end if request.extended_hours else session.close
            if self.now < end:
                return end
        return None


def _changed(old: Order, change: Change) -> OrderRequest:
    """What remains of an order once the change is applied; a changed quantity counts what is filled."""
    total = change.qty if change.qty is not None else old.qty
    return OrderRequest(
        symbol=old.instrument.symbol,
        side=old.side,
        kind=old.kind,
        tif=change.tif or old.tif,
        qty=total - old.filled_qty if total is not None else None,
        limit_price=change.limit_price if change.limit_price is not None else old.limit_price,
        stop_price=change.stop_price if change.stop_price is not None else old.stop_price,
        extended_hours=old.extended_hours,
        client_order_id=change.client_order_id,
    )

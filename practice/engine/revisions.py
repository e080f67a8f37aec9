"""Executions that the exchange takes back or corrects after it had reported them.

What was taken back of a working order is wanted again. An order that was done stays done: what is taken back
of it is not traded again, and one that was filled ends as canceled. Positions and cash are then what they
would be if the execution had never been, or had been as it was corrected.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from practice.engine.accounts import ZERO, Account
from practice.engine.executions import Execution, exchange
from practice.engine.floor import Floor
from practice.engine.instruments import Instrument
from practice.engine.orders import Order, Role, Side, State
from practice.engine.refusals import Refusal, invalid, not_found, unprocessable
from practice.engine.updates import ComboFill, Update
from practice.engine.venue import net_price


@dataclass(frozen=True, slots=True)
class Standing:
    """An execution that has not been taken back, whose and of which order it is."""

    account: Account
    order: Order
    execution: Execution


class Revisions:
    """Takes executions back, and corrects them."""

    def __init__(
        self,
        accounts: Callable[[], Iterable[Account]],
        floor: Floor,
        last_close: Callable[[Instrument], Decimal],
        expires_at: Callable[[Instrument], int],
    ) -> None:
        self._accounts, self._floor = accounts, floor
        self._last_close, self._expires_at = last_close, expires_at
        self._planned: dict[str, tuple[int, Decimal | None]] = {}  # by order id

    def standing(self) -> Iterator[Standing]:
        """Every execution that could be taken back, by order, the oldest order of each account first."""
        for account in self._accounts():
            for order in account.orders.values():
                for execution in order.executions:
                    yield Standing(account, order, execution)

    def bust(self, execution_id: str) -> Execution:
        """Take an execution back, or raise `Refusal`; return the report.

        What a leg of a multi-leg order did goes together with what the others did then.
        """
        found = self._found(execution_id)
        if found.order.role is Role.COMBO_LEG and found.order.parent:
            return self._bust_units(found, found.order.parent)
        return self._revise(found, ZERO, found.execution.price)

    def correct(self, execution_id: str, price: Decimal | None, qty: Decimal | None) -> Execution:
        """Let an execution have been at another price or of another quantity; return the report.

        Raise `Refusal` for what cannot have been.
        """
        found = self._found(execution_id)
        old, order = found.execution, found.order
        price, qty = old.price if price is None else price, old.qty if qty is None else qty
        if price <= 0 or qty <= 0:
            raise invalid("price and qty must be greater than 0")
        if (price, qty) == (old.price, old.qty):
            raise invalid("a correction changes the price or the qty")
        room = old.qty + (order.remaining if order.is_open else ZERO)
        if qty > room:
            raise unprocessable(f"qty must not be greater than {room}")
        return self._revise(found, qty, price)

    def plan(self, order: Order, delay: int, change: Decimal | None) -> None:
        """Take an order's first execution back `delay` nanoseconds after it.

        With a change of price, correct it instead. One that cannot be revised by then stands.
        """
        if not self._planned:
            self._floor.listen(self._note)
        self._planned[order.id] = (delay, change)
        if order.executions:
            self._schedule(order, order.executions[0])

    def _note(self, update: Update) -> None:
        if update.execution and not update.execution.previous and update.order.id in self._planned:
            self._schedule(update.order, update.execution)

    def _schedule(self, order: Order, execution: Execution) -> None:
        delay, change = self._planned[order.id]
        del self._planned[order.id]

        def revise(_: int) -> None:
            try:
                if change is None:
                    self.bust(execution.id)
                else:
                    self.correct(execution.id, execution.price + change, None)
            except Refusal:
                pass  # it has been taken back already, or what it brought is no longer there

        self._floor.agenda.put(self._floor.now + delay, revise)

    def _found(self, execution_id: str) -> Standing:
        for one in self.standing():
            if one.execution.id == execution_id:
                return one
        raise not_found(f"execution not found for {execution_id}")

    def _revise(self, found: Standing, qty: Decimal, price: Decimal) -> Execution:
        account, order, old = found.account, found.order, found.execution
        instrument = order.instrument
        before = exchange(instrument, is_buy=order.is_buy, qty=old.qty, price=old.price)
        after = exchange(instrument, is_buy=order.is_buy, qty=qty, price=price)
        self._check(account, order, after.qty - before.qty)
        report_id = self._floor.new_id()
        position_qty = account.revise(
            instrument,
            old.id,
            (report_id, after.qty, abs(after.cash / after.qty)) if qty else None,
            after.cash - before.cash,
            self._last_close(instrument),
        )
        index = order.executions.index(old)
        if qty:
            report = Execution(
                id=report_id, price=price, qty=qty, position_qty=position_qty, fee=after.fee, previous=old
            )
            order.executions[index] = report
        else:
            report = old.taken_back(report_id, position_qty)
            del order.executions[index]
        order.filled_qty += qty - old.qty
        order.filled_value += (qty * price - old.qty * old.price) * instrument.multiplier
        self._floor.revise(account, order, "trade_correct" if qty else "trade_bust", report)
        self._cancel_what_closes_too_much(account, instrument)
        return report

    def _bust_units(self, found: Standing, parent: Order) -> Execution:
        account, index = found.account, found.order.executions.index(found.execution)
        if any(self._expires_at(leg.instrument) <= self._floor.now for leg in parent.legs):
            raise unprocessable("a contract of this execution has expired")
        units = found.execution.qty / (found.order.ratio_qty or Decimal(1))
        price = net_price(parent, [leg.executions[index].price for leg in parent.legs])
        pieces = tuple(
            (leg, self._bust_piece(account, leg, leg.executions.pop(index))) for leg in parent.legs
        )
        parent.filled_qty -= units
        parent.filled_value -= units * price
        self._floor.revise(account, parent, "trade_bust", combo=ComboFill(price, -units, pieces))
        for leg in parent.legs:
            self._cancel_what_closes_too_much(account, leg.instrument)
        return next(report for leg, report in pieces if leg is found.order)

    def _bust_piece(self, account: Account, leg: Order, old: Execution) -> Execution:
        instrument = leg.instrument
        moved = exchange(instrument, is_buy=leg.is_buy, qty=old.qty, price=old.price)
        close = self._last_close(instrument)
        position_qty = account.revise(instrument, old.id, None, -moved.cash, close)
        leg.filled_qty -= old.qty
        leg.filled_value -= old.qty * old.price * instrument.multiplier
        return old.taken_back(self._floor.new_id(), position_qty)

    def _check(self, account: Account, order: Order, change: Decimal) -> None:
        instrument = order.instrument
        if order.role is Role.COMBO_LEG:
            raise unprocessable("executions of multi-leg orders can only be taken back")
        if instrument.is_crypto and account.held(instrument) + change < 0:
            raise unprocessable("the coins of this execution are no longer there")
        if instrument.is_option and self._expires_at(instrument) <= self._floor.now:
            raise unprocessable("the contract of this execution has expired")

    def _cancel_what_closes_too_much(self, account: Account, instrument: Instrument) -> None:
        """Cancel, the newest first, what would close more than is left."""
        held = account.held(instrument)
        room: dict[Side, Decimal] = {"sell": max(held, ZERO), "buy": max(-held, ZERO)}
        for side, most in room.items():
            closing = [order for order in account.open_on(instrument, side) if _is_closing(order)]
            total = sum((order.remaining for order in closing), ZERO)
            for order in reversed(closing):
                if total <= most:
                    break
                total -= order.remaining
                whole = order.parent if order.role is Role.COMBO_LEG and order.parent else order
                self._floor.end(whole, State.CANCELED, self._floor.now)


def _is_closing(order: Order) -> bool:
    return order.closes and order.state not in {State.HELD, State.PENDING_REPLACE} and not order.is_spare

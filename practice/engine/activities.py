"""What happened to an account's money and holdings: every execution, fee, deposit and option event.

Ids sort like the activities they name: the New York time to the millisecond, then a number.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal

from practice.engine.accounts import ZERO, Account
from practice.engine.clock import MILLISECOND, SECOND
from practice.engine.executions import Execution, exchange
from practice.engine.hours import NEW_YORK
from practice.engine.instruments import Instrument
from practice.engine.orders import Order, Side
from practice.engine.settlement import Settlement, SettlementKind
from practice.engine.ulid import ulid
from practice.engine.updates import Update

Direction = Literal["asc", "desc"]
# A correction is entered as two: what takes the execution back, and what was true instead.
ExecutionKind = Literal["fill", "trade_bust", "trade_correct", "undoing"]
Status = Literal["executed", "correct", "canceled"]

FILL = "FILL"
_SETTLED: dict[SettlementKind, str] = {
    "exercise": "OPEXC",
    "assignment": "OPASN",
    "expiry": "OPEXP",
    "cash": "OPCSH",
}
_TYPES = (
    "FILL TRANS MISC ACATC ACATS CFEE CGD CIL CSD CSW DIV DIVCGL DIVCGS DIVFEE DIVFT DIVNRA DIVROC DIVTW "
    "DIVTXEX DIVWH EXTRD FEE FOPT FXTRD INT INTNRA INTPNL INTTW JNL JNLC JNLS MA MEM NC OCT OPASN OPCA "
    "OPCSH OPEXC OPEXP OPTRD PTC PTR REO REORG SPIN SPLIT SWP VOF WH"
)
KNOWN_TYPES = frozenset(_TYPES.split())
_STATUSES: dict[ExecutionKind, Status] = {
    "fill": "executed",
    "trade_bust": "canceled",
    "undoing": "canceled",
    "trade_correct": "correct",
}
_CASH_TRANSFERS = frozenset({"CSD", "CSW"})
_NUMBER_BITS = 96  # of a UUID, to the right of the activity's number


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """What an execution adds: which order, and how far that was afterwards."""

    order_id: str
    execution_id: str
    kind: ExecutionKind = "fill"
    previous_id: str | None = None  # of the execution that this takes back or corrects
    order_status: str
    side: Side
    is_last: bool
    cum_qty: Decimal
    leaves_qty: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One thing that happened. The last four fields are filled in as it is entered."""

    type: str
    at: int
    instrument: Instrument | None = None
    qty: Decimal | None = None  # what came of the instrument or, negative, went; of a trade without its sign
    price: Decimal | None = None
    per_share: Decimal | None = None
    net_amount: Decimal = ZERO  # what the cash grew by; not told of trades
    sub_type: str | None = None
    status: Status = "executed"
    description: str = ""
    group_id: str | None = None  # shared by activities that belong together
    parent_id: str | None = None  # of a fee: the execution it was taken for
    trade: Trade | None = None
    account_id: str = ""
    number: int = -1
    cash_after: Decimal | None = None
    held_after: Decimal | None = None  # of the instrument

    @property
    def event_id(self) -> str:
        """A ULID: those of an account's activities sort in the order they were entered."""
        return ulid(self.at, self.number, self.account_id)

    @property
    def reference(self) -> str:
        """The UUID of the execution or, of anything else, of the transaction."""
        return self.trade.execution_id if self.trade else self.id.partition("::")[2]

    @property
    def id(self) -> str:
        noise = hashlib.sha256(f"{self.account_id}/{self.number}".encode()).digest()[: _NUMBER_BITS // 8]
        name = uuid.UUID(int=(self.number << _NUMBER_BITS) | int.from_bytes(noise), version=4)
        local = datetime.fromtimestamp(self.at // SECOND, NEW_YORK)
        return f"{local:%Y%m%d%H%M%S}{self.at % SECOND // MILLISECOND:03d}::{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which activities somebody asks for. Times are exclusive, but `on` is a half-open span."""

    types: frozenset[str] | None = None
    after: int | None = None
    until: int | None = None
    on: tuple[int, int] | None = None
    order_id: str | None = None

    def includes(self, activity: Activity) -> bool:
        """Whether an activity is asked for."""
        return (
            (self.types is None or activity.type in self.types)
            and (self.after is None or activity.at > self.after)
            and (self.until is None or activity.at < self.until)
            and (self.on is None or self.on[0] <= activity.at < self.on[1])
            and (self.order_id is None or (activity.trade and activity.trade.order_id == self.order_id))
        ) is True


def types_of(names: frozenset[str]) -> frozenset[str]:
    """The types that names mean: some stand for several."""
    meant = set(names)
    if "TRANS" in names:
        meant |= _CASH_TRANSFERS
    if "MISC" in names:
        meant |= {
            name for name in KNOWN_TYPES - _CASH_TRANSFERS - {FILL, "TRANS"} if not name.startswith("DIV")
        }
    return frozenset(meant)


class UnknownActivity(LookupError):
    """A page begins after an activity that the account never had."""


class Ledger:
    """The activities of one account, in order of time."""

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id
        self._entries: list[Activity] = []

    def __iter__(self) -> Iterator[Activity]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def enter(self, activity: Activity) -> Activity:
        """Add the latest activity and number it; return it as it was entered."""
        entered = replace(activity, account_id=self._account_id, number=len(self._entries))
        self._entries.append(entered)
        return entered

    def page(self, wanted: Wanted, direction: Direction, size: int, after_id: str | None) -> list[Activity]:
        """The next activities that are wanted, after the one with that id; raise `UnknownActivity`."""
        if direction == "asc":
            first = 0 if after_id is None else self._index(after_id) + 1
            numbers = range(first, len(self._entries))
        else:
            last = len(self._entries) if after_id is None else self._index(after_id)
            numbers = range(last - 1, -1, -1)
        found: list[Activity] = []
        for number in numbers:
            if len(found) == size:
                break
            if wanted.includes(self._entries[number]):
                found.append(self._entries[number])
        return found

    def _index(self, activity_id: str) -> int:
        try:
            number = uuid.UUID(activity_id.partition("::")[2]).int >> _NUMBER_BITS
            if self._entries[number].id == activity_id:
                return number
        except (ValueError, IndexError):
            pass
        raise UnknownActivity(activity_id)


class Activities:
    """The ledgers of a brokerage. It enters executions and their fees; tell it everything else."""

    def __init__(self) -> None:
        self._ledgers: dict[str, Ledger] = {}
        self._listeners: list[Callable[[Account, Activity], None]] = []

    def listen(self, listener: Callable[[Account, Activity], None]) -> None:
        """Have every activity from now on reported, in order."""
        self._listeners.append(listener)

    def of(self, account: Account) -> Ledger:
        """The account's ledger."""
        ledger = self._ledgers.get(account.id)
        if ledger is None:
            ledger = self._ledgers[account.id] = Ledger(account.id)
        return ledger

    def enter(self, account: Account, activity: Activity) -> None:
        """Enter something that just happened, after the account has changed."""
        instrument = activity.instrument
        if activity.cash_after is None:
            activity = replace(activity, cash_after=account.cash)
        if activity.held_after is None and instrument is not None:
            activity = replace(activity, held_after=account.held(instrument))
        entered = self.of(account).enter(activity)
        for listener in self._listeners:
            listener(account, entered)

    def note(self, update: Update) -> None:
        """Enter the executions that an order's update tells of; a listener of the floor."""
        legs = update.combo.legs if update.combo else ()
        pieces = [piece for leg, execution in legs for piece in _pieces(leg, execution, execution.previous)]
        if execution := update.execution:
            pieces = _pieces(update.order, execution, execution.previous)
        cash = update.account.cash - sum((piece.proceeds for piece in pieces), ZERO)
        for piece in pieces:
            cash += piece.proceeds
            self._executed(update.account, piece, update.at, cash)

    def settled(self, told: Settlement) -> None:
        """Enter what became of an option, and the shares or the cash that came of it; a listener too."""
        contract, cash = told.instrument.contract, told.cash
        kind = _SETTLED[told.kind]
        gone = Activity(
            type=kind,
            at=told.at,
            instrument=told.instrument,
            qty=-told.qty,
            description=f"Option {told.kind}",
            net_amount=ZERO if told.shares else cash,
            group_id=told.id,
            cash_after=told.account.cash - (cash if told.shares else ZERO),
        )
        self.enter(told.account, gone)
        if told.shares and contract:
            shares = Activity(
                type="OPTRD",
                at=told.at,
                instrument=contract.underlying,
                qty=told.shares,
                price=contract.strike,
                description=f"Option {told.kind}",
                net_amount=cash,
                group_id=told.id,
            )
            self.enter(told.account, shares)

    def _executed(self, account: Account, piece: "_Piece", at: int, cash_after: Decimal) -> None:
        # The account has paid the fee already. It is an activity of its own, so the trade is told without.
        order, execution, kind = piece.order, piece.execution, piece.kind
        fee, previous = execution.fee, execution.previous
        coins, dollars = (fee, ZERO) if order.is_buy else (ZERO, fee)
        leaves_qty = order.remaining + piece.later
        trade = Activity(
            type=FILL,
            at=at,
            instrument=order.instrument,
            qty=execution.qty,
            price=execution.price,
            status=_STATUSES[kind],
            trade=Trade(
                order_id=order.id,
                execution_id=execution.id,
                kind=kind,
                previous_id=previous.id if previous else None,
                order_status=str(order.state),
                side=order.side,
                is_last=leaves_qty == 0,
                cum_qty=order.filled_qty - piece.later,
                leaves_qty=leaves_qty,
            ),
            cash_after=cash_after + dollars,
            held_after=execution.position_qty + coins,
        )
        self.enter(account, trade)
        if not fee:
            return
        charged = Activity(
            type="CFEE" if coins else "FEE",
            at=at,
            instrument=order.instrument,
            description="Coin Pair Transaction Fee" + (" (Non USD)" if coins else ""),
            qty=-coins if coins else None,
            price=execution.price if coins else None,
            net_amount=-dollars,
            status=_STATUSES[kind],
            parent_id=execution.id,
            cash_after=cash_after,
            held_after=execution.position_qty,
        )
        self.enter(account, charged)


@dataclass(frozen=True, slots=True)
class _Piece:
    """An execution to enter, and how much of its order comes later in the same update."""

    order: Order
    execution: Execution
    later: Decimal = ZERO
    kind: ExecutionKind = "fill"

    @property
    def proceeds(self) -> Decimal:
        """What it moved of cash, its fee included."""
        execution = self.execution
        value = execution.qty * execution.price * self.order.instrument.multiplier
        return -value if self.order.is_buy else value - execution.fee


def _pieces(order: Order, report: Execution, previous: Execution | None) -> list[_Piece]:
    """What a report adds to the ledger: a correction first takes back what it corrects."""
    if previous is None:
        return [_Piece(order, report)]
    if report.qty < 0:
        return [_Piece(order, report, kind="trade_bust")]
    moved = exchange(order.instrument, is_buy=order.is_buy, qty=report.qty, price=report.price)
    undoing = previous.taken_back(report.id, report.position_qty - moved.qty)
    return [_Piece(order, undoing, report.qty, "undoing"), _Piece(order, report, kind="trade_correct")]

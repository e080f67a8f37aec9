"""Getting flat: cancel every order, close every position, and go on until the broker confirms zero.

A pure state machine. It is shown a `Picture` of what is known and says what to do next; it never guesses.
No second close of a symbol is asked for before the first one is proven over and the broker's positions have
caught up with it (protocol page section 3.11: they may lag a fill by ten seconds): a close is never doubled.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from core.domain.cancels import standing_orders
from core.domain.intent import Intent, IntentState
from core.domain.order import Order, OrderStatus
from core.domain.position import Position
from core.domain.trading_block import TradingBlock

NS_PER_S = 1_000_000_000
# How long the broker's positions may contradict a fill before they are believed again.
SETTLE_NS = 15 * NS_PER_S
LOOK_AGAIN_NS = 3 * NS_PER_S
# What takes longer than this resists, although nothing was refused: the trader is told why.
_USUAL_NS = 3 * NS_PER_S
WAITS_FOR_OPEN = "waits_for_open"  # the broker has the closing order; the market is closed
NOT_FILLED = "not_filled"  # the closing order has been working for a while, and nobody traded with it
FILLED_IN_PART = "filled_in_part"
NOT_CONFIRMED = "not_confirmed"  # the broker took the cancel a while ago, and the order is still open
HELD_BY_ORDERS = "held_by_orders"  # the broker says that open orders hold all of the position
CANNOT_BE_READ = "cannot_be_read"  # the broker lists it, and this version does not understand what it says
_BACK_OFF_NS = tuple(seconds * NS_PER_S for seconds in (2, 4, 8, 15, 30))


class Stage(StrEnum):
    """Where one order or position stands."""

    CANCELLING = "cancelling"  # the broker was asked to cancel the order
    WAITING_FOR_CANCELS = "waiting_for_cancels"  # orders in the symbol may still hold the position
    CLOSING = "closing"  # a closing order is with the broker
    UNKNOWN = "unknown"  # nobody knows yet whether the closing order or cancel arrived
    SETTLING = "settling"  # closed; the broker's list of positions has not caught up
    RESISTS = "resists"  # refused, expired or held back; tried again after a pause
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What is known at `now_ns` (monotonic, as every time here).

    `positions_asked_ns` and `orders_asked_ns` are when the newest answered reads were sent; what happened
    after that need not be in them. `orders` are all orders by the broker's id, `intents` all intents by ours.
    Of what those reads listed and nobody could read there are ids and symbols, or nothing.
    """

    now_ns: int
    positions: tuple[Position, ...]
    positions_asked_ns: int | None
    orders: Mapping[str, Order]
    orders_asked_ns: int | None
    intents: Mapping[str, Intent]
    block: TradingBlock
    unreadable_orders: tuple[str, ...] = ()
    unreadable_positions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Ask for the cancel of an order, then call `Flattening.cancel_sent`."""

    order_id: str


@dataclass(frozen=True, slots=True)
class ClosePosition:
    """Send a closing order for all that is free of the position, then call `Flattening.close_sent`."""

    position: Position


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """Read positions and orders from the broker: what was read last is older than what happened since."""


Deed = CancelOrder | ClosePosition | ReadAgain


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One order or position on the way to flat; `reason` is a code of ours or the broker's own text."""

    key: str  # "order:<id>" or "position:<symbol>"
    symbol: str
    stage: Stage
    reason: str = ""
    qty: Decimal | None = None
    tries: int = 0


@dataclass(slots=True)
class _Task:
    """What was tried for one order or position."""

    intent_id: str = ""
    tries: int = 0
    not_before_ns: int = 0
    under_way_ns: int | None = None  # since when what was sent last has been seen to be under way
    reason: str = ""
    settled_ns: int | None = None  # when the last close was known to be over
    expected_qty: Decimal | None = None  # what should be left of the position after it
    qty_before: Decimal = Decimal(0)


@dataclass(slots=True)
class Flattening:
    """One run from the button to zero. Feed it pictures with `next`; carry out what it says, then tell it."""

    is_flat: bool = False
    lines: tuple[Line, ...] = ()
    _tasks: dict[str, _Task] = field(default_factory=dict)
    _symbols: dict[str, str] = field(default_factory=dict)  # of every key that ever had a line
    _last_change_ns: int = 0  # when something was last sent or found to be over

    def next(self, picture: Picture) -> tuple[Deed, ...]:
        """Judge the picture anew: set `lines` and `is_flat`, and return what to do now."""
        if self._last_change_ns == 0:
            self._last_change_ns = picture.now_ns
        deeds: list[Deed] = []
        lines = [*self._judge_orders(picture, deeds), *self._judge_positions(picture, deeds)]
        live = {line.key for line in lines}
        unreadable = [line for line in _unreadable_lines(picture) if line.key not in live]
        lines += unreadable
        live.update(line.key for line in unreadable)
        gone = [
            Line(key=key, symbol=symbol, stage=Stage.DONE)
            for key, symbol in self._symbols.items()
            if key not in live
        ]
        self._symbols.update((line.key, line.symbol) for line in lines)
        self.lines = (*lines, *gone)
        self.is_flat = not lines and self._is_confirmed(picture)
        if not deeds and not self.is_flat and (not self._is_confirmed(picture) or _is_old(picture)):
            deeds.append(ReadAgain())
        return tuple(deeds)

    def cancel_sent(self, order_id: str, intent_id: str) -> None:
        """The cancel of `order_id` is under way as this intent."""
        task = self._task(f"order:{order_id}")
        task.intent_id, task.under_way_ns = intent_id, None

    def close_sent(self, position: Position, intent_id: str) -> None:
        """The closing order of this position is under way as this intent."""
        task = self._task(f"position:{position.symbol}")
        task.intent_id, task.qty_before = intent_id, position.qty
        task.settled_ns = task.expected_qty = task.under_way_ns = None

    def could_not(self, deed: CancelOrder | ClosePosition, reason: str, now_ns: int) -> None:
        """The deed was not carried out: nothing was sent. It is tried again after a pause."""
        key = (
            f"order:{deed.order_id}" if isinstance(deed, CancelOrder) else f"position:{deed.position.symbol}"
        )
        self._pause(self._task(key), reason, now_ns)

    @property
    def intent_ids(self) -> frozenset[str]:
        """The client order ids of every cancel and close under way: what a picture has to know about."""
        return frozenset(task.intent_id for task in self._tasks.values()) - {""}

    def intent_of(self, key: str) -> str:
        """The client order id under way for a line, or nothing."""
        task = self._tasks.get(key)
        return "" if task is None else task.intent_id

    @property
    def own_intents(self) -> frozenset[str]:
        """The client order ids of the closing orders under way."""
        return frozenset(
            task.intent_id for key, task in self._tasks.items() if key.startswith("position:")
        ) - {""}

    # ---- orders --------------------------------------------------------------------------------------

    def _foreign_orders(self, picture: Picture) -> list[Order]:
        """Open orders that are none of our closes. A held leg goes with its parent."""
        own = self.own_intents
        return [order for order in standing_orders(picture.orders) if order.client_order_id not in own]

    def _judge_orders(self, picture: Picture, deeds: list[Deed]) -> list[Line]:
        lines = []
        for order in self._foreign_orders(picture):
            task = self._task(f"order:{order.id}")
            stage = self._stage_of_cancel(order, task, picture)
            if stage is Stage.RESISTS and picture.now_ns >= task.not_before_ns and order.is_cancelable:
                deeds.append(CancelOrder(order.id))
                stage = Stage.CANCELLING
            lines.append(
                Line(
                    key=f"order:{order.id}",
                    symbol=order.symbol,
                    stage=stage,
                    reason=self._why_open(task, stage, picture),
                    qty=order.remaining,
                    tries=task.tries,
                )
            )
        return lines

    def _stage_of_cancel(self, order: Order, task: _Task, picture: Picture) -> Stage:
        """RESISTS means that nothing is under way: the first cancel is due, or the next one after a pause."""
        intent = picture.intents.get(task.intent_id)
        if intent is None:
            return Stage.RESISTS if order.is_cancelable else Stage.CANCELLING
        if intent.state in (IntentState.REFUSED, IntentState.NEVER_SENT):
            self._over(task, picture)
            self._pause(task, intent.reason, picture.now_ns)
            return Stage.RESISTS
        return Stage.UNKNOWN if intent.state is IntentState.UNKNOWN else Stage.CANCELLING

    def _why_open(self, task: _Task, stage: Stage, picture: Picture) -> str:
        is_slow = stage is Stage.CANCELLING and self._takes_long(task, picture)
        return NOT_CONFIRMED if is_slow else task.reason

    # ---- positions -----------------------------------------------------------------------------------

    def _judge_positions(self, picture: Picture, deeds: list[Deed]) -> list[Line]:
        busy = {order.symbol for order in self._foreign_orders(picture)}
        busy |= {leg.symbol for order in self._foreign_orders(picture) for leg in order.legs}
        held = {position.symbol: position for position in picture.positions if position.qty}
        keys = [key.removeprefix("position:") for key in self._tasks if key.startswith("position:")]
        lines = []
        for symbol in [*held, *(symbol for symbol in keys if symbol not in held)]:
            task = self._task(f"position:{symbol}")
            position = held.get(symbol)
            stage, reason = self._stage_of_close(position, task, picture, is_busy=_same(symbol, busy))
            if stage is Stage.DONE:
                continue
            if stage is Stage.RESISTS and position is not None and picture.now_ns >= task.not_before_ns:
                blocked = "" if picture.block is TradingBlock.NONE else picture.block.value
                reason = blocked or (HELD_BY_ORDERS if not position.closable_qty else "")
                if not reason:
                    deeds.append(ClosePosition(position))
                    stage, reason = Stage.CLOSING, task.reason
            lines.append(
                Line(
                    key=f"position:{symbol}",
                    symbol=symbol,
                    stage=stage,
                    reason=reason,
                    qty=None if position is None else position.qty,
                    tries=task.tries,
                )
            )
        return lines

    def _stage_of_close(
        self, position: Position | None, task: _Task, picture: Picture, *, is_busy: bool
    ) -> tuple[Stage, str]:
        intent = picture.intents.get(task.intent_id)
        if intent is not None:
            if not intent.state.is_settled:
                order = picture.orders.get(intent.order_id or "")
                if order is not None and order.status is OrderStatus.ACCEPTED:
                    return Stage.CLOSING, WAITS_FOR_OPEN
                if intent.state is IntentState.UNKNOWN:
                    return Stage.UNKNOWN, task.reason
                if order is not None and self._takes_long(task, picture):
                    return Stage.CLOSING, FILLED_IN_PART if order.filled_qty else NOT_FILLED
                return Stage.CLOSING, task.reason
            self._close_over(task, intent, picture)
        if task.settled_ns is not None and self._is_catching_up(position, task, picture):
            return Stage.SETTLING, task.reason
        if position is None:
            return Stage.DONE, ""
        if is_busy:
            return Stage.WAITING_FOR_CANCELS, task.reason
        return Stage.RESISTS, task.reason

    def _close_over(self, task: _Task, intent: Intent, picture: Picture) -> None:
        """The closing order has come to its end: note what should be left, and when to try again."""
        order = picture.orders.get(intent.order_id or "")
        filled = Decimal(0) if order is None else order.filled_qty
        sign = 1 if task.qty_before > 0 else -1
        self._over(task, picture)
        if intent.state is not IntentState.NEVER_SENT and (filled or intent.state is IntentState.FILLED):
            task.settled_ns = picture.now_ns
            task.expected_qty = task.qty_before - sign * filled
        if intent.state is not IntentState.FILLED:
            self._pause(task, intent.reason or intent.state.value, picture.now_ns)

    def _is_catching_up(self, position: Position | None, task: _Task, picture: Picture) -> bool:
        settled_ns = task.settled_ns or 0
        if picture.positions_asked_ns is None or picture.positions_asked_ns < settled_ns:
            return True
        qty = Decimal(0) if position is None else position.qty
        agrees = qty == task.expected_qty
        if agrees or picture.now_ns - settled_ns >= SETTLE_NS:
            task.settled_ns = None
            return False
        return True

    # ---- bookkeeping ---------------------------------------------------------------------------------

    def _task(self, key: str) -> _Task:
        return self._tasks.setdefault(key, _Task())

    def _takes_long(self, task: _Task, picture: Picture) -> bool:
        if task.under_way_ns is None:
            task.under_way_ns = picture.now_ns
        return picture.now_ns - task.under_way_ns >= _USUAL_NS

    def _over(self, task: _Task, picture: Picture) -> None:
        task.intent_id = ""
        self._last_change_ns = picture.now_ns

    def _pause(self, task: _Task, reason: str, now_ns: int) -> None:
        task.not_before_ns = now_ns + _BACK_OFF_NS[min(task.tries, len(_BACK_OFF_NS) - 1)]
        task.tries += 1
        task.reason = reason

    def _is_confirmed(self, picture: Picture) -> bool:
        """Whether both reads were sent after the last thing that happened."""
        reads = (picture.positions_asked_ns, picture.orders_asked_ns)
        return all(asked is not None and asked >= self._last_change_ns for asked in reads)


def _unreadable_lines(picture: Picture) -> list[Line]:
    """Nothing can be sent about them, and the account is not flat while they are there."""
    about = [("order", name, "") for name in picture.unreadable_orders]
    about += [("position", name, name) for name in picture.unreadable_positions]
    return [
        Line(key=f"{kind}:{name or place}", symbol=symbol, stage=Stage.RESISTS, reason=CANNOT_BE_READ)
        for place, (kind, name, symbol) in enumerate(about)
    ]


def _is_old(picture: Picture) -> bool:
    """Whether it is time to look again although nothing was sent: an event may have been lost."""
    asked = min(picture.positions_asked_ns or 0, picture.orders_asked_ns or 0)
    return picture.now_ns - asked >= LOOK_AGAIN_NS


def _same(symbol: str, busy: set[str]) -> bool:
    """Whether an order is about the position: coins are BTC/USD in orders and BTCUSD in positions."""
    return symbol in busy or any(other.replace("/", "") == symbol for other in busy)

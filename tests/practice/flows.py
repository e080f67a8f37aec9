"""Random things that people do with their accounts, and what must hold whatever they did."""

from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from practice.engine.executions import Execution
from practice.engine.orders import Kind, Order, Side, Tif
from practice.engine.refusals import Refusal
from practice.engine.rules import Change
from practice.engine.settlement import Settlement
from practice.engine.updates import Update
from tests.practice.engine import Day

Step = tuple[Any, ...]

SYMBOLS = ("AAPL", "F", "TSLA")
_sides = st.sampled_from(["buy", "sell"])
_symbols = st.sampled_from(SYMBOLS)
_quantities = st.sampled_from(["1", "2", "7", "40", "0.5", "300"])
_whole = st.sampled_from(["1", "3", "20"])
_cents = st.integers(-120, 120)
_picks = st.integers(0, 30)
_single = st.tuples(
    st.just("place"),
    _sides,
    _symbols,
    _quantities,
    st.sampled_from(list(Kind)),
    st.sampled_from(list(Tif)),
    _cents,
)
_group = st.tuples(
    st.just("group"),
    st.sampled_from(["bracket", "oco", "oto"]),
    _sides,
    _symbols,
    _whole,
    st.integers(1, 60),
    st.integers(1, 60),
    st.booleans(),
)
_limited = st.tuples(
    st.just("limited"), _sides, _symbols, st.sampled_from(["1", "40", "0.5"]), _cents, st.booleans()
)
_coins = st.tuples(st.just("coins"), _sides, st.sampled_from(["0.001", "0.01", "0.0333333337"]), _cents)
_amounts = st.tuples(
    st.just("amount"),
    _sides,
    st.sampled_from(["AAPL", "BTC/USD"]),
    st.sampled_from(["15", "1234.56", "9000"]),
    st.none() | _cents,
)
_options = st.tuples(st.just("option"), _sides, st.sampled_from(["call", "put"]), st.integers(0, 3), _whole)
_combo = st.tuples(st.just("combo"), st.integers(0, 3), st.integers(0, 3), _whole, st.booleans(), _cents)
_change = st.tuples(st.just("replace"), _picks, st.sampled_from(["3", "9", None]), _cents)

_wait = st.tuples(st.just("wait"), st.sampled_from([0.002, 0.05, 1.0, 40.0, 900.0]))
_step = st.one_of(
    _single,
    _single,
    _group,
    _group,
    _limited,
    _coins,
    _amounts,
    _amounts,
    _options,
    _combo,
    _change,
    st.tuples(st.just("cancel"), _picks),
    st.tuples(st.just("close"), _picks),
    st.tuples(st.just("exercise"), _picks),
    _wait,
)
_revision = st.one_of(
    st.tuples(st.just("bust"), _picks),
    st.tuples(st.just("correct"), _picks, st.integers(0, 50), st.sampled_from(["1", "0.5", "0.25", "1.5"])),
)

steps = st.lists(_step, max_size=40)
# The same, and the exchange takes back and corrects what it has reported.
revised_steps = st.lists(st.one_of(_step, _step, _wait, _revision), max_size=40)


@dataclass
class Books:
    """What an account should hold, counted from what the engine announced."""

    cash: Decimal = Decimal(100_000)
    held: dict[str, Decimal] = field(default_factory=dict)
    filled: dict[str, Decimal] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)

    def note(self, update: Update) -> None:
        """Count an update's executions."""
        if execution := update.execution:
            if execution.previous and execution.qty > 0:
                self._count(update.order, execution.previous.taken_back("", Decimal(0)), is_whole=False)
            self._count(update.order, execution)
        if update.combo:
            order, units = update.order, update.combo.qty
            self.filled[order.id] = self.filled.get(order.id, Decimal(0)) + units
            for leg, execution in update.combo.legs:
                self._count(leg, execution)

    def _count(self, order: Order, execution: Execution, *, is_whole: bool = True) -> None:
        instrument, bought = order.instrument, order.is_buy
        self.filled[order.id] = self.filled.get(order.id, Decimal(0)) + execution.qty
        value = execution.qty * execution.price * instrument.multiplier
        self.cash += -value if bought else value - execution.fee
        moved = execution.qty - execution.fee if bought else -execution.qty
        after = self.held.get(instrument.symbol, Decimal(0)) + moved
        self.held[instrument.symbol] = after
        if is_whole and after != execution.position_qty:
            self.mistakes.append(f"{instrument.symbol}: {execution.position_qty} told, {after} counted")

    def settle(self, told: Settlement) -> None:
        """Count what became of an option."""
        contract = told.instrument.contract
        self.cash += told.cash
        self.held[told.instrument.symbol] = self.held.get(told.instrument.symbol, Decimal(0)) - told.qty
        if contract:
            symbol = contract.underlying.symbol
            self.held[symbol] = self.held.get(symbol, Decimal(0)) + told.shares


def played(flow: list[Step], seed: int = 7, **when: Any) -> tuple[Day, Books]:
    """A day on which these things were done; what the broker refused has not been done."""
    day, books = Day(seed=seed, **when), Books()
    day.brokerage.floor.listen(books.note)
    day.brokerage.settlements.listen(books.settle)
    for step in flow:
        with suppress(Refusal, IndexError):
            _do(day, step)
    day.pass_time(3)
    return day, books


def _place_amount(day: Day, side: Side, symbol: str, amount: str, offset: int | None) -> None:
    limit = None if offset is None else day.ask(symbol) + Decimal(offset) / 100
    kind = Kind.MARKET if limit is None else Kind.LIMIT
    tif = Tif.GTC if symbol == "BTC/USD" else Tif.DAY
    day.place(side, None, symbol=symbol, notional=Decimal(amount), kind=kind, tif=tif, limit=limit)


def _do(day: Day, step: Step) -> None:
    match step:
        case ("place", side, symbol, qty, kind, tif, offset):
            price = day.ask(symbol) + Decimal(offset) / 100
            limit = price if kind in {Kind.LIMIT, Kind.STOP_LIMIT} else None
            stop = price if kind in {Kind.STOP, Kind.STOP_LIMIT} else None
            trail = {"trail_price": abs(Decimal(offset)) / 100} if kind is Kind.TRAILING_STOP else {}
            day.place(side, qty, symbol=symbol, kind=kind, tif=tif, limit=limit, stop=stop, **trail)
        case ("amount", side, symbol, amount, offset):
            _place_amount(day, side, symbol, amount, offset)
        case ("group", name, side, symbol, qty, up, down, gtc):
            opening = 1 if (side == "buy") is (name != "oco") else -1
            profit = day.ask(symbol) + opening * Decimal(up) / 100
            loss = day.bid(symbol) - opening * Decimal(down) / 100
            day.place(
                side,
                qty,
                symbol=symbol,
                kind=Kind.LIMIT if name == "oco" else Kind.MARKET,
                tif=Tif.GTC if gtc else Tif.DAY,
                order_class=name,
                profit=profit if name != "oto" or gtc else None,
                loss=loss if name != "oto" or not gtc else None,
            )
        case ("limited", side, symbol, qty, offset, gtc):
            limit = day.ask(symbol) + Decimal(offset) / 100
            tif = Tif.GTC if gtc and not Decimal(qty) % 1 else Tif.DAY
            day.place(side, qty, symbol=symbol, limit=limit, tif=tif, extended_hours=True)
        case ("coins", side, qty, offset):
            price = (day.ask("BTC/USD") + Decimal(offset)).quantize(Decimal("0.01"))
            day.place(side, qty, symbol="BTC/USD", tif=Tif.GTC, limit=price if offset % 2 else None)
        case ("option", side, right, index, qty):
            day.place(side, qty, symbol=day.contracts(right)[index].symbol)
        case ("combo", first, second, qty, bought, offset):
            calls = day.contracts("call")
            sides: tuple[Side, Side] = ("buy", "sell") if bought else ("sell", "buy")
            limit = Decimal(offset) / 100 if offset % 2 else None
            day.combination(
                qty, (calls[first].symbol, sides[0], 1), (calls[second].symbol, sides[1], 1), limit=limit
            )
        case ("replace", index, qty, offset):
            order = list(day.account.orders.values())[index]
            limit = order.limit_price
            if limit is not None and not order.is_combo:
                limit = (limit + Decimal(offset) / 100).quantize(Decimal("0.01"))
            change = Change(qty=Decimal(qty) if qty is not None else None, limit_price=limit)
            day.brokerage.replace(day.account, order, change)
        case ("cancel", index):
            day.brokerage.cancel(list(day.account.orders.values())[index])
        case ("close" | "exercise" as what, index):
            position = list(day.account.positions.values())[index % 4]
            end = day.brokerage.close_position if what == "close" else day.brokerage.settlements.exercise
            end(day.account, position.instrument)
        case ("bust" | "correct", *_):
            _revise(day, step)
        case ("wait", seconds):
            day.pass_time(seconds)


def _revise(day: Day, step: Step) -> None:
    standing = list(day.brokerage.revisions.standing())
    one = standing[step[1] % (len(standing) or 1)]
    if step[0] == "bust":
        day.brokerage.revisions.bust(one.execution.id)
        return
    cents, share = step[2:]
    better = Decimal(-cents if one.order.is_buy else cents) / 100
    qty = one.execution.qty * Decimal(share)
    price = max(one.execution.price + better, Decimal("0.01"))
    day.brokerage.revisions.correct(one.execution.id, price, qty - qty % Decimal("1e-9"))


def whole_chain(day: Day, order: Order) -> Decimal:
    """What an order and all those it replaced have filled."""
    filled = order.filled_qty
    while order.replaces:
        order = day.account.orders[order.replaces]
        filled += order.filled_qty
    return filled

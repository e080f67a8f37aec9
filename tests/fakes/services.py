"""Small stateful stand-ins for `core.services`, for tests of single widgets.

They keep state and announce changes like the real ones, and record what the interface asked for.
"""

import itertools
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from msgspec import structs
from PySide6.QtCore import QObject, Signal

from core.clock import continuous_ns
from core.domain.account import Account
from core.domain.activity import Activity
from core.domain.connection import LogLine, StreamName, StreamPhase, StreamStatus
from core.domain.environment import Environment
from core.domain.event import Asset, Fill
from core.domain.flattening import Line, Stage
from core.domain.gains import Gains
from core.domain.grant import SCOPE_DATA, SCOPE_TRADING, Grant
from core.domain.instrument import AssetClass, Instrument
from core.domain.intent import Intent, IntentKind, IntentState
from core.domain.maker import Maker, maker_of
from core.domain.market import Quote, Ticker, Trade
from core.domain.order import Order, OrderStatus
from core.domain.position import Position
from core.domain.request import OrderRequest, ReplaceRequest
from core.domain.secret import Secret
from core.domain.sign_in_phase import SignInPhase
from core.domain.trading_block import TradingBlock
from core.domain.trading_hours import TradingHours
from core.errors import AppError
from core.services.clock import Clock, SystemClock
from core.services.flatten import Entry, FlattenReport
from core.services.history_reader import HistoryPhase, HistoryProgress
from core.services.order_guard import OrderGuard
from core.services.order_timing import OrderTiming
from core.services.session import Session
from core.services.settings import Settings
from core.services.timers import QtTimers
from core.store.settings import SettingsValues

NS_PER_S = 1_000_000_000


def account(**changes) -> Account:
    """The account of the reference picture."""
    known = Account(
        id="b0b6dd9d-0000-4000-8000-000000003f7a",
        number="PA3SIM003F7A",
        status="ACTIVE",
        equity=Decimal("100482.16"),
        last_equity=Decimal("100000.00"),
        cash=Decimal("77553.06"),
        buying_power=Decimal("187310.40"),
        regt_buying_power=Decimal("187310.40"),
        long_market_value=Decimal("26950.60"),
        short_market_value=Decimal("-4021.50"),
        initial_margin=Decimal("15486.05"),
        maintenance_margin=Decimal("9291.63"),
        multiplier=Decimal(2),
        options_level=3,
    )
    return replace(known, **changes)


def ticker(
    symbol: str, bid: float, ask: float, *, last: float | None = None, close: float | None = None, age_s=0.2
) -> Ticker:
    """A ticker heard `age_s` ago."""
    heard = continuous_ns() - int(age_s * NS_PER_S)
    return Ticker(
        symbol=symbol,
        quote=Quote(
            symbol=symbol,
            bid=bid,
            ask=ask,
            bid_size=3,
            ask_size=4,
            exchange_ns=time.time_ns(),
            received_ns=heard,
        ),
        trade=None
        if last is None
        else Trade(symbol=symbol, price=last, size=100, exchange_ns=time.time_ns(), received_ns=heard),
        previous_close=close,
    )


def instrument(symbol: str, **changes) -> Instrument:
    """Something that may be traded in every way its class knows."""
    known = Instrument(
        symbol=symbol,
        exchange="NASDAQ",
        asset_class=AssetClass.of_symbol(symbol),
        fractionable=True,
        shortable=True,
        attributes=frozenset({"fractional_eh_enabled", "overnight_tradable"}),
    )
    return replace(known, **changes)


def order(order_id: str = "o-1", **changes) -> Order:
    """A working limit order to buy 20 NVDA."""
    known = Order(
        id=order_id,
        client_order_id=f"c-{order_id}",
        symbol="NVDA",
        side="buy",
        type="limit",
        time_in_force="day",
        status=OrderStatus.NEW,
        status_text="new",
        qty=Decimal(20),
        limit_price=Decimal("182.40"),
        submitted_at=datetime(2026, 3, 2, 15, 0, tzinfo=UTC),
        updated_at=datetime(2026, 3, 2, 15, 0, tzinfo=UTC),
    )
    return structs.replace(known, **changes)


class StandingClock:
    """Starts at now and moves only when told."""

    def __init__(self) -> None:
        self.monotonic = continuous_ns()
        self.wall = time.time_ns()

    def monotonic_ns(self) -> int:
        return self.monotonic

    def running_ns(self) -> int:
        return self.monotonic_ns()

    def wall_ns(self) -> int:
        return self.wall

    def pass_s(self, seconds: float) -> None:
        self.monotonic += int(seconds * NS_PER_S)
        self.wall += int(seconds * NS_PER_S)


class FakeAccountWatch(QObject):
    changed = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.account: Account | None = None
        self.received_ns: int | None = None
        self.refreshes = 0

    def refresh(self) -> None:
        self.refreshes += 1

    def show(self, value: Account) -> None:
        self.account, self.received_ns = value, continuous_ns()
        self.changed.emit(value)


class FakeOrderDesk(QObject):
    """Keeps what was placed; a test answers for the broker with `answer`."""

    orders_changed = Signal(object)
    intents_changed = Signal(object)
    filled = Signal(object)
    alarmed = Signal(object)
    journal_failed = Signal(object)
    trading_block_changed = Signal(object)
    has_read_orders_changed = Signal()
    own_orders_known = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.trading_block = TradingBlock.NONE
        self.has_read_orders = True
        self.knows_own_orders = True
        self.orders: dict[str, Order] = {}
        self.placed: list[OrderRequest] = []
        self.replaced: list[ReplaceRequest] = []
        self.cancelled: list[str] = []
        self.closed: list[Position] = []
        self.live_unlocks = 0
        self.switches: set[TradingBlock] = set()
        self.looked_up: list[str] = []
        self.cancel_alls = 0
        self.retried: list[str] = []
        self.ages_s: dict[str, float] = {}
        self.may_be_retried: set[str] = set()
        self.foreign: set[str] = set()
        self.timing = OrderTiming(SystemClock(), QtTimers(self), lambda _moments: None)
        self.failure: Exception | None = None
        self._intents: dict[str, Intent] = {}
        self._numbers = itertools.count(1)

    @property
    def open_intents(self) -> tuple[Intent, ...]:
        return tuple(i for i in self._intents.values() if not i.state.is_settled)

    def intent(self, client_order_id: str) -> Intent | None:
        return self._intents.get(client_order_id)

    def block(self, reason: TradingBlock) -> None:
        self.trading_block = reason
        self.trading_block_changed.emit(reason)

    def finish_reading(self) -> None:
        self.has_read_orders = True
        self.has_read_orders_changed.emit()

    def new_client_order_id(self) -> str:
        return f"bw-{next(self._numbers):04d}"

    def place(self, request: OrderRequest, *, client_order_id: str | None = None) -> Intent:
        if self.failure:
            raise self.failure
        self.placed.append(request)
        made = self._new_intent(IntentKind.PLACE, request.symbol)
        made = structs.replace(made, client_order_id=client_order_id or made.client_order_id)
        kept = self._keep(structs.replace(made, body=json.dumps(request.body(made.client_order_id)).encode()))
        self.intents_changed.emit((kept,))
        return kept

    def replace(self, request: ReplaceRequest) -> Intent:
        self.replaced.append(request)
        made = self._new_intent(IntentKind.REPLACE, self.orders[request.order_id].symbol)
        body = json.dumps(request.body(made.client_order_id)).encode()
        return self._keep(structs.replace(made, target_order_id=request.order_id, body=body))

    def cancel(self, order_id: str) -> Intent:
        self.cancelled.append(order_id)
        made = self._new_intent(IntentKind.CANCEL, self.orders[order_id].symbol)
        return self._keep(structs.replace(made, target_order_id=order_id))

    def cancel_all(self, *, symbol: str | None = None, side: str | None = None) -> tuple[Intent, ...]:
        self.cancel_alls += 1
        return tuple(
            self.cancel(o.id)
            for o in list(self.orders.values())
            if o.is_cancelable and symbol in (None, o.symbol) and side in (None, o.side)
        )

    def may_retry(self, client_order_id: str) -> bool:
        return client_order_id in self.may_be_retried

    def retry(self, client_order_id: str) -> Intent:
        self.retried.append(client_order_id)
        return self._intents[client_order_id]

    def executions(self, _order_id: str) -> tuple[Fill, ...]:
        return ()

    def close_position(self, position: Position, qty: Decimal | None = None) -> Intent:
        self.closed.append(position if qty is None else replace(position, qty=qty))
        return self._keep(self._new_intent(IntentKind.PLACE, position.symbol))

    def switch(self, reason: TradingBlock, *, on: bool) -> None:
        (self.switches.add if on else self.switches.discard)(reason)
        self.block(min(self.switches, default=TradingBlock.NONE))

    def unlock_live(self) -> None:
        self.live_unlocks += 1
        self.block(TradingBlock.NONE)

    def is_own(self, seen: Order) -> bool:
        return seen.id not in self.foreign

    def maker_of(self, seen: Order) -> Maker:
        parent = self.orders.get(seen.parent_id or "")
        is_own = self.knows_own_orders and self.is_own(seen)
        return maker_of(seen, parent, is_own=is_own, is_journal_read=self.knows_own_orders)

    def read_journal(self) -> None:
        self.knows_own_orders = True
        self.own_orders_known.emit()

    def age_s(self, client_order_id: str) -> float:
        return self.ages_s.get(client_order_id, 0.0)

    def let_go(self, client_order_id: str) -> None:
        known = structs.replace(self._intents[client_order_id], is_let_go=True)
        self._intents[client_order_id] = known
        self.intents_changed.emit((known,))

    def look_up(self, client_order_id: str) -> None:
        self.looked_up.append(client_order_id)

    def answer(
        self, intent: Intent, *states: IntentState, reason: str = "", order: Order | None = None
    ) -> Intent:
        """Move the intent through `states` and announce the last one."""
        known = self._intents[intent.client_order_id]
        for state in states:
            known = known.moved_to(
                state, at_ns=time.time_ns(), reason=reason, order_id=order.id if order else None
            )
        self._intents[known.client_order_id] = known
        if order is not None:
            self.show_orders(order)
        self.intents_changed.emit((known,))
        return known

    def show_orders(self, *changed: Order) -> None:
        self.orders |= {o.id: o for o in changed}
        self.orders_changed.emit(changed)

    def _new_intent(self, kind: IntentKind, symbol: str) -> Intent:
        now = time.time_ns()
        return Intent(
            client_order_id=self.new_client_order_id(),
            kind=kind,
            environment=Environment.PAPER,
            account_id="b0b6dd9d",
            symbol=symbol,
            body=b"{}",
            state=IntentState.DRAFT,
            created_ns=now,
            since_ns=now,
        )

    def _keep(self, made: Intent) -> Intent:
        self._intents[made.client_order_id] = made
        return made


class FakePositions(QObject):
    changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.positions: dict[str, Position] = {}
        self.received_ns: int | None = None
        self.unread: tuple[str, ...] = ()

    def refresh(self) -> None:
        pass

    def may_hold_unread(self, _symbol: str) -> bool:
        return False

    def show(self, *held: Position) -> None:
        self.positions = {p.symbol: p for p in held}
        self.received_ns = continuous_ns()
        self.changed.emit(held)


class FakeQuoteBoard(QObject):
    tickers_changed = Signal(object)
    refusals_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tickers: dict[str, Ticker] = {}
        self.followed: dict[str, tuple[str, ...]] = {}
        self.refused: AppError | None = None
        self.asked_again: list[str] = []
        self._recent: dict[str, list[float]] = {}

    def ticker(self, symbol: str) -> Ticker | None:
        return self.tickers.get(symbol)

    def refusal(self, _symbol: str) -> AppError | None:
        return self.refused

    def ask_again(self, symbol: str) -> None:
        self.asked_again.append(symbol)

    def refuse(self, error: AppError | None) -> None:
        self.refused = error
        self.refusals_changed.emit()

    def follow(self, owner: str, symbols: Iterable[str]) -> None:
        self.followed[owner] = tuple(symbols)

    def recent(self, symbol: str) -> Sequence[float]:
        return self._recent.get(symbol, ())

    def show(self, *changed: Ticker) -> None:
        batch = {t.symbol: t for t in changed}
        self.tickers |= batch
        self.tickers_changed.emit(batch)

    def remember(self, symbol: str, mids: Sequence[float]) -> None:
        self._recent[symbol] = list(mids)


class FakeWatchlist(QObject):
    changed = Signal(object)
    names_changed = Signal(object)
    refused = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.symbols: tuple[str, ...] = ()
        self.assets: dict[str, Asset] = {}
        self.names: Mapping[str, str] = {"NVDA": "NVIDIA Corporation", "AAPL": "Apple Inc."}

    def add(self, text: str, position: int | None = None) -> None:
        symbols = list(self.symbols)
        symbols.insert(len(symbols) if position is None else position, text.strip().upper())
        self.symbols = tuple(symbols)
        self.changed.emit(self.symbols)

    def remove(self, symbol: str) -> None:
        self.symbols = tuple(s for s in self.symbols if s != symbol)
        self.changed.emit(self.symbols)

    def name_of(self, symbol: str) -> str:
        return self.names.get(symbol, "")


class FakeConnection(QObject):
    changed = Signal()

    def __init__(self, session: "FakeSession") -> None:
        super().__init__(session)
        self._session = session
        self.rest_latency_ms: float | None = 41.0
        self.rest_ok: bool | None = True
        self.followed = {StreamName.QUOTES: 24, StreamName.COINS: 1, StreamName.OPTIONS: 2}
        self.budgets = {StreamName.QUOTES: 30}
        self.gaps = 0
        self.clock_skew_ms: float | None = 12.0
        now = continuous_ns()
        self.statuses = {
            name: StreamStatus(
                name=name,
                phase=StreamPhase.LIVE,
                last_message_ns=now,
                heard_ns=now,
                connected_ns=now,
                feed=feed,
            )
            for name, feed in zip(StreamName, ("", "iex", "crypto us", "indicative"), strict=True)
        }
        self.rates = {name: 1284.0 if name is StreamName.QUOTES else 0.0 for name in StreamName}

    def status(self, name: StreamName) -> StreamStatus:
        return self.statuses[name]

    def message_rate(self, name: StreamName) -> float:
        return self.rates[name]

    def is_live(self, name: StreamName) -> bool:
        return self.statuses[name].phase is StreamPhase.LIVE

    @property
    def live(self) -> frozenset[StreamName]:
        return frozenset(name for name in StreamName if self.is_live(name))

    def is_trading(self, name: StreamName) -> bool:
        return name is StreamName.COINS or bool(self._session.market_clock.is_open)

    def symbols_followed(self, name: StreamName) -> int:
        return self.followed.get(name, 0)

    def symbol_budget(self, name: StreamName) -> int | None:
        return self.budgets.get(name)

    def show(self, name: StreamName, **changes) -> None:
        self.statuses[name] = replace(self.statuses[name], **changes)
        self.changed.emit()


class FakeLog(QObject):
    lines_added = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: list[LogLine] = []
        self.count = 0
        self.dropped = 0

    def show(self, *lines: LogLine) -> None:
        self.lines += lines
        self.count += len(lines)
        self.lines_added.emit(lines)


class FakeMarketClock(QObject):
    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.is_open: bool | None = True
        self.now: datetime | None = None  # None: what the computer's clock says
        self.next_change: datetime | None = datetime.now(UTC) + timedelta(hours=2, minutes=14, seconds=8)

    @property
    def is_known_open(self) -> bool:
        return bool(self.is_open)

    def hours_now(self) -> TradingHours:
        return TradingHours(
            now=self.now or datetime.now(UTC),
            is_open=self.is_open,
            next_open=None if self.is_open else self.next_change,
            next_close=self.next_change if self.is_open else None,
        )


class FakeInstruments(QObject):
    """Knows every share there is, as one that may be traded in every way, unless a test says otherwise."""

    changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.known: dict[str, Instrument] = {}
        self.missing: set[str] = set()

    def get(self, symbol: str) -> Instrument | None:
        if not symbol or symbol in self.missing:
            return None
        return self.known.setdefault(symbol, instrument(symbol))

    def is_unknown(self, symbol: str) -> bool:
        return symbol in self.missing

    def show(self, made: Instrument) -> None:
        self.known[made.symbol] = made
        self.changed.emit(made.symbol)


class FakeSettings(QObject):
    """Settings that are never written anywhere."""

    changed = Signal(str)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None, **values) -> None:
        super().__init__(parent)
        self.values = SettingsValues(**values)
        self.notice = ""

    def change(self, **values) -> None:
        self.values = replace(self.values, **values)
        for name in values:
            self.changed.emit(name)


@dataclass
class FakeFill:
    order_id: str
    symbol: str
    side: str
    qty: Decimal
    price: Decimal
    at: datetime | None = None
    position_qty: Decimal | None = None


class FakeReader(QObject):
    """A list of the past of which a test says how far it is read."""

    arrived = Signal(object)
    progress_changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.progress = HistoryProgress()
        self.asked: list[str] = []

    def read(self) -> None:
        self.asked.append("read")

    def read_all(self) -> None:
        self.asked.append("read_all")

    def pause(self) -> None:
        self.asked.append("pause")

    def show(self, phase: HistoryPhase, **changes) -> None:
        self.progress = replace(self.progress, phase=phase, **changes)
        self.progress_changed.emit(self.progress)


class FakeHistory(QObject):
    """The orders or the activities of the past."""

    arrived = Signal(object)
    exported = Signal(object)
    export_failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.reader = FakeReader(self)
        self.entries: dict[str, Activity] = {}
        self.exports: list[tuple[Path, tuple[Activity, ...]]] = []

    def export(self, path: Path, activities: tuple[Activity, ...]) -> None:
        self.exports.append((path, activities))


class FakeFlatten(QObject):
    """A run that a test drives: `show` lines, `finish` with a report."""

    changed = Signal()
    finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.is_running = False
        self.lines: tuple[Line, ...] = ()
        self.failure: AppError | None = None

    def start(self) -> None:
        if self.failure:
            raise self.failure
        self.is_running = True

    def show(self, *lines: Line) -> None:
        self.lines = lines
        self.changed.emit()

    def stop(self) -> None:
        self.finish(is_flat=False)

    def finish(self, *, is_flat: bool) -> None:
        self.is_running = False
        at_ns = time.time_ns()
        self.finished.emit(
            FlattenReport(
                started_ns=at_ns - 12 * NS_PER_S,
                ended_ns=at_ns,
                is_flat=is_flat,
                entries=tuple(Entry(at_ns=at_ns, line=line) for line in self.lines),
                open_lines=tuple(line for line in self.lines if line.stage is not Stage.DONE),
            )
        )


class FakeGains(QObject):
    """Gains that a test names."""

    changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.gains: dict[str, Gains] = {}
        self.held: dict[str, object] = {}

    def begin(self) -> None:
        pass

    def check_day(self) -> None:
        pass

    def read_until_explained(self, held: Mapping[str, object]) -> None:
        self.held = dict(held)

    def show(self, *gains: Gains) -> None:
        self.gains |= {one.symbol: one for one in gains}
        self.changed.emit(self.gains)


class FakeReports(QObject):
    """Keeps texts in memory, or fails with `failure`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.kept: dict[str, str] = {}
        self.failure: AppError | None = None

    def keep(
        self, name: str, text: str, done: Callable[[Path], None], failed: Callable[[AppError], None]
    ) -> None:
        self.kept[name] = text
        if self.failure is None:
            done(Path("/data/reports") / name)
        else:
            failed(self.failure)


class FakeSession(QObject):
    """One signed-in paper account that a test fills with state."""

    ended = Signal(object)

    def __init__(
        self,
        *,
        environment: Environment = Environment.PAPER,
        scopes: frozenset[str] = frozenset({SCOPE_TRADING, SCOPE_DATA}),
        settings: FakeSettings | None = None,
        clock: Clock | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.environment = environment
        self.profile = SimpleNamespace(name="Practice", is_loopback_only=True)
        self.grant = Grant(token=Secret("t"), scopes=scopes)
        self.account = FakeAccountWatch(self)
        self.orders = FakeOrderDesk(self)
        self.history = FakeHistory(self)
        self.activities = FakeHistory(self)
        self.positions = FakePositions(self)
        self.flatten = FakeFlatten(self)
        self.gains = FakeGains(self)
        self.reports = FakeReports(self)
        self.market = FakeQuoteBoard(self)
        self.watchlist = FakeWatchlist(self)
        self.connection = FakeConnection(self)
        self.log = FakeLog(self)
        self.market_clock = FakeMarketClock(self)
        self.instruments = FakeInstruments(self)
        self.settings = settings or FakeSettings(self)
        self.guard = OrderGuard(
            cast("Session", self), cast("Settings", self.settings), clock or SystemClock()
        )
        self.account.show(account())

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass


class FakeSignIn(QObject):
    """A sign-in whose phases a test sets."""

    phase_changed = Signal(object)
    failed = Signal(object)
    noticed = Signal(object)
    signed_in = Signal(object)
    signed_out = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.profile = SimpleNamespace(name="Practice", is_loopback_only=True)
        self.phase = SignInPhase.SIGNED_OUT
        self.keyring_unavailable = False
        self.begun: list[tuple[str, tuple[int, int] | None]] = []
        self.cancels = 0

    def show(self, phase: SignInPhase) -> None:
        self.phase = phase
        self.phase_changed.emit(phase)

    def begin(self, theme: str, centre: tuple[int, int] | None, pictures: str | None = None) -> None:
        self.begun.append((theme, centre))
        self.show(SignInPhase.WAITING_FOR_PERSON)

    def cancel(self) -> None:
        self.cancels += 1
        self.show(SignInPhase.SIGNED_OUT)

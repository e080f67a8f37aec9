"""A whole session on real sockets: it starts, recovers, ends, and two live side by side."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.clock import continuous_ns
from core.domain.alarm import Alarm, AlarmKind
from core.domain.client_order_id import is_of_our_form
from core.domain.connection import StreamName, StreamPhase
from core.domain.environment import Coverage, Environment
from core.domain.grant import Grant
from core.domain.intent import Intent, IntentState
from core.domain.order import OrderType, Side
from core.domain.request import OrderRequest
from core.domain.secret import Secret
from core.domain.trading_block import TradingBlock
from core.errors import SignInExpired
from core.net.lanes import JOIN_S, Lane
from core.services.clock import SystemClock
from core.services.frame_clock import FrameClock
from core.services.session import Session, SessionParts
from core.services.settings import Settings
from core.store.history import History
from tests.core.builders import account, order
from tests.core.golden import golden
from tests.fakes.broker import TOKEN, Broker, refuse
from tests.fakes.stream_server import data_stream, streaming

S = IntentState
BUY = OrderRequest(
    symbol="AAPL", side=Side.BUY, type=OrderType.LIMIT, qty=Decimal(10), limit_price=Decimal("189.4")
)


@pytest.fixture
def parts(qapp, tmp_path: Path) -> Iterator[SessionParts]:
    disk, frames = Lane("disk"), FrameClock()
    settings = Settings(tmp_path / "settings.toml", disk)
    settings.change(watchlist=("AAPL", "NVDA"))
    yield SessionParts(
        settings=settings, frames=frames, clock=SystemClock(), data_dir=tmp_path, user_agent="Bellwether/test"
    )
    settings.flush()
    disk.stop()
    frames._timer.stop()


Maker = Callable[..., Session]


@pytest.fixture
def make(broker: Broker, parts: SessionParts) -> Iterator[Maker]:
    sessions: list[Session] = []

    def session(
        environment: Environment = Environment.PAPER,
        scopes: frozenset[str] = frozenset({"trading"}),
        account_id: str = account().id,
        parts: SessionParts = parts,
        **changes: Any,
    ) -> Session:
        profile = broker.profile(Coverage.BOTH, **changes)
        grant = Grant(token=Secret(TOKEN), scopes=scopes)
        made = Session(profile, environment, grant, account(id=account_id), parts)
        sessions.append(made)
        made.start()
        return made

    yield session
    for each in sessions:
        started = time.monotonic()
        each.stop()
        assert time.monotonic() - started < JOIN_S


def ready(session: Session, qtbot: Any) -> Session:
    qtbot.waitUntil(lambda: session.orders.trading_block is TradingBlock.NONE)
    return session


def known(session: Session, key: str) -> Intent:
    intent = session.orders.intent(key)
    assert intent is not None
    return intent


def placed(session: Session, qtbot: Any) -> str:
    key = session.orders.place(BUY).client_order_id
    qtbot.waitUntil(lambda: known(session, key).state is S.WORKING)
    return key


def test_a_session_becomes_ready_by_itself_and_trades(make, broker, qtbot):
    session = ready(make(), qtbot)
    assert session.connection.is_live(StreamName.ORDERS)
    assert session.account.account is not None
    assert session.account.account.number == "PA3SIM00001"
    key = placed(session, qtbot)
    assert is_of_our_form(key)
    fills: list[Any] = []
    session.orders.filled.connect(fills.append)
    broker.positions = [golden("position")]
    broker.fill(known(session, key).order_id or "", copies=3)
    qtbot.waitUntil(lambda: known(session, key).state is S.FILLED)
    qtbot.waitUntil(lambda: set(session.positions.positions) == {"AAPL"}, timeout=20_000)
    assert len(fills) == 1
    qtbot.waitUntil(lambda: any(line.kind == "fill" for line in session.log.lines))


def test_a_cut_stream_holds_orders_and_what_was_missed_is_read(make, broker, qtbot):
    session = ready(make(), qtbot)
    key = placed(session, qtbot)
    order_id = known(session, key).order_id or ""
    blocks: list[TradingBlock] = []
    session.orders.trading_block_changed.connect(blocks.append)
    broker.sends_events = False
    broker.fill(order_id)
    broker.cut_streams()
    qtbot.waitUntil(lambda: blocks[-1:] == [TradingBlock.NONE])
    assert blocks == [TradingBlock.NOT_READY, TradingBlock.NONE]
    assert known(session, key).state is S.FILLED
    assert session.connection.gaps == 1
    assert broker.streams == 2


@pytest.mark.parametrize(
    "frame",
    [
        '{"stream":"trade_updates","data":{"event":"fill","order":',
        json.dumps(
            {
                "stream": "trade_updates",
                "data": {"event": "fill", "order": {**golden("order"), "filled_qty": "many"}},
            }
        ),
    ],
    ids=["cut short", "a quantity that is no number"],
)
def test_an_update_that_cannot_be_read_is_made_up_for_by_reading(make, broker, qtbot, frame):
    session = ready(make(), qtbot)
    key = placed(session, qtbot)
    broker.sends_events = False
    broker.fill(known(session, key).order_id or "")
    broker.send(frame)
    qtbot.waitUntil(lambda: known(session, key).state is S.FILLED)
    assert session.connection.is_live(StreamName.ORDERS)


@pytest.mark.expects_log("positions could not be read")
def test_a_position_that_cannot_be_read_is_told_once_and_holds_nothing(make, broker, qtbot):
    broker.positions = [golden("position"), {**golden("position"), "symbol": "TSLA", "qty": "many"}]
    session = make()
    alarms: list[Alarm] = []
    session.orders.alarmed.connect(alarms.append)
    ready(session, qtbot)
    read = len(broker.sent("GET", "/v2/positions"))
    session.positions.refresh()
    qtbot.waitUntil(lambda: len(broker.sent("GET", "/v2/positions")) > read)
    assert set(session.positions.positions) == {"AAPL"}
    assert [(alarm.kind, alarm.names) for alarm in alarms] == [(AlarmKind.UNREADABLE_POSITION, ("TSLA",))]


def test_a_kept_order_is_checked_although_the_live_account_is_locked(make, parts, broker, qtbot):
    """It was open when the last run ended, and the desk, which has read the orders, does not list it."""
    kept = History(
        parts.data_dir / "history" / f"live-{account().id}.sqlite",
        account_id=account().id,
        environment=Environment.LIVE,
    )
    kept.put_orders([order("o-old")])
    kept.close()
    session = make(environment=Environment.LIVE)
    qtbot.waitUntil(lambda: session.orders.has_read_orders)
    assert session.orders.trading_block is TradingBlock.LIVE_LOCKED
    qtbot.waitUntil(lambda: broker.sent("GET", "/live/v2/orders/o-old") != [])


def test_a_withdrawn_token_ends_the_session_once_and_holds_orders(make, broker, qtbot):
    session = ready(make(), qtbot)
    ended: list[Any] = []
    session.ended.connect(ended.append)
    for _ in range(3):
        broker.faults.account.append(refuse(401, "request is not authorized"))
        session.account.refresh()
    qtbot.waitUntil(lambda: len(ended) == 1)
    assert type(ended[0]) is SignInExpired
    assert session.orders.trading_block is TradingBlock.TOKEN_REFUSED


def test_without_the_data_scope_there_is_no_data_stream_and_that_is_shown(make, qtbot):
    session = ready(make(coin_stream_url="ws://127.0.0.1:9/v1beta3/crypto/us"), qtbot)
    status = session.connection.status(StreamName.QUOTES)
    assert (status.phase, status.reason.value) == (StreamPhase.REFUSED, "scope_missing")
    assert session.market.followed == ()
    session.market.follow("ticket", ["BTC/USD"])
    assert session.market.feeds[StreamName.COINS].wanted == frozenset()


def test_quotes_reach_the_board_for_what_is_watched_and_held(make, broker, qtbot):
    broker.positions = [
        golden("position"),
        {**golden("position"), "symbol": "BTCUSD", "asset_class": "crypto"},
    ]
    with streaming(data_stream) as server:
        session = make(scopes=frozenset({"trading", "data"}), data_stream_url=f"ws://{server.address}")
        qtbot.waitUntil(lambda: session.connection.is_live(StreamName.QUOTES))
        qtbot.waitUntil(lambda: set(session.positions.positions) == {"AAPL", "BTCUSD"})
        assert session.market.feeds[StreamName.QUOTES].wanted == {"AAPL", "NVDA"}
        server.tell([{"T": "q", "S": "NVDA", "bp": 100.0, "ap": 100.2}], packed=True)
        qtbot.waitUntil(lambda: session.market.ticker("NVDA") is not None)
        session.stop()


def test_two_sessions_live_side_by_side_and_share_nothing(make, broker, qtbot):
    paper = ready(make(), qtbot)
    live = make(Environment.LIVE)
    live.orders.unlock_live()
    ready(live, qtbot)
    key = placed(paper, qtbot)
    assert live.orders.intent(key) is None
    assert len(list((paper._sender._path.parent).glob("*.sqlite"))) == 2
    paper.stop()
    placed(live, qtbot)
    assert [path.split("/")[1] for verb, path, _ in broker.requests if verb == "POST"] == ["v2", "live"]


def test_an_account_id_made_to_escape_stays_in_the_journals_folder(make, qtbot, tmp_path):
    ready(make(account_id="../../../escaped"), qtbot)
    assert [path.name for path in (tmp_path / "journal").glob("*.sqlite")] == [
        "paper-..%2F..%2F..%2Fescaped.sqlite"
    ]
    assert not list(tmp_path.parent.glob("escaped*"))


class Computer(SystemClock):
    """The computer's clocks, as after a sleep of so long."""

    def __init__(self) -> None:
        super().__init__()
        self._slept_ns = 0
        self.monotonic_ns = lambda: continuous_ns() + self._slept_ns
        self.wall_ns = lambda: time.time_ns() + self._slept_ns

    def sleep_s(self, seconds: float) -> None:
        self._slept_ns += int(seconds * 1e9)


def test_on_waking_every_stream_is_connected_anew_and_everything_read_again_at_once(
    make, parts, broker, qtbot
):
    with streaming(data_stream, data_stream) as server:
        computer = Computer()
        session = ready(
            make(
                scopes=frozenset({"trading", "data"}),
                data_stream_url=f"ws://{server.address}",
                parts=replace(parts, clock=computer),
            ),
            qtbot,
        )
        qtbot.waitUntil(lambda: session.connection.is_live(StreamName.QUOTES))
        placed(session, qtbot)
        qtbot.waitUntil(lambda: session.market_clock.hours is not None)
        paths = ("/v2/clock", "/v2/account", "/v2/positions", "/v2/orders", "/v2/stocks/snapshots")

        def reads() -> list[int]:
            return [len(broker.sent("GET", path)) for path in paths]

        quiet = reads()
        blocks: list[TradingBlock] = []
        session.orders.trading_block_changed.connect(blocks.append)
        computer.sleep_s(3_600)
        qtbot.waitUntil(lambda: all(now > before for now, before in zip(reads(), quiet, strict=True)))
        qtbot.waitUntil(lambda: broker.streams == 2 and blocks[-1:] == [TradingBlock.NONE])
        qtbot.waitUntil(lambda: len(server.peers) == 2 and session.connection.is_live(StreamName.QUOTES))
        assert blocks[0] is TradingBlock.NOT_READY  # until orders and positions were read
        session.stop()


def test_an_ended_session_asks_nothing_on_waking(make, broker, qtbot):
    session = ready(make(), qtbot)
    session.stop()
    asked = len(broker.requests)
    session.wake()
    assert len(broker.requests) == asked


def test_a_session_that_never_got_anywhere_ends_as_quickly(make, broker, qtbot):
    broker.stop()
    session = make()
    qtbot.waitUntil(lambda: session.connection.status(StreamName.ORDERS).phase is StreamPhase.WAITING)
    assert session.orders.trading_block is TradingBlock.NOT_READY

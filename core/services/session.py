"""One signed-in account in one environment: everything about it hangs from here, nothing is global."""

import uuid
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from PySide6.QtCore import QMetaObject, QObject, Qt, QTimer, Signal, Slot

from core.domain.account import Account
from core.domain.alarm import Alarm
from core.domain.client_order_id import PREFIX
from core.domain.connection import RefusalReason, StreamName, StreamPhase, StreamStatus
from core.domain.environment import Environment
from core.domain.grant import Grant
from core.domain.profile import ConnectionProfile
from core.errors import AppError, SignInExpired
from core.net.conversations import OrderConversation
from core.net.socket_driver import SocketDriver
from core.net.stream_thread import StreamThread
from core.protocol.trading import read_account
from core.services.account import AccountWatch
from core.services.broker_link import BrokerLink
from core.services.clock import Clock, sleep_watch
from core.services.connection import ConnectionMonitor
from core.services.flatten import Flatten
from core.services.frame_clock import FrameClock
from core.services.gains import GainsKeeper
from core.services.history import ActivityFeed, OrderHistory
from core.services.history_shelf import HistoryShelf
from core.services.instruments import InstrumentBook
from core.services.log import EventLog
from core.services.market import QuoteBoard
from core.services.market_clock import MarketClock
from core.services.market_streams import MarketStreams
from core.services.mute_watch import MuteWatch
from core.services.order_guard import OrderGuard
from core.services.order_sender import OrderSender
from core.services.orders import OrderDesk
from core.services.positions import PositionKeeper
from core.services.reports import Reports
from core.services.settings import Settings
from core.services.watchlist import Watchlist

RETRY_REFUSED_MS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionParts:
    """What a session borrows from the program."""

    settings: Settings
    frames: FrameClock
    clock: Clock
    data_dir: Path
    user_agent: str


class Session(QObject):
    """Made for one account, started once, stopped once. Lives on the GUI thread."""

    ended = Signal(object)  # AppError: the broker no longer takes the token

    def __init__(
        self,
        profile: ConnectionProfile,
        environment: Environment,
        grant: Grant,
        account: Account,
        parts: SessionParts,
    ) -> None:
        super().__init__()
        self.profile, self.environment, self.grant = profile, environment, grant
        self._has_ended = False
        link = BrokerLink(profile, environment, grant.token, user_agent=parts.user_agent, clock=parts.clock)
        self._link = link
        # Quoted, because the id is the broker's text: it must not lead out of the folder.
        file_name = f"{environment.value}-{quote(account.id, safe='')}.sqlite"
        sender = OrderSender(
            link.transport,
            parts.data_dir / "journal" / file_name,
            account_id=account.id,
            environment=environment,
        )
        self._sender = sender
        self.account = AccountWatch(link, parts.clock, self)
        self.orders = OrderDesk(
            link,
            sender,
            parts.clock,
            grant=grant,
            account=account,
            new_id=lambda: f"{PREFIX}{uuid.uuid4()}",
            parent=self,
        )
        self._shelf = HistoryShelf(
            parts.data_dir / "history" / file_name,
            account_id=account.id,
            environment=environment,
            parent=self,
        )
        self.history = OrderHistory(link, self._shelf, self)
        self.activities = ActivityFeed(link, self._shelf, self)
        self.positions = PositionKeeper(link, parts.clock, self)
        self.gains = GainsKeeper(self.activities, parts.clock, self)
        self.flatten = Flatten(link, self.orders, self.positions, parts.clock, parent=self)
        self.reports = Reports(parts.data_dir / "reports", self)
        self._prices = MarketStreams(profile, grant, parts.clock, self)
        self.market = QuoteBoard(link, self._prices.feeds, parts.frames, parts.clock, parent=self)
        self.watchlist = Watchlist(link, parts.settings, self)
        self.market_clock = MarketClock(link, parts.clock, self)
        self.connection = ConnectionMonitor(link, self.market, self.market_clock, parts.clock, self)
        self.instruments = InstrumentBook(link, parts.clock, self)
        self.guard = OrderGuard(self, parts.settings, parts.clock, link)
        self._mute_watch = MuteWatch(self.connection, self.market, self)
        self.log = EventLog(parts.frames, parts.clock, self)
        self._orders_talk = OrderConversation(grant.token)
        self._orders_socket = SocketDriver(
            StreamName.ORDERS,
            profile.endpoints[environment].stream_url,
            self._orders_talk,
            sleep=sleep_watch(parts.clock),
        )
        workers: list[QObject] = [self._orders_talk, self._orders_socket]
        if grant.may_read_data:
            workers += self._prices.workers
        self._sockets = {StreamName.ORDERS: self._orders_socket, **self._prices.sockets}
        self._streams = StreamThread(*workers)
        self._retry_streams = QTimer(self)
        self._retry_streams.setSingleShot(True)
        self._retry_streams.setInterval(RETRY_REFUSED_MS)
        self._retry_streams.timeout.connect(self._reconnect_refused)
        self._connect()
        self.account.account = account
        self.account.received_ns = parts.clock.monotonic_ns()

    def start(self) -> None:
        """Begin to read and to stream."""
        self._streams.start()
        self.orders.start()
        self.account.refresh()
        self.positions.refresh()
        self.market_clock.start()
        self.guard.start()
        if self.grant.may_read_data:
            self.market.follow("watchlist", self.watchlist.symbols)
            self._mute_watch.start()
        else:
            self.connection.take_status(_without_data_scope())

    def stop(self) -> None:
        """End every request, close every stream, join every thread. Nothing is sent afterwards."""
        self._has_ended = True
        for part in (
            self.flatten,
            self.orders,
            self.account,
            self.positions,
            self.market_clock,
            self.guard,
            self.market,
            self.connection,
            self._mute_watch,
            self.history,
            self.activities,
            self.gains,
        ):
            part.stop()
        self._retry_streams.stop()
        self._streams.stop()
        self._link.stop(self._sender.close)
        self._shelf.stop()
        self.reports.stop()

    def _connect(self) -> None:
        queued = Qt.ConnectionType.QueuedConnection
        for socket in self._sockets.values():
            socket.status_changed.connect(self.connection.take_status, queued)
            socket.status_changed.connect(self.log.take_status, queued)
            socket.status_changed.connect(self._watch_for_refusal, queued)
        self._mute_watch.reconnect_wanted.connect(self._reconnect)
        self.market.delivered.connect(self.log.take_delivery)
        self.market_clock.changed.connect(self._take_skew)

        self._orders_talk.events_arrived.connect(self.orders.take_events, queued)
        self._orders_talk.events_arrived.connect(self.log.take_order_events, queued)
        self._orders_talk.gap_suspected.connect(self.orders.reconcile, queued)
        self._orders_socket.came_live.connect(self._resync, queued)
        self._orders_socket.woke.connect(self.wake, queued)
        self._orders_socket.went_down.connect(self.orders.hold, queued)

        self.orders.filled.connect(self._after_fill)
        self.orders.alarmed.connect(self._after_alarm)
        self.orders.orders_changed.connect(self.history.take_orders)
        self.orders.has_read_orders_changed.connect(self._check_history)
        self.orders.positions_read.connect(self.positions.take)
        self.account.changed.connect(self.orders.take_account)
        self.positions.alarmed.connect(self.orders.alarmed)
        self.positions.changed.connect(self._follow_positions)
        self.watchlist.changed.connect(self._follow_watchlist)
        self._link.token_refused.connect(self._end)

    @Slot()
    def _resync(self) -> None:
        """The order stream is (again) live: what happened meanwhile is known by REST alone."""
        self.orders.reconcile()  # and positions
        self.account.refresh()

    @Slot()
    def wake(self) -> None:
        """The computer slept, and every timer with it: read again now what else would be read by and by.

        The streams connect anew by themselves, and what they carry is read when they are live.
        """
        if self._has_ended:
            return
        self._link.wake()
        self.market_clock.refresh()
        self.market.refresh_all()
        self.orders.wake()
        self.account.refresh()
        self.positions.refresh()
        self.guard.start()
        self.activities.refresh_soon()
        self.connection.changed.emit()

    @Slot(object)
    def _after_fill(self, _fill: object) -> None:
        self.positions.refresh_soon()
        self.account.refresh_soon()
        self.activities.refresh_soon()

    @Slot(object)
    def _after_alarm(self, alarm: Alarm) -> None:
        """Whatever an alarm is about, what the account holds may not be what its fills had said."""
        self._after_fill(alarm)

    @Slot()
    def _check_history(self) -> None:
        """The order desk has read the orders: what it does not list cannot be open, whatever was kept."""
        if self.orders.has_read_orders:
            self.history.check_open(self.orders.orders)

    @Slot(object)
    def _follow_positions(self, _positions: object) -> None:
        if self.grant.may_read_data:
            held = [position.market_symbol for position in self.positions.positions.values()]
            self.market.follow("positions", held)

    @Slot(object)
    def _follow_watchlist(self, symbols: tuple[str, ...]) -> None:
        if self.grant.may_read_data:
            self.market.follow("watchlist", symbols)

    @Slot()
    def _take_skew(self) -> None:
        self.market.take_skew(self.market_clock.skew_ms)

    @Slot(object)
    def _watch_for_refusal(self, status: StreamStatus) -> None:
        """A stream alone does not end a session: ask by REST, whose 401 does (`BrokerLink.notice`)."""
        if status.phase is StreamPhase.REFUSED and status.reason is RefusalReason.TOKEN_REFUSED:
            self._link.read(read_account(), self._stream_was_wrong, _wait_for_the_next_read)

    def _stream_was_wrong(self, _account: Account) -> None:
        self._retry_streams.start()

    @Slot()
    def _reconnect_refused(self) -> None:
        for name in self._sockets:
            status = self.connection.status(name)
            if status.phase is StreamPhase.REFUSED and status.reason is RefusalReason.TOKEN_REFUSED:
                self._reconnect(name)

    @Slot(object)
    def _reconnect(self, name: StreamName) -> None:
        QMetaObject.invokeMethod(self._sockets[name], "reconnect_now", Qt.ConnectionType.QueuedConnection)

    @Slot(object)
    def _end(self, error: SignInExpired) -> None:
        if not self._has_ended:
            self._has_ended = True
            self.orders.refuse_token(error)
            self.ended.emit(error)


def _wait_for_the_next_read(_error: AppError) -> None:
    """The account is read on a timer anyway; a 401 there ends the session."""


def _without_data_scope() -> StreamStatus:
    return StreamStatus(name=StreamName.QUOTES, phase=StreamPhase.REFUSED, reason=RefusalReason.SCOPE_MISSING)

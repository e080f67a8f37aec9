"""Keeps one WebSocket conversation going for ever: connects, listens for life, backs off, tries again.

Lives on the stream thread. What is said on the socket is the business of a Conversation, which wraps a
session object from `core.protocol` and makes a new one for every connection.
"""

import logging
import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QByteArray, QObject, QTimer, QUrl, Signal, Slot
from PySide6.QtNetwork import QAbstractSocket, QNetworkRequest
from PySide6.QtWebSockets import QWebSocket, QWebSocketProtocol

from core.clock import SleepWatch
from core.domain.connection import RefusalReason, StreamName, StreamPhase, StreamStatus
from core.protocol.retry import HOPELESS, reconnect_wait_s

# QWebSocket tells the HTTP status of a refused upgrade in its words alone, and 401 in words of its own.
_UPGRADE_REFUSED = re.compile(r"status code: (\d{3})")
_UNAUTHORIZED = "WWW-Authenticate"
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
_NS = 1_000_000_000
# Looked up once: for every frame, an enum's members would cost as much as the clock.
_NO_REASON, _LIVE = RefusalReason.NONE, StreamPhase.LIVE
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """For how many seconds a connection is believed in."""

    ping_s: float = 4.0
    silent_s: float = 9.0  # neither frame nor pong for two pings: shown as silent
    dead_s: float = 18.0  # then the connection is given up (stale within 20 s, threat model S3)
    handshake_s: float = 12.0
    steady_s: float = 15.0  # one that lived this long was a success; a shorter one counts as a failure more
    tick_s: float = 0.25


class Conversation(Protocol):
    """What a driver needs to know of what is being said."""

    @property
    def is_live(self) -> bool:
        """Whether authentication and subscription are done."""

    @property
    def refusal(self) -> RefusalReason:
        """Why this connection must end, or NONE."""

    @property
    def messages(self) -> int:
        """Messages taken so far, over all connections."""

    @property
    def unreadable(self) -> int:
        """Messages that could not be read, over all connections."""

    def begin(self) -> None:
        """A new connection is open: start from the first word."""

    def take(self, frame: bytes | str, received_ns: int) -> None:
        """Take one frame."""

    def outbox(self) -> Iterable[bytes | str]:
        """Hand over what is to be said, once; text goes out in text frames."""


class SocketDriver(QObject):
    """One endless conversation. Every method runs on the stream thread, by way of queued signals."""

    status_changed = Signal(object)  # StreamStatus
    came_live = Signal()  # a conversation is complete; whatever was missed must now be read by REST
    went_down = Signal()  # it was live, and is no more
    fell_back = Signal(object)  # str: the address that is used from now on
    woke = Signal()  # the computer slept, and whatever was known before is older than it looks

    def __init__(
        self,
        name: StreamName,
        address: str,
        conversation: Conversation,
        header: tuple[bytes, bytes] | None = None,
        *,
        on_demand: bool = False,
        fallback: str = "",
        patience: Patience | None = None,
        wait_s: Callable[[int, RefusalReason, float], float] = reconnect_wait_s,
        sleep: SleepWatch | None = None,
    ) -> None:
        """One that is `on_demand` is not started with its thread, but by whoever needs it.

        `fallback` is an address that every plan has, for when the plan turns out not to have the first.
        """
        super().__init__()
        self._fallback = fallback
        self.on_demand = on_demand
        self._patience, self._wait_s = patience or Patience(), wait_s
        self._sleep = sleep or SleepWatch()
        # A frame is stamped by the cheaper clock and the sleep that is known of. One that lay in the system's
        # buffer while the computer slept is so as old as it is, until a tick ends its connection.
        self._running_ns, self._slept_ns = self._sleep.running, self._sleep.slept_ns
        self._missed_ns = 0  # what comes later than this has waited for us, with all of the program
        self._name, self._address, self._header = name, address, header
        self._conversation = conversation
        self._phase = StreamPhase.OFF
        self._reason = RefusalReason.NONE
        self._socket: QWebSocket | None = None
        self._failures = 0
        self._lives = 0
        self._heard_ns = self._last_message_ns = self._connected_ns = self._live_ns = self._retry_at_ns = 0
        self._published: StreamStatus | None = None
        self._wanted = False
        self._ticker = QTimer(self)
        self._ticker.setInterval(int(self._patience.tick_s * 1000))
        self._ticker.timeout.connect(self._tick)
        self._pinger = QTimer(self)
        self._pinger.setInterval(int(self._patience.ping_s * 1000))
        self._pinger.timeout.connect(self._ping)

    # What the GUI thread asks for.

    @Slot()
    def start(self) -> None:
        """Begin, and go on until `stop`; nothing where it goes on already."""
        if self._wanted:
            return
        self._wanted = True
        self._look()
        self._ticker.start()
        self._connect()

    @Slot()
    def stop(self) -> None:
        """End the conversation politely, until `start` is called again."""
        self._wanted = False
        self._ticker.stop()
        self._drop(politely=True)
        self._enter(StreamPhase.OFF)

    @Slot()
    def reconnect_now(self) -> None:
        """Skip the waiting, or replace a connection that the caller does not trust."""
        if self._wanted:
            self._drop(politely=True)
            self._connect()

    # The life of one connection.

    def _connect(self) -> None:
        self._retry_at_ns = self._live_ns = 0
        socket = QWebSocket("", QWebSocketProtocol.Version.VersionLatest, self)
        socket.setMaxAllowedIncomingMessageSize(MAX_MESSAGE_BYTES)
        # WORKAROUND: not setMaxAllowedIncomingFrameSize. After refusing a frame Qt takes its payload for more
        # frames, at 15 s of processor time a megabyte. What doesn't fit into the buffer stops the reading
        # instead, pongs with it, and the connection is given up as dead.
        socket.setReadBufferSize(MAX_MESSAGE_BYTES + 65_536)
        socket.connected.connect(self._on_socket_connected)
        socket.disconnected.connect(self._on_socket_disconnected)
        socket.errorOccurred.connect(self._on_socket_error)
        socket.binaryMessageReceived.connect(self._on_binary)
        socket.textMessageReceived.connect(self._on_text)
        socket.pong.connect(self._on_pong)
        self._socket = socket
        self._heard_ns = self._connected_ns = self._now_ns()
        self._enter(StreamPhase.CONNECTING, self._reason)
        request = QNetworkRequest(QUrl(self._address))
        if self._header is not None:
            request.setRawHeader(QByteArray(self._header[0]), QByteArray(self._header[1]))
        socket.open(request)

    def _drop(self, *, politely: bool) -> None:
        socket, self._socket = self._socket, None
        self._pinger.stop()
        if socket is None:
            return
        socket.connected.disconnect(self._on_socket_connected)
        socket.disconnected.disconnect(self._on_socket_disconnected)
        socket.errorOccurred.disconnect(self._on_socket_error)
        socket.binaryMessageReceived.disconnect(self._on_binary)
        socket.textMessageReceived.disconnect(self._on_text)
        socket.pong.disconnect(self._on_pong)
        if politely and socket.state() == QAbstractSocket.SocketState.ConnectedState:
            # A clean close frees the broker's slot at once; a dead one may be held for 90 s.
            socket.close()
        else:
            socket.abort()
        socket.deleteLater()
        if self._phase is StreamPhase.LIVE:
            self.went_down.emit()

    def _lose(self, reason: RefusalReason, *, politely: bool = False) -> None:
        """The connection is over, whoever ended it; decide what is next."""
        if self._socket is None:
            return
        now = self._now_ns()
        if self._live_ns and (now - self._live_ns) / _NS >= self._patience.steady_s:
            self._failures = 0
        self._drop(politely=politely)
        if reason is RefusalReason.PLAN_LACKS_FEED and self._fallback:
            self._address, self._fallback = self._fallback, ""
            self.fell_back.emit(self._address)
            self._connect()
            return
        self._failures += 1
        if reason in HOPELESS:
            self._enter(StreamPhase.REFUSED, reason)
            return
        wait_s = self._wait_s(self._failures, reason, random.random())  # noqa: S311 - jitter
        self._retry_at_ns = now + int(wait_s * _NS)
        self._enter(StreamPhase.WAITING, reason)
        _log.info("%s stream down (%s), next attempt in %.1f s", self._name, reason or "no reason", wait_s)

    @Slot()
    def speak(self) -> None:
        """Send what the conversation wants said; without a connection it stays unsaid."""
        if self._socket is None or self._phase is StreamPhase.CONNECTING:
            return
        for message in self._conversation.outbox():
            if isinstance(message, str):
                self._socket.sendTextMessage(message)
            else:
                self._socket.sendBinaryMessage(QByteArray(message))

    def _received(self, frame: bytes | str) -> None:
        now = self._running_ns() + self._slept_ns
        if now > self._missed_ns:
            self._tick()
            return
        self._heard_ns = self._last_message_ns = now
        self._conversation.take(frame, now)
        self.speak()
        refusal = self._conversation.refusal
        if refusal is not _NO_REASON:
            self._lose(refusal, politely=True)
        elif self._phase is not _LIVE and self._conversation.is_live:
            self._become_live()

    def _become_live(self) -> None:
        if self._phase is not StreamPhase.SILENT:
            self._live_ns = self._now_ns()
            self._lives += 1
        self._enter(StreamPhase.LIVE)
        # After a silence too: nobody knows what was not heard.
        self.came_live.emit()

    @Slot()
    def _on_socket_connected(self) -> None:
        self._heard_ns = self._now_ns()
        self._enter(StreamPhase.AUTHENTICATING)
        self._pinger.start()
        self._conversation.begin()
        self.speak()

    @Slot()
    def _on_socket_disconnected(self) -> None:
        self._lose(self._why_it_ended())

    @Slot(QAbstractSocket.SocketError)
    def _on_socket_error(self, _error: QAbstractSocket.SocketError) -> None:
        self._lose(self._why_it_ended())

    def _why_it_ended(self) -> RefusalReason:
        """Read QWebSocket's words: it tells of the end before the error, or after it."""
        if self._socket is None or self._phase is not StreamPhase.CONNECTING:
            return RefusalReason.CLOSED_BY_BROKER
        text = self._socket.errorString()
        if _UNAUTHORIZED in text:
            return RefusalReason.TOKEN_REFUSED
        if (refused := _UPGRADE_REFUSED.search(text)) is None:
            return RefusalReason.UNREACHABLE
        # Too many connections, or too quick a return, is answered on the upgrade (protocol page section 1.5).
        # A 403 comes from proxies at the edge and proves nothing about the token (section 1.4).
        return RefusalReason.CONNECTION_LIMIT if refused[1] == "429" else RefusalReason.SERVER_ERROR

    @Slot(QByteArray)
    def _on_binary(self, frame: QByteArray) -> None:
        self._received(bytes(frame.data()))

    @Slot(str)
    def _on_text(self, frame: str) -> None:
        self._received(frame)

    @Slot("qulonglong", QByteArray)
    def _on_pong(self, _elapsed_ms: int, _payload: QByteArray) -> None:
        self._heard_ns = self._now_ns()

    @Slot()
    def _ping(self) -> None:
        if self._socket is not None:
            self._socket.ping()

    def _now_ns(self) -> int:
        return self._running_ns() + self._slept_ns

    def _look(self) -> bool:
        has_slept = self._sleep.look()
        self._slept_ns, self._missed_ns = self._sleep.slept_ns, self._sleep.looked_ns + SleepWatch.MISSED_NS
        return has_slept

    def _wake(self) -> None:
        """Believe in nothing from before the sleep, and do not wait for what was to be waited for."""
        _log.info("%s stream: the computer slept", self._name)
        if self._phase is not StreamPhase.REFUSED:
            self._failures = 0
            self.reconnect_now()
        self.woke.emit()

    @Slot()
    def _tick(self) -> None:
        if self._look():
            self._wake()
            return
        now = self._now_ns()
        quiet_s = (now - self._heard_ns) / _NS
        match self._phase:
            case StreamPhase.CONNECTING | StreamPhase.AUTHENTICATING:
                if (now - self._connected_ns) / _NS > self._patience.handshake_s:
                    self._lose(RefusalReason.NO_ANSWER)
            case StreamPhase.LIVE if quiet_s > self._patience.silent_s:
                self._enter(StreamPhase.SILENT, RefusalReason.NO_ANSWER)
                self.went_down.emit()
            case StreamPhase.SILENT if quiet_s > self._patience.dead_s:
                self._lose(RefusalReason.NO_ANSWER)
            case StreamPhase.SILENT if quiet_s < self._patience.silent_s:
                self._become_live()
            case StreamPhase.WAITING if now >= self._retry_at_ns:
                self._connect()
            case _:
                pass
        self._publish()

    def _enter(self, phase: StreamPhase, reason: RefusalReason = RefusalReason.NONE) -> None:
        self._phase, self._reason = phase, reason
        self._publish()

    def _publish(self) -> None:
        status = StreamStatus(
            name=self._name,
            phase=self._phase,
            reason=self._reason,
            last_message_ns=self._last_message_ns or None,
            heard_ns=self._heard_ns or None,
            connected_ns=self._connected_ns or None,
            messages=self._conversation.messages,
            dropped=self._conversation.unreadable,
            reconnects=max(0, self._lives - 1),
            retry_at_ns=self._retry_at_ns or None,
        )
        if status != self._published:
            self._published = status
            self.status_changed.emit(status)

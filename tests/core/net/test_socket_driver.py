"""The stream drivers against a real WebSocket server: they come back for ever, and never in a storm."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

from core.clock import SleepWatch, continuous_ns, running_ns
from core.domain.connection import RefusalReason, StreamName, StreamPhase, StreamStatus
from core.domain.secret import Secret
from core.net import socket_driver
from core.net.conversations import PACKED_HEADER, MarketConversation, OrderConversation
from core.net.mailbox import MarketMailbox
from core.net.socket_driver import Patience, SocketDriver
from core.net.stream_thread import StreamThread
from tests.core.golden import golden
from tests.fakes.scripted_server import Peer as RawPeer
from tests.fakes.scripted_server import free_port, scripted
from tests.fakes.stream_server import Peer, data_stream, order_stream, streaming

TOKEN = Secret("canary-token")
# No slow machine is taken for a broker that is gone, save where silence is what a test is about.
CALM = Patience(silent_s=60.0, dead_s=60.0, handshake_s=60.0, steady_s=600.0, tick_s=0.02)
HASTY = replace(CALM, ping_s=0.04, silent_s=0.15, dead_s=0.4)
UPDATE = golden("order_stream")["server"]["update"]
Phase = StreamPhase


class Stream(QObject):
    """A driver on its stream thread, and everything it said, heard on the GUI thread."""

    asked_to_reconnect = Signal()
    wanted = Signal(object)
    needed = Signal()
    spared = Signal()

    def __init__(
        self,
        address: str,
        *,
        market: bool = False,
        on_demand: bool = False,
        fallback: str = "",
        patience: Patience = CALM,
    ) -> None:
        super().__init__()
        self._made_on = threading.get_ident()
        self.statuses: list[StreamStatus] = []
        self.events: list[Any] = []
        self.lives = self.downs = self.gaps = self.wakes = 0
        self.wait_s = 0.01
        self.told: list[str] = []
        self.waits: list[float] = []
        self.attempts: list[tuple[int, RefusalReason]] = []
        self.wall_s = 0.0  # what the wall clock has been set forward
        self.slept_s = 0.0  # for how long the computer slept
        self.stopped_s = 0.0  # the part of it for which the running clock went on all the same
        self.mailbox = MarketMailbox()
        self.talk: OrderConversation | MarketConversation
        queued = Qt.ConnectionType.QueuedConnection
        if market:
            self.talk = MarketConversation(TOKEN, self.mailbox)
            self.wanted.connect(self.talk.want, queued)
        else:
            self.talk = OrderConversation(TOKEN)
            self.talk.events_arrived.connect(self._on_events, queued)
            self.talk.gap_suspected.connect(self._on_gap, queued)
        self.driver = SocketDriver(
            StreamName.QUOTES if market else StreamName.ORDERS,
            address,
            self.talk,
            PACKED_HEADER if market else None,
            on_demand=on_demand,
            fallback=fallback,
            patience=patience,
            wait_s=self._wait,
            sleep=SleepWatch(
                lambda: continuous_ns() + int(self.slept_s * 1e9),
                lambda: running_ns() + int(self.stopped_s * 1e9),
                lambda: time.time_ns() + int(self.wall_s * 1e9),
            ),
        )
        if isinstance(self.talk, MarketConversation):
            self.talk.has_to_speak.connect(self.driver.speak)
        self.driver.status_changed.connect(self._on_status, queued)
        self.driver.came_live.connect(self._on_live, queued)
        self.driver.went_down.connect(self._on_down, queued)
        self.driver.woke.connect(self._on_woke, queued)
        self.asked_to_reconnect.connect(self.driver.reconnect_now, queued)
        self.needed.connect(self.driver.start, queued)
        self.spared.connect(self.driver.stop, queued)
        self.thread_ = StreamThread(self.talk, self.driver)

    def _wait(self, attempt: int, reason: RefusalReason, _chance: float) -> float:
        self.attempts.append((attempt, reason))
        return self.wait_s

    @property
    def status(self) -> StreamStatus:
        return self.statuses[-1]

    @property
    def phases(self) -> list[StreamPhase]:
        told = [status.phase for status in self.statuses]
        return [phase for number, phase in enumerate(told) if number == 0 or told[number - 1] is not phase]

    @Slot(object)
    def _on_status(self, status: StreamStatus) -> None:
        self.statuses.append(status)

    @Slot(object)
    def _on_events(self, events: Any) -> None:
        # Not QObject.thread(): its wrapper took the main thread's object with it when it was collected.
        assert threading.get_ident() == self._made_on
        self.events.extend(events)

    @Slot()
    def _on_live(self) -> None:
        self.lives += 1
        self.told.append("live")

    @Slot()
    def _on_woke(self) -> None:
        self.wakes += 1

    @Slot()
    def _on_down(self) -> None:
        self.downs += 1
        self.told.append("down")

    @Slot()
    def _on_gap(self) -> None:
        self.gaps += 1


Starter = Callable[..., Stream]


@pytest.fixture
def start(qapp) -> Iterator[Starter]:
    """Start a stream; whatever happens, it ends in time and leaves no thread."""
    streams: list[Stream] = []

    def begin(address: str, **options: Any) -> Stream:
        stream = Stream(address, **options)
        streams.append(stream)
        stream.thread_.start()
        return stream

    yield begin
    for stream in streams:
        assert stream.thread_.stop()


def test_an_order_stream_goes_live_and_passes_every_event_on(start, qtbot):
    with streaming(order_stream) as server:
        stream = start(server.url)
        qtbot.waitUntil(lambda: stream.lives == 1)
        for _ in range(50):
            server.tell(UPDATE)
        qtbot.waitUntil(lambda: len(stream.events) == 50)
        assert stream.phases == [Phase.CONNECTING, Phase.AUTHENTICATING, Phase.LIVE]
        (peer,) = server.peers
        assert peer.heard[0] == {"action": "authenticate", "data": {"oauth_token": "canary-token"}}
        assert [frame.name for frame in peer.frames[:2]] == ["TEXT", "TEXT"]


def test_stop_says_goodbye_so_that_the_broker_frees_the_slot(start, qtbot):
    with streaming(order_stream) as server:
        stream = start(server.url)
        qtbot.waitUntil(lambda: stream.lives == 1)
        assert stream.thread_.stop()
        qtbot.waitUntil(lambda: server.closes == [1000])


def test_a_cut_connection_is_made_again_and_says_so(start, qtbot):
    with streaming(order_stream) as server:
        stream = start(server.url)
        for lives in range(1, 5):
            qtbot.waitUntil(lambda lives=lives: stream.lives == lives)
            server.cut()
        qtbot.waitUntil(lambda: stream.lives == 5)
        assert stream.downs == 4
        qtbot.waitUntil(lambda: stream.status.reconnects == 4)
        assert len(server.attempts) == 5


def test_a_broker_that_hangs_up_politely_is_called_again(start, qtbot):
    with streaming(order_stream) as server:
        stream = start(server.url)
        qtbot.waitUntil(lambda: stream.lives == 1)
        server.close()
        qtbot.waitUntil(lambda: stream.lives == 2)
        assert (1, RefusalReason.CLOSED_BY_BROKER) in stream.attempts


def test_nobody_there_is_tried_for_ever_with_growing_patience(start, qtbot):
    stream = start(f"ws://127.0.0.1:{free_port()}/stream")
    qtbot.waitUntil(lambda: len(stream.attempts) >= 6)
    assert [attempt for attempt, _ in stream.attempts[:6]] == [1, 2, 3, 4, 5, 6]
    assert {reason for _, reason in stream.attempts} == {RefusalReason.UNREACHABLE}
    assert (stream.lives, stream.downs) == (0, 0)


def test_a_broker_that_takes_us_and_drops_us_at_once_is_not_stormed(start, qtbot):
    async def take_and_drop(peer: Peer) -> None:
        await peer.hear()
        await peer.say({"stream": "authorization", "data": {"status": "authorized", "action": "x"}})
        await peer.hear()
        await peer.say({"stream": "listening", "data": {"streams": ["trade_updates"]}})
        await peer.socket.close()

    with streaming(take_and_drop) as server:
        stream = start(server.url)
        qtbot.waitUntil(lambda: stream.lives >= 4)
        assert [attempt for attempt, _ in stream.attempts[:3]] == [1, 2, 3]


def test_a_connection_that_lived_long_is_no_failure(start, qtbot):
    with streaming(order_stream) as server:
        stream = start(server.url, patience=replace(CALM, steady_s=0.0))
        for lives in range(1, 4):
            qtbot.waitUntil(lambda lives=lives: stream.lives == lives)
            server.cut()
        qtbot.waitUntil(lambda: stream.lives == 4)
        assert [attempt for attempt, _ in stream.attempts] == [1, 1, 1]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (429, RefusalReason.CONNECTION_LIMIT),
        (403, RefusalReason.SERVER_ERROR),
        (500, RefusalReason.SERVER_ERROR),
        (404, RefusalReason.SERVER_ERROR),
        (302, RefusalReason.SERVER_ERROR),
    ],
)
def test_an_upgrade_that_is_refused_is_tried_again_for_its_reason(start, qtbot, status, reason):
    with streaming(status, status, order_stream) as server:
        stream = start(server.url)
        qtbot.waitUntil(lambda: stream.lives == 1)
        assert stream.attempts == [(1, reason), (2, reason)]


@pytest.mark.parametrize("step", [401, "unauthorized"])
def test_a_refused_token_ends_the_attempts(start, qtbot, step):
    async def unauthorized(peer: Peer) -> None:
        await peer.hear()
        await peer.say(
            {"stream": "authorization", "data": {"status": "unauthorized", "action": "authenticate"}}
        )
        await peer.stay()

    with streaming(unauthorized if step == "unauthorized" else step) as server:
        stream = start(server.url)
        qtbot.waitUntil(lambda: bool(stream.statuses) and stream.status.phase is Phase.REFUSED)
        assert stream.status.reason is RefusalReason.TOKEN_REFUSED
        assert stream.attempts == []
        assert len(server.attempts) == 1
        stream.asked_to_reconnect.emit()
        qtbot.waitUntil(lambda: len(server.attempts) == 2)


def test_a_half_open_connection_shows_as_silent_and_is_then_replaced(start, qtbot):
    async def live_then_deaf(peer: Peer) -> None:
        await peer.hear()
        await peer.say({"stream": "authorization", "data": {"status": "authorized", "action": "x"}})
        await peer.hear()
        await peer.say({"stream": "listening", "data": {"streams": ["trade_updates"]}})
        await peer.go_deaf()

    with streaming(live_then_deaf, order_stream) as server:
        stream = start(server.url, patience=HASTY)
        qtbot.waitUntil(lambda: stream.lives >= 2)
        assert stream.phases[2:5] == [Phase.LIVE, Phase.SILENT, Phase.WAITING]
        assert stream.attempts[0] == (1, RefusalReason.NO_ANSWER)
        assert stream.told[:3] == ["live", "down", "live"]


class Talk:
    """A conversation that only notes when it was told something."""

    is_live, refusal, messages, unreadable = False, RefusalReason.NONE, 0, 0

    def __init__(self) -> None:
        self.taken: list[int] = []

    def begin(self) -> None:
        pass

    def take(self, _frame: bytes | str, received_ns: int) -> None:
        self.taken.append(received_ns)

    def outbox(self) -> tuple[bytes, ...]:
        return ()


def continuous_age_s(received_ns: int, slept_ns: int) -> float:
    return (running_ns() + slept_ns - received_ns) / 1e9


def test_the_real_patience_shows_a_stale_feed_within_twenty_seconds():
    patience = Patience()
    assert patience.silent_s > 2 * patience.ping_s
    assert patience.dead_s + patience.tick_s < 20


def test_a_clock_that_is_set_a_little_or_back_ends_no_connection(start, qtbot):
    with streaming(order_stream) as server:
        stream = start(server.url, patience=replace(CALM, ping_s=0.1))
        qtbot.waitUntil(lambda: stream.lives == 1)
        for moved_s in (1.0, -86_400.0, -3_600.0):
            stream.wall_s += moved_s
            heard = stream.status.heard_ns
            qtbot.waitUntil(lambda heard=heard: stream.status.heard_ns != heard)
        assert (stream.lives, stream.downs, stream.wakes) == (1, 0, 0)


@pytest.mark.parametrize("sign", ["slept", "slept and seen by every clock", "paused with its machine"])
def test_what_was_connected_before_the_computer_slept_is_replaced_at_once(start, qtbot, sign):
    with streaming(order_stream) as server:
        stream = start(server.url)
        qtbot.waitUntil(lambda: stream.lives == 1)
        match sign:
            case "slept":
                stream.slept_s += 2.0
            case "slept and seen by every clock":
                stream.stopped_s += 600.0
                stream.slept_s += 600.0
            case _:
                stream.wall_s += 600.0
        qtbot.waitUntil(lambda: stream.lives == 2)
        assert (stream.told, stream.wakes) == (["live", "down", "live"], 1)
        assert stream.attempts == [], "waited, as after a failure"
        assert Phase.WAITING not in stream.phases


def test_waking_ends_the_wait_for_the_next_attempt(start, qtbot):
    async def mute(peer: Peer) -> None:
        await peer.stay()

    with streaming(mute, order_stream) as server:
        stream = start(server.url, patience=replace(CALM, handshake_s=0.2))
        stream.wait_s = 3_600.0
        qtbot.waitUntil(lambda: Phase.WAITING in stream.phases)
        stream.slept_s += 60.0
        qtbot.waitUntil(lambda: stream.lives == 1)


def test_a_frame_from_before_a_sleep_is_as_old_as_that_and_ends_with_its_connection(qapp):
    slept = [0]
    talk = Talk()
    driver = SocketDriver(
        StreamName.QUOTES,
        "ws://127.0.0.1:1/",
        talk,
        sleep=SleepWatch(lambda: running_ns() + slept[0], running_ns),
    )
    driver._look()
    slept[0] = 3_600 * 1_000_000_000  # it slept, wakes, and reads first what lay in the system's buffer
    driver._received(b"{}")
    assert continuous_age_s(talk.taken[-1], slept[0]) == pytest.approx(3_600, abs=60)
    driver._tick()
    driver._received(b"{}")
    assert continuous_age_s(talk.taken[-1], slept[0]) == pytest.approx(0, abs=60)


def test_a_frame_that_waited_for_a_stopped_process_is_not_taken(qapp):
    missed = [0]

    def late_ns() -> int:
        return running_ns() + missed[0]

    talk = Talk()
    driver = SocketDriver(StreamName.QUOTES, "ws://127.0.0.1:1/", talk, sleep=SleepWatch(late_ns, late_ns))
    driver._look()
    missed[0] = 6 * 1_000_000_000
    driver._received(b"{}")
    assert not talk.taken
    driver._received(b"{}")
    assert len(talk.taken) == 1


def test_a_quiet_market_with_living_pings_is_not_silent(start, qtbot):
    patience = replace(CALM, ping_s=0.05, silent_s=1.0, dead_s=1.5)
    with streaming(order_stream) as server:
        stream = start(server.url, patience=patience)
        qtbot.waitUntil(lambda: stream.lives == 1)
        heard = stream.status.heard_ns
        quiet_ns = int((patience.dead_s + patience.ping_s) * 1e9)
        qtbot.waitUntil(lambda: (stream.status.heard_ns or 0) > (heard or 0) + quiet_ns)
        assert Phase.SILENT not in stream.phases
        assert stream.status.messages == 2
        assert (stream.status.last_message_ns or 0) < (stream.status.heard_ns or 0)


def test_a_silent_connection_counts_as_down_and_what_it_may_have_missed_is_read_when_it_speaks_again(
    start, qtbot
):
    with streaming(order_stream) as server:
        stream = start(server.url, patience=replace(CALM, ping_s=60.0, silent_s=0.1))
        qtbot.waitUntil(lambda: Phase.SILENT in stream.phases)
        server.tell(UPDATE)
        qtbot.waitUntil(lambda: stream.phases.count(Phase.LIVE) == 2)
        assert stream.told[:3] == ["live", "down", "live"]


def test_a_handshake_that_never_ends_is_given_up(start, qtbot):
    async def mute(peer: Peer) -> None:
        await peer.stay()

    with streaming(mute, order_stream) as server:
        stream = start(server.url, patience=replace(CALM, handshake_s=0.4))
        qtbot.waitUntil(lambda: stream.lives == 1)
        assert stream.attempts[0] == (1, RefusalReason.NO_ANSWER)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 101 Nonsense\r\n\r\n", b"220 mail.example\r\n\r\n"])
def test_a_server_that_speaks_something_else_is_given_up_and_tried_again(start, qtbot, answer):
    def script(peer: RawPeer) -> None:
        peer.read_request()
        peer.send(answer)
        if not answer:
            peer.hang()

    with scripted(script) as server:
        stream = start(f"ws://127.0.0.1:{server.port}/stream", patience=replace(CALM, handshake_s=0.4))
        qtbot.waitUntil(lambda: len(stream.attempts) >= 2)
        assert stream.lives == 0


def test_frames_that_cannot_be_read_are_counted_and_the_orders_are_read_again(start, qtbot):
    with streaming(order_stream) as server:
        stream = start(server.url)
        qtbot.waitUntil(lambda: stream.lives == 1)
        for frame in ("", "not json", b"\xff\xfe\x00", "[" * 5_000, '{"stream":"trade_updates","data":{}}'):
            server.send(frame)
        server.tell(UPDATE)
        qtbot.waitUntil(lambda: len(stream.events) == 1)
        qtbot.waitUntil(lambda: stream.status.dropped == 5)
        assert stream.gaps == 5
        assert stream.status.phase is Phase.LIVE


@pytest.mark.parametrize("size", [110_000, 1_000_000])
def test_a_message_too_large_to_be_true_ends_the_connection_and_costs_no_time(
    start, qtbot, monkeypatch, size
):
    monkeypatch.setattr(socket_driver, "MAX_MESSAGE_BYTES", 100_000)

    async def huge(peer: Peer) -> None:
        await peer.socket.send_str("x" * size)
        await peer.go_deaf()

    with streaming(huge, order_stream) as server:
        started = time.process_time()
        stream = start(server.url, patience=replace(CALM, ping_s=0.04, dead_s=0.8, handshake_s=0.8))
        qtbot.waitUntil(lambda: stream.lives == 1)
        # The fault this is about took 15 s of it for a megabyte.
        assert time.process_time() - started < 3


def test_the_environments_proxy_is_not_used(start, qtbot, monkeypatch):
    def script(peer: RawPeer) -> None:
        peer.read_request()

    with scripted(script) as proxy, streaming(order_stream) as server:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        stream = start(server.url)
        qtbot.waitUntil(lambda: stream.lives == 1)
        assert proxy.connections == 0


def test_stopping_in_the_middle_of_anything_leaves_nothing(start, qtbot):
    async def mute(peer: Peer) -> None:
        await peer.go_deaf()

    def hang(peer: RawPeer) -> None:
        peer.hang()

    with streaming(mute) as server, scripted(hang) as raw:
        for address in (server.url, f"ws://127.0.0.1:{raw.port}/", f"ws://127.0.0.1:{free_port()}/"):
            stream = start(address)
            qtbot.waitUntil(lambda stream=stream: bool(stream.statuses))
            assert stream.thread_.stop()
            assert stream.thread_.stop()


def test_the_market_stream_asks_in_messagepack_and_leaves_the_newest_in_the_mailbox(start, qtbot):
    with streaming(data_stream) as server:
        stream = start(server.url, market=True)
        stream.wanted.emit(frozenset({"AAPL", "AMD"}))
        qtbot.waitUntil(lambda: stream.lives == 1)
        qtbot.waitUntil(lambda: len(server.peers[0].heard) == 2)
        (peer,) = server.peers
        assert peer.request.headers["Content-Type"] == "application/msgpack"
        assert peer.heard[0] == {"action": "auth", "key": "oauth", "secret": "canary-token"}
        assert peer.heard[1]["quotes"] == ["AAPL", "AMD"]
        for bid in (1.0, 2.0, 3.0):
            server.tell([{"T": "q", "S": "AAPL", "bp": bid, "ap": 4.0}], packed=True)
        seen: list[float | None] = []

        def newest() -> bool:
            seen.extend(message.bp for message, _ in stream.mailbox.take().quotes.values())
            return bool(seen) and seen[-1] == 3.0

        qtbot.waitUntil(newest)


def test_the_market_stream_asks_again_for_everything_after_a_cut(start, qtbot):
    with streaming(data_stream) as server:
        stream = start(server.url, market=True)
        stream.wanted.emit(frozenset({"A", "B"}))
        qtbot.waitUntil(lambda: stream.lives == 1)
        stream.wanted.emit(frozenset({"B", "C"}))
        qtbot.waitUntil(lambda: len(server.peers[0].heard) >= 3)
        server.cut()
        qtbot.waitUntil(lambda: len(server.peers) == 2 and len(server.peers[1].heard) == 2)
        assert server.peers[1].heard[1]["quotes"] == ["B", "C"]


@pytest.mark.parametrize(
    ("code", "reason", "hopeless"),
    [
        (402, RefusalReason.TOKEN_REFUSED, True),
        (409, RefusalReason.PLAN_LACKS_FEED, True),
        (411, RefusalReason.SCOPE_MISSING, True),
        (406, RefusalReason.CONNECTION_LIMIT, False),
        (404, RefusalReason.NO_ANSWER, False),
        (407, RefusalReason.SLOW_CLIENT, False),
    ],
)
def test_an_error_of_the_data_stream_ends_it_for_its_reason(start, qtbot, code, reason, hopeless):
    async def refuse(peer: Peer) -> None:
        await peer.say_packed([{"T": "success", "msg": "connected"}])
        await peer.hear()
        await peer.say_packed([{"T": "error", "code": code, "msg": "why"}])
        await peer.stay()

    with streaming(refuse, data_stream) as server:
        stream = start(server.url, market=True)
        if hopeless:
            qtbot.waitUntil(lambda: bool(stream.statuses) and stream.status.phase is Phase.REFUSED)
            assert (stream.status.reason, len(server.attempts)) == (reason, 1)
        else:
            qtbot.waitUntil(lambda: stream.lives == 1)
            assert stream.attempts == [(1, reason)]


def test_a_stream_on_demand_is_connected_when_it_is_asked_for_and_can_be_again(start, qtbot):
    with streaming(data_stream) as server, streaming(order_stream) as other:
        stream, witness = start(server.url, market=True, on_demand=True), start(other.url)
        qtbot.waitUntil(lambda: witness.lives == 1)
        assert (stream.statuses, server.attempts) == ([], [])
        for times in (1, 2):
            stream.needed.emit()
            stream.needed.emit()
            qtbot.waitUntil(lambda times=times: stream.lives == times)
            stream.spared.emit()
            qtbot.waitUntil(lambda: stream.status.phase is Phase.OFF)
        qtbot.waitUntil(lambda: len(server.closes) == 2)
        assert len(server.attempts) == 2
        assert server.closes == [1000, 1000]


def test_a_feed_that_the_plan_lacks_is_replaced_once_and_the_replacement_s_word_counts(start, qtbot):
    async def refuse(peer: Peer) -> None:
        await peer.say_packed([{"T": "success", "msg": "connected"}])
        await peer.hear()
        await peer.say_packed([{"T": "error", "code": 409, "msg": "insufficient subscription"}])
        await peer.stay()

    with streaming(refuse) as whole, streaming(data_stream) as common, streaming(refuse) as other:
        stream = start(whole.url, market=True, fallback=common.url)
        fell: list[str] = []
        stream.driver.fell_back.connect(fell.append, Qt.ConnectionType.DirectConnection)
        qtbot.waitUntil(lambda: stream.lives == 1)
        assert (fell, len(whole.attempts), stream.attempts) == ([common.url], 1, [])
        assert Phase.REFUSED not in stream.phases
        hopeless = start(whole.url, market=True, fallback=other.url)
        qtbot.waitUntil(lambda: bool(hopeless.statuses) and hopeless.status.phase is Phase.REFUSED)
        assert (hopeless.status.reason, len(other.attempts)) == (RefusalReason.PLAN_LACKS_FEED, 1)


def test_what_a_market_stream_carries_is_told_and_nothing_of_it_after_a_cut(start, qtbot):
    with streaming(data_stream) as server:
        stream = start(server.url, market=True)
        told: list[frozenset[str]] = []
        stream.talk.carried_changed.connect(told.append, Qt.ConnectionType.DirectConnection)
        stream.wanted.emit(frozenset({"A", "B"}))
        qtbot.waitUntil(lambda: told[-1:] == [{"A", "B"}])
        server.cut()
        qtbot.waitUntil(lambda: len(told) >= 3)
        qtbot.waitUntil(lambda: told[-1:] == [{"A", "B"}])
        assert frozenset() in told


def test_a_conversation_is_there_until_its_driver_has_stopped(qapp):
    there: list[bool] = []

    class LastMoment(SocketDriver):
        @Slot()
        def stop(self) -> None:
            there.append(shiboken6.isValid(talk))
            super().stop()

    talk = OrderConversation(TOKEN)
    driver = LastMoment(StreamName.ORDERS, f"ws://127.0.0.1:{free_port()}", talk)
    thread = StreamThread(talk, driver)
    thread.start()
    assert thread.stop()
    assert there == [True]

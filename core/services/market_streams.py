"""The market data streams of a session: for each kind of instrument a conversation, a socket and a feed.

All of them run on the session's one stream thread. That of stocks is connected all day; the others only
while somebody wants something of them.
"""

from collections.abc import Mapping

from PySide6.QtCore import QObject, Qt

from core.domain.connection import StreamName
from core.domain.grant import Grant
from core.domain.profile import ConnectionProfile
from core.domain.secret import Secret
from core.net.conversations import PACKED_HEADER, MarketConversation
from core.net.mailbox import MarketMailbox
from core.net.socket_driver import SocketDriver
from core.services.clock import Clock, sleep_watch
from core.services.market_feed import MarketFeed, feed_name

STOCK_FEED = "iex"  # what every plan has; see protocol page section 5.1
# Of options: that of the whole market, and the one that every plan has.
_WHOLE, _COMMON = "/opra", "/indicative"


class MarketStreams(QObject):
    """Made and held on the GUI thread; `workers` belong on the stream thread."""

    def __init__(
        self, profile: ConnectionProfile, grant: Grant, clock: Clock, parent: QObject | None = None
    ) -> None:
        """A grant that covers no market data leaves everything unconnected, whatever is wanted."""
        super().__init__(parent)
        self.feeds: dict[StreamName, MarketFeed] = {}
        self.sockets: dict[StreamName, SocketDriver] = {}
        self._talks: list[MarketConversation] = []
        self._clock = clock
        for stream, address in addresses(profile).items():
            if stream is StreamName.QUOTES or grant.may_read_data:
                self._add(stream, address, grant.token)
            else:
                self._add(stream, "", grant.token)

    @property
    def workers(self) -> list[QObject]:
        """What is to be moved to the stream thread."""
        return [*self._talks, *self.sockets.values()]

    def _add(self, stream: StreamName, address: str, token: Secret) -> None:
        mailbox, on_demand = MarketMailbox(stream), stream is not StreamName.QUOTES
        feed = MarketFeed(mailbox, feed_name(address), on_demand=on_demand, parent=self)
        self.feeds[stream] = feed
        if not address:
            return
        talk = MarketConversation(token, mailbox)
        socket = SocketDriver(
            stream,
            address,
            talk,
            PACKED_HEADER,
            on_demand=on_demand,
            fallback=fallback_of(address),
            sleep=sleep_watch(self._clock),
        )
        queued = Qt.ConnectionType.QueuedConnection
        talk.has_to_speak.connect(socket.speak)
        talk.symbols_refused.connect(feed.limit_symbols, queued)
        talk.carried_changed.connect(feed.take_carried, queued)
        feed.wanted_changed.connect(talk.want, queued)
        socket.status_changed.connect(feed.take_status, queued)
        socket.came_live.connect(feed.take_start, queued)
        socket.fell_back.connect(feed.take_address, queued)
        if on_demand:
            feed.connection_needed.connect(socket.start, queued)
            feed.connection_spared.connect(socket.stop, queued)
        self._talks.append(talk)
        self.sockets[stream] = socket


def addresses(profile: ConnectionProfile) -> Mapping[StreamName, str]:
    """Where each market data stream of a profile is; empty for those that it does not have."""
    return {
        StreamName.QUOTES: f"{profile.data_stream_url}/v2/{STOCK_FEED}",
        StreamName.COINS: profile.coin_stream_url,
        StreamName.OPTIONS: profile.option_stream_url,
    }


def fallback_of(address: str) -> str:
    """Where to go when the plan lacks the feed at an address (error 409); empty if nowhere."""
    bare = address.rstrip("/")
    return bare.removesuffix(_WHOLE) + _COMMON if bare.endswith(_WHOLE) else ""

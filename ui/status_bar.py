"""The connection strip along the bottom: every feed's state and age, always in sight, in words and colour."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from core.domain.connection import StreamName, StreamPhase, StreamStatus
from core.domain.trading_hours import Phase
from core.services.clock import Clock
from ui import figures, words
from ui.controls.announce import announce
from ui.controls.labels import ElidedLabel, PlainLabel
from ui.frame_meter import FrameMeter
from ui.panels.pulse import Pulse
from ui.stream_sentences import stream_sentence
from ui.theme.colors import Tone
from ui.theme.theme import Theme
from ui.theme.tokens import STATUS_BAR_PX

if TYPE_CHECKING:
    from core.services.session import Session

_TICK_MS = 500
_SIDE_PX, _GAP_PX, _SPARE_PX = 14, 18, 24
_NS_PER_S = 1_000_000_000
_SKEW_WARNING_MS = 2_000  # threat model O14
_QUIET_QUOTES_S = 10.0
# No exchange's session is this long: a market that is open and closes later than this never closes.
_LONGEST_SESSION_S = 16 * 3600


class Health(Enum):
    """How a feed does; each has a shape of its own besides its colour."""

    GOOD = "good"  # a full dot
    UNSURE = "unsure"  # a half dot
    BAD = "bad"  # a ring
    OFF = "off"  # a bar


_TONE_OF_HEALTH: dict[Health, Tone] = {
    Health.GOOD: "up",
    Health.UNSURE: "warning",
    Health.BAD: "down",
    Health.OFF: "muted",
}
_HEALTH_OF_PHASE = {
    StreamPhase.OFF: Health.OFF,
    StreamPhase.CONNECTING: Health.UNSURE,
    StreamPhase.AUTHENTICATING: Health.UNSURE,
    StreamPhase.LIVE: Health.GOOD,
    StreamPhase.SILENT: Health.UNSURE,
    StreamPhase.WAITING: Health.BAD,
    StreamPhase.REFUSED: Health.BAD,
}


class _Dot(QWidget):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._health = Health.OFF
        self.setFixedSize(QSize(9, STATUS_BAR_PX))
        theme.changed.connect(self.update)

    def show_health(self, health: Health) -> None:
        if health is not self._health:
            self._health = health
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        color = self._theme.colors.tone(_TONE_OF_HEALTH[self._health])
        middle = self.height() / 2
        circle = QRectF(0.75, middle - 3.75, 7.5, 7.5)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color, 1.5))
        if self._health is Health.OFF:
            painter.drawLine(1, int(middle), 8, int(middle))
        else:
            painter.setBrush(color if self._health is Health.GOOD else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(circle)
        if self._health is Health.UNSURE:
            painter.setBrush(color)
            painter.drawPie(circle, 90 * 16, 180 * 16)
        painter.end()


class FeedItem(QWidget):
    """A dot, a name and a few words about one feed."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._dot = _Dot(theme)
        self.text = ElidedLabel(tone="muted", font=theme.fonts.sized(12))
        self.text.set_caption(name)
        self.health = Health.OFF
        self._texts = ("", "")
        self.is_brief = False
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        row.addWidget(self._dot)
        row.addWidget(PlainLabel(name, font=theme.fonts.sized(12, strong=True)))
        row.addWidget(self.text)

    def show_state(self, health: Health, text: str, brief: str = "") -> None:
        """Show how the feed does; anything but good is coloured text as well.

        `brief` is for when there is little room; the tool tip then has the rest. That the feed was lost and
        that it is back are announced; the attempts between would be noise.
        """
        was_good, self.health = self.health is Health.GOOD, health
        self._dot.show_health(health)
        self._texts = (text, brief or text)
        self._show_text()
        if was_good is not (health is Health.GOOD):
            announce(self, self.text.accessibleName(), is_urgent=health is Health.BAD)

    def set_brief(self, is_brief: bool) -> None:
        """Say the least, or everything."""
        if is_brief is not self.is_brief:
            self.is_brief = is_brief
            self._show_text()

    @property
    def saved_px(self) -> int:
        """By how much less wide it is when it is brief."""
        whole, brief = (self.text.fontMetrics().horizontalAdvance(text) for text in self._texts)
        return max(0, whole - brief)

    def _show_text(self) -> None:
        whole, brief = self._texts
        tone = "muted" if self.health is Health.GOOD else _TONE_OF_HEALTH[self.health]
        self.text.show_text(brief if self.is_brief else whole, tone)
        self.setToolTip(whole if self.is_brief and brief != whole else "")


class StatusBar(QWidget):
    """Follows one session's `ConnectionMonitor` and market clock; ages are redrawn twice a second."""

    def __init__(
        self, theme: Theme, clock: Clock, meter: FrameMeter | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme, self._clock, self._meter = theme, clock, meter
        self._session: Session | None = None
        self.setFixedHeight(STATUS_BAR_PX)
        self.setAccessibleName(self.tr("Connection"))
        self.orders = FeedItem(theme, words.stream_name(StreamName.ORDERS))
        self.quotes = FeedItem(theme, words.stream_name(StreamName.QUOTES))
        self.coins = FeedItem(theme, words.stream_name(StreamName.COINS))
        self.options = FeedItem(theme, words.stream_name(StreamName.OPTIONS))
        self.rest = FeedItem(theme, self.tr("REST"))
        small = theme.fonts.sized(12)
        self.gaps = PlainLabel(tone="muted", font=small)
        self.skew = PlainLabel(tone="muted", font=small)
        self.frame_time = PlainLabel(tone="muted", font=small)
        self.profile = PlainLabel(tone="muted", font=small)
        self.profile.set_caption(self.tr("Connection profile"))
        self.market = PlainLabel(tone="text", font=theme.fonts.sized(12, strong=True))
        self.market_until = PlainLabel(tone="muted", font=small)
        self.time = PlainLabel(tone="muted", font=small)
        self.time.set_caption(self.tr("Market time"))
        self._arrange()
        self._ages = Pulse(self, _TICK_MS, clock.monotonic_ns)
        self._ages.beat.connect(self.refresh)
        self.show_signed_out()
        self._ages.set_on(True)

    def show_session(self, session: "Session") -> None:
        """Follow `session` from now on."""
        self._session = session
        session.connection.changed.connect(self.refresh)
        session.market_clock.changed.connect(self.refresh)
        for item in self._session_items:
            item.show()
        self.refresh()

    def show_signed_out(self) -> None:
        """Follow nothing."""
        self._session = None
        for item in self._session_items:
            item.hide()
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show everything again; unchanged texts cost nothing."""
        now = datetime.fromtimestamp(self._clock.wall_ns() / _NS_PER_S, UTC)
        self.time.show_text(self.tr("{time} ET").format(time=figures.market_time(now)))
        if self._session is None:
            return
        self._show_streams(self._session)
        self._show_rest(self._session)
        self._show_market(self._session, now)
        self._give_way()

    def _show_streams(self, session: "Session") -> None:
        now_ns = self._clock.monotonic_ns()
        connection = session.connection
        orders = connection.status(StreamName.ORDERS)
        self.orders.show_state(_HEALTH_OF_PHASE[orders.phase], stream_sentence(orders, now_ns))
        reconnects = orders.reconnects
        for name, item in self._price_items:
            status = connection.status(name)
            reconnects += status.reconnects
            self._show_prices(item, status, now_ns)
            # Coins and options are connected only while somebody wants them.
            item.setVisible(name is StreamName.QUOTES or status.phase is not StreamPhase.OFF)
        gaps = connection.gaps
        parts = [
            self.tr("1 gap") if gaps == 1 else self.tr("{count} gaps").format(count=gaps),
            self.tr("1 reconnect")
            if reconnects == 1
            else self.tr("{count} reconnects").format(count=reconnects),
        ]
        self.gaps.show_text(" \u00b7 ".join(parts), "warning" if gaps else "muted")

    def _show_prices(self, item: FeedItem, status: StreamStatus, now_ns: int) -> None:
        if self._session is None:
            return
        connection, sentence = self._session.connection, stream_sentence(status, now_ns)
        parts = [words.feed_name(status.feed), sentence]
        if status.phase is StreamPhase.LIVE:
            rate = figures.rate(connection.message_rate(status.name))
            parts.append(self.tr("{rate} msg/s").format(rate=rate))
        followed, budget = connection.symbols_followed(status.name), connection.symbol_budget(status.name)
        count = f"{followed}" if budget is None else f"{followed}/{budget}"
        parts.append(self.tr("1 symbol") if count == "1" else self.tr("{count} symbols").format(count=count))
        whole = " \u00b7 ".join(filter(None, parts))
        is_connected = status.phase in (StreamPhase.LIVE, StreamPhase.SILENT)
        brief = sentence if is_connected else words.stream_phase(status.phase)
        item.show_state(self._health_of_prices(status, now_ns), whole, brief)

    def _health_of_prices(self, status: StreamStatus, now_ns: int) -> Health:
        """Live, but without a single price for a while in an open market, is not good."""
        health = _HEALTH_OF_PHASE[status.phase]
        is_open = self._session is not None and self._session.connection.is_trading(status.name)
        if health is not Health.GOOD or not is_open or status.last_message_ns is None:
            return health
        quiet_s = (now_ns - status.last_message_ns) / _NS_PER_S
        return Health.UNSURE if quiet_s > _QUIET_QUOTES_S else health

    def _show_rest(self, session: "Session") -> None:
        connection = session.connection
        if connection.rest_ok is None:
            self.rest.show_state(Health.UNSURE, self.tr("asking"))
        elif not connection.rest_ok:
            self.rest.show_state(Health.BAD, self.tr("not answering"))
        else:
            self.rest.show_state(Health.GOOD, figures.milliseconds(connection.rest_latency_ms))
        skew = connection.clock_skew_ms
        is_far_off = skew is not None and abs(skew) >= _SKEW_WARNING_MS
        self.skew.show_text(
            self.tr("Clock {skew}").format(skew=figures.milliseconds(skew, sign=True)),
            "warning" if is_far_off else "muted",
        )
        frame_ms = None if self._meter is None else self._meter.frame_ms
        self.frame_time.show_text(self.tr("Frame {time}").format(time=figures.milliseconds(frame_ms)))

    def _show_market(self, session: "Session", now: datetime) -> None:
        clock = session.market_clock
        self.profile.show_text(words.outside_text(session.profile.name, 40))
        phase = clock.hours_now().phase
        if phase is None:
            self.market.show_text(self.tr("Market hours unknown"))
            self.market_until.show_text("")
            return
        self.market.show_text(words.market_session(phase))
        left_s = None if clock.next_change is None else (clock.next_change - now).total_seconds()
        if clock.is_open and (left_s is None or left_s > _LONGEST_SESSION_S):
            text = self.tr("around the clock")
        elif left_s is None:
            text = ""
        else:
            template = {
                Phase.REGULAR: self.tr("closes in {time}"),
                Phase.CLOSED: self.tr("opens in {time}"),
            }.get(phase, self.tr("market opens in {time}"))
            text = template.format(time=figures.countdown(left_s))
        self.market_until.show_text(text)

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(_SIDE_PX, 0, _SIDE_PX, 0)
        row.setSpacing(_GAP_PX)
        self._price_items = (
            (StreamName.QUOTES, self.quotes),
            (StreamName.COINS, self.coins),
            (StreamName.OPTIONS, self.options),
        )
        for item in (self.orders, self.quotes, self.coins, self.options, self.rest, self.gaps):
            row.addWidget(item)
        row.addStretch(1)
        for item in (self.skew, self.frame_time, self.profile):
            row.addWidget(item)
        market = QHBoxLayout()
        market.setSpacing(5)
        market.addWidget(self.market)
        market.addWidget(self.market_until)
        row.addLayout(market)
        row.addWidget(self.time)
        self._session_items: tuple[QWidget, ...] = (
            self.orders,
            self.quotes,
            self.coins,
            self.options,
            self.rest,
            self.gaps,
            self.skew,
            self.frame_time,
            self.profile,
            self.market,
            self.market_until,
        )
        self._yielding = (self.frame_time, self.skew, self.profile, self.market_until, self.gaps)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._give_way()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, STATUS_BAR_PX)

    def _give_way(self) -> None:
        """The feeds must never be cut; what a trader can do without goes from a narrow window.

        Feeds that are connected only now and then begin and say no more than how they do; where nothing else
        helps the others follow, those with a trouble to tell of last. A clock that is far off stays. What is
        gone comes back only with room to spare, or it would flicker while ages and rates tick.
        """
        if self._session is None:
            return
        feeds = [item for _, item in self._price_items if not item.isHidden()]
        away = {item for _, item in self._price_items if item.isHidden()}
        items = [item for item in (*self._session_items, self.time) if item not in away]
        needed = sum(item.sizeHint().width() + _GAP_PX for item in items) + 2 * _SIDE_PX
        needed += sum(feed.saved_px for feed in feeds if feed.is_brief)
        first = [feed for feed in feeds if feed is not self.quotes and feed.health is Health.GOOD]
        needed = self._shorten(first, needed)
        for item in self._yielding:
            is_news = item is self.skew and item.property("tone") == "warning"
            goes = not is_news and needed + (_SPARE_PX if item.isHidden() else 0) > self.width()
            item.setVisible(not goes)
            if goes:
                needed -= item.sizeHint().width() + _GAP_PX
        self._shorten([feed for feed in feeds if feed not in first], needed)

    def _shorten(self, feeds: Iterable[FeedItem], needed: int) -> int:
        """Make one after the other brief until there is room; returns what is needed then."""
        for feed in feeds:
            is_long = needed + (_SPARE_PX if feed.is_brief else 0) > self.width()
            needed -= feed.saved_px if is_long else 0
            feed.set_brief(is_brief=is_long)
        return needed

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors = self._theme.colors
        painter = QPainter(self)
        painter.fillRect(self.rect(), colors.panel)
        painter.fillRect(0, 0, self.width(), 1, colors.line)
        painter.end()

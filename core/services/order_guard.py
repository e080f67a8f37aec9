"""Judges an order at the moment it is looked at or sent, with everything the session knows by then."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from core.domain.carriage import carrier_of, is_vouched_for
from core.domain.circumstances import Circumstances, Market, market_from
from core.domain.configuration import AccountConfiguration
from core.domain.event import Fill
from core.domain.fees import Fee, estimate_fees
from core.domain.finding import Finding, Reason, Rule, Verdict, worst
from core.domain.forecast import Forecast, forecast
from core.domain.freshness import NS_PER_S, age_s, freshness_of
from core.domain.instrument import AssetClass, OptionTerms, position_symbol
from core.domain.intent import Intent, IntentKind
from core.domain.limit_rules import check_limits
from core.domain.order import Order
from core.domain.position import Position
from core.domain.replacement import after_change
from core.domain.request import OrderRequest, ReplaceRequest
from core.domain.rules import check
from core.errors import AppError
from core.protocol.instruments import read_configuration
from core.services.broker_link import BrokerLink
from core.services.clock import Clock
from core.services.rereading import Rereading
from core.services.settings import Settings

if TYPE_CHECKING:
    from core.services.session import Session

_MINUTE_NS = 60 * NS_PER_S
_CONFIGURATION_EVERY_S = 120.0
_SETTLING_NS = 10 * NS_PER_S  # how far positions may lag behind a fill (protocol page section 3.11)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One order, judged: what it was judged by, what it would change, and every rule's verdict."""

    request: OrderRequest
    around: Circumstances
    expected: Forecast
    findings: tuple[Finding, ...]
    fees: tuple[Fee, ...]

    @property
    def may_send(self) -> bool:
        """Whether neither a rule nor a limit stops it."""
        return not any(finding.verdict.stops for finding in self.findings)

    @property
    def worst(self) -> Finding | None:
        """What matters most; None where every rule passes."""
        return worst(self.findings)


class OrderGuard(QObject):
    """Knows the limits and what is around an order. Lives on the GUI thread; asks, but changes nothing."""

    changed = Signal()  # the account's switches, or what was sent lately

    def __init__(
        self, session: "Session", settings: Settings, clock: Clock, link: BrokerLink | None = None
    ) -> None:
        """`link` is where the account's switches are read; without one they count as unset."""
        super().__init__(session)
        self._session, self._settings, self._clock = session, settings, clock
        self.configuration = AccountConfiguration()
        self._sent_ns: deque[int] = deque()
        self._seen: set[str] = set()
        self._working: dict[str, Order] = {}
        self._filled_ns: dict[str, int] = {}  # by the symbol that positions use
        self._reading: Rereading[AccountConfiguration] | None = None
        if link is not None:
            self._reading = Rereading(
                link,
                read_configuration,
                done=self._take_configuration,
                failed=_keep_the_last,
                every_s=_CONFIGURATION_EVERY_S,
                parent=self,
            )
        session.orders.intents_changed.connect(self._count)
        session.orders.orders_changed.connect(self._take_orders)
        session.orders.filled.connect(self._take_fill)
        self._take_orders(tuple(session.orders.orders.values()))

    def start(self) -> None:
        """Read the account's switches, now and then again."""
        if self._reading is not None:
            self._reading.now()

    def stop(self) -> None:
        """Read no more."""
        if self._reading is not None:
            self._reading.stop()

    def market(self, symbol: str) -> Market:
        """The market in `symbol` as it is known at this moment."""
        session = self._session
        ticker = session.market.ticker(symbol)
        quote = None if ticker is None else ticker.quote
        received_ns = None if quote is None else quote.received_ns
        now_ns = self._clock.monotonic_ns()
        source = None if quote is None else quote.source
        is_live = is_vouched_for(carrier_of(symbol), source, session.connection.live)
        instrument = session.instruments.known.get(symbol)
        return market_from(
            ticker,
            freshness=freshness_of(received_ns, now_ns, stream_is_live=is_live),
            age_s=age_s(received_ns, now_ns),
            is_open=session.market_clock.is_open,
            feed_is_live=is_live,
            now_ns=now_ns,
            asset_class=AssetClass.of_symbol(symbol),
            increment=None if instrument is None else instrument.price_increment,
        )

    def circumstances(self, symbol: str, *, replacing: str = "") -> Circumstances:
        """Everything around an order in `symbol`; `replacing` is the id of the order that would make way."""
        session = self._session
        option = OptionTerms.of_symbol(symbol)
        return Circumstances(
            environment=session.environment,
            instrument=session.instruments.get(symbol),
            is_unknown=session.instruments.is_unknown(symbol),
            account=session.account.account,
            configuration=self.configuration,
            position=self._position(symbol),
            underlying=None if option is None else self._position(option.underlying),
            working=tuple(order for order in self._working.values() if order.id != replacing),
            market=self.market(symbol),
            hours=session.market_clock.hours_now(),
            orders_last_minute=self._sent_lately(),
            is_settling=self._is_settling(symbol),
        )

    def judge(self, request: OrderRequest, *, when_flat: bool = False) -> Judgement:
        """Every rule and limit, with the figures of this moment; `when_flat` as if nothing were held."""
        around = self.circumstances(request.symbol)
        if when_flat:
            around = replace(around, position=None)
        expected = forecast(request, around)
        findings = check(request, around, expected)
        findings += check_limits(request, around, self._settings.values.limits, expected)
        return Judgement(
            request=request,
            around=around,
            expected=expected,
            findings=findings,
            fees=estimate_fees(request, expected, around.environment),
        )

    def judge_change(self, order: Order, change: ReplaceRequest) -> tuple[Finding, ...]:
        """The trader's limits on a working order as it would be after `change`."""
        request = after_change(order, change)
        if request is None:
            return (Finding(rule=Rule.LIMIT_QTY, verdict=Verdict.FORBIDDEN, code=Reason.LIMIT_UNCHECKABLE),)
        limits = self._settings.values.limits
        if change.limit_price is None and change.stop_price is None:
            # The price stays where it was allowed to be, wherever the market went meanwhile.
            limits = replace(limits, max_distance=None, max_age_s=None)
        return check_limits(request, self.circumstances(request.symbol, replacing=order.id), limits)

    def _position(self, symbol: str) -> Position | None:
        positions = self._session.positions.positions
        return positions.get(symbol) or positions.get(position_symbol(symbol))

    def _sent_lately(self) -> int:
        since = self._clock.monotonic_ns() - _MINUTE_NS
        while self._sent_ns and self._sent_ns[0] <= since:
            self._sent_ns.popleft()
        return len(self._sent_ns)

    @Slot(object)
    def _count(self, intents: Sequence[Intent]) -> None:
        """Count each intent of this run once: cancels never count, getting out is always allowed."""
        for intent in intents:
            is_new = intent.client_order_id not in self._seen
            if is_new and intent.kind is not IntentKind.CANCEL:
                self._seen.add(intent.client_order_id)
                if self._clock.wall_ns() - intent.created_ns < _MINUTE_NS:
                    self._sent_ns.append(self._clock.monotonic_ns())
                    self.changed.emit()

    @Slot(object)
    def _take_orders(self, orders: Sequence[Order]) -> None:
        """Keep what works, legs too: the whole list is too long to be searched at every tick."""
        for order in orders:
            if order.is_open:
                self._working[order.id] = order
            else:
                self._working.pop(order.id, None)
            self._take_orders(order.legs)

    @Slot(object)
    def _take_fill(self, fill: Fill) -> None:
        self._filled_ns[position_symbol(fill.symbol)] = self._clock.monotonic_ns()

    def _is_settling(self, symbol: str) -> bool:
        filled_ns = self._filled_ns.get(position_symbol(symbol))
        return filled_ns is not None and self._clock.monotonic_ns() - filled_ns < _SETTLING_NS

    def _take_configuration(self, configuration: AccountConfiguration) -> None:
        if configuration != self.configuration:
            self.configuration = configuration
            self.changed.emit()


def _keep_the_last(_error: AppError) -> None:
    """The broker still checks; ours is only the earlier word."""

"""What the tour shows: from the first start to an order stream that was cut and came back."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from core.domain.connection import StreamName, StreamPhase
from core.domain.event import Fill
from core.domain.money import plain
from core.domain.order import Order, OrderStatus, OrderType, Side, TimeInForce
from core.domain.product import USER_AGENT
from core.domain.request import OrderRequest
from core.domain.sign_in_phase import SignInPhase
from core.domain.trading_block import TradingBlock
from core.errors import AppError
from core.services.practice_control import PracticeControl
from core.services.session import Session
from core.services.workbench import Workbench
from ui.main_window import MainWindow
from ui.theme.theme import Theme
from ui.tour.hands import Hands
from ui.tour.runner import Step, TourRunner

SYMBOL = "NVDA"
FAR_BELOW = Decimal("0.80")  # of the bid: rests for as long as the tour lasts
LESS_FAR_BELOW = Decimal("0.82")
PICTURE_SIZE = (1920, 1080)  # whatever the screen: the pictures are to be laid beside each other
REFUSALS = 2  # long enough down for a picture
SIGN_IN_PICTURES = ("sign-in-dark.png", "sign-in-light.png")


class Tour(QObject):
    """Drives the real window against the practice broker. Lives on the GUI thread."""

    finished = Signal(int)  # exit code: 0 if every step held

    def __init__(
        self,
        window: MainWindow,
        workbench: Workbench,
        theme: Theme,
        folder: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._window, self._workbench, self._folder = window, workbench, folder
        self._hands = Hands(window)
        self._control: PracticeControl | None = None
        self._fills: list[Fill] = []
        self._resting: Order | None = None
        self._moved: Order | None = None
        self._market: Order | None = None
        self._new_price = Decimal(0)
        self._reconnects = 0
        self._pressed: set[str] = set()
        self._runner = TourRunner(window, theme, folder, self._steps(), self)
        self._runner.finished.connect(self._finish)
        workbench.failed.connect(self._runner.abandon)
        workbench.session_started.connect(self._watch)

    @Slot()
    def start(self) -> None:
        """Begin; `finished` follows."""
        self._window.resize(*PICTURE_SIZE)
        self._runner.start()

    @Slot(object)
    def abandon(self, error: object) -> None:
        """Something failed that no step can repair; `finished` follows."""
        self._runner.abandon(error)

    def stop(self) -> None:
        """Let go of what the tour itself opened."""
        if self._control is not None:
            self._control.stop()

    def _steps(self) -> list[Step]:
        return [
            Step(
                name="welcome",
                expected="the practice broker and the token proxy are up; the window offers to sign in",
                act=lambda: self._workbench.start_practice("--auto-approve"),
                look=self._see_welcome,
            ),
            Step(
                name="sign in",
                expected="the sign-in window shows the broker's page, and a session starts",
                act=self._sign_in,
                look=self._see_session,
                timeout_s=60,
            ),
            Step(
                name="live panels",
                expected="account, positions, watchlist, orders and both streams are live",
                act=_nothing,
                look=self._see_live,
            ),
            Step(
                name="event log",
                expected="the stream panel shows lines of both streams",
                act=lambda: self._window.desk.reveal(self._window.desk.stream),
                look=self._see_log,
            ),
            Step(
                name="rest a limit order",
                expected="a limit order far below the market is working at the broker",
                act=self._fill_in_limit,
                look=self._see_resting,
            ),
            Step(
                name="replace it",
                expected="a new order with the new limit price works in its place",
                act=self._ask_to_replace,
                look=self._see_replaced,
            ),
            Step(
                name="fill a market order",
                expected="a market order fills, and the position grows by it",
                act=self._fill_in_market,
                look=self._see_filled,
            ),
            Step(
                name="cancel the first",
                expected="the resting order is canceled",
                act=self._cancel,
                look=self._see_canceled,
            ),
            Step(
                name="cut the order stream",
                expected="the connection strip says within seconds that the stream is down; orders are held",
                act=self._cut,
                look=self._see_down,
            ),
            Step(
                name="recover",
                expected="the stream is live again, orders were read by REST, trading is possible",
                act=_nothing,
                look=self._see_recovered,
                timeout_s=30,
            ),
        ]

    @property
    def _session(self) -> Session:
        session = self._workbench.session
        if session is None:
            raise AppError("The session has ended in the middle of the tour.")
        return session

    @Slot(object)
    def _watch(self, session: Session) -> None:
        session.orders.filled.connect(self._fills.append)

    @Slot(bool)
    def _finish(self, held: bool) -> None:
        self.finished.emit(0 if held else 1)

    def _once(self, name: str, deed: Callable[[], bool]) -> bool:
        """Do something when it is possible, and only once in the tour."""
        if name not in self._pressed and deed():
            self._pressed.add(name)
        return name in self._pressed

    # First start and sign-in.

    def _see_welcome(self) -> str | None:
        sign_in = self._workbench.sign_in
        if sign_in is None or sign_in.phase is not SignInPhase.SIGNED_OUT:
            return None
        return f"profile {sign_in.profile.name}, welcome page"

    def _sign_in(self) -> None:
        if self._workbench.practice is not None:
            control_url = str(self._workbench.practice.line.get("control_url", ""))
            self._control = PracticeControl(control_url, user_agent=USER_AGENT, parent=self)
        self._window.begin_sign_in(pictures=self._folder)

    def _see_session(self) -> str | None:
        signed_in = self._workbench.signed_in
        if self._workbench.session is None or signed_in is None:
            return None
        if not all((self._folder / name).exists() for name in SIGN_IN_PICTURES):
            return None
        covered = ", ".join(sorted(signed_in.accounts))
        return f"accounts: {covered}; scopes: {' '.join(sorted(signed_in.grant.scopes))}"

    # Live panels.

    def _see_live(self) -> str | None:
        session = self._session
        lives = session.connection.live >= {StreamName.ORDERS, StreamName.QUOTES}
        quoted = [s for s in session.watchlist.symbols if session.market.ticker(s) is not None]
        ready = session.orders.trading_block is TradingBlock.NONE
        account, rows = session.account.account, session.positions.positions
        if not (lives and ready and account and rows and session.log.lines):
            return None
        if (
            len(quoted) < len(session.watchlist.symbols)
            or session.connection.message_rate(StreamName.QUOTES) <= 0
        ):
            return None
        return (
            f"account ending in {account.short_number}, {len(rows)} positions, {len(quoted)} symbols quoted, "
            f"{len(session.log.lines)} lines logged, both streams live"
        )

    def _see_log(self) -> str | None:
        lines, always = self._session.log.lines, (StreamName.ORDERS, StreamName.QUOTES)
        counts = {name: sum(line.stream is name for line in lines) for name in always}
        if not all(counts.values()) or not self._window.desk.stream.view.isVisible():
            return None
        return ", ".join(f"{count} lines of {name.value}" for name, count in counts.items())

    # Orders.

    def _price(self, share: Decimal) -> Decimal:
        ticker = self._session.market.ticker(SYMBOL)
        if ticker is None or ticker.quote is None:
            raise AppError(f"There is no quote for {SYMBOL}.")
        return (Decimal(repr(ticker.quote.bid)) * share).quantize(Decimal("0.01"))

    def _request(self, kind: OrderType, qty: int, limit_price: Decimal | None = None) -> OrderRequest:
        return OrderRequest(
            symbol=SYMBOL,
            side=Side.BUY,
            type=kind,
            qty=Decimal(qty),
            time_in_force=TimeInForce.DAY,
            limit_price=limit_price,
        )

    def _fill_in_limit(self) -> None:
        self._window.desk.reveal(self._window.desk.orders)
        self._hands.fill_ticket(self._request(OrderType.LIMIT, 5, self._price(FAR_BELOW)))

    def _fill_in_market(self) -> None:
        self._hands.fill_ticket(self._request(OrderType.MARKET, 3))

    def _sent(self, what: str) -> bool:
        """Press and confirm, as soon as each is possible."""
        return self._once(f"send {what}", self._hands.press_send) and self._once(
            f"confirm {what}", self._hands.press_confirm
        )

    def _newest(self, kind: OrderType) -> Order | None:
        own = [
            o
            for o in self._session.orders.orders.values()
            if o.type == kind and self._session.orders.is_own(o)
        ]
        return own[-1] if own else None

    def _see_resting(self) -> str | None:
        if not self._sent("limit"):
            return None
        order = self._newest(OrderType.LIMIT)
        if order is None or order.status is not OrderStatus.NEW:
            return None
        self._resting = order
        return f"{order.side} {order.qty} {order.symbol} at {order.limit_price}: {order.status_text}"

    def _ask_to_replace(self) -> None:
        self._new_price = self._price(LESS_FAR_BELOW)
        if self._resting is not None:
            self._window.desk.orders.replace_requested.emit(self._resting.id)

    def _see_replaced(self) -> str | None:
        if not self._once("replace", lambda: self._hands.change_limit(self._new_price)):
            return None
        order = self._newest(OrderType.LIMIT)
        if order is None or self._resting is None or order.replaces != self._resting.id:
            return None
        old = self._session.orders.orders[self._resting.id]
        if order.status is not OrderStatus.NEW or old.status is not OrderStatus.REPLACED:
            return None
        self._moved = order
        return f"limit {self._resting.limit_price} -> {order.limit_price}, the old order {old.status_text}"

    def _see_filled(self) -> str | None:
        if not self._sent("market"):
            return None
        order = self._newest(OrderType.MARKET)
        if order is None or order.status is not OrderStatus.FILLED:
            return None
        filled = sum((fill.qty for fill in self._fills if fill.order_id == order.id), Decimal(0))
        after = next((f.position_qty for f in reversed(self._fills) if f.order_id == order.id), None)
        position = self._session.positions.positions.get(SYMBOL)
        if filled != order.qty or position is None or position.qty != after:
            return None
        return f"filled {plain(filled)} at {order.filled_avg_price}; position {plain(position.qty)}"

    def _cancel(self) -> None:
        if self._moved is not None:
            self._window.desk.orders.cancel_requested.emit(self._moved.id)

    def _see_canceled(self) -> str | None:
        if self._moved is None:
            return None
        order = self._session.orders.orders[self._moved.id]
        is_settled = not any(i.target_order_id == order.id for i in self._session.orders.open_intents)
        return f"order {order.status_text}" if order.status is OrderStatus.CANCELED and is_settled else None

    # The stream.

    def _cut(self) -> None:
        self._reconnects = self._session.connection.status(StreamName.ORDERS).reconnects
        if self._control is not None:
            self._control.cut_orders_stream(REFUSALS, self._runner.abandon)

    def _see_down(self) -> str | None:
        status = self._session.connection.status(StreamName.ORDERS)
        block = self._session.orders.trading_block
        if status.phase is StreamPhase.LIVE or block is not TradingBlock.NOT_READY:
            return None
        return f"stream {status.phase.value} ({status.reason.value}), trading {block.value}"

    def _see_recovered(self) -> str | None:
        session = self._session
        status = session.connection.status(StreamName.ORDERS)
        if status.phase is not StreamPhase.LIVE or status.reconnects <= self._reconnects:
            return None
        if session.orders.trading_block is not TradingBlock.NONE:
            return None
        return f"live after {status.reconnects} reconnect, {session.connection.gaps} gap"


def _nothing() -> None:
    """Some steps only look."""

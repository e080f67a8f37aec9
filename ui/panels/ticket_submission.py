"""One filled-in ticket becomes at most one order: the life of a submission, without any widget.

A ticket is armed once. Sending disarms it until evidence settles what was sent *and* the trader starts
another order by a deliberate step, so that no double click and no held key can ever send twice.
"""

from collections.abc import Callable
from enum import Enum

from PySide6.QtCore import QObject, Signal, Slot

from core.domain.intent import Intent, IntentState
from core.domain.order import Order
from core.domain.request import OrderRequest
from core.domain.trading_block import TradingBlock
from core.errors import AppError, NotPermitted
from core.services.orders import OrderDesk


class Stage(Enum):
    """Where the ticket stands."""

    EDITING = "editing"
    CONFIRMING = "confirming"
    SENDING = "sending"
    UNKNOWN = "unknown"
    TAKEN = "taken"  # the broker has it: working, filled, or already ended
    NOT_PLACED = "not placed"  # refused, or proven never sent


_STAGE_OF_STATE = {
    IntentState.DRAFT: Stage.SENDING,
    IntentState.JOURNALED: Stage.SENDING,
    IntentState.SENT: Stage.SENDING,
    IntentState.UNKNOWN: Stage.UNKNOWN,
    IntentState.REFUSED: Stage.NOT_PLACED,
    IntentState.NEVER_SENT: Stage.NOT_PLACED,
}
_UNRESOLVED = frozenset({Stage.SENDING, Stage.UNKNOWN})
_RESULTS = frozenset({Stage.TAKEN, Stage.NOT_PLACED})


def _nothing_forbids(_request: OrderRequest) -> bool:
    return True


class Submission(QObject):
    """Follows one order from the ticket to its evidence; nothing else here calls `OrderDesk.place`."""

    changed = Signal()

    def __init__(
        self,
        orders: OrderDesk,
        parent: QObject | None = None,
        *,
        may_send: Callable[[OrderRequest], bool] = _nothing_forbids,
    ) -> None:
        """`may_send` is asked at the click, and once more when the order is confirmed."""
        super().__init__(parent)
        self._orders = orders
        self._may_send = may_send
        self._stage = Stage.EDITING
        self._request: OrderRequest | None = None
        self._client_order_id: str | None = None  # of what is being confirmed
        self._intent: Intent | None = None
        self._failure: AppError | None = None
        self._left_behind: dict[str, OrderRequest] = {}
        orders.intents_changed.connect(self._take_intents)
        orders.orders_changed.connect(self._take_orders)

    @property
    def stage(self) -> Stage:
        """Where the ticket stands now."""
        return self._stage

    @property
    def request(self) -> OrderRequest | None:
        """What is being confirmed or was sent; None while editing."""
        return self._request

    @property
    def client_order_id(self) -> str | None:
        """The id under which `send` will place what is being confirmed."""
        return self._client_order_id

    @property
    def intent(self) -> Intent | None:
        """The intent of this ticket's order, once there is one."""
        return self._intent

    @property
    def failure(self) -> AppError | None:
        """Why the order never left this program, when it was stopped here."""
        return self._failure

    @property
    def order(self) -> Order | None:
        """The broker's order, once seen."""
        if self._intent is None or self._intent.order_id is None:
            return None
        return self._orders.orders.get(self._intent.order_id)

    @property
    def is_unresolved(self) -> bool:
        """Whether something was sent whose fate is not known yet."""
        return self._stage in _UNRESOLVED

    @property
    def left_behind(self) -> tuple[OrderRequest, ...]:
        """Earlier orders of this ticket that are unresolved although the trader went on."""
        return tuple(self._left_behind.values())

    def is_armed_for(self, request: OrderRequest) -> bool:
        """Whether `request` could be sent now."""
        may = self._stage is Stage.EDITING and self._orders.trading_block is TradingBlock.NONE
        return may and not request.problems() and self._may_send(request)

    def hold(self, request: OrderRequest) -> bool:
        """Take `request` for confirmation; returns False, and does nothing, unless the ticket is armed."""
        if not self.is_armed_for(request):
            return False
        self._request, self._client_order_id = request, self._orders.new_client_order_id()
        self._move(Stage.CONFIRMING)
        return True

    def send_at_once(self, request: OrderRequest) -> bool:
        """Send `request` unconfirmed; returns False, and does nothing, unless the ticket is armed."""
        if not self.is_armed_for(request):
            return False
        self._request, self._stage = request, Stage.CONFIRMING
        self._client_order_id = None
        return self.send()

    def release(self) -> None:
        """The trader did not confirm: back to editing, nothing was sent."""
        if self._stage is Stage.CONFIRMING:
            self._request = self._client_order_id = None
            self._move(Stage.EDITING)

    def send(self) -> bool:
        """Send what `hold` took, once; any further call does nothing and returns False."""
        if self._stage is not Stage.CONFIRMING or self._request is None:
            return False
        if not self._may_send(self._request):
            self._failure = NotPermitted(
                "A rule or a limit stopped it.", "Look at the ticket for the reason."
            )
            self._move(Stage.NOT_PLACED)
            return False
        # Disarmed before the desk is asked: a slot of its signals may come back here. Shown only afterwards,
        # for the order is on its way while the screen changes.
        self._stage = Stage.SENDING
        try:
            self._intent = self._orders.place(self._request, client_order_id=self._client_order_id)
        except AppError as failure:
            self._failure = failure
            self._move(Stage.NOT_PLACED)
            return False
        self._take_intents((self._orders.intent(self._intent.client_order_id) or self._intent,))
        return True

    def start_another(self) -> None:
        """Arm the ticket again, on the trader's word; an unresolved order is remembered, not forgotten."""
        if self._stage in (Stage.EDITING, Stage.CONFIRMING):
            return
        if self.is_unresolved and self._intent is not None and self._request is not None:
            self._left_behind[self._intent.client_order_id] = self._request
        self._request = self._intent = self._failure = self._client_order_id = None
        self._move(Stage.EDITING)

    def note_edit(self) -> None:
        """The form was changed: a settled result makes way, an unresolved one stays."""
        if self._stage in _RESULTS:
            self.start_another()

    def look_up(self) -> None:
        """Ask the broker once more about the order whose outcome is unknown."""
        if self._stage is Stage.UNKNOWN and self._intent is not None:
            self._orders.look_up(self._intent.client_order_id)

    @Slot(object)
    def _take_intents(self, intents: tuple[Intent, ...]) -> None:
        for intent in intents:
            self._forget_if_resolved(intent)
            if self._intent is None or intent.client_order_id != self._intent.client_order_id:
                continue
            self._intent = intent
            self._move(_STAGE_OF_STATE.get(intent.state, Stage.TAKEN))

    @Slot(object)
    def _take_orders(self, orders: tuple[Order, ...]) -> None:
        if self._intent is not None and any(order.id == self._intent.order_id for order in orders):
            self.changed.emit()

    def _forget_if_resolved(self, intent: Intent) -> None:
        is_known = _STAGE_OF_STATE.get(intent.state, Stage.TAKEN) not in _UNRESOLVED
        if is_known and self._left_behind.pop(intent.client_order_id, None) is not None:
            self.changed.emit()

    def _move(self, stage: Stage) -> None:
        self._stage = stage
        self.changed.emit()

"""Makes orders from requests that were admitted, with the children that wait for them."""

from collections.abc import Callable
from decimal import Decimal

from practice.engine.admission import Admission
from practice.engine.class_rules import exit_side
from practice.engine.instruments import Instrument
from practice.engine.orders import Intent, Kind, Order, Role, State, Tif
from practice.engine.rules import LegRequest, OrderRequest

# What a multi-leg order trades: several contracts, and none itself.
COMBINATION = Instrument(
    symbol="",
    asset_id="00000000-0000-0000-0000-000000000000",
    name="",
    exchange="",
    asset_class="",
    is_fund=False,
    base_ticks=1,
    digits=2,
    daily_lots=0,
    lot=Decimal(1),
)


class Maker:
    """Makes orders; their identifiers come from the engine's seed."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id

    def order(
        self,
        instrument: Instrument,
        request: OrderRequest,
        admission: Admission,
        state: State,
        now: int,
        expires_at: int | None,
    ) -> Order:
        """An order as it is when the broker answers for it."""
        pair = request.order_class == "oco"
        order = Order(
            id=self._new_id(),
            client_order_id=request.client_order_id or self._new_id(),
            instrument=instrument,
            side=request.side,
            kind=request.kind,
            tif=request.tif,
            qty=request.qty,
            notional=request.notional,
            limit_price=request.take_profit if pair and request.take_profit else request.limit_price,
            stop_price=request.stop_price,
            extended_hours=request.extended_hours,
            intent=admission.intent,
            state=state,
            created_at=now,
            updated_at=now,
            submitted_at=now,
            expires_at=expires_at,
            order_class=request.order_class,
            role=Role.TAKE_PROFIT if pair else Role.ALONE,
            trail_price=request.trail_price,
            trail_percent=request.trail_percent,
            reserve_price=admission.reserve_price,
            keeps=admission.keeps,
            instructions=request.instructions,
        )
        self._add_exits(order, request)
        return order

    def _add_exits(self, order: Order, request: OrderRequest) -> None:
        intent: Intent = "sell_to_close" if exit_side(request) == "sell" else "buy_to_close"
        profit, loss = request.take_profit, request.stop_loss
        if profit is not None and request.order_class in {"bracket", "oto"}:
            self._add_child(order, request, Role.TAKE_PROFIT, Kind.LIMIT, intent, limit_price=profit)
        if loss is not None and request.order_class != "simple":
            kind = Kind.STOP if loss.limit_price is None else Kind.STOP_LIMIT
            self._add_child(
                order,
                request,
                Role.STOP_LOSS,
                kind,
                intent,
                limit_price=loss.limit_price,
                stop_price=loss.stop_price,
            )

    def _add_child(
        self,
        order: Order,
        request: OrderRequest,
        role: Role,
        kind: Kind,
        intent: Intent,
        *,
        limit_price: Decimal | None = None,
        stop_price: Decimal | None = None,
    ) -> None:
        child = Order(
            id=self._new_id(),
            client_order_id=self._new_id(),
            instrument=order.instrument,
            side=exit_side(request),
            kind=kind,
            tif=order.tif,
            qty=order.qty,
            notional=None,
            limit_price=limit_price,
            stop_price=stop_price,
            extended_hours=False,
            intent=intent,
            state=State.HELD,
            created_at=order.created_at,
            updated_at=order.created_at,
            submitted_at=order.created_at,
            expires_at=order.expires_at,
            order_class=order.order_class,
            role=role,
            parent=order,
        )
        order.legs.append(child)

    def add_contracts(self, order: Order, contracts: list[tuple[LegRequest, Instrument, Intent]]) -> None:
        """Give a multi-leg order its legs; they share its life."""
        for leg, instrument, intent in contracts:
            ratio = leg.ratio_qty or Decimal(1)
            order.legs.append(
                Order(
                    id=self._new_id(),
                    client_order_id=self._new_id(),
                    instrument=instrument,
                    side=leg.side,
                    kind=order.kind,
                    tif=Tif.DAY,
                    qty=(order.qty or Decimal(0)) * ratio,
                    notional=None,
                    limit_price=None,
                    stop_price=None,
                    extended_hours=False,
                    intent=intent,
                    state=order.state,
                    created_at=order.created_at,
                    updated_at=order.created_at,
                    submitted_at=order.created_at,
                    expires_at=order.expires_at,
                    order_class="mleg",
                    role=Role.COMBO_LEG,
                    parent=order,
                    ratio_qty=ratio,
                )
            )

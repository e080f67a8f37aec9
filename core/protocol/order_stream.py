"""One connection's worth of the order stream (protocol page section 4).

Sans I/O. The client speaks first, in text as every known client does; what comes may be text or binary,
JSON either way.
"""

from collections.abc import Mapping
from enum import Enum

import msgspec

from core.domain.connection import RefusalReason
from core.domain.event import Fill, OrderEvent
from core.domain.secret import Secret
from core.protocol.wire import Number, Text, WireOrder, decimal, moment, quantity

STREAM = "trade_updates"
_ERRORS = (ValueError, RecursionError)  # msgspec's errors are ValueErrors


class Phase(Enum):
    """How far the conversation has come."""

    AUTHENTICATING = "authenticating"
    LISTENING = "listening"  # asked to listen, not yet confirmed
    LIVE = "live"
    OVER = "over"


class _Envelope(msgspec.Struct):
    stream: Text = None
    action: Text = None
    data: msgspec.Raw = msgspec.Raw(b"null")


class _Authorization(msgspec.Struct):
    status: str
    action: Text = None


class _Listening(msgspec.Struct):
    streams: list[str] = []


class _LegFill(msgspec.Struct):
    """What one leg of a multi-leg order did; the event of the whole names no execution."""

    order_id: Text = None
    execution_id: Text = None
    symbol: Text = None
    qty: Number = None
    price: Number = None
    timestamp: Text = None

    def value(self, sides: Mapping[str, str]) -> Fill | None:
        qty, price = quantity(self.qty), decimal(self.price)
        if not self.order_id or qty is None or price is None:
            return None
        return Fill(
            order_id=self.order_id,
            symbol=self.symbol or "",
            side=sides.get(self.order_id, ""),
            qty=qty,
            price=price,
            at=moment(self.timestamp),
            position_qty=None,
            execution_id=self.execution_id or "",
        )


class _Update(msgspec.Struct):
    event: str
    order: WireOrder
    timestamp: Text = None
    at: Text = None
    execution_id: Text = None
    price: Number = None
    qty: Number = None
    position_qty: Number = None
    previous_execution_id: Text = None
    legs: list[_LegFill] | None = None

    def value(self) -> OrderEvent:
        order = self.order.value()
        sides = {leg.id: leg.side for leg in order.legs}
        legs = (leg.value(sides) for leg in self.legs or ())
        return OrderEvent(
            event=self.event,
            order=order,
            leg_fills=tuple(leg for leg in legs if leg is not None),
            at=moment(self.timestamp) or moment(self.at),
            execution_id=self.execution_id or "",
            price=decimal(self.price),
            qty=quantity(self.qty),
            position_qty=decimal(self.position_qty),
            previous_execution_id=self.previous_execution_id or "",
        )


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_AUTHORIZATION = msgspec.json.Decoder(_Authorization)
_LISTENING = msgspec.json.Decoder(_Listening)
_UPDATE = msgspec.json.Decoder(_Update, strict=False)


class OrderStreamSession:
    """Authenticates with a token, listens to order updates, and turns them into events."""

    def __init__(self, token: Secret) -> None:
        self.phase = Phase.AUTHENTICATING
        self.refusal = RefusalReason.NONE
        self.unreadable = 0
        opening = {"action": "authenticate", "data": {"oauth_token": token.reveal()}}
        self.to_send: list[str] = [_spelled(opening)]

    def receive(self, frame: bytes | str) -> list[OrderEvent]:
        """Take one frame; afterwards send whatever `to_send` holds.

        Never raises on what the other side may send. An update that cannot be read is counted in
        `unreadable`: whoever drives this must then read the orders again by REST.
        """
        try:
            envelope = _ENVELOPE.decode(frame)
            return self._take(envelope)
        except _ERRORS:
            self.unreadable += 1
            return []

    def _take(self, envelope: _Envelope) -> list[OrderEvent]:
        match self.phase, envelope.stream:
            case Phase.AUTHENTICATING, "authorization":
                self._after_authorization(_AUTHORIZATION.decode(envelope.data))
            case Phase.LISTENING, "listening":
                # Unknown streams are left out of the acknowledgement; without ours we would hear nothing.
                if STREAM in _LISTENING.decode(envelope.data).streams:
                    self.phase = Phase.LIVE
                else:
                    self._give_up(RefusalReason.SCOPE_MISSING)
            case ((Phase.LISTENING | Phase.LIVE), "authorization"):
                if _AUTHORIZATION.decode(envelope.data).status != "authorized":
                    self._give_up(RefusalReason.TOKEN_REFUSED)
            case ((Phase.LISTENING | Phase.LIVE), "trade_updates"):
                return [_UPDATE.decode(envelope.data).value()]
            case _:
                if envelope.action == "error":
                    self._give_up(RefusalReason.SERVER_ERROR)
        return []

    def _after_authorization(self, answer: _Authorization) -> None:
        if answer.status != "authorized":
            self._give_up(RefusalReason.TOKEN_REFUSED)
            return
        self.phase = Phase.LISTENING
        self.to_send.append(_spelled({"action": "listen", "data": {"streams": [STREAM]}}))

    def _give_up(self, reason: RefusalReason) -> None:
        self.phase = Phase.OVER
        self.refusal = reason


def _spelled(message: Mapping[str, object]) -> str:
    return msgspec.json.encode(message).decode()

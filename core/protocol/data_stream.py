"""One connection's worth of the market data conversation (protocol page section 6).

Sans I/O: `receive` takes a frame, `to_send` holds what must go out. A new object for every connection.
"""

from collections.abc import Iterable
from enum import Enum

import msgspec

from core.domain.connection import RefusalReason, StreamName
from core.domain.secret import Secret
from core.protocol.data_messages import Failure, Known, Message, Other, Subscription, Success

# Of what each stream offers (section 6.3), what we ask for.
CHANNELS = {
    StreamName.QUOTES: ("trades", "quotes", "bars"),
    StreamName.COINS: ("trades", "quotes", "bars"),
    StreamName.OPTIONS: ("trades", "quotes"),
}
_ALREADY_AUTHENTICATED = 403
# After these the subscription is what it was before; the rest of the conversation goes on.
_INVALID_SYNTAX = 400
_REQUEST_REFUSED = frozenset({_INVALID_SYNTAX, 405, 410, 413})
# What an error of section 6.4 means for the connection. Absent ones are logged and survived.
REASON_OF_CODE = {
    401: RefusalReason.SERVER_ERROR,
    402: RefusalReason.TOKEN_REFUSED,
    404: RefusalReason.NO_ANSWER,
    405: RefusalReason.SYMBOL_LIMIT,
    406: RefusalReason.CONNECTION_LIMIT,
    407: RefusalReason.SLOW_CLIENT,
    409: RefusalReason.PLAN_LACKS_FEED,
    411: RefusalReason.SCOPE_MISSING,
    500: RefusalReason.SERVER_ERROR,
}

_JSON = msgspec.json.Decoder(list[Known])
_PACKED = msgspec.msgpack.Decoder(list[Known])
_JSON_PARTS = msgspec.json.Decoder(list[msgspec.Raw])
_PACKED_PARTS = msgspec.msgpack.Decoder(list[msgspec.Raw])
_JSON_ONE = msgspec.json.Decoder(Known)
_PACKED_ONE = msgspec.msgpack.Decoder(Known)
_JSON_OTHER = msgspec.json.Decoder(Other)
_PACKED_OTHER = msgspec.msgpack.Decoder(Other)
_OtherDecoder = msgspec.json.Decoder[Other] | msgspec.msgpack.Decoder[Other]
_KNOWN_TAGS = frozenset({"success", "error", "subscription", "q", "t", "b", "u", "d", "s"})
_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Phase(Enum):
    """How far the conversation has come."""

    GREETING = "greeting"
    AUTHENTICATING = "authenticating"
    LIVE = "live"
    OVER = "over"


class DataStreamSession:
    """Speaks MessagePack, and understands JSON too in case the other side ignored the header.

    The option stream answers to nothing else. `stream` says which of the market data streams it is.
    """

    def __init__(self, token: Secret, stream: StreamName = StreamName.QUOTES) -> None:
        self._token, self._channels = token, CHANNELS[stream]
        self._wanted: frozenset[str] = frozenset()
        self._asking: frozenset[str] | None = None  # what is asked for and not yet answered
        self._leaving: frozenset[str] = frozenset()  # what was asked to stop, likewise
        # Asked for, or asked to stop, in vain; not again until `want` says so.
        self._given_up: frozenset[str] = frozenset()
        self._at_once: int | None = None  # the most to ask for in one request; None for any number
        self.carried: frozenset[str] = frozenset()  # what the other side last said it streams
        self.phase = Phase.GREETING
        self.to_send: list[bytes] = []
        self.unreadable = 0
        self.over_because = RefusalReason.NONE  # why the conversation ended, in phase OVER
        self.refused_symbols: frozenset[str] = frozenset()  # over the plan's limit (error 405)

    def want(self, symbols: Iterable[str]) -> None:
        """Say which symbols should stream; only differences are sent, and only when live.

        One request at a time: an error names no request, so with two under way nobody could tell which
        of them was not taken.
        """
        self._wanted = frozenset(symbols)
        self._given_up, self._at_once = frozenset(), None
        if self.phase is Phase.LIVE:
            self._ask_for_difference()

    def receive(self, frame: bytes | str) -> list[Message]:
        """Take one frame; afterwards send whatever `to_send` holds.

        Never raises on what the other side may send: what cannot be read is counted in `unreadable`.
        """
        messages = self._decode(frame)
        if self.phase is not Phase.LIVE or (messages and isinstance(messages[0], Failure | Subscription)):
            for message in messages:
                self._follow(message)
        return messages

    def refusal(self, message: Failure) -> RefusalReason:
        """What an error means for this connection; NONE when it can be survived."""
        if message.code == _ALREADY_AUTHENTICATED:
            return RefusalReason.NONE
        return REASON_OF_CODE.get(message.code, RefusalReason.NONE)

    def _decode(self, frame: bytes | str) -> list[Message]:
        is_json = isinstance(frame, str) or frame[:1] in (b"[", b"{")
        try:
            return list((_JSON if is_json else _PACKED).decode(frame))  # type: ignore[arg-type]
        except _ERRORS:
            return self._decode_in_parts(frame, is_json=is_json)

    def _decode_in_parts(self, frame: bytes | str, *, is_json: bool) -> list[Message]:
        """One message that is new or damaged must not cost us its neighbours."""
        try:
            parts = (_JSON_PARTS if is_json else _PACKED_PARTS).decode(frame)  # type: ignore[arg-type]
        except _ERRORS:
            self.unreadable += 1
            return []
        one, other = (_JSON_ONE, _JSON_OTHER) if is_json else (_PACKED_ONE, _PACKED_OTHER)
        messages: list[Message] = []
        for part in parts:
            try:
                messages.append(one.decode(part))
            except _ERRORS:
                if (strange := _decoded_or_none(other, part)) is None or strange.T in _KNOWN_TAGS:
                    self.unreadable += 1
                else:
                    messages.append(strange)
        return messages

    def _follow(self, message: Message) -> None:
        match self.phase, message:
            case Phase.GREETING, Success(msg="connected"):
                self.phase = Phase.AUTHENTICATING
                # `key: "oauth"` is the documented form for tokens (section 6.3).
                self._say({"action": "auth", "key": "oauth", "secret": self._token.reveal()})
            case ((Phase.GREETING | Phase.AUTHENTICATING), Success(msg="authenticated")):
                self._go_live()
            case Phase.AUTHENTICATING, Failure(code=code) if code == _ALREADY_AUTHENTICATED:
                self._go_live()
            case Phase.LIVE, Failure(code=code) if code in _REQUEST_REFUSED:
                self._take_refusal(code)
            case _, Failure(code=code) if code in _REQUEST_REFUSED:
                pass  # nothing was asked for yet
            case _, Failure() if (reason := self.refusal(message)) is not RefusalReason.NONE:
                self.phase, self.over_because = Phase.OVER, reason
            case Phase.LIVE, Subscription():
                self.carried = frozenset(message.quotes)
                self._given_up |= (self._asking or frozenset()) - self.carried
                self._given_up |= self._leaving & self.carried
                self.refused_symbols = frozenset()
                self._asking = None
                self._ask_for_difference()
            case _:
                pass  # newer servers may say more than we know; that is allowed

    def _go_live(self) -> None:
        self.phase = Phase.LIVE
        self._ask_for_difference()

    def _take_refusal(self, code: int) -> None:
        """What we asked for was not taken; the subscription is as it was."""
        asked, self._asking = self._asking or frozenset(), None
        if code == _INVALID_SYNTAX and len(asked) > 1:
            # A single name that the feed cannot read costs the whole request: find it by halves.
            self._at_once = len(asked) // 2
        else:
            self._at_once = None
            self.refused_symbols = asked
            self._given_up |= asked | self._leaving
        self._ask_for_difference()

    def _ask_for_difference(self) -> None:
        """Ask for the next difference; its answer leads here again."""
        if self._asking is not None:
            return
        self._leaving = frozenset()
        if gone := self.carried - self._wanted - self._given_up:
            # Room first: the plan counts what is still subscribed.
            self._ask("unsubscribe", gone)
            self._asking, self._leaving = frozenset(), gone
        elif new := self._wanted - self.carried - self._given_up:
            self._asking = frozenset(sorted(new)[: self._at_once])
            self._ask("subscribe", self._asking)

    def _ask(self, action: str, symbols: frozenset[str]) -> None:
        self._say({"action": action, **{channel: sorted(symbols) for channel in self._channels}})

    def _say(self, message: dict[str, object]) -> None:
        self.to_send.append(msgspec.msgpack.encode(message))


def _decoded_or_none(decoder: _OtherDecoder, part: msgspec.Raw) -> Other | None:
    try:
        return decoder.decode(part)
    except _ERRORS:
        return None

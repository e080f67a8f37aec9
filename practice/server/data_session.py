"""One data-stream conversation, without its socket: authentication, subscriptions, errors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from practice.server.stream_kinds import StreamKind

AUTH_TIMEOUT_S = 10.0

_ERRORS = {
    400: "invalid syntax",
    401: "not authenticated",
    402: "auth failed",
    403: "already authenticated",
    404: "auth timeout",
    405: "symbol limit exceeded",
    406: "connection limit exceeded",
    407: "slow client",
    408: "v2 not enabled",
    409: "insufficient subscription",
    410: "invalid subscribe action for this feed",
    411: "insufficient scope",
    412: "option messages are only available in MsgPack format",
    413: "star subscription is not allowed for option quotes",
    500: "internal error",
}

Message = dict[str, Any]
Verdict = Literal["welcome"] | int  # or the number of an error
Admission = Callable[[str, str], Verdict]


def error_message(code: int) -> Message:
    """An error by its number, which may be one that nobody has heard of."""
    return {"T": "error", "code": code, "msg": _ERRORS.get(code, f"error {code}")}


@dataclass(slots=True)
class Reply:
    """What to say, each message in a frame of its own, and whether to hang up afterwards."""

    messages: list[Message]
    ends: bool = False


class DataSession:
    """State of one connection. `admit` judges credentials and takes the connection's slot.

    `symbol_limit` is how many counted symbols may be subscribed at once; 0: any number.
    """

    def __init__(self, kind: StreamKind, admit: Admission, symbol_limit: int, *, packed: bool) -> None:
        self.kind, self._admit, self._symbol_limit = kind, admit, symbol_limit
        self._unreadable = kind.packed_only and not packed
        self.is_live = False
        self.subscriptions: Mapping[str, frozenset[str]] = dict.fromkeys(kind.channels, frozenset())

    def greeting(self) -> Message:
        """The first thing a server says."""
        return {"T": "success", "msg": "connected"}

    def authenticate(self, key: str, secret: str) -> Reply:
        """Judge credentials, from a message or from the upgrade's headers."""
        if self._unreadable:
            return Reply([error_message(412)], ends=True)
        verdict = self._admit(key, secret)
        if isinstance(verdict, int):
            return Reply([error_message(verdict)], ends=True)
        self.is_live = True
        return Reply([{"T": "success", "msg": "authenticated"}])

    def receive(self, message: object) -> Reply:
        """Take one decoded request."""
        if not isinstance(message, dict):
            return Reply([error_message(400)])
        match message.get("action"):
            case "auth" if self.is_live:
                return Reply([error_message(403)])
            case "auth":
                key, secret = message.get("key"), message.get("secret")
                if not isinstance(key, str) or not isinstance(secret, str):
                    return Reply([error_message(400)])
                return self.authenticate(key, secret)
            case "subscribe" | "unsubscribe" if not self.is_live:
                return Reply([error_message(401)])
            case "subscribe" | "unsubscribe" as action:
                return self._change(message, adds=action == "subscribe")
            case _:
                return Reply([error_message(400)])

    def _change(self, message: Message, *, adds: bool) -> Reply:
        after = dict(self.subscriptions)
        for channel, symbols in message.items():
            if channel == "action":
                continue
            if channel not in after:
                return Reply([error_message(410)])
            if not isinstance(symbols, list) or not all(map(self.kind.takes, symbols)):
                return Reply([error_message(400)])
            if adds and "*" in symbols and channel in self.kind.starless:
                return Reply([error_message(413)])
            after[channel] = after[channel].union(symbols) if adds else after[channel].difference(symbols)
        if adds and 0 < self._symbol_limit < self.kind.counts(after):
            return Reply([error_message(405)])
        self.subscriptions = after
        return Reply([{"T": "subscription", **self.kind.state(after)}])

    def wants(self, channel: str, symbol: str) -> bool:
        """Whether a message of this channel about this symbol goes to this connection."""
        symbols = self.subscriptions[channel]
        return symbol in symbols or "*" in symbols

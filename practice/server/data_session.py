"""One data-stream conversation, without its socket: authentication, subscriptions, errors."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

CHANNELS = ("trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds", "imbalances")
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
    410: "invalid subscribe action for this feed",
    411: "insufficient scope",
}
_SYMBOL = re.compile(r"\*|[A-Z][A-Z0-9./]{0,14}")
_COUNTED = ("trades", "quotes")

Message = dict[str, Any]
Verdict = Literal["welcome", "auth failed", "insufficient scope", "connection limit exceeded"]
Admission = Callable[[str, str], Verdict]


def error_message(code: int) -> Message:
    """An error by its number."""
    return {"T": "error", "code": code, "msg": _ERRORS[code]}


@dataclass(slots=True)
class Reply:
    """What to say, and whether to hang up afterwards."""

    messages: list[Message]
    ends: bool = False


class DataSession:
    """State of one connection. `admit` judges credentials and takes the connection's slot."""

    def __init__(self, admit: Admission, symbol_limit: int) -> None:
        self._admit, self._symbol_limit = admit, symbol_limit
        self.is_live = False
        self.subscriptions: dict[str, set[str]] = {channel: set() for channel in CHANNELS}

    def greeting(self) -> Message:
        """The first thing a server says."""
        return {"T": "success", "msg": "connected"}

    def authenticate(self, key: str, secret: str) -> Reply:
        """Judge credentials, from a message or from the upgrade's headers."""
        match self._admit(key, secret):
            case "welcome":
                self.is_live = True
                return Reply([{"T": "success", "msg": "authenticated"}])
            case "auth failed":
                return Reply([error_message(402)], ends=True)
            case "insufficient scope":
                return Reply([error_message(411)], ends=True)
            case "connection limit exceeded":
                return Reply([error_message(406)], ends=True)

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
            case "subscribe":
                return self._change(message, set.union)
            case "unsubscribe":
                return self._change(message, set.difference)
            case _:
                return Reply([error_message(400)])

    def _change(self, message: Message, combine: Callable[[set[str], Iterable[str]], set[str]]) -> Reply:
        after = dict(self.subscriptions)
        for name, symbols in message.items():
            if name == "action":
                continue
            if name not in CHANNELS:
                return Reply([error_message(410)])
            if not _are_symbols(symbols):
                return Reply([error_message(400)])
            after[name] = combine(after[name], symbols)
        if self._exceeds_limit(after):
            return Reply([error_message(405)])
        self.subscriptions = after
        return Reply([self._state()])

    def _exceeds_limit(self, subscriptions: dict[str, set[str]]) -> bool:
        counted = [subscriptions[channel] for channel in _COUNTED]
        size = sum(len(symbols) for symbols in counted)
        starred = any("*" in symbols for symbols in counted)
        return self._symbol_limit > 0 and (starred or size > self._symbol_limit)

    def _state(self) -> Message:
        lists = {channel: sorted(symbols) for channel, symbols in self.subscriptions.items()}
        lists["corrections"] = lists["cancelErrors"] = lists["trades"]
        return {"T": "subscription", **lists}

    def wants(self, channel: str, symbol: str) -> bool:
        """Whether a message of this channel about this symbol goes to this connection."""
        symbols = self.subscriptions[channel]
        return symbol in symbols or "*" in symbols


def _are_symbols(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(symbol, str) and _SYMBOL.fullmatch(symbol) for symbol in value
    )

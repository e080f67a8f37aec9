"""Faults of the messages on a stream: what becomes of a frame on its way to a reader."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from aiohttp import WSMsgType

from practice.faults.alterations import alteration_of, altered
from practice.faults.registry import Fault, Faults
from practice.faults.subject import subject_of

_GARBAGE_BYTES = 40
_UNKNOWN_EVENT = "practice_novelty"

Frames = list[tuple[bytes, WSMsgType]]


class EventFaults:
    """The way of one reader's messages past the faults. Belongs to the event loop's thread."""

    def __init__(
        self, endpoint: str, faults: Faults, *, packed: bool, late: Callable[[bytes, WSMsgType], None]
    ) -> None:
        """`late` sends a frame that was held up."""
        self._endpoint, self._faults, self._late = endpoint, faults, late
        self._encode = msgspec.msgpack.encode if packed else msgspec.json.encode
        self._decode = msgspec.msgpack.decode if packed else msgspec.json.decode
        self._held: list[msgspec.Raw] = []

    def passed(self, frame: bytes, kind: WSMsgType) -> Frames:
        """The frames to send in place of this one, in order."""
        if not self._held and not self._faults.events_of(self._endpoint):
            return [(frame, kind)]
        whole = self._decode(frame)
        if not isinstance(whole, list):
            garbage, messages = self._fate(whole, msgspec.Raw(frame), kind)
            return garbage + [(bytes(one), kind) for one in messages]
        before: Frames = []
        kept: list[msgspec.Raw] = []
        raws: list[msgspec.Raw] = self._decode(frame, type=list[msgspec.Raw])
        for message, raw in zip(whole, raws, strict=True):
            garbage, messages = self._fate(message, raw, kind, batched=True)
            before += garbage
            kept += messages
        return before + ([(self._encode(kept), kind)] if kept else [])

    def _fate(
        self, message: Any, raw: msgspec.Raw, kind: WSMsgType, *, batched: bool = False
    ) -> tuple[Frames, list[msgspec.Raw]]:
        """What a message becomes: garbage to send before, and messages to send now."""
        event, is_control = event_of(message)
        met = self._faults.of_message(
            self._endpoint, event, partial(subject_of, message), is_control=is_control
        )
        overdue, self._held = self._held, []
        garbage: Frames = []
        now = [raw]
        for fault in met:
            match fault.order.kind:
                case "garbage_frame":
                    garbage.append(_garbage(fault))
                case "drop_event":
                    now = []
                case "duplicate_event":
                    now = now * 2
                case "reorder_events":
                    self._held += now
                    now = []
                case "delay_event":
                    self._send_late(now, kind, fault.seconds(), batched=batched)
                    now = []
                case _:
                    now = [self._changed(one, fault) for one in now]
        return garbage, now + overdue

    def _send_late(
        self, messages: list[msgspec.Raw], kind: WSMsgType, seconds: float, *, batched: bool
    ) -> None:
        frames = [self._encode(messages)] if batched else [bytes(one) for one in messages]
        for frame in frames if messages else ():
            asyncio.get_running_loop().call_later(seconds, self._late, frame, kind)

    def _changed(self, raw: msgspec.Raw, fault: Fault) -> msgspec.Raw:
        message = self._decode(raw)
        if fault.order.kind == "unknown_event":
            _rename(message, fault.order.value or _UNKNOWN_EVENT)
        elif change := alteration_of(fault.order):
            content = message["data"] if isinstance(message.get("data"), dict) else message
            altered(content, fault.order, change)
        return msgspec.Raw(self._encode(message))


def event_of(message: Any) -> tuple[str, bool]:
    """The name by which aims know a message, and whether it belongs to the conversation itself."""
    if not isinstance(message, dict):
        return "", True
    if "stream" in message or "action" in message:
        data = message.get("data")
        if message.get("stream") == "trade_updates" and isinstance(data, dict):
            return str(data.get("event", "")), False
        return str(message.get("stream", message.get("action"))), True
    if "event_id" in message:
        return str(message.get("event", message.get("activity_type"))), False
    name = str(message.get("T", ""))
    return name, name in {"success", "error", "subscription"}


def _rename(message: dict[str, Any], name: str) -> None:
    if isinstance(message.get("data"), dict):
        message["data"]["event"] = name
    elif "event_id" in message:
        message["event" if "event" in message else "activity_type"] = name
    else:
        message["T"] = name


def _garbage(fault: Fault) -> tuple[bytes, WSMsgType]:
    if fault.order.body is not None:
        return fault.order.body.encode(), WSMsgType.TEXT
    return fault.chance.randbytes(_GARBAGE_BYTES), WSMsgType.BINARY

"""Data messages a second from the practice broker to one client: drawn, encoded, sent as they are due."""

from typing import Any

from tests.bench.effort import Effort
from tests.bench.process import Child
from tests.bench.row import Aim, Row
from tests.bench.stage import stage

_WANTED = 100_000
_IN_FRAME = 500
_RIVAL = "websockets, one prepared frame"
# So many simulated seconds in one that there is always more due than can be sent.
_HURRY = ("--speed", "1800", "--plan", "plus")


def measure(effort: Effort) -> list[Row]:
    """Every quote and trade of every stock, to a client that only counts; MessagePack, then JSON."""
    return [
        Row(
            name=name,
            value=_practice(effort, packed=packed),
            unit="1/s",
            rival=_RIVAL,
            rival_value=_rival(effort, packed=packed),
            aim=Aim(">=", _WANTED),
        )
        for name, packed in (("practice_stream_messages", True), ("practice_stream_messages_json", False))
    ]


def _practice(effort: Effort, *, packed: bool) -> float:
    with stage(*_HURRY) as scene:
        return _counted(effort, scene.broker.line["data_stream_url"], scene.broker.keys, packed=packed)


def _rival(effort: Effort, *, packed: bool) -> float:
    with Child("prepared_frames", order={"packed": packed, "in_frame": _IN_FRAME}) as server:
        return _counted(effort, f"ws://127.0.0.1:{server.hear()['port']}", {}, packed=packed)


def _counted(effort: Effort, base: str, headers: dict[str, Any], *, packed: bool) -> float:
    order = {
        "url": base + "/v2/sip",
        "headers": headers,
        "packed": packed,
        "warm_up_s": effort.practice_stream_warm_up_s,
        "seconds": effort.practice_stream_s,
    }
    with Child("stream_counter", order=order) as client:
        return float(client.hear(60.0 + effort.practice_stream_s)["per_second"])

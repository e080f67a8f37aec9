"""What the trading process holds in memory after minutes of streaming, beside the bare window."""

import statistics
import threading
import time

import psutil

from tests.bench.effort import Effort
from tests.bench.process import Child
from tests.bench.row import Aim, Row
from tests.bench.stage import SYMBOLS, many_symbols, stage
from tests.bench.starts import RIVAL

MIB = 1024 * 1024
_EVERY_S = 1.0
_MINUTE_S = 60.0


def measure(effort: Effort) -> list[Row]:
    """Resident memory with SYMBOLS symbols streaming, and how much it still grows after a warm-up."""
    with stage() as scene:
        order = scene.order("soaking.Soak", settings={"watchlist": many_symbols()}, seconds=effort.memory_s)
        with Child("trading", order=order) as child:
            child.hear()  # signed in, every symbol has a price
            samples = _samples(child, effort.memory_s)
            answer = child.hear()
    with Child("bare_window", "--stay") as bare:
        bare.hear()
        rival = _resident_mib(bare.pid)
    settled = [(at, mib) for at, mib in samples if at >= effort.memory_warm_up_s]
    last = statistics.median(mib for _, mib in samples[-5:])
    if answer["symbols"] < SYMBOLS:
        raise RuntimeError(f"only {answer['symbols']} symbols were streamed")
    return [
        Row(
            name="memory_200_symbols",
            value=last,
            unit="MiB",
            rival=RIVAL,
            rival_value=rival,
            aim=Aim("<=", 120),
        ),
        Row(name="memory_growth", value=_slope(settled) * _MINUTE_S, unit="MiB/min"),
    ]


def _samples(child: Child, seconds: float) -> list[tuple[float, float]]:
    started, pause = time.monotonic(), threading.Event()
    samples: list[tuple[float, float]] = []
    while (at := time.monotonic() - started) < seconds - _EVERY_S:
        samples.append((at, _resident_mib(child.pid)))
        pause.wait(_EVERY_S)
    return samples


def _resident_mib(pid: int) -> float:
    return psutil.Process(pid).memory_info().rss / MIB


def _slope(samples: list[tuple[float, float]]) -> float:
    """The least-squares slope, in units a second."""
    return statistics.linear_regression(*zip(*samples, strict=True)).slope if len(samples) > 1 else 0.0

"""How long a start takes: to the first window, and to a painted account, beside a bare window."""

import statistics
from collections.abc import Callable

from tests.bench.effort import Effort
from tests.bench.process import Child
from tests.bench.row import Aim, Row, milliseconds
from tests.bench.stage import scratch, signed_out_order, stage

RIVAL = "bare PySide6 window"


def measure_first_window(effort: Effort) -> list[Row]:
    """Process start to the main window's first paint, the two taking turns."""
    with scratch() as folder:

        def start() -> float:
            with Child("trading", order=signed_out_order("starting.FirstWindow", folder)) as child:
                return milliseconds(child.started_ns, child.hear()["painted_ns"])

        ours, bare = _taking_turns(start, effort.starts)
    return [
        Row(
            name="first_window",
            value=ours,
            unit="ms",
            rival=RIVAL,
            rival_value=bare,
            aim=Aim("<=", 2.0, of_ratio=True),
        )
    ]


def measure_signed_in(effort: Effort) -> list[Row]:
    """Process start to account, positions and first quotes painted, signed in from the keyring."""
    with stage() as scene:

        def start() -> float:
            with Child("trading", order=scene.order("starting.SignedIn")) as child:
                return milliseconds(child.started_ns, max(child.hear()["painted_ns"].values()))

        ours, bare = _taking_turns(start, effort.starts)
    return [Row(name="signed_in_painted", value=ours, unit="ms", rival=RIVAL, rival_value=bare)]


def _taking_turns(start: Callable[[], float], times: int) -> tuple[float, float]:
    """Medians of ours and of the bare window. One start of each goes before, unmeasured: files get cached."""
    start(), _bare_start()
    pairs = [(start(), _bare_start()) for _ in range(times)]
    ours, bare = zip(*pairs, strict=True)
    return statistics.median(ours), statistics.median(bare)


def _bare_start() -> float:
    with Child("bare_window") as child:
        return milliseconds(child.started_ns, child.hear()["painted_ns"])

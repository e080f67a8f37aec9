"""What dev.py itself takes on a second start, beside a Python that does nothing."""

import statistics
import sys
from pathlib import Path

from tests.bench.effort import Effort
from tests.bench.process import run_once
from tests.bench.row import Aim, Row, milliseconds

_SCRIPT = Path(__file__).parent / "children" / "dev_hand_over.py"
_NOTHING = "import time; print('{\"handed_over_ns\": %d}' % time.monotonic_ns())"


def measure(effort: Effort) -> list[Row]:
    """Process start to handing over to main.py, once everything is set up."""
    python = getattr(sys, "_base_executable", sys.executable)  # dev.py runs outside .venv

    def start(*arguments: str) -> float:
        started_ns, answer = run_once([python, *arguments])
        return milliseconds(started_ns, answer["handed_over_ns"])

    ours, nothing = [], []
    start(str(_SCRIPT))  # unmeasured: files get cached
    for _ in range(effort.starts):
        ours.append(start(str(_SCRIPT)))
        nothing.append(start("-c", _NOTHING))
    return [
        Row(
            name="dev_start",
            value=statistics.median(ours),
            unit="ms",
            rival="python -c pass",
            rival_value=statistics.median(nothing),
            aim=Aim("<=", 1000),
        )
    ]

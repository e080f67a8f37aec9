"""What the practice broker itself can do."""

from tests.bench import practice_stream
from tests.bench.effort import Effort
from tests.bench.row import Row


def measure(effort: Effort) -> list[Row]:
    """All figures of the practice broker."""
    return practice_stream.measure(effort)

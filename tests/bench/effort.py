"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Sample sizes. Fewer than these make percentiles of chance."""

    starts: int
    memory_s: float
    memory_warm_up_s: float
    orders: int
    order_events: int
    quotes_s: float
    quotes_warm_up_s: float
    rival_quotes_s: float
    practice_stream_s: float
    practice_stream_warm_up_s: float
    blotter_rows: int
    blotter_repeats: int
    practice_orders: int


FULL = Effort(
    starts=15,
    memory_s=300.0,
    memory_warm_up_s=60.0,
    orders=400,
    order_events=400,
    quotes_s=30.0,
    quotes_warm_up_s=3.0,
    rival_quotes_s=8.0,
    practice_stream_s=10.0,
    practice_stream_warm_up_s=2.0,
    blotter_rows=100_000,
    blotter_repeats=7,
    practice_orders=10_000,
)
QUICK = Effort(
    starts=2,
    memory_s=3.0,
    memory_warm_up_s=1.0,
    orders=5,
    order_events=5,
    quotes_s=2.0,
    quotes_warm_up_s=1.0,
    rival_quotes_s=1.0,
    practice_stream_s=1.0,
    practice_stream_warm_up_s=0.5,
    blotter_rows=500,
    blotter_repeats=1,
    practice_orders=1000,
)

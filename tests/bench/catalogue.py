"""Every benchmark by its name, in the order in which they run."""

from collections.abc import Callable, Mapping

from tests.bench import (
    blotter,
    dev_start,
    memory,
    order_events,
    orders,
    practice,
    practice_engine,
    quotes,
    round_trip,
    starts,
)
from tests.bench.effort import Effort
from tests.bench.row import Row

BENCHMARKS: Mapping[str, Callable[[Effort], list[Row]]] = {
    "dev_start": dev_start.measure,
    "first_window": starts.measure_first_window,
    "signed_in_painted": starts.measure_signed_in,
    "click_to_wire": orders.measure,
    "submit_round_trip": round_trip.measure,
    "order_event_to_painted": order_events.measure,
    "blotter_load": blotter.measure_load,
    "blotter_sort": blotter.measure_sort,
    "blotter_filter": blotter.measure_filter,
    "quotes_absorbed": quotes.measure,
    "memory_200_symbols": memory.measure,
    "practice": lambda effort: [*practice_engine.measure(effort), *practice.measure(effort)],
}

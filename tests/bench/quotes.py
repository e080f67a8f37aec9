"""Quotes and trades faster than anybody can read, into the real watchlist, sorted by a column that ticks."""

from itertools import pairwise

from tests.bench.effort import Effort
from tests.bench.process import Answer, Child
from tests.bench.row import Aim, Row, milliseconds, percentile
from tests.bench.stage import SYMBOLS, many_symbols, stage

QUOTES, TRADES = 105_000, 5_000  # a second; a little more than the aim, so that it can be reached
IN_FRAME = 50
_SDK = "alpaca-py StockDataStream"
_FRAME_MS = 1000 / 30
_FRAME = "frame clock of 30 Hz"


def measure(effort: Effort) -> list[Row]:
    """Absorbed messages a second, and what the eye sees of it meanwhile."""
    ours = _watchlist(effort)
    theirs = _sdk(effort)
    gaps = [milliseconds(*pair) for pair in pairwise(ours["frames"])]
    if ours["rows"] != SYMBOLS:
        raise RuntimeError(f"{ours['rows']} rows were shown instead of {SYMBOLS}")
    latency, their_latency = (percentile(one["latencies_ms"], 0.99) for one in (ours, theirs))
    return [
        Row(
            name="quotes_absorbed",
            value=ours["per_second"],
            unit="1/s",
            rival=_SDK,
            rival_value=theirs["per_second"],
            aim=Aim(">=", 100_000),
        ),
        Row(
            name="quotes_latency_p99",
            value=latency,
            unit="ms",
            rival=f"{_SDK}, undrawn",
            rival_value=their_latency,
            aim=Aim("<=", 50),
        ),
        Row(
            name="quotes_frame_gap_p99",
            value=percentile(gaps, 0.99),
            unit="ms",
            rival=_FRAME,
            rival_value=_FRAME_MS,
        ),
        Row(
            name="quotes_longest_gap",
            value=max(gaps),
            unit="ms",
            rival=_FRAME,
            rival_value=_FRAME_MS,
            aim=Aim("<=", 100),
        ),
        Row(name="quotes_cpu", value=100 * ours["cpu"], unit="% of a core"),
    ]


def _watchlist(effort: Effort) -> Answer:
    with stage() as scene, _flood() as flood:
        order = scene.order(
            "quote_cells.QuoteCells",
            settings={"watchlist": many_symbols()},
            profile={"data_stream_url": f"ws://127.0.0.1:{flood.hear()['port']}"},
            seconds=effort.quotes_s,
            warm_up_s=effort.quotes_warm_up_s,
        )
        with Child("trading", order=order) as child:
            return child.hear(60.0 + effort.quotes_s)


def _sdk(effort: Effort) -> Answer:
    with _flood() as flood:
        url = f"ws://127.0.0.1:{flood.hear()['port']}/v2/iex"
        order = {"url": url, "symbols": many_symbols(), "seconds": effort.rival_quotes_s}
        with Child("sdk_quotes", order=order) as child:
            return child.hear(60.0 + effort.rival_quotes_s)


def _flood() -> Child:
    return Child("flood", order={"quotes": QUOTES, "trades": TRADES, "in_frame": IN_FRAME})

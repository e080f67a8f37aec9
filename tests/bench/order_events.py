"""From an order stream's frame at the server to the painted row."""

from tests.bench.effort import Effort
from tests.bench.process import Child
from tests.bench.row import Aim, Row, milliseconds, percentile
from tests.bench.stage import stage

_FRAME_MS = 1000 / 60
_RIVAL = "one frame at 60 Hz"


def measure(effort: Effort) -> list[Row]:
    """New orders and partial fills, one by one, while the market streams beside them."""
    with stage() as scene:
        listed = scene.broker.order(type="limit", limit_price="1.00", side="buy", qty="100")
        with Child("order_events", order={"order": listed}) as stream:
            address = f"ws://127.0.0.1:{stream.hear()['port']}/stream"
            order = scene.order(
                "order_cells.OrderCells",
                profile={"stream_url": {"paper": address}},
                events=effort.order_events,
            )
            with Child("trading", order=order) as child:
                child.hear()
                stream.tell({"send": effort.order_events})
                painted = child.hear(60.0 + effort.order_events)["painted"]
            sent = stream.hear()["sent"]
    waits = [milliseconds(at, painted[name]) for name, at in sent.items()]
    return [
        Row(
            name=f"order_event_to_painted_{name}",
            value=percentile(waits, share),
            unit="ms",
            rival=_RIVAL,
            rival_value=_FRAME_MS,
            aim=aim,
        )
        for name, share, aim in (("p50", 0.5, None), ("p99", 0.99, Aim("<=", 20)))
    ]

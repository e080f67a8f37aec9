"""An order's way to the broker and back, journal synced, beside the broker's own SDK without a journal."""

from tests.bench.effort import Effort
from tests.bench.process import Child
from tests.bench.row import Aim, Row, percentile
from tests.bench.stage import stage

_RIVAL = "alpaca-py, no journal"
_TURN = 10  # orders: within a minute the machine itself becomes a third faster or slower
_NS_PER_MS = 1e6


def measure(effort: Effort) -> list[Row]:
    """Both place the same orders at one broker, taking turns, so that neither has the better moment."""
    turn = min(_TURN, effort.orders)
    turns = max(1, effort.orders // turn)
    with stage() as scene:
        ours_order = scene.order("none")
        ours_order["account_id"] = scene.broker.call("GET", "/v2/account").json()["id"]
        theirs_order = {
            "token": ours_order["token"],
            "trading_url": scene.broker.line["trading_url"]["paper"],
        }
        with (
            Child("submitting", order=ours_order) as ours,
            Child("sdk_submitting", order=theirs_order) as rival,
        ):
            ours.hear()
            rival.hear()
            for each in (ours, rival):  # the first order makes the connection
                each.tell({"go": 1})
                each.hear()
            waits, cpu_ns = _in_turns((ours, rival), turn, turns)
    count = turn * turns
    rows = [
        Row(
            name=f"submit_round_trip_{name}",
            value=percentile(waits[0], share) / _NS_PER_MS,
            unit="ms",
            rival=_RIVAL,
            rival_value=percentile(waits[1], share) / _NS_PER_MS,
            aim=aim,
        )
        for name, share, aim in (("p50", 0.5, Aim("<=", 1, of_ratio=True)), ("p99", 0.99, None))
    ]
    cpu = Row(
        name="submit_cpu",
        value=cpu_ns[0] / count / _NS_PER_MS,
        unit="ms",
        rival=_RIVAL,
        rival_value=cpu_ns[1] / count / _NS_PER_MS,
    )
    return [*rows, cpu]


def _in_turns(
    children: tuple[Child, Child], turn: int, turns: int
) -> tuple[tuple[list[int], list[int]], list[int]]:
    """The nanoseconds that each order of each child took, and the processor time of each child."""
    waits: tuple[list[int], list[int]] = ([], [])
    cpu_ns = [0, 0]
    for _ in range(turns):
        for number, child in enumerate(children):
            child.tell({"go": turn})
            answer = child.hear(60.0 + turn)
            waits[number].extend(answer["waits"])
            cpu_ns[number] += answer["cpu"]
    return waits, cpu_ns

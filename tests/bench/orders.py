"""From the click on the ticket's button to the order's first byte at the server, the journal synced first."""

import sqlite3
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench.effort import Effort
from tests.bench.process import Child
from tests.bench.row import Aim, Row, milliseconds, percentile
from tests.bench.stage import Stage, stage

_RIVAL = "alpaca-py, no journal"
# Orders that rest far below the market, one after the other, are what the trader's own limits are there for.
_UNLIMITED = {"max_distance": "off", "max_orders_a_minute": "off"}


def measure(effort: Effort) -> list[Row]:
    """Real mouse clicks in the real window, and the same orders through the SDK, past one relay."""
    with stage() as scene:
        ours = _clicks(scene, effort.orders)
        theirs = _sdk(scene, effort.orders)
    return [
        Row(
            name=f"click_to_wire_{name}",
            value=percentile(ours, share),
            unit="ms",
            rival=_RIVAL,
            rival_value=percentile(theirs, share),
            aim=aim,
        )
        for name, share, aim in (("p50", 0.5, None), ("p99", 0.99, Aim("<=", 5)))
    ]


def _clicks(scene: Stage, count: int) -> list[float]:
    with Child("wire", order={"target": _port(scene)}) as relay:
        order = scene.order(
            "clicking.Clicks",
            settings={"confirm_paper_orders": False, "limits": _UNLIMITED},
            profile={"trading_url": {"paper": _through(relay, scene)}},
            orders=count,
        )
        with Child("trading", order=order) as child:
            clicked = child.hear(_patience_s(count))["clicked"]
        arrivals = _arrivals(relay)
    if (journaled := _journaled(Path(order["data_dir"]))) != count:
        raise RuntimeError(f"{count} orders were sent, {journaled} are in the journal")
    return _waits(clicked, arrivals)


def _sdk(scene: Stage, count: int) -> list[float]:
    with Child("wire", order={"target": _port(scene)}) as relay:
        order = {
            "trading_url": _through(relay, scene),
            "token": scene.broker.token(env="paper"),
            "orders": count,
        }
        with Child("sdk_orders", order=order) as child:
            called = child.hear(_patience_s(count))["called"]
        arrivals = _arrivals(relay)
    return _waits(called, arrivals)


def _waits(asked: list[int], arrivals: list[int]) -> list[float]:
    if len(asked) != len(arrivals):
        raise RuntimeError(f"{len(asked)} orders were asked for and {len(arrivals)} arrived")
    return [milliseconds(*moments) for moments in zip(asked, arrivals, strict=True)]


def _arrivals(relay: Child) -> list[int]:
    relay.close_input()
    return list(relay.hear()["arrivals"])


def _through(relay: Child, scene: Stage) -> str:
    url = urlsplit(scene.broker.line["trading_url"]["paper"])
    return f"{url.scheme}://{url.hostname}:{relay.hear()['port']}{url.path}"


def _port(scene: Stage) -> int:
    return urlsplit(scene.broker.line["trading_url"]["paper"]).port or 80


def _journaled(data_dir: Path) -> int:
    (journal,) = data_dir.glob("journal/*.sqlite")
    with sqlite3.connect(journal) as database:
        (count,) = database.execute("SELECT count(*) FROM intent").fetchone()
    database.close()
    return int(count)


def _patience_s(count: int) -> float:
    return 60.0 + count

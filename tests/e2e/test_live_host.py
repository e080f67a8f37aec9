"""Whole runs of the program on paper: the live host hears nothing of them (threat model O12)."""

from pathlib import Path

from tests.bench.process import Child
from tests.bench.stage import Stage, stage

ORDERS = 3
# Orders that rest far below the market are what the trader's own limits are there for.
UNLIMITED = {"max_distance": "off", "max_orders_a_minute": "off"}


def on_both(scene: Stage, name: str) -> dict[str, str]:
    return {environment: scene.broker.line[name][environment] for environment in ("paper", "live")}


def test_a_program_that_knows_the_live_host_and_trades_on_paper_never_asks_it() -> None:
    with stage() as scene:
        order = scene.order(
            "clicking.Clicks",
            settings={"confirm_paper_orders": False, "limits": UNLIMITED},
            profile={name: on_both(scene, name) for name in ("trading_url", "stream_url")},
            orders=ORDERS,
        )
        with Child("trading", order=order) as child:
            assert len(child.hear(90.0)["clicked"]) == ORDERS
        assert list(Path(order["data_dir"]).glob("journal/live-*")) == []
        assert len(scene.broker.asked("POST /paper/v2/orders")) == ORDERS
        assert scene.broker.asked("* /live*") == []

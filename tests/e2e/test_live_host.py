"""Whole runs of the program on paper: the live host hears nothing of them (threat model O12)."""

from pathlib import Path
from typing import Any

from tests.bench.process import Child
from tests.bench.stage import Stage, stage
from tests.practice.program import PracticeProgram

ORDERS = 3
# Orders that rest far below the market are what the trader's own limits are there for.
UNLIMITED = {"max_distance": "off", "max_orders_a_minute": "off"}


def asked(broker: PracticeProgram, environment: str) -> list[dict[str, Any]]:
    """Every request, and every upgrade to a stream, that reached the host of an environment."""
    url = broker.line["control_url"] + "/log"
    log = broker.http.get(url, params={"route": f"* /{environment}*"}, timeout=10).json()
    return list(log["requests"])


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
        paper = asked(scene.broker, "paper")
        assert len([entry for entry in paper if entry["method"] == "POST"]) == ORDERS
        assert asked(scene.broker, "live") == []

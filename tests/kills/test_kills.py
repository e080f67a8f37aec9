"""A trading program killed at every named point: the next start doubles, loses and hides nothing.

Real processes, a real disk, real sockets, a real practice broker. The seconds until the truth is shown are
those of a program that is loaded already; what loading takes, once for all of them here, is told beside.
"""

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.bench.row import percentile
from tests.kills.points import POINTS
from tests.practice.program import PracticeProgram

ROOT = Path(__file__).resolve().parents[2]
NURSERIES = 2
CI_KILLS, LONG_KILLS = 4, 40  # at each point
WITHIN_S = 5.0

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks a process that has loaded Qt")
Verdict = dict[str, Any]


def kill(folder: Path, kills: int) -> list[Verdict]:
    """Kill at each point that many times; a verdict for each kill."""
    laps = [(name, seed) for seed in range(kills) for name in POINTS]
    with contextlib.ExitStack() as leaving:
        nurseries = []
        for number in range(NURSERIES):
            place = folder / str(number)
            place.mkdir()
            # Each with a broker of its own: an account has one order stream, and two would fight for it.
            program = PracticeProgram(place / "practice.log", "--auto-approve", "--rate-limit", "0")
            broker = leaving.enter_context(program)
            nurseries.append((place, broker, start(place, broker, laps[number::NURSERIES])))
        verdicts = []
        for place, broker, nursery in nurseries:
            assert nursery.wait() == 0, (place / "err").read_text("utf-8")
            found = [json.loads(line) for line in (place / "out").read_text("utf-8").splitlines()]
            found[0]["failures"] += orphans(broker, {key for one in found for key in one["ids"]})
            verdicts += found
    assert len(verdicts) == len(laps)
    return verdicts


def start(place: Path, broker: PracticeProgram, laps: list[Any]) -> "subprocess.Popen[bytes]":
    order = {
        "line": broker.line,
        "token": broker.token(env="paper"),
        "account_id": broker.call("GET", "/v2/account").json()["id"],
        "folder": str(place),
        "laps": laps,
        "started": time.monotonic(),
    }
    with (place / "out").open("wb") as out, (place / "err").open("wb") as err:
        nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.kills.nursery"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=err,
        )
    assert nursery.stdin is not None
    nursery.stdin.write(json.dumps(order).encode() + b"\n")
    nursery.stdin.close()
    return nursery


def orphans(broker: PracticeProgram, journaled: set[str]) -> list[str]:
    """Orders that a program sent although no journal knows them."""
    listed: list[str] = []
    query = {"status": "all", "limit": "500"}
    while page := broker.call("GET", "/v2/orders", params=query).json():
        listed += [order["client_order_id"] for order in page]
        query["before_order_id"] = page[-1]["id"]
    ours = [key for key in listed if key.startswith("bw-")]
    doubled = len(ours) - len(set(ours))
    return [f"{key} is in no journal" for key in set(ours) - journaled] + ["an id twice"] * doubled


def judge(verdicts: list[Verdict], figure: Any) -> None:
    failed = [verdict for verdict in verdicts if verdict["failures"]]
    seconds = [one["seconds"] for one in verdicts if one["seconds"] is not None]
    loaded_s = max(one["loaded_s"] for one in verdicts)
    p50, p99 = (percentile(seconds, share) if seconds else float("inf") for share in (0.5, 0.99))
    figure(
        "sigkill_points",
        len(verdicts),
        len(failed) + (p99 > WITHIN_S),
        f"points={len({verdict['point'] for verdict in verdicts})} seconds from the next start to the truth: "
        f"p50={p50:.2f} p99={p99:.2f} max={max(seconds, default=0):.2f} and loading={loaded_s:.2f}",
    )
    assert not failed, "\n".join(f"{one['point']} {one['seed']}: {one['failures']}" for one in failed)
    assert p99 <= WITHIN_S


def test_a_hundred_kills_double_lose_and_hide_nothing(tmp_path, figure):
    judge(kill(tmp_path, CI_KILLS), figure)


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_a_thousand_kills_double_lose_and_hide_nothing(tmp_path, figure):
    judge(kill(tmp_path, LONG_KILLS), figure)


def test_there_are_twenty_five_points():
    assert len(POINTS) == 25

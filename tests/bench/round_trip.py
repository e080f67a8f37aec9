"""An order's way to the broker and back, journal synced, beside the broker's own SDK without a journal.

What the journal takes of that is measured beside the bare disk, which no program can be faster than.
"""

import os
import random
import threading
import time
from pathlib import Path
from typing import Any

from tests.bench.effort import Effort
from tests.bench.process import Child
from tests.bench.row import Aim, Row, percentile
from tests.bench.stage import stage

_RIVAL = "alpaca-py, no journal"
_TURN = 10  # orders: within a minute the machine itself becomes a third faster or slower
_NS_PER_MS = 1e6
_DISK = "bare disk, synced"
_RECORD_BYTES = 8 * 1024  # what a record adds to the journal's log: a page of the table, one of its index
_SYNCS, _PAUSE_S = 4, (0.02, 0.08)


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
            with BareDisk(Path(ours_order["data_dir"]) / "bare", turns * _SYNCS) as disk:
                told, syncs_ns = _in_turns((ours, rival), turn, turns, disk)
    waits = [[wait for answer in answers for wait in answer["waits"]] for answers in told]
    cpu_ns = [sum(answer["cpu"] for answer in answers) for answers in told]
    journal_ns = [one for answer in told[0] for one in answer["journal"]]
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
    journal = Row(
        name="submit_journal_p50",
        value=percentile(journal_ns, 0.5) / _NS_PER_MS,
        unit="ms",
        rival=_DISK,
        rival_value=percentile(syncs_ns, 0.5) / _NS_PER_MS,
    )
    return [*rows, cpu, journal]


class BareDisk:
    """A file beside the journal's folder that has its length, as the journal's log has."""

    def __init__(self, path: Path, syncs: int) -> None:
        self._path, self._bytes = path, syncs * _RECORD_BYTES
        self._at = 0
        self._chance = random.Random(1)

    def __enter__(self) -> "BareDisk":
        self._file = self._path.open("w+b", buffering=0)
        self._file.write(b"x" * self._bytes)
        os.fsync(self._file.fileno())
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def sync_ns(self) -> int:
        """How long the disk takes for as much as a record, after a pause as between two orders."""
        threading.Event().wait(self._chance.uniform(*_PAUSE_S))
        data = self._chance.randbytes(_RECORD_BYTES)
        self._file.seek(self._at)
        self._at = (self._at + _RECORD_BYTES) % self._bytes
        sync = getattr(os, "fdatasync", os.fsync)
        began = time.perf_counter_ns()
        self._file.write(data)
        sync(self._file.fileno())
        return time.perf_counter_ns() - began


def _in_turns(
    children: tuple[Child, Child], turn: int, turns: int, disk: BareDisk
) -> tuple[list[list[dict[str, Any]]], list[int]]:
    """What each child said of its turns, and the nanoseconds of the bare disk's between them."""
    told: list[list[dict[str, Any]]] = [[] for _ in children]
    syncs_ns = []
    for _ in range(turns):
        for number, child in enumerate(children):
            child.tell({"go": turn})
            told[number].append(child.hear(60.0 + turn))
        syncs_ns += [disk.sync_ns() for _ in range(_SYNCS)]
    return told, syncs_ns

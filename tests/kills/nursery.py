"""Starts trading programs by the hundred and sees what became of the killed ones.

`python -m tests.kills.nursery` reads its order from standard input, one JSON line, and prints a verdict for
each lap. A lap is a run that is killed at a point, and the next run on the same folder. Both are forks of
this process, which has loaded what a program loads and started no thread.
"""

import contextlib
import json
import os
import random
import select
import shutil
import signal
import sqlite3
import sys
import time
import traceback
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import core.net.connections  # noqa: F401 - loaded once, not in every life
from core.domain.environment import Environment
from core.store.journal import Journal
from core.store.journal_schema import SCHEMA_1
from tests.kills.life import Doomed, Survivor
from tests.kills.office import AT_ITS_END, Office, allowed_states, read_rows, shown_figures
from tests.kills.points import POINTS, Deed, Point

Json = dict[str, Any]
PATIENCE_S = 20.0


class Lap:
    """One kill at one point, and what the next start makes of it."""

    def __init__(self, scene: Json, office: Office, point: Point, seed: int) -> None:
        self._scene, self._office, self._point, self._seed = scene, office, point, seed
        self._folder = Path(scene["folder"]) / f"{point.name}-{seed}"
        self._folder.mkdir(parents=True)
        name = f"paper-{quote(scene['account_id'], safe='')}.sqlite"
        self._journal = self._folder / "journal" / name
        self._failures: list[str] = []
        self._seconds: float | None = None

    def run(self) -> Json:
        """Kill, start again, compare; the verdict."""
        since = self._office.newest_request()
        if self._point.old_journal:
            self._write_old_journal()
        if self._point.after:
            self._kill_at(POINTS[self._point.after])
        self._kill_at(self._point)
        rows = self._rows()
        self._check_place(rows)
        self._check_next_start(rows)
        self._check_requests(rows, self._office.log(since=since))
        self._tidy(rows)
        if not self._failures:
            shutil.rmtree(self._folder)
        return {
            "point": self._point.name,
            "seed": self._seed,
            "seconds": self._seconds,
            "ids": [row["client_order_id"] for row in rows],
            "failures": self._failures,
        }

    def _kill_at(self, point: Point) -> None:
        chance = random.Random(f"{point.name}/{self._seed}")
        ready, say_ready = os.pipe()

        def live() -> int:
            if point.arm is not None:
                point.arm(chance)
            life = Doomed(self._folder, self._scene, point.deed, self._seed, say_ready)
            life.session.start()
            return life.app.exec()

        child = self._fork(live)
        if point.deed is Deed.BURST:
            select.select([ready], [], [], PATIENCE_S)
            select.select([], [], [], chance.uniform(0, 0.15))
            os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
        os.close(ready)
        os.close(say_ready)
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
            self._failures.append(f"{point.name} was never reached: status {status}\n{self._complaints()}")

    def _fork(self, live: Callable[[], int]) -> int:
        child = os.fork()
        if child:
            return child
        try:
            errors = os.open(self._folder / "stderr", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(errors, 2)
            os.dup2(errors, 1)
            code = live()
        except BaseException:
            traceback.print_exc()
            code = 70
        sys.stderr.flush()
        os._exit(code)

    def _complaints(self) -> str:
        return (self._folder / "stderr").read_text("utf-8", "replace")

    # What is left on the disk, and at the broker.

    def _rows(self) -> list[Json]:
        """What the journal holds, read from a copy: opening the file itself would mend it."""
        copy = self._folder / "copy"
        shutil.copytree(self._folder / "journal", copy)
        try:
            return read_rows(copy / self._journal.name)
        finally:
            shutil.rmtree(copy)

    def _check_place(self, rows: list[Json]) -> None:
        """That it died where it should have."""
        point = self._point
        kind = "replace" if point.deed is Deed.REPLACE else "cancel" if point.deed is Deed.CANCEL else "place"
        found = [row for row in rows if row["kind"] == kind]
        if point.journal is not None and bool(found) is not point.journal:
            self._failures.append(f"in the journal: {found}")
        if point.broker is None or not found:
            return
        if kind == "cancel":
            (placed,) = (row for row in rows if row["kind"] == "place")
            order = self._office.order(placed["client_order_id"])
            there = order is not None and order["status"] == "canceled"
        else:
            there = self._office.order(found[0]["client_order_id"]) is not None
        if there is not point.broker:
            self._failures.append(f"at the broker: {there}")

    # The next start.

    def _check_next_start(self, rows: list[Json]) -> None:
        hear, tell = os.pipe()
        wish, end = os.pipe()

        def live() -> int:
            os.close(hear)
            os.close(end)
            life = Survivor(self._folder, self._scene, tell, wish)
            life.session.start()
            return life.app.exec()

        child = self._fork(live)
        os.close(tell)
        os.close(wish)
        self._failures += self._watch(hear, rows)
        os.close(end)
        os.close(hear)
        status = os.waitpid(child, 0)[1]
        if status != 0:
            self._failures.append(f"the next start ended with {status}\n{self._complaints()}")
        elif complaints := self._complaints().strip():
            self._failures.append(complaints)
        else:
            self._check_noted(rows)

    def _watch(self, hear: int, rows: list[Json]) -> list[str]:
        """Compare what is believed with the broker until both agree; what is wrong at the end."""
        deadline, wrong = time.monotonic() + PATIENCE_S, ["it said nothing"]
        heard = b""
        while time.monotonic() < deadline:
            if select.select([hear], [], [], 0.2)[0]:
                piece = os.read(hear, 65_536)
                if not piece:
                    return [*wrong, "it ended by itself"]
                heard += piece
            *_, newest, _unfinished = [b"", *heard.split(b"\n")]
            if newest:
                told = json.loads(newest)
                beliefs = json.loads(told["beliefs"])
                wrong = self._differences(beliefs, rows)
                if not wrong:
                    self._seconds = told["seconds"]
                    return []
        return wrong

    def _differences(self, beliefs: Json, rows: list[Json]) -> list[str]:
        if beliefs["block"]:
            return [f"trading is held: {beliefs['block']}"]
        orders = {row["client_order_id"]: self._office.order(row["client_order_id"]) for row in rows}
        by_id = {order["id"]: order for order in orders.values() if order is not None}
        wrong = []
        for row in rows:
            key = row["client_order_id"]
            known = beliefs["intents"].get(key, {"state": row["state"], "is_asked": True})
            allowed = allowed_states(row, orders[key], by_id)
            if known["state"] not in allowed:
                wrong.append(f"{row['kind']} {key} is {known['state']}, not {allowed}")
            if known["state"] == "unknown" and row["kind"] != "cancel" and not known["is_asked"]:
                wrong.append(f"{key} was never asked about")
        for order in by_id.values():
            shown = beliefs["orders"].get(order["id"])
            if shown is None:
                wrong.append(f"order {order['id']} is not shown as ours")
            elif shown_figures(shown) != shown_figures(order):
                wrong.append(f"order {order['id']} is shown as {shown}, is {order['status']}")
        return wrong

    def _check_noted(self, rows: list[Json]) -> None:
        """After an orderly end the file is sound, and knows every intent that it knew."""
        account_id = self._scene["account_id"]
        journal = Journal(self._journal, account_id=account_id, environment=Environment.PAPER)
        known = journal.known_ids()
        journal.close()
        if known != {row["client_order_id"] for row in rows}:
            self._failures.append("the journal lost or gained an intent")

    def _check_requests(self, rows: list[Json], log: list[Json]) -> None:
        """One request for each sending of each intent, and not one more."""
        for row in rows:
            key, kind = row["client_order_id"], row["kind"]
            if kind == "cancel":
                order_id = row["target_order_id"]
                sent = [entry for entry in log if entry["method"] == "DELETE" and order_id in entry["path"]]
            else:
                verb = "POST" if kind == "place" else "PATCH"
                sent = [entry for entry in log if entry["method"] == verb and key in entry["body"]]
            if len(sent) > row["sendings"]:
                self._failures.append(f"{kind} {key} was sent {len(sent)} times")
            if sum(entry["status"] == 200 for entry in sent) > 1:
                self._failures.append(f"{kind} {key} was accepted more than once")

    def _tidy(self, rows: list[Json]) -> None:
        for row in rows:
            order = self._office.order(row["client_order_id"])
            if order is not None and order["status"] not in AT_ITS_END:
                self._office.cancel(order["id"])

    def _write_old_journal(self) -> None:
        """As the first version left it, with an order under way that the broker may have."""
        key = f"bw-{uuid.uuid4()}"
        body = json.dumps(
            {
                "client_order_id": key,
                "symbol": "AAPL",
                "qty": "1",
                "side": "buy",
                "type": "limit",
                "limit_price": "1",
                "time_in_force": "day",
            }
        ).encode()
        self._journal.parent.mkdir()
        with contextlib.closing(sqlite3.connect(self._journal)) as database:
            database.executescript("PRAGMA journal_mode = WAL;" + SCHEMA_1 + "PRAGMA user_version = 1;")
            database.execute("INSERT INTO journal VALUES (?, 'paper')", (self._scene["account_id"],))
            row = (key, "place", "AAPL", body, None, None, "journaled", "", time.time_ns(), time.time_ns())
            database.execute("INSERT INTO intent VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            database.commit()
        if self._seed % 2:
            self._office.place(body)


def main() -> None:
    """Run every lap of the order."""
    scene = json.loads(sys.stdin.readline())
    loaded_s = time.monotonic() - scene["started"]
    office = Office(scene)
    for name, seed in scene["laps"]:
        verdict = Lap(scene, office, POINTS[name], seed).run()
        sys.stdout.write(json.dumps({**verdict, "loaded_s": loaded_s}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

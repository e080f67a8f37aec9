"""What the broker and the journal hold after a kill, seen without the program that died."""

import contextlib
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

Json = dict[str, Any]
AT_ITS_END = {
    "filled": "filled",
    "canceled": "canceled",
    "expired": "expired",
    "replaced": "replaced",
    "rejected": "refused",
}


class Office:
    """The broker as its own clerks see it: the API key's account, and the control port."""

    def __init__(self, scene: Json) -> None:
        line = scene["line"]
        self._url, self._control = line["trading_url"]["paper"], line["control_url"]
        self._http = requests.Session()
        self._keys = {"APCA-API-KEY-ID": line["api_key"], "APCA-API-SECRET-KEY": line["api_secret"]}

    def order(self, client_order_id: str) -> Json | None:
        """The order with a client order id."""
        answer = self._call("GET", "/v2/orders:by_client_order_id", client_order_id=client_order_id)
        return None if answer.status_code == 404 else dict(answer.json())

    def place(self, body: bytes) -> None:
        """Place an order as a program did that is no more."""
        self._http.post(self._url + "/v2/orders", data=body, headers=self._keys, timeout=10)

    def cancel(self, order_id: str) -> None:
        """Tidy up."""
        self._call("DELETE", f"/v2/orders/{order_id}")

    def newest_request(self) -> int:
        """The number of the newest request in the log."""
        return max((entry["number"] for entry in self.log(limit=1)), default=0)

    def log(self, **wanted: Any) -> list[Json]:
        """What was asked of the broker."""
        answer = self._http.get(self._control + "/log", params=wanted, timeout=10)
        return list(answer.json()["requests"])

    def _call(self, method: str, path: str, **query: str) -> requests.Response:
        return self._http.request(method, self._url + path, params=query, headers=self._keys, timeout=10)


def read_rows(path: Path) -> list[Json]:
    """Every intent of a journal, whatever its version."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'intent'").fetchone():
            return []
        return [{"sendings": 1, **dict(row)} for row in database.execute("SELECT * FROM intent")]


def allowed_states(row: Json, order: Json | None, by_id: Json) -> set[str]:
    """The states that an intent may be shown in, by what the broker has."""
    target = by_id.get(row["target_order_id"])
    if row["kind"] == "cancel":
        ended = None if target is None else AT_ITS_END.get(target["status"])
        return {"unknown", "working"} if ended is None else {ended}
    if order is not None:
        return {AT_ITS_END.get(order["status"], "working")}
    if row["state"] in ("refused", "never_sent"):
        return {row["state"]}
    # Nobody has it. Unknown until somebody says so; a replace ends when its order has ended without it.
    if target is not None and target["status"] in AT_ITS_END:
        return {"unknown", "refused"}
    return {"unknown"}


def shown_figures(order: Json) -> tuple[str, Decimal, Decimal]:
    """What has to agree between an order of the broker's and the same on screen."""
    return order["status"], Decimal(order["qty"]), Decimal(order["filled_qty"])

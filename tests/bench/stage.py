"""What a measured trading program needs around it: a practice broker, a profile, a token, a folder."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from practice.engine.instruments import listed_instruments
from tests.practice.program import PracticeProgram

SYMBOLS = 200
_NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens there


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A running practice broker and a folder for the run."""

    folder: Path
    broker: PracticeProgram

    def order(
        self, scenario: str, *, settings: Mapping[str, Any] | None = None, **more: Any
    ) -> dict[str, Any]:
        """The order for a trading child that is signed in from its keyring.

        `profile` among `more` changes entries of the profile.
        """
        changes = more.pop("profile", {})
        return {
            **trading_order(scenario, self.folder, {**self._profile(), **changes}, settings or {}),
            "token": self.broker.token(env="paper"),
            **more,
        }

    def _profile(self) -> dict[str, Any]:
        line = self.broker.line
        authorize_url = str(line["authorize_url"])
        return {
            **_profile("/".join(authorize_url.split("/", 3)[:3])),
            "authorize_url": authorize_url,
            "client_id": line["client_id"],
            "redirect_uri": line["redirect_uris"][0],
            "proxy_url": line["exchange_url"],
            "trading_url": {"paper": line["trading_url"]["paper"]},
            "stream_url": {"paper": line["stream_url"]["paper"]},
            "data_url": line["data_url"],
            "data_stream_url": line["data_stream_url"],
            "coin_stream_url": f"{line['data_stream_url']}/v1beta3/crypto/us",
            "option_stream_url": f"{line['data_stream_url']}/v1beta1/opra",
        }


@contextmanager
def stage(*options: str) -> Iterator[Stage]:
    """A practice broker without limits, with `options` of its own besides."""
    with (
        scratch() as folder,
        PracticeProgram(
            folder / "practice.log", "--auto-approve", "--rate-limit", "0", "--symbol-limit", "0", *options
        ) as broker,
    ):
        yield Stage(folder=folder, broker=broker)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for one run."""
    with tempfile.TemporaryDirectory(prefix="bellwether-bench-") as folder:
        yield Path(folder)


def signed_out_order(scenario: str, folder: Path) -> dict[str, Any]:
    """The order for a trading child that finds an empty keyring and needs no broker."""
    return {**trading_order(scenario, folder, _profile(_NOBODY), {}), "token": None}


def trading_order(
    scenario: str, folder: Path, profile: Mapping[str, Any], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Write profile and settings into a new data folder and say where they are."""
    data_dir = Path(tempfile.mkdtemp(prefix="data-", dir=folder))
    (data_dir / "bench.toml").write_text(tomli_w.dumps(profile), encoding="utf-8")
    (data_dir / "settings.toml").write_text(tomli_w.dumps(settings), encoding="utf-8")
    return {"scenario": scenario, "profile": str(data_dir / "bench.toml"), "data_dir": str(data_dir)}


def many_symbols() -> list[str]:
    """As many stocks as a watchlist holds."""
    stocks = [symbol for symbol, one in listed_instruments().items() if not one.is_crypto]
    return stocks[:SYMBOLS]


def _profile(origin: str) -> dict[str, Any]:
    ws = origin.replace("http", "ws", 1)
    return {
        "name": "Bench",
        "authorize_url": f"{origin}/oauth/authorize",
        "sign_in_origins": [origin],
        "client_id": "bench",
        "redirect_uri": "https://bellwether.invalid/oauth/callback",
        "scopes": ["account:write", "trading", "data"],
        "env": "paper",
        "proxy_url": f"{origin}/exchange",
        "trading_url": {"paper": f"{origin}/paper"},
        "stream_url": {"paper": f"{ws}/paper/stream"},
        "data_url": f"{origin}/data",
        "data_stream_url": f"{ws}/data-stream",
    }

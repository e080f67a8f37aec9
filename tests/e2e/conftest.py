"""The broker, the token proxy and the screen that the end-to-end tests share."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.application import AppScreen
from tests.e2e.relay import ExchangeRelay
from tests.practice.program import PracticeProgram
from tests.token_proxy.program import ProxyProgram, settings

PROFILE = """
name = "Loopback"
authorize_url = "{authorize_url}"
sign_in_origins = ["{origin}"]
client_id = "{client_id}"
redirect_uri = "{redirect_uri}"
scopes = ["trading", "data"]
env = "paper"
proxy_url = "{proxy_url}"
data_url = "{data_url}"
data_stream_url = "{data_stream_url}"
coin_stream_url = "{data_stream_url}/v1beta3/crypto/us"
option_stream_url = "{data_stream_url}/v1beta1/opra"

[trading_url]
paper = "{trading_url}"

[stream_url]
paper = "{stream_url}"
"""


@dataclass(frozen=True)
class Backend:
    """A practice broker that approves by itself, a real token proxy, a relay that listens between."""

    broker: PracticeProgram
    relay: ExchangeRelay
    profile: Path

    @property
    def secrets(self) -> list[str]:
        """Everything of this run that must never be on disk or in a log."""
        return [
            *self.relay.codes,
            *self.relay.verifiers,
            *self.relay.tokens,
            self.broker.line["client_secret"],
        ]


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    with contextlib.ExitStack() as stack:
        broker = stack.enter_context(PracticeProgram(tmp_path / "broker.log", "--auto-approve"))
        line = broker.line
        proxy = stack.enter_context(
            ProxyProgram(
                settings(
                    line["token_url"],
                    CLIENT_ID=line["client_id"],
                    CLIENT_SECRET=line["client_secret"],
                    REDIRECT_URIS=" ".join(line["redirect_uris"]),
                ),
                tmp_path / "proxy.log",
            )
        )
        relay = stack.enter_context(ExchangeRelay(proxy.line["exchange_url"]))
        profile = tmp_path / "loopback.toml"
        profile.write_text(
            PROFILE.format(
                authorize_url=line["authorize_url"],
                origin="/".join(line["authorize_url"].split("/")[:3]),
                client_id=line["client_id"],
                redirect_uri=line["redirect_uris"][0],
                proxy_url=relay.url,
                data_url=line["data_url"],
                data_stream_url=line["data_stream_url"],
                trading_url=line["trading_url"]["paper"],
                stream_url=line["stream_url"]["paper"],
            ),
            encoding="utf-8",
        )
        yield Backend(broker, relay, profile)
        # Whatever a run on paper did: the live host is asked nothing (threat model O12).
        assert broker.asked("* /live*") == []


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[AppScreen]:
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        name: value
        for name, value in os.environ.items()
        if name != "QT_QPA_PLATFORM" and not name.startswith("XDG_")
    }
    with AppScreen.opened(environment | {"HOME": str(home)}) as opened:
        assert isinstance(opened, AppScreen)
        yield opened

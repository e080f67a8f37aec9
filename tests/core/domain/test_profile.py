"""A profile knows whether it ever leaves this computer."""

import pytest

from core.domain.environment import Coverage, Environment
from core.domain.profile import Endpoints, is_loopback
from tests.core.builders import profile

ELSEWHERE = [
    "https://api.broker.example",
    "http://localhost:9",
    "http://127.0.0.1.evil.example",
    "http://127.0.0.1@evil.example",
    "http://127.1",
    "http://0x7f000001",
    "http://2130706433",
    "http://0.0.0.0",
    "http://[::ffff:127.0.0.1]",
    "http://127.0.0.1.",
    "http://[::1",
    "",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_only_literal_loopback_addresses_count(url):
    assert not is_loopback(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1", "http://127.0.0.1:80/x", "ws://[::1]:9/stream"])
def test_literal_loopback_addresses_do_count(url):
    assert is_loopback(url)


def test_a_practice_profile_never_leaves_this_computer_although_its_redirect_names_another():
    assert profile().is_loopback_only


@pytest.mark.parametrize(
    "changes",
    [
        {"authorize_url": "https://broker.example/authorize"},
        {"sign_in_origins": ("http://127.0.0.1:9", "https://sso.example")},
        {"proxy_url": "https://proxy.example"},
        {"proxy_url": ""},
        {"data_url": "https://data.example"},
        {"data_stream_url": "wss://data.example"},
        {"coin_stream_url": "wss://data.example/v1beta3/crypto/us"},
        {"option_stream_url": "wss://data.example/v1beta1/opra"},
        {
            "endpoints": {
                Environment.PAPER: Endpoints(trading_url="http://127.0.0.1:9", stream_url="wss://x.example")
            }
        },
        {
            "endpoints": {
                Environment.PAPER: Endpoints(trading_url="http://127.0.0.1:9", stream_url="ws://127.0.0.1:9"),
                Environment.LIVE: Endpoints(trading_url="https://x.example", stream_url="ws://127.0.0.1:9"),
            }
        },
    ],
)
def test_one_address_elsewhere_is_enough(changes):
    assert not profile(**changes).is_loopback_only


@pytest.mark.parametrize(
    ("changes", "ready"), [({}, True), ({"client_id": ""}, False), ({"proxy_url": ""}, False)]
)
def test_a_profile_is_ready_once_its_publisher_filled_it_in(changes, ready):
    assert profile(**changes).is_ready is ready


def test_paper_is_probed_before_live():
    assert Coverage.BOTH.environments == (Environment.PAPER, Environment.LIVE)
    assert Coverage.LIVE.environments == (Environment.LIVE,)

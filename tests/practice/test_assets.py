"""Assets by every name they have, and by every filter."""

from typing import Any

import pytest

from practice.server.market_data.corporate_actions import cusip_of
from tests.practice.program import PracticeProgram


def asked(broker: PracticeProgram, path: str, **params: Any) -> Any:
    answer = broker.call("GET", path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("name", ["BTCUSD", "BTC%2FUSD", "BTC/USD"])
def test_a_pair_is_found_however_it_is_spelt(broker: PracticeProgram, name: str) -> None:
    asset = asked(broker, f"/v2/assets/{name}")
    assert asset["symbol"] == "BTC/USD"
    assert asked(broker, f"/v2/assets/{asset['id']}") == asset


def test_a_stock_is_found_by_its_cusip(broker: PracticeProgram) -> None:
    assert asked(broker, f"/v2/assets/{cusip_of('AAPL')}")["symbol"] == "AAPL"
    missing = broker.call("GET", "/v2/assets/SIM99999X")
    assert (missing.status_code, missing.json()["code"]) == (404, 40410000)


def test_assets_are_filtered(broker: PracticeProgram) -> None:
    whole = asked(broker, "/v2/assets")
    assert {asset["class"] for asset in whole} == {"us_equity"}
    assert asked(broker, "/v2/assets", status="active") == whole
    assert asked(broker, "/v2/assets", status="inactive") == []
    assert {asset["class"] for asset in asked(broker, "/v2/assets", asset_class="crypto")} == {"crypto"}
    assert {asset["exchange"] for asset in asked(broker, "/v2/assets", exchange="NYSE")} == {"NYSE"}
    assert 0 < len(asked(broker, "/v2/assets", attributes="has_options,ipo")) < len(whole)
    for bad in ({"status": "odd"}, {"asset_class": "odd"}):
        assert broker.call("GET", "/v2/assets", params=bad).status_code == 422

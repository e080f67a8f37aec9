"""The account's configurations: what PATCH changes, and what it leaves."""

from typing import Any

import pytest

from tests.practice.program import PracticeProgram

PATH = "/v2/account/configurations"


def patched(broker: PracticeProgram, **changes: Any) -> dict[str, Any]:
    answer = broker.call("PATCH", PATH, json=changes)
    assert answer.status_code == 200, answer.text
    assert broker.call("GET", PATH).json() == answer.json()
    return dict(answer.json())


def test_a_patch_changes_what_it_names_and_nulls_change_nothing(broker: PracticeProgram) -> None:
    before = broker.call("GET", PATH).json()
    nulls = dict.fromkeys((*before, "dtbp_check", "pdt_check"))
    assert patched(broker, **nulls) == before
    changed = patched(broker, no_shorting=True, trade_confirm_email="none", dtbp_check=None)
    assert changed == {**before, "no_shorting": True, "trade_confirm_email": "none"}
    assert broker.call("GET", "/v2/account").json()["shorting_enabled"] is False
    assert patched(broker, **before) == before


def test_the_options_level_is_chosen_and_the_choice_lifted(broker: PracticeProgram) -> None:
    assert patched(broker, max_options_trading_level=1)["max_options_trading_level"] == 1
    assert broker.call("GET", "/v2/account").json()["options_trading_level"] == 1
    assert patched(broker, suspend_trade=False)["max_options_trading_level"] == 1
    assert patched(broker, max_options_trading_level=None)["max_options_trading_level"] is None
    assert broker.call("GET", "/v2/account").json()["options_trading_level"] == 3


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"max_margin_multiplier": "3"}, 422),
        ({"max_options_trading_level": 4}, 422),
        ({"trade_confirm_email": "some"}, 422),
        ({"suspend_trade": "perhaps"}, 400),
    ],
)
def test_values_that_do_not_exist_are_refused(
    broker: PracticeProgram, changes: dict[str, Any], status: int
) -> None:
    assert broker.call("PATCH", PATH, json=changes).status_code == status
    assert broker.call("PATCH", PATH, json={}, token=broker.token(scope="trading")).status_code == 401

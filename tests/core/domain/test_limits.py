"""The trader's own limits: each stops exactly what lies beyond it, and what cannot be checked."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from core.domain.finding import Reason, Verdict
from core.domain.limit_rules import check_limits
from core.domain.limits import Limits
from core.domain.order import Side
from core.domain.replacement import after_change
from core.domain.request import ReplaceRequest
from core.domain.sizing import size_for_power, size_for_risk, step_quantity
from tests.core.domain.order_cases import BTC, MARKET, around, asked, coins, held
from tests.fakes.services import order

NONE = Limits(max_value=None, max_distance=None, max_age_s=None, max_orders_a_minute=None)
OFF = replace(NONE, market_orders_out_of_hours=True)
LIMIT = asked("limit", limit_price="189.40")
R = Reason

CASES = [
    (OFF, asked(qty="999999"), around(), None),
    (replace(OFF, max_qty=D(10)), asked(qty="10"), around(), None),
    (replace(OFF, max_qty=D(10)), asked(qty="10.000000001"), around(), R.QTY_ABOVE_LIMIT),
    (replace(OFF, max_qty=D(10)), asked(qty=None, notional="1894.41"), around(), R.QTY_ABOVE_LIMIT),
    (replace(OFF, max_qty=D(10)), asked(qty=None), around(), R.LIMIT_UNCHECKABLE),
    (replace(OFF, max_value=D(1894)), LIMIT, around(), None),
    (replace(OFF, max_value=D("1893.99")), LIMIT, around(), R.VALUE_ABOVE_LIMIT),
    (replace(OFF, max_value=D(1894)), asked(), around(), R.VALUE_ABOVE_LIMIT),  # the ask is 189.44
    (replace(OFF, max_value=D(1894)), asked(), around(market=replace(MARKET, ask=None)), R.LIMIT_UNCHECKABLE),
    (replace(OFF, max_value=D(100)), asked(qty=None, notional="100"), around(), None),
    (replace(OFF, max_value=D(100)), asked(qty=None, notional="100.01"), around(), R.VALUE_ABOVE_LIMIT),
    # A short sale counts as what the broker reserves for it: 3 % above the ask.
    (replace(OFF, max_value=D(1900)), asked(side="sell"), around(), R.VALUE_ABOVE_LIMIT),
    (replace(OFF, max_power_share=D("0.02")), LIMIT, around(), None),
    (replace(OFF, max_power_share=D("0.018")), LIMIT, around(), R.POWER_SHARE_ABOVE_LIMIT),
    (replace(OFF, max_power_share=D("0.018")), asked(side="sell"), around(position=held("10")), None),
    (replace(OFF, max_power_share=D("0.5")), LIMIT, around(account=None), R.LIMIT_UNCHECKABLE),
    (replace(OFF, max_distance=D("0.01")), LIMIT, around(), None),
    (replace(OFF, max_distance=D("0.01")), asked("limit", limit_price="187"), around(), R.PRICE_TOO_FAR),
    (replace(OFF, max_distance=D("0.01")), asked("stop", stop_price="192"), around(), R.PRICE_TOO_FAR),
    (replace(OFF, max_distance=D("0.01")), asked(), around(), None),
    (
        replace(OFF, max_distance=D("0.01")),
        LIMIT,
        around(market=replace(MARKET, last=None, bid=None)),
        R.LIMIT_UNCHECKABLE,
    ),
    (replace(OFF, max_age_s=D("0.2")), LIMIT, around(), None),
    (replace(OFF, max_age_s=D("0.1")), LIMIT, around(), R.PRICE_TOO_OLD),
    (replace(OFF, max_age_s=D(15)), LIMIT, around(market=replace(MARKET, age_s=None)), R.LIMIT_UNCHECKABLE),
    (replace(OFF, max_age_s=D(15)), LIMIT, around(market=replace(MARKET, age_s=900.0, is_open=False)), None),
    (
        replace(OFF, max_age_s=D(15)),
        asked(),
        around(market=replace(MARKET, age_s=900.0, is_open=False)),
        R.PRICE_TOO_OLD,
    ),
    (NONE, asked(), around(), None),
    (NONE, asked(), around(market=replace(MARKET, is_open=False)), R.MARKET_ORDER_OUT_OF_HOURS),
    (NONE, asked(), around(market=replace(MARKET, is_open=None)), R.MARKET_ORDER_OUT_OF_HOURS),
    (OFF, asked(), around(market=replace(MARKET, is_open=False)), None),
    (NONE, asked(symbol=BTC, time_in_force="gtc"), coins(), None),
    (replace(OFF, max_orders_a_minute=5), LIMIT, around(orders_last_minute=4), None),
    (replace(OFF, max_orders_a_minute=5), LIMIT, around(orders_last_minute=5), R.TOO_MANY_ORDERS),
]


@pytest.mark.parametrize(("limits", "request_", "surroundings", "code"), CASES)
def test_a_limit_stops_what_lies_beyond_it_and_nothing_else(limits, request_, surroundings, code):
    found = check_limits(request_, surroundings, limits)
    assert {finding.verdict for finding in found} <= {Verdict.PASSES, Verdict.FORBIDDEN}
    assert [finding.code for finding in found if finding.verdict.stops] == ([code] if code else [])


def test_an_order_that_is_changed_is_judged_as_what_it_would_become():
    change = ReplaceRequest(order_id="o-1", qty=D(30), limit_price=D(181))
    request = after_change(order(), change)
    assert request is not None
    assert (request.qty, request.limit_price, request.side) == (D(30), D(181), Side.BUY)
    trailing = order(type="trailing_stop", limit_price=None, trail_percent=D(2))
    request = after_change(trailing, ReplaceRequest(order_id="o-1", trail=D(3)))
    assert request is not None
    assert (request.trail_price, request.trail_percent) == (None, D(3))
    assert after_change(order(type="newer"), change) is None


def test_sizes_never_cost_or_risk_more_than_was_said():
    assert size_for_power(D("0.1"), D(1000), D("33.33"), D(1)) == 3
    assert size_for_power(D(2), D(1000), D(100), D(1)) == 10  # never more than all of it
    assert size_for_power(D("0.1"), D(1000), D(0), D(1)) == 0
    assert size_for_risk(D(100), D("182.40"), D("180.90"), D(1)) == 66
    assert size_for_risk(D(100), D("182.40"), D("182.40"), D(1)) == 0
    assert size_for_risk(D(100), D("4.00"), D("3.50"), D(1), D(100)) == 2
    assert step_quantity(D("2.5"), 1) == 3
    assert step_quantity(None, -3) == 1

"""Everything that checking an order can find has a sentence a trader understands."""

import pytest

from core.domain.fee_rates import OPTION_RATES, FeeKind
from core.domain.fees import Fee
from core.domain.finding import Reason, Rule, Verdict
from core.domain.limit_rules import check_limits
from core.domain.limits import Limits
from core.domain.rules import check
from tests.core.domain.order_cases import D, around, asked, held
from tests.core.domain.test_rules import FAILING
from ui import finding_words


@pytest.mark.parametrize(("request_", "surroundings", "rule"), [case[:3] for case in FAILING])
def test_every_finding_has_a_sentence_with_its_figures(request_, surroundings, rule):
    for found in check(request_, surroundings):
        text = finding_words.sentence(found)
        assert bool(text) is (found.verdict is not Verdict.PASSES)
        assert "_" not in text
        assert "{" not in text
        if found.rule is rule:
            assert text.endswith(".")


@pytest.mark.parametrize("code", Reason)
def test_every_reason_is_a_sentence(code):
    assert finding_words._REASONS[code].endswith(".")


def test_every_rule_verdict_and_fee_has_a_name():
    for rule in Rule:
        assert "_" not in finding_words.rule(rule)
    for verdict in Verdict:
        assert finding_words.verdict(verdict)
    fee = Fee(kind=FeeKind.TAF, amount=D("0.02"), rate=D("0.000195"))
    assert finding_words.fee(fee) == "FINRA activity fee at 0.000195 each"


def test_every_fee_says_its_rate_and_of_when_it_is():
    told = [
        finding_words.fee(Fee(kind=rate.kind, amount=D(1), rate=rate.rate, known=rate.known))
        for rate in OPTION_RATES
    ]
    assert told == [
        "SEC fee at 20.60 per 1,000,000 sold, rate of 2026-04-04",
        "FINRA activity fee at 0.00329 each, rate of 2026-01-01",
        "exchanges' options regulatory fee at 0.02685 a contract, rate of 2025-05-01",
        "options clearing at 0.02 a contract, rate of 2025-05-01",
        "audit trail (CAT) at 0.0000265 a share, rate of 2025-07-01",
    ]


def test_figures_are_spelled_in_their_units():
    def told(limits: Limits, qty: str = "300") -> list[str]:
        request = asked("limit", qty=qty, limit_price="250")
        return [finding_words.sentence(f) for f in check_limits(request, around(), limits) if f.code]

    off = Limits(max_value=None, max_distance=None, max_age_s=None, max_orders_a_minute=None)
    assert told(off) == []
    tight = Limits(
        max_qty=D(100),
        max_value=D(1000),
        max_power_share=D("0.25"),
        max_distance=D("0.1"),
        max_age_s=D("0.1"),
        max_orders_a_minute=None,
    )
    assert told(tight) == [
        "Your limit: 100 in one order, and this is 300.",
        "Your limit: an order of at most 1,000.00, and this is 75,000.00.",
        "Your limit: 25.0 % of the buying power in one order, and this takes 75.0 %.",
        "Your limit: prices within 10.0 % of the last trade, and this is 32.0 % away.",
        "Your limit: a quote of at most 0.1 s, and this one is 0.2 s old.",
    ]
    (found,) = [
        f for f in check(asked(side="sell"), around(position=held("9", "4"))) if f.rule is Rule.HOLDING
    ]
    assert finding_words.sentence(found) == (
        "You hold 9, of which 4 are free, and ask for 10. The broker will probably refuse it."
    )

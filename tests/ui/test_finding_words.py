"""Everything that checking an order can find has a sentence a trader understands."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.domain.configuration import AccountConfiguration
from core.domain.fee_rates import OPTION_RATES, FeeKind
from core.domain.fees import Fee
from core.domain.finding import Finding, Reason, Rule, Verdict
from core.domain.limit_rules import check_limits
from core.domain.limits import Limits
from core.domain.rules import check
from core.domain.trading_hours import TradingHours
from tests.core.domain.order_cases import SHARE, D, around, asked, held
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


@pytest.mark.parametrize(
    ("code", "most", "value", "told"),
    [
        (Reason.POWER_SHARE_ABOVE_LIMIT, "0.01", "0.0103", ("1.00 %", "1.03 %")),
        (Reason.POWER_SHARE_ABOVE_LIMIT, "0.01", "0.01000100000000000000000000001", ("1.0000 %", "1.0001 %")),
        (Reason.POWER_SHARE_ABOVE_LIMIT, "0.01", "0.0100000004", ("1.0 %", "just over 1.0 %")),
        (Reason.POWER_SHARE_ABOVE_LIMIT, "0.0125", "0.013", ("1.25 %", "1.30 %")),
        (Reason.PRICE_TOO_FAR, "0.1", "0.10004", ("10.000 %", "10.004 %")),
        (Reason.VALUE_ABOVE_LIMIT, "1000", "1000.004", ("1,000.000", "1,000.004")),
        (Reason.VALUE_ABOVE_LIMIT, "1000", "1000.000004", ("1,000.00", "just over 1,000.00")),
        (Reason.PRICE_TOO_OLD, "60", "61.5", ("60 s", "62 s")),
        (Reason.PRICE_TOO_OLD, "60", "60.000000001", ("60 s", "just over 60 s")),
        (Reason.PRICE_TOO_OLD, "60", "150", ("1 min", "2 min")),
        (Reason.COIN_ORDER_TOO_SMALL, "10", "9.9999", ("10.0000", "9.9999")),
        (Reason.COIN_ORDER_TOO_SMALL, "10", "9.999999", ("10.00", "just under 10.00")),
        (Reason.POWER_EXCEEDED, "100", "100.004", ("100.000", "100.004")),
    ],
)
def test_a_bound_and_what_breaks_it_never_read_alike(code, most, value, told):
    rules = {
        Reason.POWER_SHARE_ABOVE_LIMIT: Rule.LIMIT_POWER,
        Reason.PRICE_TOO_FAR: Rule.LIMIT_DISTANCE,
        Reason.VALUE_ABOVE_LIMIT: Rule.LIMIT_VALUE,
        Reason.PRICE_TOO_OLD: Rule.LIMIT_STALE,
        Reason.COIN_ORDER_TOO_SMALL: Rule.ORDER_VALUE,
        Reason.POWER_EXCEEDED: Rule.BUYING_POWER,
    }
    names = {Reason.COIN_ORDER_TOO_SMALL: ("value", "least"), Reason.POWER_EXCEEDED: ("needed", "available")}
    ours, bound = names.get(code, ("value", "most"))
    facts = {ours: D(value), bound: D(most)}
    sentence = finding_words.sentence(
        Finding(rule=rules[code], verdict=Verdict.FORBIDDEN, code=code, facts=facts)
    )
    shown = [m.group(0) for m in re.finditer(r"(just (over|under) )?\d[\d,]*(\.\d+)?( %| s| min)?", sentence)]
    assert sorted(shown) == sorted(told)


NEW_YORK = ZoneInfo("America/New_York")


def hours(now: str, opens: str, closes: str) -> TradingHours:
    """The broker's clock while the exchange is closed; everything as New York's wall clock has it."""
    spelled = (now, opens, closes)
    moments = [datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC) for text in spelled]
    return TradingHours(now=moments[0], is_open=False, next_open=moments[1], next_close=moments[2])


FRIDAY_EVENING = hours("2026-11-20 18:00", "2026-11-23 09:30", "2026-11-23 16:00")
FRIDAY_NIGHT = hours("2026-11-20 21:00", "2026-11-23 09:30", "2026-11-23 16:00")
SATURDAY = hours("2026-11-21 11:00", "2026-11-23 09:30", "2026-11-23 16:00")
SUNDAY_NIGHT = hours("2026-11-22 21:00", "2026-11-23 09:30", "2026-11-23 16:00")
EVE_OF_THANKSGIVING = hours("2026-11-25 21:00", "2026-11-27 09:30", "2026-11-27 13:00")
THANKSGIVING = hours("2026-11-26 12:00", "2026-11-27 09:30", "2026-11-27 13:00")
CHRISTMAS_EVE = hours("2026-12-24 21:00", "2026-12-28 09:30", "2026-12-28 16:00")
CLOCKS_GO_BACK = hours("2026-10-31 11:00", "2026-11-02 09:30", "2026-11-02 16:00")  # that Sunday at two
CLOCKS_GO_FORWARD = hours("2027-03-13 11:00", "2027-03-15 09:30", "2027-03-15 16:00")
EARLY = hours("2026-11-23 08:00", "2026-11-23 09:30", "2026-11-23 16:00")


@pytest.mark.parametrize(
    ("clock", "evening", "day", "closes"),
    [
        (FRIDAY_NIGHT, "Sunday 22 Nov", "Monday 23 Nov", "16:00"),
        (SATURDAY, "Sunday 22 Nov", "Monday 23 Nov", "16:00"),
        (EVE_OF_THANKSGIVING, "Thursday 26 Nov", "Friday 27 Nov", "13:00"),
        (CHRISTMAS_EVE, "Sunday 27 Dec", "Monday 28 Dec", "16:00"),
        (CLOCKS_GO_BACK, "Sunday 1 Nov", "Monday 2 Nov", "16:00"),
        (CLOCKS_GO_FORWARD, "Sunday 14 Mar", "Monday 15 Mar", "16:00"),
    ],
)
def test_whatever_waits_is_told_until_which_day(clock, evening, day, closes):
    def told(rule: Rule, **terms: Any) -> str:
        switched_off = AccountConfiguration(disable_overnight_trading=bool(terms.pop("switched_off", False)))
        request = asked("limit", limit_price="189.4", **terms)
        found = check(request, around(hours=clock, configuration=switched_off))
        return finding_words.sentence(next(one for one in found if one.rule is rule))

    waits = "The market is closed: the order waits until it opens, {} at 09:30 New York time."
    assert told(Rule.SESSION) == waits.format(day)
    assert told(Rule.SESSION, time_in_force="ioc").endswith(f"It opens {day} at 09:30 New York time.")
    waits = "Nothing trades now: the order waits for the session that begins {} New York time."
    assert told(Rule.EXTENDED_HOURS, extended_hours=True) == waits.format(f"{evening} at 20:00")
    told_morning = told(Rule.EXTENDED_HOURS, extended_hours=True, switched_off=True)
    assert told_morning == waits.format(f"{day} at 04:00")
    waits = "The order waits for the {} auction, {} New York time."
    assert told(Rule.AUCTION, time_in_force="opg") == waits.format("opening", f"{day} at 09:30")
    assert told(Rule.AUCTION, time_in_force="cls") == waits.format("closing", f"{day} at {closes}")


def test_what_is_not_traded_overnight_is_told_until_which_morning_it_waits():
    request = asked("limit", limit_price="189.4", extended_hours=True)
    for surroundings in (
        around(hours=SUNDAY_NIGHT, instrument=replace(SHARE, attributes=frozenset())),
        around(hours=SUNDAY_NIGHT, configuration=AccountConfiguration(disable_overnight_trading=True)),
    ):
        (found,) = (one for one in check(request, surroundings) if one.rule is Rule.EXTENDED_HOURS)
        assert finding_words.sentence(found).endswith(
            ": the order waits until Monday 23 Nov at 04:00 New York time."
        )


def test_a_day_of_its_own_has_no_weekday_and_both_auctions_are_today_s():
    noon = datetime(2026, 11, 23, 17, tzinfo=UTC)
    assert finding_words.moment(noon + timedelta(hours=7), noon, NEW_YORK) == "today at 19:00"
    for code in ("opg", "cls"):
        found = check(asked(time_in_force=code), around(hours=EARLY))
        assert next(one for one in found if one.rule is Rule.AUCTION).code is None


def test_where_it_is_another_day_already_the_exchange_s_day_is_named():
    noon = datetime(2026, 11, 23, 17, tzinfo=UTC)
    tokyo = timezone(timedelta(hours=9))
    assert finding_words.moment(noon + timedelta(hours=7), noon, tokyo) == "Monday 23 Nov at 19:00"


def test_a_shut_auction_says_until_when_and_for_which_day_later_orders_are():
    found = check(asked(time_in_force="opg"), around(hours=FRIDAY_EVENING))
    text = finding_words.sentence(next(one for one in found if one.rule is Rule.AUCTION))
    assert text.startswith("Orders for the opening auction are refused from 09:28 until ")
    assert text.endswith("at 19:00 New York time; later ones are for the next trading day.")


def test_without_the_broker_s_word_on_the_next_opening_no_day_is_made_up():
    unread = TradingHours(now=SATURDAY.now, is_open=False)
    stale = replace(SATURDAY, next_open=datetime(2026, 11, 20, 14, 30, tzinfo=UTC), next_close=None)
    for clock in (unread, stale):
        found = check(asked("limit", limit_price="189.4"), around(hours=clock))
        told = [finding_words.sentence(one) for one in found if one.code]
        assert told == ["The market is closed: the order waits for the next open."]
    for code in finding_words._UNDATED:
        facts = {"symbol": "AAPL"}
        text = finding_words.sentence(
            Finding(rule=Rule.SESSION, verdict=Verdict.CAUTION, code=Reason(code), facts=facts)
        )
        assert text.endswith(".")
        assert "{" not in text

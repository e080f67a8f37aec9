"""Words and figures: every code has a word, and outside text stays plain."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.connection import RefusalReason, StreamName, StreamPhase, StreamStatus
from core.domain.environment import Environment
from core.domain.grant import Grant
from core.domain.legs import OrderClass, StopLoss, TakeProfit
from core.domain.order import OrderStatus, OrderType, Side, TimeInForce
from core.domain.problem import Problem
from core.domain.request import OrderRequest
from core.domain.secret import Secret
from core.domain.trading_block import TradingBlock
from tests.fakes.services import order
from ui import figures, order_words, refusals, sentences, stream_sentences, words
from ui.controls.fields import spell_price
from ui.instrument_words import near_name, short_name, spoken_name

S = 1_000_000_000


@pytest.mark.parametrize("problem", Problem)
def test_every_problem_is_a_sentence(problem):
    assert order_words.problem(problem).endswith(".")
    assert "_" not in order_words.problem(problem)


@pytest.mark.parametrize("block", [b for b in TradingBlock if b is not TradingBlock.NONE])
def test_every_block_says_why_and_what_to_do(block):
    assert words.trading_block(block).endswith(".")
    assert words.trading_block(block) != block.value


def test_open_trading_has_no_words():
    assert words.trading_block(TradingBlock.NONE) == ""


@pytest.mark.parametrize("status", [s for s in OrderStatus if s is not OrderStatus.UNRECOGNISED])
def test_every_status_has_a_word_of_ours(status):
    word = words.order_status(order(status=status, status_text=status.value))
    assert word[0].isupper()
    assert "_" not in word


def test_a_status_newer_than_us_is_shown_in_the_brokers_word():
    later = order(status=OrderStatus.UNRECOGNISED, status_text="pending_orbit")
    assert words.order_status(later) == "pending orbit"


@pytest.mark.parametrize("reason", [r for r in RefusalReason if r])
def test_every_refusal_has_words(reason):
    assert words.refusal(reason)
    assert words.refusal(reason) != reason.value.replace("_", " ") or " " in words.refusal(reason)


def test_an_account_is_named_with_its_environment_everywhere():
    assert words.account_label(Environment.PAPER, "3F7A") == "Paper \u00b7\u00b73F7A"
    assert words.account_sentence(Environment.LIVE, "9981") == "Live account \u00b7\u00b79981"


@pytest.mark.parametrize(
    ("scopes", "badge"),
    [
        ({"trading", "data"}, "may trade \u00b7 read data"),
        ({"data"}, "read only"),
        ({"trading"}, "may trade \u00b7 no market data"),
        (set(), "read only \u00b7 no market data"),
    ],
)
def test_the_badge_says_what_the_sign_in_may_do(scopes, badge):
    assert words.grant_badge(Grant(token=Secret("t"), scopes=frozenset(scopes))) == badge


@given(st.text(max_size=2000))
def test_outside_text_is_one_short_printable_line(text):
    line = words.outside_text(text)
    assert len(line) <= words.OUTSIDE_TEXT_LIMIT
    assert line.isprintable()


def test_outside_text_loses_what_could_turn_it_around():
    assert words.outside_text("pay\u202egnp.exe\nnow") == "pay gnp.exe now"


def test_a_request_is_one_sentence():
    request = OrderRequest(
        symbol="NVDA",
        side=Side.BUY,
        type=OrderType.STOP_LIMIT,
        qty=D(20),
        limit_price=D("184.1"),
        stop_price=D(184),
    )
    assert sentences.request_sentence(request) == "Buy 20 NVDA stop 184.00 limit 184.10"
    assert sentences.order_sentence(order()) == "Buy 20 NVDA at 182.40"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"time_in_force": TimeInForce.GTC}, "Buy 20 NVDA at 184.10, GTC"),
        ({"time_in_force": TimeInForce.OPG}, "Buy 20 NVDA at 184.10, at the open"),
        ({"extended_hours": True}, "Buy 20 NVDA at 184.10, extended hours"),
        ({"symbol": "BTC/USD", "time_in_force": TimeInForce.GTC}, "Buy 20 BTC/USD at 184.10"),
        (
            {
                "order_class": OrderClass.BRACKET,
                "take_profit": TakeProfit(limit_price=D(190)),
                "stop_loss": StopLoss(stop_price=D(180), limit_price=D("179.5")),
            },
            "Buy 20 NVDA at 184.10, profit 190.00, loss 180.00 limit 179.50",
        ),
    ],
)
def test_a_request_s_sentence_leaves_nothing_out_that_is_not_usual(changes, sentence):
    request = OrderRequest(
        symbol="NVDA", side=Side.BUY, type=OrderType.LIMIT, qty=D(20), limit_price=D("184.1")
    )
    assert sentences.request_sentence(replace(request, **changes)) == sentence


@pytest.mark.parametrize(
    ("reason", "meaning"),
    [
        ("fractional orders cannot be sold short", "Fractions of a share cannot be sold short."),
        (
            "position intent mismatch, inferred: sell_to_open, specified: sell_to_close",
            "Whether it opens or closes does not go with what is held. Choose Automatic.",
        ),
    ],
)
def test_a_refusal_is_read_as_what_it_means(reason, meaning):
    assert refusals.meaning(reason) == meaning


def test_a_sentence_never_rounds_the_price_of_an_order():
    assert sentences.order_sentence(order(limit_price=D("84.2861"))) == "Buy 20 NVDA at 84.2861"
    assert sentences.order_sentence(order(limit_price=D("0.0000070001"))).endswith("at 0.0000070001")


CONTRACT = "AAPL261204C00280000"


@pytest.mark.parametrize(
    ("value", "symbol", "text"),
    [
        ("0.45", CONTRACT, "0.45"),
        ("0.5", CONTRACT, "0.50"),
        ("0.05", CONTRACT, "0.05"),
        ("0.4567", CONTRACT, "0.4567"),
        ("0.455", CONTRACT, "0.455"),
        ("0.433333333333", CONTRACT, "0.43333"),
        ("1.5", CONTRACT, "1.50"),
        ("0", CONTRACT, "0.00"),
        ("0.45", "AAPL", "0.4500"),
        ("0.45", "", "0.4500"),
        ("0.45", "DOGE/USD", "0.4500"),
    ],
)
def test_a_price_of_an_option_below_a_dollar_is_read_in_cents(value, symbol, text):
    assert figures.price(D(value), symbol) == text
    assert figures.price(float(value), symbol) == text
    if len(value) < 8:
        assert figures.exact_price(D(value), symbol) == text


def test_an_order_for_an_option_is_told_in_cents_wherever_it_is_told():
    asked = OrderRequest(
        symbol=CONTRACT, side=Side.BUY, type=OrderType.LIMIT, qty=D(2), limit_price=D("0.45")
    )
    assert sentences.request_sentence(asked).endswith("C at 0.45")
    placed = order(symbol=CONTRACT, limit_price=D("0.45"), filled_qty=D(1), filled_avg_price=D("0.4"))
    assert sentences.order_sentence(placed).endswith("C at 0.45")
    assert sentences.fill_sentence(placed).endswith("at 0.40")
    assert spell_price(D("0.4"), CONTRACT) == "0.40"
    assert figures.distance(D("0.02"), D("0.45"), CONTRACT) == "0.02"


@pytest.mark.parametrize(
    ("symbol", "short", "spoken"),
    [
        ("AAPL261204C00280000", "AAPL 4 Dec \u201926 280 C", "AAPL 4 Dec 2026 280 call"),
        ("SPY270115P00412500", "SPY 15 Jan \u201927 412.5 P", "SPY 15 Jan 2027 412.5 put"),
        ("AAPL261332C00280000", "AAPL261332C00280000", "AAPL261332C00280000"),  # no such day
        ("BTC/USD", "BTC/USD", "BTC/USD"),
        ("x\u202ey\n", "x y", "x y"),
    ],
)
def test_contracts_are_called_what_they_are(symbol, short, spoken):
    assert (short_name(symbol), spoken_name(symbol)) == (short, spoken)


@pytest.mark.parametrize(
    ("today", "shown"),
    [
        (date(2025, 12, 3), "AAPL 4 Dec \u201926 280 C"),  # the next 4 Dec is another year's
        (date(2025, 12, 4), "AAPL 4 Dec \u201926 280 C"),
        (date(2025, 12, 5), "AAPL 4 Dec 280 C"),
        (date(2026, 12, 4), "AAPL 4 Dec 280 C"),
        (date(2026, 12, 5), "AAPL 4 Dec \u201926 280 C"),  # past
    ],
)
def test_a_table_leaves_out_the_year_of_the_next_such_day_alone(today, shown):
    assert near_name(CONTRACT, today) == shown
    assert near_name("BTC/USD", today) == "BTC/USD"


@given(
    first=st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    second=st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    today=st.dates(date(2026, 1, 1), date(2030, 12, 31)),
)
def test_no_two_contracts_read_alike_in_a_table(first, second, today):
    names = {near_name(f"AAPL{day:%y%m%d}C00280000", today) for day in {first, second}}
    assert len(names) == len({first, second})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("40", "40"),
        ("-10", "\u221210"),
        ("0.75", "0.75"),
        ("2.061585732", "\u22482.06"),
        ("-1234.5678", "\u2248\u22121,234.57"),
        ("0.000123", "<0.01"),
    ],
)
def test_a_long_quantity_is_told_as_about(value, text):
    assert figures.about(D(value)) == text


def test_a_fill_says_how_much_of_how_much():
    part = order(filled_qty=D(5), filled_avg_price=D("182.405"))
    assert sentences.fill_sentence(part) == "Filled 5 of 20 at 182.40"
    whole = order(filled_qty=D(20), filled_avg_price=D("182.41"))
    assert sentences.fill_sentence(whole) == "Filled 20 at 182.41"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"phase": StreamPhase.LIVE, "last_message_ns": 99 * S}, "live \u00b7 1.0 s"),
        ({"phase": StreamPhase.LIVE}, "live \u00b7 no message yet"),
        ({"phase": StreamPhase.SILENT, "heard_ns": 88 * S}, "silent 12 s"),
        ({"phase": StreamPhase.WAITING, "retry_at_ns": 102 * S + 1}, "reconnecting in 3 s"),
        (
            {"phase": StreamPhase.WAITING, "reason": RefusalReason.NO_ANSWER},
            "reconnecting in 1 s (no answer)",
        ),
        (
            {"phase": StreamPhase.REFUSED, "reason": RefusalReason.CONNECTION_LIMIT},
            "refused: another program uses this feed",
        ),
        ({"phase": StreamPhase.OFF}, "off"),
    ],
)
def test_a_stream_is_described_in_a_few_words(changes, text):
    status = StreamStatus(name=StreamName.QUOTES, **changes)
    assert stream_sentences.stream_sentence(status, 100 * S) == text


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (figures.money(D("100482.164")), "100,482.16"),
        (figures.money(D("-4021.5")), "\u22124,021.50"),
        (figures.money(D("-0.001"), sign=True), "0.00"),
        (figures.money(92.4, sign=True), "+92.40"),
        (figures.money(None), "\u2014"),
        (figures.price(D("0.4325")), "0.4325"),
        (figures.price(1102.4), "1,102.40"),
        (figures.price(0.0000087571), "0.0000087571"),
        (figures.price(0.16285), "0.16285"),
        (figures.price(D("0.01")), "0.0100"),
        (figures.exact_price(D("84.2861")), "84.2861"),
        (figures.exact_price(D("84.3000")), "84.30"),
        (figures.exact_price(D("0.16215")), "0.16215"),
        (figures.exact_price(D("0.0000000012")), "0.0000000012"),
        (figures.distance(D("0.00069"), D("0.162")), "0.00069"),
        (figures.distance(D(9), D(279)), "9.00"),
        (figures.percent(0.0128), "+1.28 %"),
        (figures.quantity(D("1500.000")), "1,500"),
        (figures.quantity(D("1E+3")), "1,000"),
        (figures.quantity(D("0.250000000")), "0.25"),
        (figures.quantity(-10.0), "\u221210"),
        (figures.signed_money(D("-28.5")), "\u25bc \u221228.50"),
        (figures.signed_percent(D(0)), "0.00 %"),
        (figures.age(0.24), "0.2 s"),
        (figures.age(22.9), "22 s"),
        (figures.age(200), "3 min"),
        (figures.age(7300), "2 h"),
        (figures.age(200_000), "2 d"),
        (figures.countdown(8048), "2:14:08"),
        (figures.countdown(-3), "0:00:00"),
        (figures.countdown(90_061), "1 d 1:01:01"),
        (figures.milliseconds(12.2, sign=True), "+12 ms"),
        (figures.rate(1284.4), "1,284"),
        (figures.rate(0.4), "0.4"),
    ],
)
def test_a_figure_has_one_spelling(shown, expected):
    assert shown == expected


def test_market_time_is_new_yorks_wall_clock():
    assert figures.market_time(datetime(2026, 7, 1, 17, 45, 52, tzinfo=UTC)) == "13:45:52"
    assert figures.market_time(datetime(2026, 1, 5, 17, 45, 52, tzinfo=UTC)) == "12:45:52"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12))
def test_money_never_shows_a_hyphen_or_a_signed_zero(value):
    text = figures.money(value, sign=True)
    assert "-" not in text
    assert text not in ("+0.00", "\u22120.00")

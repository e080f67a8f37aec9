"""What the ticket says an order would cost and do."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal as D

import pytest

from core.domain.circumstances import Circumstances, Market
from core.domain.forecast import forecast
from core.domain.freshness import Freshness
from core.domain.order import OrderType, Side, TimeInForce
from core.domain.position import Position
from core.domain.request import OrderRequest
from core.domain.rules import check
from core.domain.trading_hours import TradingHours
from core.services.order_guard import Judgement
from tests.fakes.services import account, instrument
from ui.panels.ticket_outlook import Mood, outlook

MARKET = Market(bid=D("182.41"), ask=D("182.44"), freshness=Freshness.FRESH, age_s=0.2, is_open=True)
BUY = OrderRequest(symbol="NVDA", side=Side.BUY, type=OrderType.LIMIT, qty=D(20), limit_price=D("182.40"))
HOURS = TradingHours(now=datetime(2026, 11, 20, 18, tzinfo=UTC))
HELD = Position(symbol="NVDA", asset_class="us_equity", qty=D(40), avg_entry_price=D("180.18"))


def judged(request: OrderRequest, market: Market = MARKET, held: Position | None = None) -> Judgement:
    share = instrument("NVDA")
    around = Circumstances(account=account(), instrument=share, market=market, position=held, hours=HOURS)
    around = replace(around, hours=replace(HOURS, is_open=market.is_open))
    expected = forecast(request, around)
    return Judgement(
        request=request,
        around=around,
        expected=expected,
        findings=check(request, around, expected),
        fees=(),
    )


def said(request: OrderRequest, market: Market = MARKET, held: Position | None = None, block: str = ""):
    return outlook(judged(request, market, held), block=block)


def test_the_picture_of_the_reference_adds_up():
    expected = judged(BUY, held=HELD).expected
    assert expected.value == D("3648.00")
    assert expected.power_after == D("183662.40")
    assert expected.position_after == D(60)
    assert expected.average_after is not None
    assert expected.average_after.quantize(D("0.01")) == D("180.92")
    assert said(BUY).text.startswith("Rests 0.04 below the ask.")
    assert said(BUY).mood is Mood.GOOD


def test_without_a_quantity_there_is_nothing_to_estimate():
    expected = judged(replace(BUY, qty=None)).expected
    assert (expected.value, expected.position_after, expected.power_after) == (None, None, None)


def test_a_market_buy_costs_the_ask_and_a_market_sale_earns_the_bid():
    market_order = replace(BUY, type=OrderType.MARKET, limit_price=None)
    assert judged(market_order).expected.value == D("3648.80")
    assert judged(replace(market_order, side=Side.SELL), held=HELD).expected.value == D("3648.20")


def test_a_closing_order_promises_no_less_buying_power_than_there_is():
    sale = judged(replace(BUY, side=Side.SELL), held=HELD).expected
    assert sale.is_closing
    assert sale.power_after == account().buying_power
    assert (sale.position_after, sale.average_after) == (D(20), D("180.18"))


def test_a_position_that_turns_over_starts_a_new_average():
    sale = judged(replace(BUY, side=Side.SELL, qty=D(50)), held=HELD).expected
    assert (sale.position_after, sale.average_after) == (D(-10), D("182.40"))
    assert sale.opens_short


def test_a_position_that_is_closed_has_no_average():
    sale = judged(replace(BUY, side=Side.SELL, qty=D(40)), held=HELD).expected
    assert (sale.position_after, sale.average_after) == (D(0), None)


@pytest.mark.parametrize(
    ("request_", "market", "words"),
    [
        (replace(BUY, limit_price=D("182.44")), MARKET, "Meets the market: fills at 182.44 or better."),
        (replace(BUY, type=OrderType.MARKET), MARKET, "Fills near 182.44, the ask."),
        (replace(BUY, type=OrderType.STOP, stop_price=D(184)), MARKET, "rises 1.56, to 184.00"),
        (replace(BUY, time_in_force=TimeInForce.IOC), MARKET, "Lies 0.04 below the ask: probably cancelled"),
        (
            replace(BUY, time_in_force=TimeInForce.CLS),
            MARKET,
            "closing auction: fills there at 182.40",
        ),
        (
            replace(BUY, type=OrderType.MARKET, limit_price=None, time_in_force=TimeInForce.CLS),
            MARKET,
            "Fills at the closing price.",
        ),
        (replace(BUY, limit_price=D("1.0")), replace(MARKET, ask=None), "That side of the market is empty"),
    ],
)
def test_the_consequence_is_said_in_figures(request_, market, words):
    assert words in said(request_, market).text


@pytest.mark.parametrize(
    ("request_", "market", "words"),
    [
        (BUY, replace(MARKET, freshness=Freshness.STALE, age_s=22.0), "The quote is 22 s old"),
        (
            BUY,
            replace(MARKET, freshness=Freshness.STALE, age_s=3.0, feed_is_live=False),
            "The quote feed is interrupted",
        ),
        (BUY, replace(MARKET, freshness=Freshness.ABSENT), "There is no quote: what this order would meet"),
        (replace(BUY, qty=D(100_000)), MARKET, "more than your buying power"),
        (replace(BUY, side=Side.SELL), MARKET, "Sells 20 more than you hold"),
        (BUY, replace(MARKET, is_open=False), "waits for the next open"),
        (
            replace(BUY, time_in_force=TimeInForce.IOC),
            replace(MARKET, is_open=False),
            "an immediate order will find nothing",
        ),
        (replace(BUY, type=OrderType.STOP, stop_price=D(182)), MARKET, "already through the stop price"),
    ],
)
def test_what_a_trader_should_beware_of_comes_before_the_consequence(request_, market, words):
    found = said(request_, market)
    assert found.mood is Mood.CAUTION
    assert words in found.text


def test_a_broken_rule_comes_before_a_caution_and_a_block_before_both():
    broken = replace(BUY, limit_price=D("182.405"))
    assert said(broken, Market()).text.startswith("The limit price is finer than the broker takes")
    assert said(broken, Market(), block="Trading is closed.").text == "Trading is closed."
    assert said(broken).mood is Mood.STOP


def test_a_gap_below_a_dollar_has_the_decimals_of_its_grid():
    penny = Market(bid=D("0.4320"), ask=D("0.4330"), freshness=Freshness.FRESH, age_s=0.1, is_open=True)
    assert said(replace(BUY, limit_price=D("0.4325")), penny).text.startswith("Rests 0.0005 below the ask.")

"""Positions and the ways out of them, on a whole session against the real practice broker."""

from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal as D
from pathlib import Path

import pytest

from core.domain.flattening import WAITS_FOR_OPEN, Stage
from core.domain.order import OrderStatus
from core.domain.protection import Exit, exit_request
from core.domain.provenance import oddities
from core.domain.trading_block import TradingBlock
from core.services.reversal import Reversal, Step
from tests.core.services.practice_world import PATIENCE_MS, World

FRIDAY_AFTERNOON = "2026-11-20T20:00:00Z"  # an hour before the close


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def world(qapp, tmp_path: Path, stack: ExitStack, qtbot) -> World:
    return World(tmp_path, stack, "--hours", "always").begin(qtbot)


def test_flatten_leaves_neither_orders_nor_positions_also_of_other_programs_and_with_new_orders_off(
    world, qtbot
):
    world.hold("NVDA", "7")
    world.hold("TSLA", "-3")
    world.hold("BTC/USD", "0.02", time_in_force="gtc")
    world.broker.order(symbol="AAPL", qty="5", type="limit", limit_price="1.00")
    world.broker.order(
        symbol="NVDA",
        qty="7",
        side="sell",
        type="limit",
        time_in_force="gtc",
        order_class="oco",
        take_profit={"limit_price": "9000"},
        stop_loss={"stop_price": "1.00"},
    )
    world.session.orders.switch(TradingBlock.NO_NEW_ORDERS, on=True)
    world.session.flatten.start()
    qtbot.waitUntil(lambda: bool(world.reports), timeout=40_000)
    (report,) = world.reports
    assert report.is_flat
    assert report.open_lines == ()
    assert world.listed("/v2/positions") == []
    assert world.listed("/v2/orders?status=open") == []
    closes = [
        order for order in world.listed("/v2/orders?status=closed") if order["client_order_id"][:3] == "bw-"
    ]
    assert sorted(order["symbol"] for order in closes) == ["BTC/USD", "NVDA", "TSLA"]  # each closed once
    told = {entry.line.symbol for entry in report.entries}
    assert told >= {"NVDA", "TSLA", "BTCUSD", "AAPL"}


def test_after_the_close_flatten_says_that_the_close_waits_for_the_open(qapp, tmp_path, stack, qtbot):
    world = World(tmp_path, stack, "--hours", "exchange", "--start", FRIDAY_AFTERNOON)
    world.begin(qtbot)
    world.hold("NVDA", "7")
    world.broker.control("POST", "/time/step", seconds=2 * 3600)
    world.session.flatten.start()

    def waits() -> bool:
        lines = {line.key: line for line in world.session.flatten.lines}
        line = lines.get("position:NVDA")
        return line is not None and (line.stage, line.reason) == (Stage.CLOSING, WAITS_FOR_OPEN)

    qtbot.waitUntil(waits, timeout=PATIENCE_MS)
    world.session.flatten.stop()
    assert [line.symbol for line in world.reports[0].open_lines] == ["NVDA"]
    assert len(world.listed("/v2/orders?status=open")) == 1


def test_a_reversal_ends_with_as_much_on_the_other_side(world, qtbot):
    world.hold("NVDA", "7")
    world.read(qtbot, "NVDA")
    session = world.session
    reversal = Reversal(
        session.orders, session.positions, session.positions.positions["NVDA"], objection=lambda _request: ""
    )
    reversal.start()
    qtbot.waitUntil(lambda: reversal.is_over, timeout=PATIENCE_MS)
    assert reversal.step is Step.OPENED

    def turned() -> bool:
        return [(held["symbol"], held["qty"]) for held in world.listed("/v2/positions")] == [("NVDA", "-7")]

    qtbot.waitUntil(turned, timeout=PATIENCE_MS)
    own = [order for order in world.listed("/v2/orders?status=all") if order["client_order_id"][:3] == "bw-"]
    assert sorted(order["position_intent"] for order in own) == ["sell_to_close", "sell_to_open"]


@pytest.mark.parametrize("kind", list(Exit))
@pytest.mark.parametrize("qty", ["7", "-7"])
def test_every_exit_is_taken_by_the_broker_and_works(world, qtbot, kind, qty):
    world.hold("NVDA", qty)
    world.read(qtbot, "NVDA")
    position = world.session.positions.positions["NVDA"]
    mark = position.current_price or D(0)
    far, near = (mark * 2).quantize(D("0.01")), (mark / 2).quantize(D("0.01"))
    gain, loss = (near, far) if position.is_short else (far, near)
    request = exit_request(position, kind, qty=position.closable_qty, gain=gain, loss=loss)
    placed = world.session.orders.place(request).client_order_id

    def works() -> bool:
        intent = world.session.orders.intent(placed)
        order = world.session.orders.orders.get("" if intent is None else intent.order_id or "")
        return order is not None and order.status in (OrderStatus.NEW, OrderStatus.ACCEPTED)

    qtbot.waitUntil(works, timeout=PATIENCE_MS)


def test_gains_come_from_the_fills_and_coins_and_shares_have_prices(world, qtbot):
    world.hold("NVDA", "10")
    world.hold("NVDA", "-4")
    world.hold("BTC/USD", "0.02", time_in_force="gtc")
    assert world.read(qtbot, "NVDA") == D(6)
    session = world.session
    session.gains.begin()
    qtbot.waitUntil(lambda: "NVDA" in session.gains.gains, timeout=PATIENCE_MS)
    fills = [
        (D(entry["price"]), D(entry["qty"]))
        for entry in world.listed("/v2/account/activities/FILL")
        if entry["symbol"] == "NVDA" and entry["side"] == "buy"
    ]
    bought = sum(price * qty for price, qty in fills) / 10
    gains = session.gains.gains["NVDA"]
    assert gains.reaches_back_to(D(6))
    assert gains.average is not None
    assert abs(gains.average - bought) < D("1e-9")
    assert gains.realised == gains.realised_day
    coin = session.positions.positions["BTCUSD"]
    assert coin.market_symbol == "BTC/USD"
    for symbol in ("BTC/USD", "NVDA"):
        qtbot.waitUntil(lambda symbol=symbol: session.market.ticker(symbol) is not None, timeout=PATIENCE_MS)


def test_the_brokers_figures_and_ours_agree_for_shares_coins_and_contracts(world, qtbot):
    listed = world.broker.call(
        "GET",
        "/v2/options/contracts",
        params={"underlying_symbols": "AAPL", "limit": "400", "expiration_date_lte": "2029-01-01"},
    ).json()["option_contracts"]
    world.hold("AAPL", "5")
    world.read(qtbot, "AAPL")
    price = world.session.positions.positions["AAPL"].current_price or D(0)
    contract = min(listed, key=lambda one: abs(D(one["strike_price"]) - price))["symbol"]
    world.hold("AAPL", "3")
    world.hold("TSLA", "-4")
    world.hold("BTC/USD", "0.02", time_in_force="gtc")
    world.hold(contract, "2")
    world.read(qtbot, contract)
    session = world.session
    session.gains.begin()
    held = session.positions.positions
    qtbot.waitUntil(lambda: held.keys() <= session.gains.gains.keys(), timeout=PATIENCE_MS)
    assert held.keys() == {"AAPL", "TSLA", "BTCUSD", contract}
    for symbol, position in held.items():
        assert oddities(position, session.gains.gains[symbol]) == (), symbol
        assert session.gains.gains[symbol].reaches_back_to(position.qty), symbol
    assert held[contract].multiplier == 100
    qtbot.waitUntil(lambda: session.market.ticker(contract) is not None, timeout=PATIENCE_MS)

"""Prices of coins on screen, from the practice broker's stream through real sockets to the labels."""

from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from core.domain.connection import RefusalReason, StreamName, StreamPhase
from core.domain.market import Source
from core.domain.marking import MarkBy, mark_of
from core.domain.provenance import Figure, InputName, explain
from core.services import market
from core.services.clock import SystemClock
from tests.core.services.practice_world import PATIENCE_MS, World
from ui import provenance_words
from ui.panels.ticket import TicketPanel
from ui.panels.ticket_body import Ticket
from ui.panels.watchlist import WatchlistPanel
from ui.status_bar import Health, StatusBar

BTC = "BTC/USD"


@pytest.fixture
def world(qapp: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: Any) -> Iterator[World]:
    """A session whose polls would come within the hour: what moves, the stream moved."""
    monkeypatch.setattr(market, "_POLL_MS", 3_600_000)
    with ExitStack() as stack:
        yield World(tmp_path, stack).begin(qtbot)


@pytest.fixture
def panel(theme: Any, world: World, qtbot: Any) -> Iterator[TicketPanel]:
    made = TicketPanel(theme, SystemClock(), world.settings)
    qtbot.addWidget(made)
    made.bind(world.session)
    made.show()
    yield made
    made.unbind()


def test_bid_and_ask_of_a_coin_move_by_the_stream_and_can_be_used(world, panel, qtbot):
    ticket = cast(Ticket, panel.ticket)
    ticket.set_symbol(BTC)
    header, seen = ticket.header, set[tuple[str, str]]()

    def moved() -> bool:
        if header.bid.isVisible() and header.ask.isVisible() and "CRYPTO" in header._age.text():
            seen.add((header.bid.text(), header.ask.text()))
        return len(seen) >= 3

    qtbot.waitUntil(moved, timeout=PATIENCE_MS)
    assert "stale" not in header._age.text()
    header.ask.click()
    chosen = ticket.form.limit_price.value
    assert chosen is not None
    market_now = world.session.guard.market(BTC)
    assert market_now.ask is not None
    assert abs(chosen / market_now.ask - 1) < Decimal("0.01")


def test_a_refused_stream_is_told_and_its_prices_turn_stale_on_every_panel(theme, world, panel, qtbot):
    session, ticket = world.session, cast(Ticket, panel.ticket)
    strip, watchlist = StatusBar(theme, SystemClock()), WatchlistPanel(theme, SystemClock())
    for widget in (strip, watchlist):
        qtbot.addWidget(widget)
        widget.resize(1600, 300)
        widget.show()
    strip.show_session(session)
    watchlist.bind(session)
    assert strip.coins.isHidden()
    world.settings.change(watchlist=("AAPL", BTC))
    session.watchlist.changed.emit(session.watchlist.symbols)
    ticket.set_symbol(BTC)
    qtbot.waitUntil(lambda: "CRYPTO" in ticket.header._age.text(), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: strip.coins.health is Health.GOOD, timeout=PATIENCE_MS)
    assert strip.coins.text.text().startswith("CRYPTO US \u00b7 live")
    assert strip.options.isHidden()
    world.broker.control("POST", "/fault", kind="zombie_slot", stream="data/v1beta3/crypto/us", for_s=3600)
    status = session.connection.status
    qtbot.waitUntil(
        lambda: (
            status(StreamName.COINS).reason is RefusalReason.CONNECTION_LIMIT
            and status(StreamName.COINS).phase is StreamPhase.WAITING
        ),
        timeout=PATIENCE_MS,
    )
    qtbot.waitUntil(lambda: "another program uses this feed" in strip.coins.text.text())
    qtbot.waitUntil(lambda: "stale" in ticket.header._age.text())
    row = watchlist.model.row(BTC)
    assert row is not None
    qtbot.waitUntil(lambda: row.is_stale)
    assert strip.quotes.health is Health.GOOD
    watchlist.unbind()
    strip.show_signed_out()


def test_a_price_says_in_its_provenance_which_feed_brought_it(world, qtbot):
    session = world.session
    world.hold(BTC, "0.02", time_in_force="gtc")
    session.positions.refresh()

    def streamed() -> bool:
        ticker = session.market.ticker(BTC)
        return ticker is not None and ticker.quote is not None and ticker.quote.source is Source.STREAM

    qtbot.waitUntil(streamed, timeout=PATIENCE_MS)
    (held,) = [one for one in session.positions.positions.values() if one.market_symbol == BTC]
    mark = mark_of(held, session.market.ticker(BTC), MarkBy.MID, None)
    explained = explain(Figure.MARK, held, mark, None, None).input(InputName.BID)
    assert explained is not None
    assert provenance_words.origin(explained) == "market data stream, CRYPTO US"

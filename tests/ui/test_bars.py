"""The top bar, the connection strip, the notices and the command field."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from functools import partial
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from core.domain.connection import RefusalReason, StreamName, StreamPhase
from core.domain.environment import Environment
from core.domain.grant import SCOPE_DATA
from core.errors import AppError, Offline
from core.services.session import Session
from tests.fakes.services import FakeSession, StandingClock, account
from ui.command_field import Command, CommandField, looks_like_symbol
from ui.notice import NoticeAction, NoticeBar
from ui.status_bar import Health, StatusBar
from ui.top_bar import TopBar

S = 1_000_000_000


@pytest.fixture
def clock():
    return StandingClock()


@pytest.fixture
def session(qapp):
    return FakeSession()


@pytest.fixture
def top(theme, qtbot, session):
    bar = TopBar(theme)
    qtbot.addWidget(bar)
    bar.show_session(cast(Session, session))
    return bar


@pytest.fixture
def strip(theme, qtbot, session, clock):
    bar = StatusBar(theme, clock)
    qtbot.addWidget(bar)
    bar.resize(1400, 26)
    bar.show_session(cast(Session, session))
    bar.show()
    return bar


def test_the_top_bar_shows_figures_with_sign_and_arrow(top, session):
    assert top.equity.figure.text() == "100,482.16"
    assert top.day.figure.text() == "\u25b2 +482.16 \u00b7 0.48 %"
    assert top.buying_power.figure.text() == "187,310.40"
    session.account.show(account(equity=D(99000)))
    assert top.day.figure.text() == "\u25bc \u22121,000.00 \u00b7 1.00 %"
    assert top.day.figure.property("tone") == "down"


def test_the_badges_name_scope_environment_and_account(top):
    assert top.scopes.text() == "may trade \u00b7 read data"
    assert top.environment.text() == "PAPER \u00b7\u00b73F7A"
    assert top.environment.accessibleName() == "Paper \u00b7\u00b73F7A"


def test_a_live_badge_is_filled_and_a_paper_badge_is_not(theme, qtbot, top):
    live = FakeSession(environment=Environment.LIVE, scopes=frozenset({SCOPE_DATA}))
    paper_surface = top.environment.surface()[0]
    top.show_session(cast(Session, live))
    assert paper_surface is None
    assert top.environment.surface()[0] == theme.colors.live
    assert top.environment.text().startswith("LIVE")
    assert top.scopes.text() == "read only"


def test_signed_out_shows_nothing_of_an_account(top):
    top.show_signed_out()
    for part in (top.equity, top.day, top.buying_power, top.environment, top.scopes, top.command_field):
        assert part.isHidden()


def test_every_feed_says_its_state_and_age(strip, session, clock):
    session.connection.show(StreamName.ORDERS, last_message_ns=clock.monotonic - S * 2 // 5)
    session.connection.show(StreamName.QUOTES, last_message_ns=clock.monotonic)
    assert strip.orders.text.text() == "live \u00b7 0.4 s"
    assert strip.quotes.text.text() == "IEX \u00b7 live \u00b7 0.0 s \u00b7 1,284 msg/s \u00b7 24/30 symbols"
    assert strip.rest.text.text() == "41 ms"
    assert strip.gaps.text() == "0 gaps \u00b7 0 reconnects"
    assert strip.skew.text() == "Clock +12 ms"
    assert strip.orders.text.accessibleName() == "Orders: live \u00b7 0.4 s"


@pytest.mark.parametrize(
    ("changes", "words", "health"),
    [
        ({"phase": StreamPhase.SILENT}, "silent 12 s", Health.UNSURE),
        ({"phase": StreamPhase.WAITING}, "reconnecting in 1 s", Health.BAD),
        (
            {"phase": StreamPhase.REFUSED, "reason": RefusalReason.SCOPE_MISSING},
            "refused: sign-in does not cover it",
            Health.BAD,
        ),
        ({"phase": StreamPhase.CONNECTING}, "connecting", Health.UNSURE),
        ({"phase": StreamPhase.OFF}, "off", Health.OFF),
    ],
)
def test_a_feed_that_does_not_work_has_a_word_a_tone_and_a_shape(
    strip, session, clock, changes, words, health
):
    session.connection.show(StreamName.ORDERS, heard_ns=clock.monotonic - 12 * S, **changes)
    assert strip.orders.text.text() == words
    assert strip.orders.health is health
    assert strip.orders.text.property("tone") in ("warning", "down", "muted")


def test_feeds_of_coins_and_options_are_in_the_strip_while_they_are_connected_or_try_to_be(
    strip, session, clock
):
    strip.resize(2400, strip.height())
    for name, item in ((StreamName.COINS, strip.coins), (StreamName.OPTIONS, strip.options)):
        session.connection.show(name, phase=StreamPhase.OFF)
        assert item.isHidden()
        session.connection.show(name, phase=StreamPhase.LIVE, last_message_ns=clock.monotonic)
        assert not item.isHidden()
        assert item.health is Health.GOOD
    assert strip.coins.text.text() == "CRYPTO US \u00b7 live \u00b7 0.0 s \u00b7 0 msg/s \u00b7 1 symbol"
    assert strip.options.text.text().endswith("2 symbols")
    reason = RefusalReason.CONNECTION_LIMIT
    session.connection.show(StreamName.OPTIONS, phase=StreamPhase.WAITING, reason=reason)
    assert "another program uses this feed" in strip.options.text.text()
    assert strip.options.health is Health.BAD
    strip.resize(700, strip.height())
    strip.refresh()
    assert strip.options.text.text() == "reconnecting"
    assert "another program uses this feed" in strip.options.toolTip()


def test_coins_that_fall_silent_are_unsure_at_any_hour_and_contracts_with_the_market(strip, session, clock):
    session.market_clock.is_open = False
    for name in (StreamName.COINS, StreamName.OPTIONS):
        session.connection.show(name, last_message_ns=clock.monotonic - 11 * S)
    assert (strip.coins.health, strip.options.health) == (Health.UNSURE, Health.GOOD)


def test_a_stopped_feed_shows_within_seconds_without_any_signal(qtbot, strip, session, clock):
    session.connection.show(StreamName.QUOTES, last_message_ns=clock.monotonic)
    clock.pass_s(11)
    qtbot.waitUntil(lambda: strip.quotes.health is Health.UNSURE)
    assert "11 s" in strip.quotes.text.text()


def test_a_closed_market_may_be_quiet(strip, session, clock):
    session.market_clock.is_open = False
    session.connection.show(StreamName.QUOTES, last_message_ns=clock.monotonic - 600 * S)
    assert strip.quotes.health is Health.GOOD


def test_rest_that_does_not_answer_is_red_in_words(strip, session):
    session.connection.rest_ok = False
    session.connection.changed.emit()
    assert strip.rest.text.text() == "not answering"
    assert strip.rest.health is Health.BAD


def test_a_clock_two_seconds_off_is_a_warning(strip, session):
    session.connection.clock_skew_ms = -2400.0
    session.connection.changed.emit()
    assert strip.skew.text() == "Clock \u22122,400 ms"
    assert strip.skew.property("tone") == "warning"


def test_the_market_phase_counts_down(strip, session, clock):
    now = datetime.fromtimestamp(clock.wall / 1e9, UTC)
    session.market_clock.next_change = now + timedelta(hours=2, minutes=14, seconds=8, milliseconds=500)
    session.market_clock.changed.emit()
    assert strip.market.text() == "Market open"
    assert strip.market_until.text() == "closes in 2:14:08"
    session.market_clock.is_open = False
    session.market_clock.now = datetime(2026, 11, 21, 17, tzinfo=UTC)  # a Saturday
    session.market_clock.changed.emit()
    assert strip.market.text() == "Market closed"
    assert strip.market_until.text() == "opens in 2:14:08"


@pytest.mark.parametrize(
    ("hour", "words"),
    [(8, "Overnight"), (12, "Pre-market"), (22, "After hours"), (26, "Overnight")],
)
def test_the_strip_names_the_sessions_around_the_regular_one(strip, session, hour, words):
    clock, monday = session.market_clock, datetime(2026, 11, 16, tzinfo=UTC)
    clock.is_open, clock.now = False, monday + timedelta(hours=hour)
    clock.next_change = monday + timedelta(hours=14.5 if hour < 14 else 38.5)
    clock.changed.emit()
    assert strip.market.text() == words
    assert strip.market_until.text().startswith("market opens in ")


def test_a_market_that_never_closes_is_said_to_be_open_around_the_clock(strip, session, clock):
    now = datetime.fromtimestamp(clock.wall / 1e9, UTC)
    for change in (None, now + timedelta(hours=22)):
        session.market_clock.next_change = change
        session.market_clock.changed.emit()
        assert (strip.market.text(), strip.market_until.text()) == ("Market open", "around the clock")
    session.market_clock.is_open = None
    session.market_clock.changed.emit()
    assert strip.market.text() == "Market hours unknown"


def test_the_strip_names_the_connection_profile(strip):
    assert strip.profile.text() == "Practice"


@pytest.fixture
def notices(theme, qtbot):
    bar = NoticeBar(theme)
    qtbot.addWidget(bar)
    bar.resize(900, 60)
    return bar


def test_a_notice_shows_outside_text_plain_and_cut(notices):
    notices.show_error(AppError("<b>Click</b> " + "x" * 600, "<a href='https://evil.example'>here</a>"))
    (row,) = notices.rows
    assert row.headline.text().startswith("<b>Click</b>")
    assert len(row.headline.text()) == 300
    for label in (row.headline, row.remedy):
        assert label.textFormat() is Qt.TextFormat.PlainText
        assert not label.openExternalLinks()


def test_a_notice_never_shows_its_detail(notices):
    notices.show_error(
        Offline("The broker could not be reached.", "Try again.", detail="10.0.0.7:443 errno 111")
    )
    assert "errno" not in notices.rows[0].accessibleName()


def test_the_same_notice_twice_stands_there_once_and_three_are_the_most(notices):
    for text in ("a", "b", "a", "c", "d"):
        notices.show_text(text)
    assert [row.headline.text() for row in notices.rows] == ["d", "c", "a"]


def test_a_notices_action_runs_and_dismisses_it(qtbot, notices):
    ran = []
    notices.show_text("Signed out.", actions=[NoticeAction("Sign in again", lambda: ran.append(1))])
    notices.show()
    button = next(
        b for b in notices.rows[0].findChildren(QWidget) if getattr(b, "text", str)() == "Sign in again"
    )
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert ran == [1]
    assert notices.rows == ()
    assert notices.isHidden()


@pytest.fixture
def palette(theme, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 500)
    made = CommandField(theme, window)
    made.setGeometry(200, 4, 420, 30)
    ran: list[str] = []
    window.show()
    made.offer_from(
        lambda: [
            Command(title, partial(ran.append, title)) for title in ("Buy", "Sell", "Cancel all orders")
        ],
        lambda: ("NVDA", "AAPL", "AMD", "AMZN"),
        lambda symbol: [Command(symbol, lambda: ran.append(symbol))],
    )
    return made, ran, window


@pytest.fixture
def field(palette):
    return palette[0]


@pytest.fixture
def ran(palette):
    return palette[1]


def titles(field: CommandField) -> list[str]:
    return [command.title for command in field.offered]


def test_everything_is_offered_before_anything_is_typed(field):
    field.begin()
    assert titles(field) == ["Buy", "Sell", "Cancel all orders"]


def test_words_are_found_by_their_beginnings(qtbot, field, ran):
    field.begin()
    qtbot.keyClicks(field, "all can")
    assert titles(field) == ["Cancel all orders"]
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert ran == ["Cancel all orders"]
    assert field.text() == ""


def test_a_known_symbol_comes_first_and_enter_takes_it(qtbot, field, ran):
    field.begin()
    qtbot.keyClicks(field, "nv")
    assert titles(field)[0] == "NVDA"
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert ran == ["NVDA"]


def test_an_unknown_symbol_can_be_typed_and_arrows_move(qtbot, field, ran):
    field.begin()
    qtbot.keyClicks(field, "AM")
    assert titles(field)[:3] == ["AM", "AMD", "AMZN"]
    qtbot.keyClick(field, Qt.Key.Key_Down)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert ran == ["AMD"]


def test_escape_leaves_without_doing_anything(qtbot, field, ran):
    field.begin()
    qtbot.keyClicks(field, "buy")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert ran == []
    assert field.text() == ""


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("NVDA", True),
        ("brk.b", True),
        ("BTC/USD", True),
        ("buy now", False),
        ("", False),
        ("\u0410APL", False),
    ],
)
def test_what_may_be_a_symbol(text, is_one):
    assert looks_like_symbol(text) is is_one

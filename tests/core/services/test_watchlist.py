"""The watchlist and the settings that keep it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.domain.environment import Environment
from core.domain.secret import Secret
from core.net.lanes import Lane
from core.services import watchlist as watchlist_module
from core.services.broker_link import BrokerLink
from core.services.settings import Settings
from core.services.watchlist import Watchlist
from core.store.settings import read_settings
from tests.fakes.broker import Broker, hang, lose


@pytest.fixture
def disk(qapp) -> Iterator[Lane]:
    lane = Lane("disk")
    yield lane
    lane.stop()


@pytest.fixture
def settings(disk: Lane, tmp_path: Path) -> Iterator[Settings]:
    made = Settings(tmp_path / "settings.toml", disk)
    made.change(watchlist=("NVDA", "AAPL"))
    yield made
    made.flush()


@pytest.fixture
def watched(broker: Broker, settings: Settings) -> Iterator[Watchlist]:
    link = BrokerLink(broker.profile(), Environment.PAPER, Secret("t"), user_agent="x")
    yield Watchlist(link, settings)
    link.stop(lambda: None)


def refusals(watched: Watchlist) -> list[Any]:
    told: list[Any] = []
    watched.refused.connect(told.append)
    return told


def test_a_symbol_is_added_once_the_broker_knows_it(watched, qtbot):
    with qtbot.waitSignal(watched.changed):
        watched.add(" msft ")
    assert watched.symbols == ("NVDA", "AAPL", "MSFT")
    assert watched.name_of("MSFT") == "MSFT Corporation"


def test_a_symbol_may_be_put_where_it_belongs(watched, qtbot):
    with qtbot.waitSignal(watched.changed):
        watched.add("MSFT", 0)
    assert watched.symbols == ("MSFT", "NVDA", "AAPL")
    watched.move("NVDA", 2)
    assert watched.symbols == ("MSFT", "AAPL", "NVDA")
    watched.move("NOBODY", 0)
    assert watched.symbols == ("MSFT", "AAPL", "NVDA")


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        ("", "That is not a symbol."),
        ("two words", "That is not a symbol."),
        ("../v2/orders", "That is not a symbol."),
        ("A?x=1", "That is not a symbol."),
        ("\u00fcber", "That is not a symbol."),
        ("X" * 30, "That is not a symbol."),
        ("nvda", "NVDA is on the watchlist already."),
    ],
)
def test_what_is_no_new_symbol_is_refused_without_asking(watched, broker, text, headline):
    told = refusals(watched)
    watched.add(text)
    assert [error.headline for error in told] == [headline]
    assert broker.requests == []


def test_a_symbol_that_climbs_the_path_stays_a_symbol(watched, broker, qtbot):
    told = refusals(watched)
    watched.add("A/../../ORDERS")
    qtbot.waitUntil(lambda: bool(broker.requests) or bool(told))
    assert all("/v2/assets/" in path for _, path, _ in broker.requests)


def test_a_symbol_the_broker_does_not_know_is_refused(watched, qtbot):
    told = refusals(watched)
    watched.add("NOSUCH")
    qtbot.waitUntil(lambda: bool(told))
    assert told[0].headline == "The broker does not know NOSUCH."
    assert watched.symbols == ("NVDA", "AAPL")


def test_a_broker_that_cannot_be_asked_is_no_verdict(watched, broker, qtbot):
    told = refusals(watched)
    broker.faults.read.append(lose)
    watched.add("MSFT")
    qtbot.waitUntil(lambda: bool(told))
    assert told[0].headline == "The broker did not answer."
    assert watched.symbols == ("NVDA", "AAPL")


def test_two_clicks_add_one_symbol(watched, qtbot):
    changes: list[Any] = []
    watched.changed.connect(changes.append)
    watched.add("MSFT")
    watched.add("MSFT")
    qtbot.waitUntil(lambda: len(watched.assets) == 1 and watched.symbols.count("MSFT") == 1)
    watched.add("AMD")
    qtbot.waitUntil(lambda: "AMD" in watched.symbols)
    assert watched.symbols == ("NVDA", "AAPL", "MSFT", "AMD")
    assert len(changes) == 2


def test_a_list_has_an_end(watched, settings, monkeypatch):
    monkeypatch.setattr(watchlist_module, "LONGEST", 2)
    told = refusals(watched)
    watched.add("MSFT")
    assert [error.headline for error in told] == ["A watchlist holds 2 symbols."]


def test_removing_is_at_once_and_only_what_is_there(watched):
    changes: list[Any] = []
    watched.changed.connect(changes.append)
    watched.remove("NVDA")
    watched.remove("NVDA")
    assert changes == [("AAPL",)]


def test_a_name_is_asked_for_once(watched, broker, qtbot):
    assert watched.name_of("AAPL") == ""
    assert watched.name_of("AAPL") == ""
    qtbot.waitUntil(lambda: watched.name_of("AAPL") == "AAPL Corporation")
    assert len(broker.requests) == 1


def test_settings_reach_the_disk_soon_and_whole(settings, tmp_path, qtbot):
    path = tmp_path / "settings.toml"
    settings.change(theme="light")
    settings.change(density="compact")
    qtbot.waitUntil(path.exists)
    values, told = read_settings(path)
    assert (values.theme, values.density, values.watchlist, told) == (
        "light",
        "compact",
        ("NVDA", "AAPL"),
        "",
    )


def test_settings_announce_what_changed_and_nothing_else(settings):
    names: list[str] = []
    settings.changed.connect(names.append)
    settings.change(theme="light", density="comfortable")
    settings.change(theme="light")
    assert names == ["theme"]


def test_settings_that_cannot_be_written_are_told(disk, tmp_path, qtbot):
    (tmp_path / "file").write_text("in the way")
    settings = Settings(tmp_path / "file" / "settings.toml", disk)
    with qtbot.waitSignal(settings.failed) as told:
        settings.change(theme="light")
    assert told.args[0].headline == "Your settings could not be saved."


def test_an_answer_that_never_comes_holds_nothing_up(watched, broker, qtbot):
    broker.faults.read.append(hang)
    watched.add("SLOW")
    qtbot.waitUntil(lambda: len(broker.requests) == 1)
    with qtbot.waitSignal(watched.changed):
        watched.add("MSFT")
    assert "MSFT" in watched.symbols

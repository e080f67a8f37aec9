"""What the build is told to put into a package, checked without building one."""

import runpy
import tomllib
from pathlib import Path
from typing import Any

import holidays
import pytest

from practice.engine.foreign_markets import FOREIGN_MARKETS

ROOT = Path(__file__).resolve().parents[2]


class Recorder:
    """Stands in for PyInstaller's classes in build.spec and keeps what they were given."""

    def __init__(self, *positional: Any, **named: Any) -> None:
        self.positional, self.named = positional, named
        self.pure: list[Any] = []
        self.scripts: list[Any] = []
        self.binaries: list[Any] = []
        self.datas: list[Any] = []


@pytest.fixture(scope="module")
def contents() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "packaging" / "contents.py"))


@pytest.fixture
def spec(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run build.spec and return what it defines."""
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))
    given = dict.fromkeys(("Analysis", "PYZ", "EXE", "COLLECT", "BUNDLE"), Recorder)
    return runpy.run_path(str(ROOT / "build.spec"), {**given, "SPECPATH": str(ROOT)})


def test_the_package_starts_from_main_and_leaves_the_proxy_out(spec: dict[str, Any]) -> None:
    analysis = spec["analysis"]
    assert analysis.positional == (["main.py"],)
    assert "token_proxy" in analysis.named["excludes"]
    assert not any("token_proxy" in source for source, _ in analysis.named["datas"])


def test_the_package_is_a_folder_with_a_program_in_it(spec: dict[str, Any]) -> None:
    assert spec["program"].named["exclude_binaries"] is True
    assert spec["folder"].positional[0] is spec["program"]


def test_every_file_to_put_in_is_there(spec: dict[str, Any]) -> None:
    assert [source for source, _ in spec["analysis"].named["datas"] if not Path(source).exists()] == []


def test_the_resources_of_app_and_practice_broker_keep_their_places(contents: dict[str, Any]) -> None:
    places = {(Path(source).name, place) for source, place in contents["resources"]()}
    assert ("resources", "resources") in places
    data = {
        path.name for path in (ROOT / "practice" / "resources").iterdir() if path.suffix not in {"", ".py"}
    }
    assert {(name, "practice/resources") for name in data} <= places
    assert ("scenarios", "practice/resources/scenarios") in places


def test_licence_texts_of_what_is_shipped_go_along(contents: dict[str, Any]) -> None:
    folders = {place for _, place in contents["licences"]()}
    assert {"licences", "licences/GNU", "licences/pyside6-qtads"} <= folders


def test_unused_plugins_are_told_from_those_that_qt_needs(contents: dict[str, Any]) -> None:
    unused = contents["UNUSED_PLUGINS"].search
    plugins = "/PySide6/Qt/plugins/"
    assert unused(plugins + "platforminputcontexts/libqtvirtualkeyboardplugin.so")
    assert unused(plugins + "platformthemes/libqgtk3.so")
    assert unused("/PySide6/plugins/platforms/qminimal.dll")
    for needed in ("xcb", "offscreen", "wayland"):
        assert not unused(f"{plugins}platforms/libq{needed}.so")
    assert not unused("/PySide6/plugins/platforms/qwindows.dll")
    assert not unused(plugins + "tls/libqopensslbackend.so")


def test_the_version_is_the_same_in_the_program_and_the_project() -> None:
    product = runpy.run_path(str(ROOT / "core" / "domain" / "product.py"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert product["VERSION"] == project["version"]


def test_every_calendar_that_the_practice_broker_asks_for_is_chosen(contents: dict[str, Any]) -> None:
    calendars = {"XNYS", *(market.calendar for market in FOREIGN_MARKETS)}
    used = {type(holidays.financial_holidays(calendar)).__module__ for calendar in calendars}
    assert used <= set(contents["CHOSEN_BY_NAME"])

"""Settings: written whole or not at all, and a damaged file costs nothing but its own values."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.limits import Limits
from core.domain.order import OrderType
from core.domain.preset import Exits, Preset
from core.errors import StorageFailed
from core.store.settings import (
    DEFAULT_WATCHLIST,
    MAX_FILE_BYTES,
    SettingsValues,
    read_settings,
    write_settings,
)


def test_what_is_written_is_read(tmp_path):
    values = SettingsValues(
        theme="light",
        confirm_paper_orders=False,
        watchlist=("NVDA", 'odd "quoted" \\ symbol', "\u00fc"),
        window_layout="QUJD",
    )
    path = tmp_path / "deep" / "settings.toml"
    write_settings(path, values)
    assert read_settings(path) == (values, "")
    assert [found.name for found in path.parent.iterdir()] == ["settings.toml"]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=5).map(tuple))
def test_any_text_survives(tmp_path_factory, watchlist):
    path = tmp_path_factory.mktemp("settings") / "settings.toml"
    write_settings(path, SettingsValues(watchlist=watchlist))
    assert read_settings(path)[0].watchlist == watchlist


def test_without_a_file_there_are_defaults_and_nothing_to_tell(tmp_path):
    assert read_settings(tmp_path / "settings.toml") == (SettingsValues(), "")


@pytest.mark.parametrize(
    "content",
    [
        b"theme = ",
        b"\x00\x01\x02",
        b"\xff",
        b"theme = 'light'\ntheme = 'dark'",
        b"x = " + b"[" * 100_000,
        b"#" * (MAX_FILE_BYTES + 1),
        b"theme = 'li",
    ],
)
def test_a_damaged_file_is_kept_aside_and_told(tmp_path, content):
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    values, told = read_settings(path)
    assert values == SettingsValues()
    assert "settings.damaged.toml" in told
    assert (tmp_path / "settings.damaged.toml").read_bytes() == content
    write_settings(path, values)
    assert read_settings(path)[1] == ""


def test_a_folder_in_the_files_place_is_set_aside_too(tmp_path):
    (tmp_path / "settings.toml").mkdir()
    values, told = read_settings(tmp_path / "settings.toml")
    assert values == SettingsValues()
    assert told


def test_unknown_keys_and_wrong_types_fall_back_one_by_one(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text(
        'theme = "light"\ndensity = 7\nconfirm_paper_orders = "no"\ntint_changes = 0\n'
        'watchlist = ["NVDA", 7, "SPY"]\nwindow_layout = []\nfuture = "kept by nobody"\n[nested]\nx = 1\n'
    )
    values, told = read_settings(path)
    assert told == ""
    assert values == SettingsValues(theme="light", watchlist=("NVDA", "SPY"))


def test_a_watchlist_of_another_type_is_the_default_one(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text('watchlist = "NVDA"')
    assert read_settings(path)[0].watchlist == DEFAULT_WATCHLIST


def test_an_interrupted_write_leaves_the_old_file_whole(tmp_path):
    path = tmp_path / "settings.toml"
    write_settings(path, SettingsValues(theme="light"))
    path.with_suffix(".part").write_text('theme = "da')
    assert read_settings(path) == (SettingsValues(theme="light"), "")
    write_settings(path, SettingsValues())
    assert read_settings(path) == (SettingsValues(), "")


def test_a_disk_that_refuses_is_told_and_the_old_file_stays(tmp_path):
    path = tmp_path / "settings.toml"
    write_settings(path, SettingsValues(theme="light"))
    path.with_suffix(".part").mkdir()
    with pytest.raises(StorageFailed):
        write_settings(path, SettingsValues())
    assert read_settings(path)[0].theme == "light"


def test_limits_and_presets_are_kept(tmp_path):
    values = SettingsValues(
        limits=Limits(max_qty=Decimal("0.5"), max_value=None, max_orders_a_minute=None),
        presets={
            "BTC/USD": Preset(type=OrderType.MARKET, amount="0.25"),
            "SPY": Preset(exits=Exits.GAIN),
            "odd.name": Preset(),
        },
    )
    path = tmp_path / "settings.toml"
    write_settings(path, values)
    assert read_settings(path) == (values, "")


@pytest.mark.parametrize("value", ['"-5"', "0", '"1,5"', '"NaN"', '""', "true", "[]", '"much"', "1e400"])
def test_a_limit_that_cannot_be_understood_is_the_usual_one_and_never_none(tmp_path, value):
    path = tmp_path / "settings.toml"
    path.write_text(f"[limits]\nmax_value = {value}\nmax_qty = 7\n")
    limits = read_settings(path)[0].limits
    assert (limits.max_value, limits.max_qty) == (Limits().max_value, Decimal(7))


def test_a_limit_is_off_only_where_that_is_written(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text('[limits]\nmax_value = "off"\nmax_distance = 0.1\nmax_orders_a_minute = "3"\n')
    limits = read_settings(path)[0].limits
    assert (limits.max_value, limits.max_distance, limits.max_orders_a_minute) == (None, Decimal("0.1"), 3)


def test_a_preset_that_is_none_of_ours_is_left_out(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text('[presets]\nA = 1\n[presets.B]\ntype = "teleport"\n[presets.C]\namount = 5\n')
    assert read_settings(path)[0].presets == {"C": Preset(amount="5")}

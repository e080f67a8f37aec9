"""The trader's settings: one TOML file, written whole or not at all."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

import tomli_w

from core.domain.limits import Limits
from core.domain.preset import Preset
from core.errors import StorageFailed
from core.store.limits_table import limits_from_table, limits_to_table

DEFAULT_WATCHLIST = (
    "NVDA",
    "AAPL",
    "MSFT",
    "AMZN",
    "TSLA",
    "AMD",
    "META",
    "GOOGL",
    "AVGO",
    "SPY",
    "QQQ",
    "IWM",
    "COIN",
    "PLTR",
    "NFLX",
)
MAX_FILE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsValues:
    """Every setting with its default. Nothing here may be a secret."""

    theme: str = "dark"
    density: str = "comfortable"
    confirm_paper_orders: bool = True
    tint_changes: bool = True
    watchlist: tuple[str, ...] = DEFAULT_WATCHLIST
    window_layout: str = ""  # base64 of the workspace's own format
    window_geometry: str = ""
    position_mark: str = "last"  # a MarkBy: what positions are valued at
    show_closed_today: bool = True  # a row for symbols of which nothing is held any more
    no_new_orders: bool = False  # the trader's own switch: stays on until it is switched off
    flatten_shortcut: str = "Ctrl+Shift+F12"  # Qt's portable spelling; empty for none
    limits: Limits = field(default_factory=Limits)
    presets: Mapping[str, Preset] = field(default_factory=dict)  # by symbol


def read_settings(path: Path) -> tuple[SettingsValues, str]:
    """Return the settings, and a sentence about what could not be used ("" if all is well).

    A damaged file costs nothing but its own values: it is set aside under another name, defaults apply.
    """
    try:
        if not path.exists():
            return SettingsValues(), ""
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ValueError("too large")
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        aside = path.with_suffix(".damaged.toml")
        try:
            path.replace(aside)
        except OSError:
            return SettingsValues(), f"{path.name} could not be read ({error}); defaults are used."
        return SettingsValues(), f"{path.name} was damaged; it is kept as {aside.name} and defaults are used."
    values: dict[str, object] = {}
    for setting in fields(SettingsValues):
        default = getattr(SettingsValues(), setting.name)
        found = table.get(setting.name, default)
        if isinstance(default, Limits | Mapping):
            continue  # tables, below
        if isinstance(default, tuple):
            found = (
                tuple(part for part in found if isinstance(part, str))
                if isinstance(found, list | tuple)
                else default
            )
        if type(found) is type(default):
            values[setting.name] = found
    values["limits"] = limits_from_table(table.get("limits"))
    values["presets"] = _presets(table.get("presets"))
    return SettingsValues(**values), ""  # type: ignore[arg-type]


def _presets(found: object) -> dict[str, Preset]:
    if not isinstance(found, dict):
        return {}
    read = {str(symbol): Preset.of_table(table) for symbol, table in found.items()}
    return {symbol: preset for symbol, preset in read.items() if preset is not None}


def write_settings(path: Path, values: SettingsValues) -> None:
    """Write all settings, atomically: the old file stays until the new one is complete.

    Raises StorageFailed.
    """
    table: dict[str, object] = {}
    for setting in fields(values):
        value = getattr(values, setting.name)
        table[setting.name] = list(value) if isinstance(value, tuple) else value
    table["limits"] = limits_to_table(values.limits)
    table["presets"] = {symbol: preset.table() for symbol, preset in values.presets.items()}
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(tomli_w.dumps(table), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise StorageFailed(
            "Your settings could not be saved.", "Check the data folder and the disk.", detail=str(error)
        ) from error

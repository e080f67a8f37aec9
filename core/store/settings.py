"""The trader's settings: one TOML file, written whole or not at all."""

import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import tomli_w

from core.errors import StorageFailed

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
    for field in fields(SettingsValues):
        default = getattr(SettingsValues(), field.name)
        found = table.get(field.name, default)
        if isinstance(default, tuple):
            found = (
                tuple(part for part in found if isinstance(part, str))
                if isinstance(found, list | tuple)
                else default
            )
        if type(found) is type(default):
            values[field.name] = found
    return SettingsValues(**values), ""  # type: ignore[arg-type]


def write_settings(path: Path, values: SettingsValues) -> None:
    """Write all settings, atomically: the old file stays until the new one is complete.

    Raises StorageFailed.
    """
    table = {
        name: list(value) if isinstance(value, tuple) else value for name, value in asdict(values).items()
    }
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(tomli_w.dumps(table), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise StorageFailed(
            "Your settings could not be saved.", "Check the data folder and the disk.", detail=str(error)
        ) from error

"""Fixtures of the sign-in tests: broker doubles, certificates, children that end with their test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.signin.broker import BrokerDouble

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def broker() -> Iterator[BrokerDouble]:
    with BrokerDouble.serving() as double:
        yield double


@pytest.fixture
def quiet_environment(tmp_path: Path) -> dict[str, str]:
    return environment_in(tmp_path)


def environment_in(folder: Path) -> dict[str, str]:
    """An environment with no screen, in which every place to write lies under `folder`."""
    home = folder / "home"
    home.mkdir()
    unwanted = ("QT", "XDG", "DISPLAY", "WAYLAND", "DBUS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return kept | {
        "HOME": str(home),
        "TMPDIR": str(folder),
        "XDG_RUNTIME_DIR": str(home),
        "QT_QPA_PLATFORM": "offscreen",
    }

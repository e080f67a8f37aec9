"""What tests of the interface share: the theme in force, a session of fakes, settings that go nowhere."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from core.services.clock import SystemClock
from tests.fakes.services import FakeSession, FakeSettings
from ui.theme.theme import Theme


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    """The dark theme in force, and taken off again."""
    theme = Theme("dark")
    theme.apply(qapp)
    yield theme
    qapp.setStyleSheet("")
    theme.deleteLater()


@pytest.fixture
def clock() -> SystemClock:
    return SystemClock()


@pytest.fixture
def settings(qapp: QApplication) -> FakeSettings:
    return FakeSettings()


@pytest.fixture
def session(qapp: QApplication, settings: FakeSettings) -> FakeSession:
    return FakeSession(settings=settings)

"""Signing in on a real screen, starting again, signing out: with a real keyring and with none."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.application import SIGNED_IN, SIGNED_OUT, AppScreen, RunningApp, files_below
from tests.e2e.conftest import Backend
from tests.fakes.secret_service import secret_service
from tests.patience import PATIENCE_S
from tests.ui.signin.process import wait_for


@pytest.fixture
def keyring(tmp_path: Path) -> Iterator[dict[str, str]]:
    with secret_service(tmp_path / "session") as environment:
        yield environment


def start(screen: AppScreen, backend: Backend, data_dir: Path, environment: dict[str, str]) -> RunningApp:
    return RunningApp(
        screen, environment, data_dir, "--profile", str(backend.profile), "--log-level", "DEBUG"
    )


def test_a_second_start_is_signed_in_from_the_keyring_without_a_window(
    screen: AppScreen, backend: Backend, keyring: dict[str, str], tmp_path: Path
) -> None:
    with start(screen, backend, tmp_path / "data", keyring) as app:
        app.sign_in()
    assert len(backend.relay.tokens) == 1
    with start(screen, backend, tmp_path / "data", keyring) as app:
        app.wait_for_title(SIGNED_IN)
        assert app.titles("Sign in") == []
    assert len(backend.relay.codes) == 1, "signed in a second time"


def test_without_a_keyring_the_session_ends_with_the_program_and_the_window_says_so(
    screen: AppScreen, backend: Backend, tmp_path: Path
) -> None:
    nowhere = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/no-bus"}
    with start(screen, backend, tmp_path / "data", nowhere) as app:
        app.sign_in()
        app.wait_for_log("You stay signed in until you quit.")
    with start(screen, backend, tmp_path / "data", nowhere) as app:
        app.sign_in()
    assert len(backend.relay.tokens) == 2


def test_signing_out_erases_the_keyring(
    screen: AppScreen, backend: Backend, keyring: dict[str, str], tmp_path: Path
) -> None:
    with start(screen, backend, tmp_path / "data", keyring) as app:
        app.sign_in()
        app.press("ctrl+k")
        screen.type("Sign out")
        screen.press_key("Return")
        wait_for(lambda: app.titles("Sign out"), "the question")
        # The button takes nothing before the double-click time has passed.
        wait_for(lambda: screen.confirm("Sign out"), "the question to be answered")
        app.wait_for_title(SIGNED_OUT, exactly=True)
    with start(screen, backend, tmp_path / "data", keyring) as app:
        app.sign_in()
    assert len(backend.relay.tokens) == 2


def test_a_full_run_leaves_no_secret_in_any_file_and_loads_no_web_engine(
    screen: AppScreen, backend: Backend, keyring: dict[str, str], tmp_path: Path
) -> None:
    with start(screen, backend, tmp_path / "data", keyring) as app:
        app.sign_in()
        engines = {path for path in app.loaded_libraries() if "WebEngine" in path}
        assert engines == set()
        assert any("QtWidgets" in path for path in app.loaded_libraries())
    assert len(backend.secrets) == 4
    # The keyring's own files are its business: encrypted, and the one place where the token belongs.
    files = files_below(tmp_path / "data", tmp_path / "home", tmp_path / "session" / "cache")
    files += [app.output, tmp_path / "broker.log", tmp_path / "proxy.log"]
    assert any(file.name == "bellwether.log" for file in files)
    found = [
        f"{file}: {secret[:4]}..."
        for file in files
        for secret in backend.secrets
        for spelling in spellings(secret)
        if spelling in file.read_bytes()
    ]
    assert found == []


def test_a_second_start_raises_the_first_window_and_ends(
    screen: AppScreen, backend: Backend, keyring: dict[str, str], tmp_path: Path
) -> None:
    with start(screen, backend, tmp_path / "data", keyring) as first:
        first.wait_for_title(SIGNED_OUT, exactly=True)
        second = start(screen, backend, tmp_path / "data", keyring)
        assert second.process.wait(PATIENCE_S) == 0
        assert "running already" in second.log
        assert first.titles() == [SIGNED_OUT]


def spellings(secret: str) -> list[bytes]:
    plain = secret.encode()
    return [
        plain,
        base64.b64encode(plain).rstrip(b"="),
        base64.urlsafe_b64encode(plain).rstrip(b"="),
        plain.hex().encode(),
        secret.encode("utf-16-le"),
    ]

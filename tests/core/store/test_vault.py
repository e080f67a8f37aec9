"""The vault: one grant in an OS keyring that may be missing, locked, broken, slow-witted or steered."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from core.domain.grant import Grant
from core.domain.secret import Secret
from core.errors import StorageFailed
from core.store.os_keyring import choose_backend
from core.store.vault import MAX_ENTRY_CHARS, SERVICE, Vault

ROOT = Path(__file__).parents[3]
TOKEN = "canary-5b1c7c1e-5d0f-4c63"


class Keyring:
    """A keyring backend with the contract of the real ones, erasing what is not there included."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.entries.pop((service, username), None) is None:
            raise LookupError("nothing to delete")


class LockedKeyring(Keyring):
    """Raises like a store whose prompt was dismissed; its text holds what it was given."""

    def get_password(self, service: str, username: str) -> str | None:
        raise PermissionError(f"locked: {service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise PermissionError(f"locked: {password}")


def a_grant(token: str = TOKEN) -> Grant:
    return Grant(token=Secret(token), scopes=frozenset({"trading", "data"}))


def test_what_is_kept_is_found_again_and_only_under_its_own_name():
    vault = Vault(Keyring())
    vault.keep("Practice/a", a_grant())
    found = vault.read("Practice/a")
    assert found is not None
    assert (found.token.reveal(), found.scopes) == (TOKEN, frozenset({"trading", "data"}))
    assert vault.read("Practice/b") is None


def test_keeping_again_replaces_and_erasing_leaves_nothing():
    keyring = Keyring()
    vault = Vault(keyring)
    vault.keep("p", a_grant())
    vault.keep("p", a_grant("another-token"))
    found = vault.read("p")
    assert found is not None
    assert found.token.reveal() == "another-token"
    vault.erase("p")
    assert keyring.entries == {}
    vault.erase("p")


def test_without_a_keyring_nothing_is_kept_and_that_is_said():
    vault = Vault(None)
    assert not vault.is_available
    assert vault.read("p") is None
    vault.erase("p")
    with pytest.raises(StorageFailed, match="no system keyring"):
        vault.keep("p", a_grant())


@pytest.mark.parametrize(
    "act",
    [
        lambda vault: vault.read("p"),
        lambda vault: vault.keep("p", a_grant()),
        lambda vault: vault.erase("p"),
    ],
)
def test_a_locked_keyring_is_told_without_a_word_of_what_it_was_given(act: Callable[[Vault], object]):
    with pytest.raises(StorageFailed) as refused:
        act(Vault(LockedKeyring()))
    assert TOKEN not in f"{refused.value} {refused.value.detail} {refused.value.remedy}"
    assert refused.value.detail == "PermissionError"
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"token":""}',
        '{"token":7,"scopes":[]}',
        '{"token":"t"}',
        '{"token":"t","scopes":"trading"}',
        '{"token":"two words","scopes":[]}',
        '{"token":"line\\nbreak","scopes":[]}',
        '{"token":"t","scopes":[],"version":2}',
        '{"token":"cut off in the mid',
        "\ud800",
        "x" * 100_000,
    ],
)
def test_an_entry_that_is_not_ours_is_as_good_as_none(entry):
    keyring = Keyring()
    keyring.set_password(SERVICE, "p", entry)
    vault = Vault(keyring)
    assert vault.read("p") is None
    vault.keep("p", a_grant())
    assert vault.read("p") is not None


def test_a_backend_that_answers_something_else_is_no_sign_in():
    keyring = Keyring()
    keyring.entries[SERVICE, "p"] = 7  # type: ignore[assignment]
    assert Vault(keyring).read("p") is None


def test_a_token_too_long_for_the_smallest_store_is_never_cut():
    keyring = Keyring()
    with pytest.raises(StorageFailed, match="too long"):
        Vault(keyring).keep("p", a_grant("x" * MAX_ENTRY_CHARS))
    assert keyring.entries == {}


def test_an_entry_fits_the_smallest_store():
    keyring = Keyring()
    Vault(keyring).keep("p", a_grant("x" * 1100))
    (text,) = keyring.entries.values()
    assert len(text.encode("utf-16-le")) <= 2560
    assert msgspec.json.decode(text)["version"] == 1


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32", "plan9"])
def test_a_platform_without_its_store_has_no_backend(platform, monkeypatch):
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/nonexistent")
    assert choose_backend(platform) is None


STEERED = """
import sys
from core.store.os_keyring import choose_backend
backend = choose_backend()
print(type(backend).__module__, "hijack" in sys.modules)
"""


def test_neither_the_environment_nor_a_file_chooses_the_keyring(tmp_path):
    planted = tmp_path / "planted"
    planted.mkdir()
    (planted / "hijack.py").write_text(
        "from keyring.backend import KeyringBackend\n"
        "class Thief(KeyringBackend):\n"
        "    priority = 99\n"
        "    def get_password(self, s, u): return None\n"
        "    def set_password(self, s, u, p): open('/dev/null', 'w').write(p)\n"
        "    def delete_password(self, s, u): pass\n"
    )
    for folder in (tmp_path / "python_keyring", tmp_path / "config" / "python_keyring"):
        folder.mkdir(parents=True)
        (folder / "keyringrc.cfg").write_text(
            f"[backend]\ndefault-keyring=hijack.Thief\nkeyring-path={planted}\n"
        )
    environment = {name: value for name, value in os.environ.items() if name != "DBUS_SESSION_BUS_ADDRESS"}
    environment |= {
        "PYTHON_KEYRING_BACKEND": "hijack.Thief",
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_DATA_HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path),
        "HOME": str(tmp_path),
    }
    child = subprocess.run(
        [sys.executable, "-c", STEERED], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert child.stderr == ""
    assert child.stdout.split() == ["builtins", "False"]

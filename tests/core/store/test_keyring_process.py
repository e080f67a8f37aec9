"""The keyring's own process: a backend behind a pipe that may be missing, broken, or hang."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from core.domain.grant import Grant
from core.domain.secret import Secret
from core.errors import StorageFailed
from core.store.keyring_process import KeyringFailed, KeyringProcess
from core.store.keyring_program import KeyringCall, answer
from core.store.vault import Vault, open_os_vault
from tests.core.store.test_vault import Keyring, LockedKeyring
from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[3]
TOKEN = "canary-5b1c7c1e-5d0f-4c63"

# A keyring that keeps its entries in a file between its processes, and what else a case needs.
PROGRAM = """
import json, os, pathlib, sys, threading
sys.path.insert(0, {root!r})
from core.store import keyring_program

class Kept:
    file = pathlib.Path({file!r})
    def _read(self): return json.loads(self.file.read_text()) if self.file.exists() else {{}}
    def get_password(self, service, username): return self._read().get(f"{{service}}|{{username}}")
    def set_password(self, service, username, password):
        self.file.write_text(json.dumps({{**self._read(), f"{{service}}|{{username}}": password}}))
    def delete_password(self, service, username):
        entries = self._read()
        del entries[f"{{service}}|{{username}}"]
        self.file.write_text(json.dumps(entries))

class Hanging(Kept):
    def get_password(self, service, username): threading.Event().wait()

class Locked(Kept):
    def get_password(self, service, username): raise PermissionError(f"locked: {{username}}")
    def set_password(self, service, username, password): raise PermissionError(f"locked: {{password}}")

def nothing(): return None

keyring_program.choose_backend = {backend}
sys.exit(keyring_program.run())
"""


def command(tmp_path: Path, backend: str) -> list[str]:
    text = PROGRAM.format(root=str(ROOT), file=str(tmp_path / "kept.json"), backend=backend)
    return [sys.executable, "-c", text]


def grant() -> Grant:
    return Grant(token=Secret(TOKEN), scopes=frozenset({"trading"}))


def children() -> list[psutil.Process]:
    return psutil.Process().children()


def test_what_one_process_kept_the_next_one_finds_and_none_stays(tmp_path):
    vault = open_os_vault(command(tmp_path, "Kept"))
    vault.keep("p/c", grant())
    found = open_os_vault(command(tmp_path, "Kept")).read("p/c")
    assert found is not None
    assert (found.token.reveal(), found.scopes) == (TOKEN, frozenset({"trading"}))
    vault.erase("p/c")
    assert vault.read("p/c") is None
    assert children() == []


def test_without_a_keyring_there_is_no_vault_and_no_process_is_left(tmp_path):
    assert not open_os_vault(command(tmp_path, "nothing")).is_available
    assert children() == []


def test_a_program_that_does_not_start_is_no_keyring(tmp_path):
    assert not open_os_vault([str(tmp_path / "missing")]).is_available
    assert not open_os_vault([sys.executable, "-c", "raise SystemExit(3)"]).is_available
    assert not open_os_vault([sys.executable, "-c", "print('<html>'); input()"]).is_available
    assert children() == []


def test_a_locked_keyring_is_told_by_the_class_of_its_error_alone(tmp_path):
    vault = open_os_vault(command(tmp_path, "Locked"))
    with pytest.raises(StorageFailed) as refused:
        vault.keep("p/c", grant())
    assert refused.value.detail == "PermissionError"
    assert TOKEN not in f"{refused.value} {refused.value.remedy}"
    assert children() == []


def test_a_call_that_hangs_is_ended_with_its_process(tmp_path):
    keyring = KeyringProcess(command(tmp_path, "Hanging"))
    assert keyring.is_available()
    keyring._limit_s = 0.2
    with pytest.raises(KeyringFailed):
        keyring.get_password("s", "u")
    assert children() == []


def test_a_process_in_the_middle_of_a_hanging_call_ends_with_its_parent(tmp_path):
    child = subprocess.Popen(command(tmp_path, "Hanging"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    with child:
        child.stdin.write(b'{"call":"open"}\n{"call":"get","service":"s","username":"u"}\n')
        child.stdin.flush()
        child.stdout.readline()  # the second call is being carried out, or about to be
        child.stdin.close()
        child.wait(PATIENCE_S)


@pytest.mark.parametrize("entry", [7, "\ud800", "é", b"bytes", object()])
def test_an_entry_that_is_not_our_text_crosses_the_pipe_as_nothing_of_ours(entry):
    keyring = Keyring()
    keyring.entries["s", "u"] = entry
    assert answer(keyring, KeyringCall("get", "s", "u")).password == ""
    assert Vault(keyring).read("nothing") is None


def test_neither_calls_nor_answers_show_what_they_carry():
    asked = KeyringCall("set", "s", "u", TOKEN)
    kept = Keyring()
    assert TOKEN not in repr(asked)
    answer(kept, asked)
    assert TOKEN not in repr(answer(kept, KeyringCall("get", "s", "u")))
    assert answer(LockedKeyring(), asked).failure == "PermissionError"

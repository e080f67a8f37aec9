"""The vault on a real Secret Service, each step in a program of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.secret_service import secret_service

ROOT = Path(__file__).parents[3]
PROGRAMS = ("dbus-daemon", "gnome-keyring-daemon")
pytestmark = pytest.mark.skipif(
    not all(shutil.which(program) for program in PROGRAMS),
    reason="needs dbus and gnome-keyring, which dev.py installs on Debian-family systems",
)

SCRIPT = """
import sys
from core.domain.grant import Grant
from core.domain.secret import Secret
from core.store.os_keyring import choose_backend
from core.store.vault import open_os_vault

backend = choose_backend()
vault = open_os_vault([sys.executable, "main.py", "--keyring"])
match sys.argv[1]:
    case "keep":
        vault.keep("Practice/c", Grant(token=Secret(sys.argv[2]), scopes=frozenset({"trading"})))
    case "erase":
        vault.erase("Practice/c")
found = vault.read("Practice/c")
print(type(backend).__module__, found and found.token.reveal(), sorted(found.scopes) if found else None)
"""


@pytest.fixture
def session(tmp_path: Path) -> Iterator[dict[str, str]]:
    with secret_service(tmp_path) as environment:
        yield environment


def run(session: dict[str, str], *arguments: str) -> str:
    child = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        cwd=ROOT,
        env=os.environ | session,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert child.returncode == 0, child.stderr
    return child.stdout.strip()


def test_a_token_outlives_the_program_that_kept_it_and_not_the_sign_out(session, tmp_path):
    where = "keyring.backends.SecretService"
    assert run(session, "read") == f"{where} None None"
    run(session, "keep", "canary-token-1")
    assert run(session, "read") == f"{where} canary-token-1 ['trading']"
    run(session, "keep", "canary-token-2")
    assert run(session, "read") == f"{where} canary-token-2 ['trading']"
    run(session, "erase")
    assert run(session, "read") == f"{where} None None"
    plain = [path for path in tmp_path.rglob("*") if path.is_file() and b"canary-token" in path.read_bytes()]
    assert [path.suffix for path in plain if path.suffix != ".keyring"] == []

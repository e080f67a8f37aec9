"""The contracts of pyproject.toml hold, and break when somebody reaches where they should not."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = (
    "core.errors", "core.domain.order", "core.protocol.stream", "core.protocol.signin", "core.store.journal",
    "core.net.lanes", "core.services.session", "ui.panels.orders", "ui.signin.page", "practice.server",
    "token_proxy.server",
)  # fmt: skip

BREACHES = [
    ("core.services.session", "ui.panels.orders"),
    ("core.net.lanes", "practice.server"),
    ("core.store.journal", "token_proxy.server"),
    ("core.domain.order", "core.errors"),
    ("core.domain.order", "core.services.session"),
    ("core.errors", "core.domain.order"),
    ("core.protocol.stream", "core.net.lanes"),
    ("core.protocol.stream", "core.store.journal"),
    ("core.store.journal", "core.net.lanes"),
    ("core.net.lanes", "core.store.journal"),
    ("core.net.lanes", "core.services.session"),
    ("ui.panels.orders", "core.net.lanes"),
    ("ui.panels.orders", "core.store.journal"),
    ("ui.panels.orders", "core.protocol.stream"),
    ("ui.panels.orders", "core.protocol.signin"),
    ("ui.panels.orders", "practice.server"),
    ("ui.panels.orders", "ui.signin.page"),
    ("ui.signin.page", "core.services.session"),
    ("ui.signin.page", "core.protocol.stream"),
    ("practice.server", "core.domain.order"),
    ("practice.server", "token_proxy.server"),
    ("token_proxy.server", "practice.server"),
    ("token_proxy.server", "core.errors"),
]

ALLOWED = [
    ("ui.panels.orders", "core.services.session"),
    ("core.services.session", "core.net.lanes"),
    ("core.services.session", "core.store.journal"),
    ("core.net.lanes", "core.protocol.stream"),
    ("core.store.journal", "core.domain.order"),
    ("core.protocol.stream", "core.errors"),
    ("ui.signin.page", "core.protocol.signin"),
]


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    """Check a tree against this project's contracts."""
    program = Path(sys.executable).with_name("lint-imports")
    command = [str(program), "--config", str(ROOT / "pyproject.toml"), "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Make a program of our shape with nothing in it, whose imports are all allowed ones."""
    for module in MODULES:
        path = tmp_path.joinpath(*module.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        for package in path.relative_to(tmp_path).parents[:-1]:
            (tmp_path / package / "__init__.py").touch()
        path.touch()
    for importer, imported in ALLOWED:
        add_import(tmp_path, importer, imported)
    return tmp_path


def add_import(tree: Path, importer: str, imported: str) -> None:
    with tree.joinpath(*importer.split(".")).with_suffix(".py").open("a") as file:
        file.write(f"def f() -> None:\n    import {imported}\n")


def test_the_program_keeps_its_contracts() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


def test_a_program_of_allowed_imports_keeps_them(tree: Path) -> None:
    done = lint(tree)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("importer", "imported"), BREACHES)
def test_an_import_across_a_border_breaks_a_contract(tree: Path, importer: str, imported: str) -> None:
    add_import(tree, importer, imported)
    done = lint(tree)
    assert done.returncode == 1, done.stdout
    assert "BROKEN" in done.stdout
    assert importer in done.stdout

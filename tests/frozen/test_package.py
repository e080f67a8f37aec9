"""The built package: starts, does the whole tour on its own practice broker, and holds what it should."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PyInstaller.archive.readers import CArchiveReader

ROOT = Path(__file__).resolve().parents[2]

# Qt's offscreen platform has no window manager to tell a window's size limits to.
OFFSCREEN_SAYS = {"This plugin does not support propagateSizeHints()"}

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the package and return its folder."""
    work = tmp_path_factory.mktemp("build")
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    command += ["--distpath", str(work / "dist"), "--workpath", str(work / "work"), str(ROOT / "build.spec")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return work / "dist" / "bellwether"


def start(package: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the package to its end in an environment that knows nothing of this source tree."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [str(package / "bellwether"), *arguments],
        cwd=package.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def test_it_says_its_version_and_nothing_else(package: Path) -> None:
    done = start(package, "--version")
    assert done.returncode == 0
    assert re.fullmatch(r"Bellwether \d+\.\d+\.\d+\n", done.stdout)
    assert done.stderr == ""


def test_it_completes_the_tour_on_its_own_practice_broker(package: Path, tmp_path: Path) -> None:
    done = start(package, "--tour", str(tmp_path / "tour"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "tour" / "tour.json").exists()
    assert set(done.stderr.splitlines()) <= OFFSCREEN_SAYS


def test_it_contains_the_app_and_the_practice_broker_but_no_proxy(package: Path) -> None:
    program = CArchiveReader(str(package / "bellwether"))
    [archive] = [name for name in program.toc if name.endswith(".pyz")]
    modules = set(program.open_embedded_archive(archive).toc)
    assert {"core.domain.order", "ui.signin.program", "practice.__main__"} <= modules
    packages = {module.partition(".")[0] for module in modules}
    assert packages & {"token_proxy", "tests", "alpaca", "numpy", "pandas", "tkinter"} == set()
    assert [path.name for path in package.rglob("*") if "token_proxy" in path.name] == []


def test_no_library_under_the_gpl_alone_is_in_it(package: Path) -> None:
    banned = re.compile(
        r"Qt6?(Charts|DataVisualization|VirtualKeyboard|Quick3D|Lottie|NetworkAuth)", re.IGNORECASE
    )
    assert [path.name for path in package.rglob("*") if banned.search(path.name)] == []


def test_every_link_in_it_leads_somewhere(package: Path) -> None:
    assert [path.name for path in package.rglob("*") if path.is_symlink() and not path.exists()] == []

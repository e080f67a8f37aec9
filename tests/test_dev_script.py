"""dev.py on a small project of the same shape: real .venv and pip, nothing to download, no real apt-get."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import dev

ROOT = Path(__file__).resolve().parents[1]
BASE_PYTHON = str(getattr(sys, "_base_executable", sys.executable))

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the stand-in programs are shell scripts")

MAIN = "import os, sys; print(sys.argv[1:], os.environ.get('QT_QPA_PLATFORM')); sys.exit(7)"
SYSTEM = """
[tools]
why = "a test asks for them"
commands = ["run"]
[tools.probes]
"{tool}" = "newest-tool|bellwether-tool"
"""
APT_GET = """#!/bin/sh
echo "apt-get $*" >> {log}
case "$1" in install) printf '#!/bin/sh\\n' > {tool} && chmod +x {tool} ;; esac
"""


class Project:
    """A folder with dev.py, no packages to install, and a main.py that repeats its arguments and exits 7."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "requirements").mkdir(parents=True)
        shutil.copy(ROOT / "dev.py", folder)
        (folder / "main.py").write_text(MAIN)
        for name in ("app.txt", "dev.txt", "system.toml"):
            (folder / "requirements" / name).touch()

    def dev(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {
            name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}
        }
        return subprocess.run(
            [BASE_PYTHON, str(self.folder / "dev.py"), *arguments],
            cwd=self.folder.parent,
            env={**kept, **environment},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Make a project whose first start has succeeded."""
    project = Project(tmp_path_factory.mktemp("dev") / "project")
    done = project.dev("run")
    assert done.returncode == 7, done.stderr
    assert "making .venv" in done.stderr
    return project


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a folder in front of PATH and stand-ins for apt-get and apt-cache into it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script(folder / "apt-get", APT_GET.format(log=tmp_path / "log", tool=folder / "bellwether-tool"))
    script(folder / "apt-cache", "#!/bin/sh\nexit 100\n")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_arguments_and_exit_code_pass_through_and_practice_is_the_default(settled: Project) -> None:
    done = settled.dev("run", "--log-level", "DEBUG")
    assert (done.returncode, done.stdout) == (7, "['--practice', '--log-level', 'DEBUG'] offscreen\n")


def test_a_profile_takes_the_place_of_the_practice_broker(settled: Project) -> None:
    assert settled.dev("run", "--profile=alpaca").stdout.startswith("['--profile=alpaca']")


def test_a_second_start_says_nothing_and_is_quick(settled: Project) -> None:
    before = os.times()
    done = settled.dev("run")
    after = os.times()
    assert done.stderr == ""
    # Processor time: how long that takes is the machine's business.
    assert after.children_user - before.children_user + after.children_system - before.children_system < 1.0


def test_without_a_display_one_line_names_the_ways_out(settled: Project) -> None:
    done = settled.dev("run", QT_QPA_PLATFORM="")
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert "--tour" in line
    assert "Xvfb" in line


def test_a_tour_without_a_display_is_drawn_offscreen(settled: Project) -> None:
    done = settled.dev("run", "--tour", "pictures", QT_QPA_PLATFORM="")
    assert done.stdout == "['--practice', '--tour', 'pictures'] offscreen\n"


def test_a_half_made_venv_is_made_again(settled: Project) -> None:
    (settled.folder / ".venv" / dev.STAMP.name).unlink()
    (settled.folder / ".venv" / "rest-of-an-interrupted-start").touch()
    done = settled.dev("run")
    assert done.returncode == 7
    assert not (settled.folder / ".venv" / "rest-of-an-interrupted-start").exists()


def test_a_venv_whose_interpreter_is_gone_is_made_again(settled: Project) -> None:
    python = settled.folder / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(settled.folder / "uninstalled" / "python3")
    done = settled.dev("run")
    assert done.returncode == 7
    assert "making .venv" in done.stderr


def test_a_venv_that_was_moved_is_made_again(settled: Project) -> None:
    moved = settled.folder.with_name("moved")
    settled.folder.rename(moved)
    settled.folder = moved
    done = settled.dev("run")
    assert done.returncode == 7
    assert "making .venv" in done.stderr


def test_changed_requirements_are_installed_into_the_same_venv(settled: Project) -> None:
    (settled.folder / "requirements" / "app.txt").write_text("# changed\n")
    done = settled.dev("run")
    assert "installing the packages of requirements/app.txt" in done.stderr
    assert "making .venv" not in done.stderr
    assert settled.dev("run").stderr == ""


def test_a_failed_installation_stops_the_start_and_is_not_trusted_later(settled: Project) -> None:
    requirements = settled.folder / "requirements" / "app.txt"
    requirements.write_text("-r there-is-no-such-file.txt\n")
    done = settled.dev("run")
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip could not install them" in done.stderr
    assert not (settled.folder / ".venv" / dev.STAMP.name).exists()
    requirements.write_text("")


def test_a_torn_note_about_the_set_up_counts_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "STAMP", tmp_path / "stamp.json")
    monkeypatch.setattr(dev, "interpreter_of_venv", lambda: "the same")
    dev.settle("app.txt", "complete")
    assert dev.settled()["app.txt"] == "complete"
    dev.STAMP.write_text(dev.STAMP.read_text()[:-9])
    assert dev.settled() == {}


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root installs without asking"
)
def test_missing_packages_are_named_with_their_reason_and_installed(
    settled: Project, tools: Path, tmp_path: Path
) -> None:
    (settled.folder / "requirements" / "system.toml").write_text(SYSTEM.format(tool="bellwether-tool"))
    done = settled.dev("run")
    assert done.returncode == 7
    assert "missing Debian packages: bellwether-tool (a test asks for them)" in done.stderr
    [*_, last] = (tmp_path / "log").read_text().splitlines()
    assert last == "apt-get install -y --no-install-recommends bellwether-tool"


def test_without_rights_the_exact_command_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)
    with pytest.raises(dev.SetupError) as refusal:
        dev.apt_install(["libone", "libtwo"])
    assert str(refusal.value).endswith("  sudo apt-get install -y --no-install-recommends libone libtwo")


def test_sudo_lends_its_rights(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    script(
        tools / "sudo",
        f'#!/bin/sh\necho "sudo $*" >> {log}\n[ "$1" != --non-interactive ] || shift\nexec "$@"\n',
    )
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("CI", "true")
    dev.apt_install(["libone"])
    assert "apt-get install -y --no-install-recommends libone" in log.read_text().splitlines()
    assert all(
        "--non-interactive" in line for line in log.read_text().splitlines() if line.startswith("sudo")
    )


def test_an_unknown_command_prints_how_to_use_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(["build-it"]) == 2
    assert "python3 dev.py test" in capsys.readouterr().out
    assert dev.main(["--help"]) == 0

#!/usr/bin/env python3
"""Set up, run, check, measure and package Bellwether.

  python3 dev.py run [ARGUMENTS OF main.py]        open the app (on the practice broker, without --profile)
  python3 dev.py test [--long] [PYTEST ARGUMENTS]  every check, then every test: what CI runs
  python3 dev.py lint [--fix]                      the checks alone
  python3 dev.py bench [NAME ...] [--json FILE]    measure
  python3 dev.py build                             make a folder to ship, in dist/

Each command first makes sure of what it needs: .venv with the packages pinned by hash in requirements/, and
on Debian and its relatives the missing system packages (it says which, and why). That takes minutes once
and milliseconds afterwards. Standard library only, for nothing else is there yet.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
REQUIREMENTS = ROOT / "requirements"
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
# Written only when a step of the set-up is complete, so that a half-made .venv is never trusted.
STAMP = VENV / "bellwether-setup.json"

LINT_IMPORTS = "lint-imports"  # the one tool that can't be run as a module

CANNOT_START = 2
INTERRUPTED = 130


class SetupError(Exception):
    """Set-up cannot go on; the text says why and what to do about it."""


def say(text: str) -> None:
    """Print a line about the set-up, beside and not among what the program itself prints."""
    print(f"bellwether: {text}", file=sys.stderr, flush=True)


def call(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a short command to its end and keep what it prints."""
    return subprocess.run(command, capture_output=True, text=True, check=False)


# --- the operating system: requirements/system.toml ---------------------------------------------------


def is_present(probe: str) -> bool:
    """Say whether this Python has the module, the loader the library, or the shell the program."""
    if probe.startswith("module "):
        return importlib.util.find_spec(probe.removeprefix("module ")) is not None
    if not probe.startswith("lib"):
        places = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
        return shutil.which(probe, path=places) is not None
    try:
        ctypes.CDLL(probe)
    except OSError:
        return False
    return True


def missing_for(command: str) -> list[tuple[str, dict[str, str]]]:
    """Return what `command` lacks: a reason, and the missing things with the packages that bring them."""
    import tomllib  # costs more than the rest of a settled start

    version = {"minor": str(sys.version_info[1])}
    groups = tomllib.loads((REQUIREMENTS / "system.toml").read_text(encoding="utf-8"))
    lacks = []
    for group in (group for group in groups.values() if command in group["commands"]):
        probes = {probe.format(**version): name.format(**version) for probe, name in group["probes"].items()}
        absent = {probe: name for probe, name in probes.items() if not is_present(probe)}
        if absent:
            lacks.append((group["why"], absent))
    return lacks


def ensure_system(command: str) -> bool:
    """Install the Debian packages that are missing; elsewhere name what is missing and go on.

    Returns whether everything is there now. Raises `SetupError` with the exact command when packages are
    missing and we may not install them.
    """
    lacks = missing_for(command)
    if lacks and shutil.which("apt-get") is None:
        for why, absent in lacks:
            say(f"this system lacks {', '.join(absent)} ({why}); its package manager may have them")
        return False
    packages: list[str] = []
    for why, absent in lacks:
        names = sorted({debian_name(choices) for choices in absent.values()})
        say(f"missing Debian packages: {' '.join(names)} ({why})")
        packages += names
    if packages:
        apt_install(packages)
    return True


def debian_name(choices: str) -> str:
    """Return the first of these names that the package lists know; the last, if there are no lists."""
    *newer, oldest = choices.split("|")
    return next((name for name in newer if call(["apt-cache", "show", name]).returncode == 0), oldest)


def apt_install(packages: list[str]) -> None:
    """Install `packages` with root's rights or sudo's, fetching package lists that are absent or too old."""
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    by_hand = f"run this, then start again:\n  sudo {' '.join(install)}"
    rights = root_rights()
    if rights is None:
        raise SetupError(f"these can't be installed without root's rights; {by_hand}")
    say(f"installing {len(packages)} Debian packages; this takes a minute ...")
    update = [*rights, "apt-get", "update", "-qq"]
    had_lists = any(Path("/var/lib/apt/lists").glob("*_Packages*"))
    if not had_lists:
        call(update)
    done = call([*rights, *install])
    if done.returncode != 0 and had_lists:  # old lists name packages that the archive has replaced since
        call(update)
        done = call([*rights, *install])
    if done.returncode != 0:
        raise SetupError(f"apt-get failed; {by_hand}\n{done.stdout}{done.stderr}")


def root_rights() -> list[str] | None:
    """Return what goes before a command to run it as root; None where we may not. May ask for a password."""
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive"]
    if os.geteuid() == 0:
        return quiet
    if shutil.which("sudo") is None:
        return None
    may_ask = sys.stdin.isatty() and not os.environ.get("CI")
    sudo = ["sudo"] if may_ask else ["sudo", "--non-interactive"]
    allowed = subprocess.run([*sudo, "true"], stderr=None if may_ask else subprocess.DEVNULL, check=False)
    return [*sudo, *quiet] if allowed.returncode == 0 else None


# --- .venv --------------------------------------------------------------------------------------------


def fingerprint(name: str) -> str:
    """Return what changes whenever that file of requirements/ does."""
    return hashlib.sha256((REQUIREMENTS / name).read_bytes()).hexdigest()


def interpreter_of_venv() -> str:
    """Name the program behind .venv's python; raises `OSError` when it is not there any more.

    An upgrade of the system's Python shows here too: the link then ends at another file.
    """
    settings = (VENV / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    home = next((line.partition("=")[2].strip() for line in settings if line.startswith("home")), "")
    return f"{PYTHON.resolve(strict=True)}, from {Path(home).resolve(strict=True)}"


def settled() -> dict[str, str]:
    """Return the steps a finished set-up noted; none if .venv was moved or its interpreter has changed."""
    try:
        facts = json.loads(STAMP.read_text(encoding="utf-8"))
        if facts["where"] != str(VENV) or facts["interpreter"] != interpreter_of_venv():
            return {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {str(name): str(value) for name, value in facts.items()}


def settle(step: str, state: str) -> None:
    """Note that a step is complete; the note changes in one piece."""
    facts = {**settled(), step: state, "where": str(VENV), "interpreter": interpreter_of_venv()}
    unfinished = STAMP.with_suffix(".new")
    unfinished.write_text(json.dumps(facts, indent=1), encoding="utf-8")
    unfinished.replace(STAMP)


def ensure(command: str) -> None:
    """Bring about all that `command` needs. When it is there already, this reads a few small files."""
    requirements = "app.txt" if command == "run" else "dev.txt"
    system = f"system for {command}"
    known = settled()
    has_packages = any(known.get(name) == fingerprint(name) for name in (requirements, "dev.txt"))
    if has_packages and known.get(system) == fingerprint("system.toml"):
        return
    complete = ensure_system(command) if sys.platform == "linux" else True
    if not has_packages:
        if not known:
            create_venv()
        install(requirements)
    if complete:
        settle(system, fingerprint("system.toml"))


def create_venv() -> None:
    """Make .venv anew, whatever was there."""
    say(f"making .venv with Python {sys.version.split()[0]}")
    base = getattr(sys, "_base_executable", sys.executable)  # a .venv made from a .venv would lean on it
    done = call([base, "-m", "venv", "--clear", str(VENV)])
    if done.returncode != 0:
        raise SetupError(f"could not make .venv:\n{done.stdout}{done.stderr}")


def install(requirements: str) -> None:
    """Put that set of pinned packages into .venv; until it is complete .venv counts as unmade."""
    say(
        f"installing the packages of requirements/{requirements}; the first time this takes a few minutes ..."
    )
    STAMP.unlink(missing_ok=True)
    pip = [
        str(PYTHON),
        "-I",
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--no-deps",
        "--only-binary",
        ":all:",
    ]
    pip += ["--disable-pip-version-check", "--no-input", *([] if sys.stderr.isatty() else ["--quiet"])]
    if (
        subprocess.run(
            [*pip, "-r", str(REQUIREMENTS / requirements)], stdout=sys.stderr, check=False
        ).returncode
        != 0
    ):
        raise SetupError("pip could not install them (see above); mend that, then start again")
    settle(requirements, fingerprint(requirements))


# --- commands -----------------------------------------------------------------------------------------


def has_display() -> bool:
    """Say whether Qt would find a screen, or was told what to take for one."""
    named = (os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    return sys.platform != "linux" or any(named)


def wait_for(command: list[str], environment: dict[str, str]) -> int:
    """Run a command on our terminal and return its exit code, letting it deal with Ctrl-C itself."""
    with subprocess.Popen(command, env={**os.environ, **environment}) as child:
        while True:
            try:
                code = child.wait()
            except KeyboardInterrupt:
                continue  # the child got it too and is tidying up
            return code if code >= 0 else 128 - code


def become(arguments: list[str], environment: dict[str, str]) -> int:
    """Go on as .venv's Python with these arguments; where that can't be done, wait for a child."""
    command = [str(PYTHON), *arguments]
    if os.name == "posix":
        os.execve(command[0], command, {**os.environ, **environment})
    return wait_for(command, environment)


def run(arguments: list[str]) -> int:
    """Open the app; `arguments` are main.py's."""
    names = {argument.partition("=")[0] for argument in arguments}
    if not has_display() and not names & {"--tour", "--version", "--help", "-h"}:
        say("there is no display; `run --tour DIR` takes pictures without one, Xvfb makes a virtual one")
        return CANNOT_START
    ensure("run")
    practice = [] if names & {"--profile", "--practice"} else ["--practice"]
    offscreen = {} if has_display() else {"QT_QPA_PLATFORM": "offscreen"}
    return become([str(ROOT / "main.py"), *practice, *arguments], offscreen)


def check(name: str, tool: str, *arguments: str) -> bool:
    """Run one of .venv's tools to its end; print a line about it, and what it printed only if it failed."""
    started = time.monotonic()
    program = [str(PYTHON.with_name(tool))] if tool == LINT_IMPORTS else [str(PYTHON), "-m", tool]
    done = subprocess.run(
        [*program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    report(name, done.returncode, started)
    if done.returncode != 0:
        sys.stdout.buffer.write(done.stdout)
        sys.stdout.flush()
    return done.returncode == 0


def report(name: str, code: int, started: float) -> None:
    """Print how a stage went and how long it took."""
    print(f"{'FAILED' if code else 'ok':<8}{name:<28}{time.monotonic() - started:6.1f} s", flush=True)


def lint(arguments: list[str]) -> int:
    """Run every check, all of them even when one fails; with --fix, first mend what can be mended."""
    ensure("lint")
    os.chdir(ROOT)
    if "--fix" in arguments:
        check("ruff mends", "ruff", "check", "--fix-only", "--quiet", ".")
        check("ruff formats", "ruff", "format", "--quiet", ".")
    held = [
        check("ruff", "ruff", "check", "."),
        check("ruff format", "ruff", "format", "--check", "."),
        check("mypy --strict", "mypy"),
        check("import contracts", LINT_IMPORTS, "--no-logo"),
        check("banned names, licences", "tests.architecture"),
    ]
    return 0 if all(held) else 1


def test(arguments: list[str]) -> int:
    """Run the checks and, if they hold, the tests; `arguments` are pytest's, or --long for the long ones."""
    ensure("test")
    if lint([]) != 0:
        print("The checks marked FAILED come first; the tests were not run.", flush=True)
        return 1
    started = time.monotonic()
    platform = os.environ.get("QT_QPA_PLATFORM", "offscreen")
    code = wait_for([str(PYTHON), "-m", "pytest", *arguments], {"QT_QPA_PLATFORM": platform})
    report("pytest", code, started)
    return code


def bench(arguments: list[str]) -> int:
    """Measure; `arguments` are names of benchmarks and --json FILE."""
    ensure("bench")
    os.chdir(ROOT)
    return become(
        ["-m", "tests.bench", *arguments], {} if has_display() else {"QT_QPA_PLATFORM": "offscreen"}
    )


def build(arguments: list[str]) -> int:
    """Make the folder to ship, dist/bellwether; `arguments` are PyInstaller's."""
    ensure("build")
    os.chdir(ROOT)
    pyinstaller = [str(PYTHON), "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", *arguments]
    code = wait_for([*pyinstaller, "build.spec"], {})
    if code == 0:
        say(f"the package is in {ROOT / 'dist' / 'bellwether'}")
    return code


COMMANDS = {"run": run, "test": test, "lint": lint, "bench": bench, "build": build}


def main(arguments: list[str]) -> int:
    """Do what the command line says and return the exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 - the one line that an older Python gets to run
        say(f"needs Python 3.11 or newer; this is {sys.version.split()[0]}")
        return CANNOT_START
    if not arguments or arguments[0] not in COMMANDS:
        print(__doc__)
        return 0 if arguments[:1] in (["--help"], ["-h"]) else CANNOT_START
    try:
        return COMMANDS[arguments[0]](arguments[1:])
    except SetupError as problem:
        say(str(problem))
        return CANNOT_START
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

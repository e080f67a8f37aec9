"""What a built package holds besides code: resources, and the licence texts of everything in it."""

import re
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LICENCE_NAME = re.compile(r"^(licen[cs]e|copying|notice)", re.IGNORECASE)

# Never in a package: the proxy holds the publisher's secret; the rest is heavy and for tests and tools only.
EXCLUDED = (
    "token_proxy",
    "tests",
    "alpaca",
    "hypothesis",
    "numpy",
    "pandas",
    "pydantic",
    "pydantic_core",
    "pytest",
    "setuptools",
    "tkinter",
)

# Plugins that Qt would load if they were there: for devices and toolkits that a desktop program does without,
# or, like the virtual keyboard, under the GPL alone.
UNUSED_PLUGINS = re.compile(
    r"/plugins/(egldeviceintegrations|generic|position|printsupport|qmltooling|sqldrivers)/"
    r"|/plugins/platforms/(lib)?q(eglfs|linuxfb|minimal|minimalegl|vkkhrdisplay|vnc|direct2d)\."
    r"|/plugins/platformthemes/libqgtk3|/plugins/platforminputcontexts/(lib)?qtvirtualkeyboard"
)

# Chosen by name while the program runs, where no analysis of imports can see them.
CHOSEN_BY_NAME = (
    # The practice broker's calendars, at home and abroad.
    "holidays.financial.euronext",
    "holidays.financial.federal_reserve",
    "holidays.financial.germany_exchange",
    "holidays.financial.hong_kong_stock_exchange",
    "holidays.financial.japan_exchange",
    "holidays.financial.london_stock_exchange",
    "holidays.financial.ny_stock_exchange",
    "holidays.financial.saudi_exchange",
    "holidays.financial.sifma",
    "keyring.backends.SecretService",
    "keyring.backends.Windows",
    "keyring.backends.macOS",
    "keyring.backends.kwallet",
)

LIBRARY_NAME = re.compile(r"\.so(\.|$)|\.dll$|\.dylib$|\.framework/")
BINARIES = {"BINARY", "EXTENSION"}

Place = tuple[str, str]  # a file or folder, and the folder of the package it goes to
Entry = tuple[str, str, str]  # PyInstaller's: name in the package, source, kind


def resources() -> list[Place]:
    """Return the data files of the app and of the practice broker."""
    places = [(str(ROOT / "resources"), "resources")]
    practice = ROOT / "practice" / "resources"
    places.append((str(practice / "scenarios"), "practice/resources/scenarios"))
    return places + [
        (str(path), "practice/resources")
        for path in sorted(practice.iterdir())
        if path.is_file() and path.suffix != ".py"
    ]


def licences() -> list[Place]:
    """Return our notices and the licence files that the shipped packages install."""
    places = [(str(ROOT / name), "licences") for name in ("LICENSE", "THIRD-PARTY.md")]
    places.append((str(ROOT / "packaging" / "licences"), "licences/GNU"))
    pinned = (ROOT / "requirements" / "app.txt").read_text(encoding="utf-8")
    for name in re.findall(r"^([a-z0-9-]+)==", pinned, re.MULTILINE):
        try:
            files = distribution(name).files or []
        except PackageNotFoundError:
            continue  # pinned for another system
        texts = [
            file
            for file in files
            if LICENCE_NAME.match(file.name) and file.suffix not in {".py", ".pyc", ".h"}
        ]
        places += [(str(file.locate()), f"licences/{name}") for file in texts]
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for licence in (
        Path(sys.base_prefix) / "LICENSE.txt",
        Path(sys.base_prefix) / "lib" / version / "LICENSE.txt",
    ):
        if licence.is_file():
            places.append((str(licence), "licences/python"))
    return places


def without_unused_plugins(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries less the plugins that nobody loads and the libraries that came for their sake."""
    kept: list[Entry] = []
    unused: list[Entry] = []
    for entry in entries:
        (unused if UNUSED_PLUGINS.search("/" + Path(entry[0]).as_posix()) else kept).append(entry)
    theirs = _linked(unused, entries) - _linked([entry for entry in kept if not _is_library(entry)], entries)
    return [entry for entry in kept if not (_is_library(entry) and Path(entry[0]).name in theirs)]


def _is_library(entry: Entry) -> bool:
    """Say whether it is there for others to link, and no plugin, extension module or program."""
    name, _, kind = entry
    path = Path(name).as_posix()
    is_plugin = "/plugins/" in path
    return kind == "SYMLINK" or (kind == "BINARY" and not is_plugin and LIBRARY_NAME.search(path) is not None)


def _linked(entries: Iterable[Entry], among: Iterable[Entry]) -> set[str]:
    """Return the names of all libraries that these link, at first or second hand."""
    from PyInstaller.depend.bindepend import get_imports  # slow to load, and only a build comes here

    source_of = {Path(name).name: source for name, source, kind in among if kind in BINARIES}
    ahead = [source for _, source, kind in entries if kind in BINARIES]
    linked: set[str] = set()
    while ahead:
        names = {Path(name).name for name, _ in get_imports(ahead.pop())} - linked
        linked |= names
        ahead += [source_of[name] for name in names if name in source_of]
    return linked

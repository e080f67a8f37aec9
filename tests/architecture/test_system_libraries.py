"""requirements/system.toml names what the pinned Qt links and its wheels do not carry."""

import subprocess
import sys
import tomllib
from pathlib import Path

import PySide6
import PySide6QtAds
import pytest

ROOT = Path(__file__).resolve().parents[2]
QT = Path(PySide6.__file__).parent / "Qt"
WHEELS = (QT / "lib", QT.parent, QT.parent.parent / "shiboken6", Path(PySide6QtAds.__file__).parent)

# What our programs load: the modules' libraries, and the plugins that Qt chooses from at run time.
LOADED = (
    "lib/libQt6DBus.so.6",
    "lib/libQt6Svg.so.6",
    "lib/libQt6WebEngineCore.so.6",
    "lib/libQt6WebEngineWidgets.so.6",
    "lib/libQt6WebSockets.so.6",
    "lib/libQt6Widgets.so.6",
    "lib/libQt6XcbQpa.so.6",
    "libexec/QtWebEngineProcess",
    "plugins/iconengines/libqsvgicon.so",
    "plugins/platforminputcontexts/libcomposeplatforminputcontextplugin.so",
    "plugins/platforms/libqoffscreen.so",
    "plugins/platforms/libqwayland.so",
    "plugins/platforms/libqxcb.so",
    "plugins/tls/libqopensslbackend.so",
    "plugins/xcbglintegrations/libqxcb-egl-integration.so",
    "plugins/xcbglintegrations/libqxcb-glx-integration.so",
)

# Libraries that come with another: part of the same package, or of every system that runs python3.
COMES_WITH = {
    "libgthread-2.0.so.0": "libglib-2.0.so.0",
    "libnssutil3.so": "libnss3.so",
    "libsmime3.so": "libnss3.so",
    "libxcb.so.1": "libX11.so.6",
    **dict.fromkeys(("ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "libm.so.6"), "libc.so.6"),
    **dict.fromkeys(("libgcc_s.so.1", "libstdc++.so.6", "libudev.so.1"), "apt-get"),
    **dict.fromkeys(("libc.so.6", "libexpat.so.1", "libz.so.1"), "python3"),
}

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere the wheels carry all that Qt needs"
)


def libraries() -> list[Path]:
    return [*(QT / name for name in LOADED), *Path(PySide6QtAds.__file__).parent.glob("*.so*")]


def linked_by(library: Path) -> set[str]:
    """Return the libraries that this one itself names."""
    listed = subprocess.run(
        ["objdump", "-p", str(library)], capture_output=True, text=True, check=True
    ).stdout
    return {line.split()[1] for line in listed.splitlines() if line.lstrip().startswith("NEEDED")}


def test_everything_qt_links_is_in_its_wheels_or_in_the_table() -> None:
    table = tomllib.loads((ROOT / "requirements" / "system.toml").read_text(encoding="utf-8"))
    named = {probe for group in table.values() for probe in group["probes"]}
    carried = {path.name for folder in WHEELS for path in folder.glob("*.so*")}
    linked = set().union(*(linked_by(library) for library in libraries()))
    assert linked - carried - named - COMES_WITH.keys() == set()


def test_every_library_that_we_load_finds_all_it_links() -> None:
    lost = {}
    for library in libraries():
        listed = subprocess.run(["ldd", str(library)], capture_output=True, text=True, check=True).stdout
        if absent := [line.split()[0] for line in listed.splitlines() if "not found" in line]:
            lost[library.name] = absent
    assert lost == {}

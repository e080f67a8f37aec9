"""What the web engine may learn from the environment, settled before Qt starts.

A debugging port, a key log or a switched-off sandbox can all be asked for from outside by a variable; a
window in which people type broker passwords obeys none of them.
"""

import os
from collections.abc import MutableMapping

_REMOVED_PREFIXES = ("QTWEBENGINE", "QT_LOGGING_", "CHROME_")
_REMOVED = ("QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH", "SSLKEYLOGFILE")

# A sign-in page needs no graphics hardware. Without it the window is up sooner (0.27 s instead of 1.0 s
# measured offscreen), no driver can leave the page black, and no shader cache is written.
_ENGINE_FLAGS = "--disable-gpu"


def clean(environ: MutableMapping[str, str]) -> None:
    """Remove every variable that steers the engine, loads code into Qt or logs keys."""
    for name in [name for name in environ if name.startswith(_REMOVED_PREFIXES) or name in _REMOVED]:
        del environ[name]


def configure_engine(environ: MutableMapping[str, str], *, sandboxed: bool) -> None:
    """Set what we ourselves ask of the engine; call after `clean` and before QApplication exists."""
    environ["QTWEBENGINE_CHROMIUM_FLAGS"] = _ENGINE_FLAGS
    if not sandboxed:
        environ["QTWEBENGINE_DISABLE_SANDBOX"] = "1"


def is_root() -> bool:
    """Tell whether the engine would have to run without its sandbox (it refuses to start one as root)."""
    return hasattr(os, "geteuid") and os.geteuid() == 0

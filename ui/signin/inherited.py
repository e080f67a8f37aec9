"""What the web engine and Qt must not learn from the environment we were started in.

A debugging port, a key log or a switched-off sandbox can all be asked for from outside by a variable; a
window in which people type broker passwords obeys none of them. Every start passes through here before Qt
is loaded, so this imports nothing of ours.
"""

from collections.abc import MutableMapping

_REMOVED_PREFIXES = ("QTWEBENGINE", "QT_LOGGING_", "CHROME_")
_REMOVED = ("QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH", "SSLKEYLOGFILE")


def clean(environ: MutableMapping[str, str]) -> None:
    """Remove every variable that steers the engine, loads code into Qt or logs keys."""
    for name in [name for name in environ if name.startswith(_REMOVED_PREFIXES) or name in _REMOVED]:
        del environ[name]

"""The window system's close button on a window that a dialog blocks.

Qt drops that request before it becomes an event: whoever presses the cross sees nothing happen. On Windows
the system itself points at the dialog, and on macOS the dialog is a sheet; on X11 the request is read here.
"""

import ctypes
from typing import Any

from PySide6.QtCore import QAbstractNativeEventFilter, QByteArray, QCoreApplication, QObject, Signal
from PySide6.QtGui import QGuiApplication

_CLIENT_MESSAGE = 33
_SENT = 0x80  # marks an event that another client sent
_LONGS = 32  # such a message carries numbers of that many bits


class _ClientMessage(ctypes.Structure):
    """The head of `xcb_client_message_event_t`, with the first of its values."""

    _fields_ = (
        ("response_type", ctypes.c_uint8),
        ("format", ctypes.c_uint8),
        ("sequence", ctypes.c_uint16),
        ("window", ctypes.c_uint32),
        ("type", ctypes.c_uint32),
        ("value", ctypes.c_uint32),
    )


class BlockedClose(QObject):
    """Tells, while it watches, that the window system was asked to close a window."""

    requested = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._filter: _Filter | None = None

    def watch(self, window_id: int) -> None:
        """Begin; does nothing where the window system is not X11."""
        application = QCoreApplication.instance()
        if self._filter is not None or application is None or QGuiApplication.platformName() != "xcb":
            return
        delete_window = _atom(application, b"WM_DELETE_WINDOW")
        if delete_window:
            self._filter = _Filter(window_id, delete_window, self)
            application.installNativeEventFilter(self._filter)

    def rest(self) -> None:
        """End; every event of the window system passes the filter, which is more than it is worth always."""
        application = QCoreApplication.instance()
        if self._filter is not None and application is not None:
            application.removeNativeEventFilter(self._filter)
        self._filter = None


class _Filter(QAbstractNativeEventFilter):
    def __init__(self, window_id: int, delete_window: int, owner: BlockedClose) -> None:
        super().__init__()
        self._window_id, self._delete_window, self._owner = window_id, delete_window, owner

    def nativeEventFilter(self, kind: QByteArray | bytes | bytearray | memoryview, message: int) -> object:
        if kind == b"xcb_generic_event_t":
            event = _ClientMessage.from_address(int(message))
            is_message = event.response_type & ~_SENT == _CLIENT_MESSAGE and event.format == _LONGS
            if is_message and (event.window, event.value) == (self._window_id, self._delete_window):
                self._owner.requested.emit()
        return False, 0


def _atom(application: QCoreApplication, name: bytes) -> int:
    """The X server's number for `name`, or 0 where it cannot be asked."""
    native = application.nativeInterface() if isinstance(application, QGuiApplication) else None
    display = getattr(native, "display", None)
    if display is None:
        return 0
    try:
        intern: Any = ctypes.CDLL("libX11.so.6").XInternAtom  # Qt's own plugin has loaded it
    except OSError:
        return 0
    intern.argtypes, intern.restype = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int), ctypes.c_ulong
    return int(intern(display(), name, 1))

"""Loads the HTTP library, on the lane that first needs it, without the part that guesses encodings."""

import sys
import threading
import warnings

_lock = threading.Lock()
_GUESSER = "charset_normalizer"


def load() -> None:
    """Import `requests`; afterwards an ordinary import finds it. May be called from any thread.

    WORKAROUND: requests loads charset_normalizer, which guesses in what encoding a text may be, and with it
    every codec that it may name: three megabytes and half the library's own loading time. Nothing here is
    guessed: JSON is UTF-8 (RFC 8259 section 8.1), and `Response.text` is never asked for. Told that there is
    no guesser, requests only warns.
    """
    with _lock:
        if "requests" in sys.modules:
            return
        hides = _GUESSER not in sys.modules
        warnings.filterwarnings("ignore", message="Unable to find acceptable character detection")
        if hides:  # None is how Python spells "there is no such module"
            sys.modules[_GUESSER] = None  # type: ignore[assignment]
        try:
            import requests  # noqa: F401
        finally:
            if hides:
                del sys.modules[_GUESSER]

"""The log: our own fixed sentences, one line each, on standard error.

Other people's messages (the HTTP library's, the event loop's) can repeat what a caller sent. They are
announced with their logger, level and kind of exception, and their text is withheld: at every level.
"""

import logging
import sys

OWN = "token_proxy"


class DiscreetFormatter(logging.Formatter):
    """Writes our messages in full, and of anybody else's only that there was one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line for `record`; tracebacks are named, never printed."""
        ours = record.name == OWN or record.name.startswith(OWN + ".")
        text = record.getMessage() if ours else f"{record.name}: message withheld"
        if record.exc_info and record.exc_info[0] is not None:
            text += f" ({record.exc_info[0].__name__})"
        return f"{self.formatTime(record)} {record.levelname} {text}"


def start_logging(level: str) -> None:
    """Send every logger of this process through the discreet formatter."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(DiscreetFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)

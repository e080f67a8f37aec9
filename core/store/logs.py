"""The log: one rotating file in the data directory, with every known secret masked.

Secrets are not meant to come here at all; the mask is the second line (threat model T7).
"""

import base64
import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from urllib.parse import quote

from core.domain.secret import alive_secrets

MASK = "***"
_FILE_BYTES = 2_000_000
_FILES = 5
_SHORTEST = 6  # masking shorter texts would only make the log unreadable
_FORMAT = "%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"


def spellings(secret: str) -> tuple[str, ...]:
    """The forms in which a secret might slip into a text: plain, URL, base64, hex."""
    encoded = secret.encode()
    return tuple(
        dict.fromkeys(
            (
                secret,
                quote(secret, safe=""),
                base64.b64encode(encoded).decode().rstrip("="),
                base64.urlsafe_b64encode(encoded).decode().rstrip("="),
                encoded.hex(),
            )
        )
    )


class MaskingFormatter(logging.Formatter):
    """Formats a record, tracebacks included, and masks every secret that is alive."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        for secret in alive_secrets():
            value = secret.reveal()
            if len(value) >= _SHORTEST:
                for spelling in spellings(value):
                    text = text.replace(spelling, MASK)
        return text


def start_logging(folder: Path, level: str) -> None:
    """Log to `folder` at `level`, and to standard error from WARNING on. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    formatter = MaskingFormatter(_FORMAT)
    to_file = RotatingFileHandler(
        folder / "bellwether.log", maxBytes=_FILE_BYTES, backupCount=_FILES, encoding="utf-8"
    )
    to_screen = logging.StreamHandler(sys.stderr)
    to_screen.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    root = logging.getLogger()
    root.setLevel(level)
    for handler in (to_file, to_screen):
        handler.setFormatter(formatter)
        root.addHandler(handler)
    # These print what they are asked for at DEBUG; nothing in it is worth that.
    for name in ("keyring", "asyncio", "jeepney"):
        logging.getLogger(name).setLevel(logging.WARNING)

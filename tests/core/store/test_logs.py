"""The log file: rotated, and without any secret that is alive, however it was spelled."""

import base64
import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from core.domain.secret import Secret
from core.store.logs import MASK, MaskingFormatter, start_logging

CANARY = "canary/5b1c+7c1e=5d0f"


@pytest.fixture(autouse=True)
def _root_logger_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    before = list(root.handlers)
    levels = {name: logging.getLogger(name).level for name in ("", "keyring", "asyncio", "jeepney")}
    yield
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)
        handler.close()
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_a_secret_is_masked_in_every_spelling(tmp_path, caplog):
    start_logging(tmp_path / "logs", "DEBUG")
    secret = Secret(CANARY)
    spelled = [
        CANARY,
        f"https://x.example/?token={quote(CANARY, safe='')}",
        base64.b64encode(CANARY.encode()).decode(),
        base64.urlsafe_b64encode(CANARY.encode()).decode(),
        CANARY.encode().hex(),
        repr({"Authorization": f"Bearer {CANARY}"}),
    ]
    for text in spelled:
        logging.getLogger("core.test").warning("saw %s", text)
    try:
        raise ValueError(f"refused {CANARY}")
    except ValueError:
        logging.getLogger("core.test").exception("failed")
    text = (tmp_path / "logs" / "bellwether.log").read_text()
    assert text.count(MASK) >= len(spelled) + 1
    assert not [spelling for spelling in (*spelled[2:5], CANARY, quote(CANARY, safe="")) if spelling in text]
    assert secret.reveal() == CANARY


def test_short_secrets_do_not_make_the_log_unreadable():
    short = Secret("a")
    record = logging.LogRecord("n", logging.INFO, "f", 1, "banana", (), None)
    assert MaskingFormatter("%(message)s").format(record) == "banana"
    assert short.reveal() == "a"


def test_only_warnings_reach_the_screen(tmp_path, capsys, caplog):
    start_logging(tmp_path, "DEBUG")
    logging.getLogger("core.test").info("quiet")
    logging.getLogger("core.test").warning("loud")
    logging.getLogger("keyring.backend").debug("Loading a/secret")
    screen = capsys.readouterr().err
    assert "loud" in screen
    assert "quiet" not in screen
    written = (tmp_path / "bellwether.log").read_text()
    assert "quiet" in written
    assert "Loading" not in written

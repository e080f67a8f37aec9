"""Wire messages as the broker's documents show them; the files are in tests/golden."""

import json
from pathlib import Path
from typing import Any

from core.domain.secret import Secret
from core.protocol.call import Answer

_FOLDER = Path(__file__).parents[1] / "golden"
TOKEN = Secret("<token>")


def golden(name: str) -> Any:
    """The message of that name, made anew for each test."""
    return json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def answer(body: object, status: int = 200, **headers: str) -> Answer:
    """An HTTP answer; a body that is not bytes already becomes JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers=names, body=raw)

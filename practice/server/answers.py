"""HTTP answers: JSON with the broker's headers, and its error envelope."""

from typing import Any

import msgspec
from aiohttp import web

from practice.engine.refusals import Refusal

_encode = msgspec.json.Encoder(decimal_format="string").encode


def json_answer(value: Any, status: int = 200) -> web.Response:
    """A JSON body."""
    return web.Response(body=_encode(value), status=status, content_type="application/json")


def error_answer(status: int, code: int, message: str, **extra: object) -> web.Response:
    """The broker's error envelope."""
    return json_answer({"code": code, "message": message, **extra}, status)


def refusal_answer(refusal: Refusal) -> web.Response:
    """A refusal of the engine on the wire."""
    return error_answer(refusal.status, refusal.code, refusal.message, **refusal.extra)


def no_content() -> web.Response:
    """Accepted; there is nothing to say."""
    return web.Response(status=204)

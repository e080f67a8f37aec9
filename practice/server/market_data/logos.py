"""/v1beta1/logos: a pattern for each company, drawn from its symbol; nobody's real mark."""

import struct
import zlib
from functools import lru_cache

from aiohttp import web

from practice.engine.refusals import not_found
from practice.server.market_data.desk import DataDesk
from practice.server.reading import flag_of

_CELLS, _CELL = 5, 16
_MARGIN = 8
_SIDE = _CELLS * _CELL + 2 * _MARGIN
_PAPER, _GREY = (247, 248, 250), (168, 174, 184)


class LogoRoutes:
    """The logo route of the data host."""

    def __init__(self, desk: DataDesk) -> None:
        self._desk = desk

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Register the route under a prefix."""
        app.router.add_get(f"{prefix}/v1beta1/logos/{{symbol:.+}}", self.logo)

    async def logo(self, request: web.Request) -> web.Response:
        self._desk.enter(request)
        symbol = request.match_info["symbol"].upper()
        instrument = self._desk.instruments.find(symbol)
        if instrument is None and not flag_of(request.query.get("placeholder"), "placeholder", True):
            raise not_found(f"logo not found for {symbol[:40]}")
        picture = pattern(instrument.symbol) if instrument else placeholder()
        return web.Response(body=picture, content_type="image/png")


@lru_cache(maxsize=256)
def pattern(symbol: str) -> bytes:
    """A symmetrical pattern in a colour of its own, as PNG."""
    mixed = zlib.crc32(symbol.encode()) * 0x9E3779B97F4A7C15
    colour = (40 + (mixed >> 8) % 150, 40 + (mixed >> 20) % 150, 60 + (mixed >> 32) % 150)
    half = [[mixed >> (3 * row + column) & 1 for column in range(3)] for row in range(_CELLS)]
    half[2][2] = 1  # never an empty picture
    return _png([[*row, row[1], row[0]] for row in half], colour)


@lru_cache(maxsize=1)
def placeholder() -> bytes:
    """A grey frame for symbols that do not exist, as PNG."""
    edge = (0, _CELLS - 1)
    return _png([[int(r in edge or c in edge) for c in range(_CELLS)] for r in range(_CELLS)], _GREY)


def _png(cells: list[list[int]], colour: tuple[int, int, int]) -> bytes:
    margin = bytes(_PAPER) * _MARGIN
    blank = b"\0" + bytes(_PAPER) * _SIDE
    lines = [blank] * _MARGIN
    for row in cells:
        inked = b"".join(bytes(colour if cell else _PAPER) * _CELL for cell in row)
        lines += [b"\0" + margin + inked + margin] * _CELL
    lines += [blank] * _MARGIN
    head = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(lines), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

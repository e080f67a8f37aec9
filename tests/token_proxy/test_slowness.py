"""Slow, silent and too many: what they cost, and that nobody else pays."""

import asyncio
import contextlib
import time
from pathlib import Path

import psutil
import pytest

from tests.patience import PATIENCE_S
from tests.token_proxy import upstream as told
from tests.token_proxy.program import Answer, ProxyProgram, exchange_fields, post_bytes, settings
from tests.token_proxy.upstream import TOKEN, UpstreamDouble
from token_proxy.connections import Limits

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
MIB = 1024 * 1024

# The same program with shorter deadlines; that the real ones hold as well is what the long run shows.
HASTY = """
import asyncio, os
from token_proxy.config import load
from token_proxy.connections import Limits
from token_proxy.serve import serve
asyncio.run(serve(load(os.environ), limits=Limits(read_s=2.5, total_s=3.5), exit_with_parent=False))
"""


async def ask(port: int, request: bytes) -> tuple[bytes, float]:
    """Send a request; return the first line of the answer and how long it took."""
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    line = await reader.readline()
    writer.close()
    return line, time.monotonic() - began


async def drip(port: int, drops: bytes) -> float:
    """Send most at once and then a byte every half second, until the other side closes; return when."""
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    closed = asyncio.create_task(reader.read())
    for drop in [drops[:-60], *(bytes([value]) for value in drops[-60:])]:
        if not writer.is_closing():
            writer.write(drop)
        if (await asyncio.wait([closed], timeout=0.5))[0]:
            break
    with contextlib.suppress(ConnectionResetError):
        assert await asyncio.wait_for(closed, PATIENCE_S) == b""
    writer.close()
    return time.monotonic() - began


def test_a_request_has_ten_seconds_to_arrive_and_twelve_to_be_answered() -> None:
    assert (Limits().read_s, Limits().total_s) == (10, 12)


@pytest.mark.parametrize(
    ("start", "limits"),
    [
        pytest.param(("-c", HASTY), Limits(read_s=2.5, total_s=3.5), id="hasty"),
        pytest.param(("-m", "token_proxy"), Limits(), id="real deadlines", marks=pytest.mark.long),
    ],
)
def test_three_hundred_slow_callers_and_a_silent_broker_cost_their_deadlines_and_nobody_else_waits(
    tmp_path: Path, upstream: UpstreamDouble, start: tuple[str, str], limits: Limits
) -> None:
    upstream.answer = told.silent
    request = post_bytes(exchange_fields())
    kinds = [
        b"",
        request[:120],
        request[:-5],
    ]  # nothing at all, a head that never ends, a body that never ends

    async def scenario(program: ProxyProgram) -> tuple[list[float], list[float], tuple[bytes, float]]:
        exchange = asyncio.create_task(ask(program.port, request))
        dripping = [asyncio.create_task(drip(program.port, kinds[n % 3])) for n in range(300)]
        health_took = []
        while not exchange.done():
            line, took = await ask(program.port, HEALTH)
            assert b" 200 " in line
            health_took.append(took)
            await asyncio.wait([exchange], timeout=0.25)
        return await asyncio.gather(*dripping), health_took, await exchange

    with ProxyProgram(settings(upstream.url), tmp_path / "log", start=start) as program:
        before = psutil.Process(program.process.pid).memory_info().rss
        dripped, health_took, (line, took) = asyncio.run(scenario(program))
        grown = psutil.Process(program.process.pid).memory_info().rss - before

    # Deadlines may be noticed late on a busy machine, and never early.
    assert all(limits.read_s - 0.2 < seconds < 3 * limits.read_s for seconds in dripped), sorted(dripped)[
        ::299
    ]
    assert b" 503 " in line
    assert limits.total_s - 0.2 < took < 3 * limits.total_s
    # Whoever waited for the slow would wait for their deadline.
    assert sorted(health_took)[len(health_took) // 2] < limits.read_s / 5
    assert max(health_took) < limits.read_s
    assert grown < 16 * MIB
    assert len(upstream.calls) == 1


def test_when_every_place_is_taken_the_slowest_sender_makes_room(
    tmp_path: Path, upstream: UpstreamDouble
) -> None:
    with ProxyProgram(settings(upstream.url, MAX_CONNECTIONS="8"), tmp_path / "log") as program:
        dawdling = [program.connect() for _ in range(8)]
        for connection in dawdling:
            connection.sendall(b"POST /exchange HTTP/1.1\r\n")
        for _ in range(3):
            assert program.send(HEALTH).status == 200
        for connection in dawdling[1:]:
            connection.setblocking(False)
        gone = Answer.read_from(dawdling[0])
        for connection in dawdling:
            connection.close()

    assert gone.status == 0


def test_when_every_place_is_at_work_a_newcomer_is_turned_away_and_the_work_is_finished(
    tmp_path: Path, upstream: UpstreamDouble
) -> None:
    upstream.answer = told.held
    with ProxyProgram(settings(upstream.url, MAX_CONNECTIONS="8"), tmp_path / "log") as program:
        working = [program.connect() for _ in range(8)]
        for connection in working:
            connection.sendall(post_bytes(exchange_fields()))
        upstream.wait_for_calls(8)

        assert program.send(HEALTH).status == 0

        upstream.release()
        for connection in working:
            assert Answer.read_from(connection).json == TOKEN
            connection.close()
        assert program.send(HEALTH).status == 200

"""The running program: listen, say so in one line, serve, and on request finish what is in flight."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import threading

from aiohttp import web

from token_proxy.broker import Broker
from token_proxy.config import Config
from token_proxy.connections import Connection, Gate, Limits
from token_proxy.limiter import MemoryLimiter
from token_proxy.service import Service
from token_proxy.values import HEALTH_PATH

log = logging.getLogger(__name__)


async def serve(config: Config, *, limits: Limits, exit_with_parent: bool) -> None:
    """Serve until SIGTERM, SIGINT or, with `exit_with_parent`, the end of standard input.

    Raises `OSError` if the address cannot be listened on.
    """
    stop = asyncio.Event()
    broker = Broker(config)
    limiter = MemoryLimiter(config.per_address_per_minute, config.global_per_minute)
    server = web.Server(Service(config, broker, limiter, limits).handle)
    gate = Gate(config.max_connections)
    try:
        listener = await asyncio.get_running_loop().create_server(
            lambda: Connection(server, gate, limits),
            config.bind.host,
            config.bind.port,
            backlog=config.max_connections,
        )
        _stop_on_signals(stop)
        if exit_with_parent:
            _stop_at_end_of_input(stop)
        _announce(config, listener.sockets[0].getsockname()[1])
        await stop.wait()
        log.info("stopping: finishing what is in flight")
        listener.close()
        await gate.drained(limits)
    finally:
        await server.shutdown(timeout=0)
        await broker.close()


def _announce(config: Config, port: int) -> None:
    base = config.bind.base_url(port)
    if not config.bind.is_loopback:
        log.warning("listening in plain HTTP beyond this machine: only a TLS front end may reach this port")
    line = json.dumps({"exchange_url": base + config.path, "health_url": base + HEALTH_PATH})
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))


def _stop_at_end_of_input(stop: asyncio.Event) -> None:
    loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()

    def wait_for_the_end() -> None:
        # Not sys.stdin.buffer: its lock, held in the read, aborts an interpreter that wants to end meanwhile.
        while os.read(descriptor, 4096):
            pass
        with contextlib.suppress(RuntimeError):  # the loop is closed: it has stopped already
            loop.call_soon_threadsafe(stop.set)

    # A daemon: after a signal the parent's pipe may stay open, and the read cannot be interrupted.
    threading.Thread(target=wait_for_the_end, name="parent-watch", daemon=True).start()

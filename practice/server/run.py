"""Runs a practice broker until it is told to stop."""

import asyncio
import logging
import os
import signal
import sys
import threading

import msgspec
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from practice.server.app import Broker, built_broker
from practice.server.background import running
from practice.server.settings import Settings

_HOST = "127.0.0.1"
_MOST_LINE_BYTES = 65_536  # of a request's head: a list of some thousand symbols is one line


class _WithoutForeignBytes(logging.Filter):
    """Drops what the HTTP library says of requests it cannot parse: it quotes them, headers and all."""

    def filter(self, record: logging.LogRecord) -> bool:
        problem = record.exc_info[1] if record.exc_info else None
        return not isinstance(problem, HttpProcessingError)


async def serve(settings: Settings, *, exit_with_parent: bool) -> None:
    """Listen on loopback, print the line that says where, and serve."""
    logging.getLogger("aiohttp.server").addFilter(_WithoutForeignBytes())
    broker = built_broker(settings)
    stop = asyncio.Event()
    _stop_on_signals(stop)
    if exit_with_parent:
        _stop_on_end_of_input(stop)
    public = web.AppRunner(
        broker.public,
        access_log=None,
        handler_cancellation=True,
        shutdown_timeout=0.5,
        max_line_size=_MOST_LINE_BYTES,
    )
    control = web.AppRunner(broker.control, access_log=None, shutdown_timeout=0.5)
    try:
        port = await _listening(public, settings.port)
        control_port = await _listening(control, 0)
        for name, scenario in settings.scenarios:
            broker.runs.start(name, scenario)
        sys.stdout.write(msgspec.json.encode(line(broker, port, control_port)).decode() + "\n")
        sys.stdout.flush()
        async with running(broker.pump.run()):
            await stop.wait()
        await broker.runs.stop_all()
        broker.fault_desk.stop_all()  # a connection that is frozen would not hear the goodbye
        await broker.effects.stop()
        await broker.sockets.close_all()
    finally:
        await public.cleanup()
        await control.cleanup()


def line(broker: Broker, port: int, control_port: int) -> dict[str, object]:
    """What a client needs to know, as one JSON object."""
    http, ws = f"http://{_HOST}:{port}", f"ws://{_HOST}:{port}"
    return {
        "authorize_url": f"{http}/oauth/authorize",
        "token_url": f"{http}/oauth/token",
        "trading_url": {"paper": f"{http}/paper", "live": f"{http}/live"},
        "stream_url": {"paper": f"{ws}/paper/stream", "live": f"{ws}/live/stream"},
        "data_url": f"{http}/data",
        "data_stream_url": f"{ws}/data-stream",
        "client_id": broker.application.client_id,
        "client_secret": broker.application.client_secret,
        "redirect_uris": list(broker.application.redirect_uris),
        "exchange_url": f"{http}/exchange",
        "api_key": broker.grants.api_key,
        "api_secret": broker.grants.api_secret,
        "live_api_key": broker.grants.live_api_key,
        "live_api_secret": broker.grants.live_api_secret,
        "broker_url": http,
        "broker_api_key": broker.partner.key,
        "broker_api_secret": broker.partner.secret,
        "partner_authorize_url": f"{http}/partner/authorize",
        "control_url": f"http://{_HOST}:{control_port}",
        "simulated": True,
        "pid": os.getpid(),
    }


async def _listening(runner: web.AppRunner, port: int) -> int:
    await runner.setup()
    site = web.TCPSite(runner, _HOST, port)
    await site.start()
    return int(runner.addresses[0][1])


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: its event loop has no signal handlers
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))


def _stop_on_end_of_input(stop: asyncio.Event) -> None:
    """Stop when whoever started us has gone. A thread, because Windows cannot wait for a pipe otherwise."""
    loop = asyncio.get_running_loop()

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()

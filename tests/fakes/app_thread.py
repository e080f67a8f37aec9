"""An aiohttp application on loopback, on a thread and an event loop of its own."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.patience import PATIENCE_S

Result = TypeVar("Result")


class AppThread:
    """Serves from construction to `stop`; subclasses say what, in `add_routes`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self.port = 0
        self.stopping: asyncio.Event
        self._server: web.Server
        self._thread = threading.Thread(target=self._run, name=type(self).__name__)
        self._thread.start()
        if not self._up.wait(PATIENCE_S):
            raise RuntimeError("the server did not start")

    def add_routes(self, app: web.Application) -> None:
        """Add what is served. Runs on the thread."""
        raise NotImplementedError

    def end_connections(self) -> None:
        """End what would not end by itself; runs on the thread."""

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many are open; for the test's thread. What came on one that is closed has had its effect."""

        async def count() -> int:
            return len(self._server.connections)

        return self.run(count())

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine on the server's thread and return its result; for the test's thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    @property
    def is_stopped(self) -> bool:
        """Whether nothing will be served any more."""
        return not self._thread.is_alive()

    def stop(self) -> None:
        """End everything and join; a second time is fine."""
        if self.is_stopped:
            return
        self._loop.call_soon_threadsafe(lambda: self.stopping.set())
        self._thread.join()

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self.stopping = asyncio.Event()
        app = web.Application(middlewares=[_let_leave])
        self.add_routes(app)
        runner = web.AppRunner(app, shutdown_timeout=0.1, handle_signals=False)
        await runner.setup()
        listener = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(runner, listener).start()
        assert runner.server is not None
        self._server = runner.server
        self.port = runner.addresses[0][1]
        self._up.set()
        await self.stopping.wait()
        self.end_connections()
        # WORKAROUND: asyncio of Python 3.11 forgets the socket of a connection that it accepts while its
        # server closes. So accept no more, let what was accepted become a connection, and only then close.
        self._loop.remove_reader(listener)
        await rounds(5)
        transports = [connection.transport for connection in self._server.connections]
        await runner.cleanup()
        for transport in transports:
            if transport is not None:
                transport.abort()
        await rounds(3)  # and every socket is closed, none left to the garbage collector


@web.middleware
async def _let_leave(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The other side may leave in the middle of anything; that is no failure of a handler."""
    try:
        return await handler(request)
    except ConnectionError:
        return web.Response()


async def rounds(count: int) -> None:
    """Let the event loop go round."""
    for _ in range(count):
        await asyncio.sleep(0)


async def either(*events: Awaitable[Any]) -> None:
    """Wait until one of them happens."""
    tasks = [asyncio.ensure_future(event) for event in events]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def abort(request: web.Request) -> None:
    """End the request's connection without a goodbye."""
    if request.transport is not None:
        request.transport.abort()

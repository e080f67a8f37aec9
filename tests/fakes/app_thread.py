"""An aiohttp application on loopback, on a thread and an event loop of its own."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

from aiohttp import web

Result = TypeVar("Result")


class AppThread:
    """Serves from construction to `stop`; subclasses say what, in `add_routes`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self.port = 0
        self.stopping: asyncio.Event
        self._thread = threading.Thread(target=self._run, name=type(self).__name__)
        self._thread.start()
        if not self._up.wait(10):
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

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine on the server's thread and return its result; for the test's thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def stop(self) -> None:
        """End everything and join; a second time is fine."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(lambda: self.stopping.set())
        self._thread.join()

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self.stopping = asyncio.Event()
        app = web.Application()
        self.add_routes(app)
        runner = web.AppRunner(app, shutdown_timeout=0.1, handle_signals=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        self._up.set()
        await self.stopping.wait()
        self.end_connections()
        await runner.cleanup()


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

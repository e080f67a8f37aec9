"""A token endpoint that counts what it is asked and answers anything at all, HTTP or not."""

import asyncio
import json
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

from tests.fakes.app_thread import rounds
from tests.patience import PATIENCE_S

Answer = Callable[["UpstreamDouble", asyncio.StreamWriter], Awaitable[None]]

TOKEN = {
    "access_token": "5b1c7c1e-5d0f-4c63-9f8e-0a6f7f1f2d11",
    "token_type": "bearer",
    "scope": "trading data",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived, byte for byte."""

    request_line: str
    headers: dict[str, str]
    body: bytes


def raw(data: bytes) -> Answer:
    """These bytes, then the end of the connection."""

    async def answer(_double: "UpstreamDouble", writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return answer


def plain(status: int, body: bytes, *headers: str) -> Answer:
    """An HTTP answer with a right Content-Length."""
    head = [f"HTTP/1.1 {status} Some Reason", f"Content-Length: {len(body)}", *headers]
    return raw("\r\n".join([*head, "", ""]).encode() + body)


def json_answer(status: int, value: object) -> Answer:
    """An HTTP answer that holds JSON."""
    return plain(status, json.dumps(value).encode(), "Content-Type: application/json")


async def held(double: "UpstreamDouble", writer: asyncio.StreamWriter) -> None:
    """Nothing until the test says `release`, then a token."""
    await double.released.wait()
    await json_answer(200, TOKEN)(double, writer)


async def silent(double: "UpstreamDouble", _writer: asyncio.StreamWriter) -> None:
    """Nothing, ever: the other side has to give up."""
    await double.closing.wait()


async def endless(_double: "UpstreamDouble", writer: asyncio.StreamWriter) -> None:
    """Ten MiB of what might become JSON, for as long as the other side reads."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{")
    for _ in range(160):
        writer.write(b" " * 65536)
        await writer.drain()


class UpstreamDouble:
    """The server, on a thread of its own. `answer` may be replaced between requests."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.calls: list[Call] = []
        self.answer: Answer = json_answer(200, TOKEN)
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upstream-double")
        self._tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._arrived = threading.Condition()

    @property
    def url(self) -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self.port}/oauth/token"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listening.wait(PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self.closing.set)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()

    def reset(self) -> None:
        """Forget what was asked and answer with a token again."""
        self.calls.clear()
        self.answer = json_answer(200, TOKEN)
        self._loop.call_soon_threadsafe(self.released.clear)

    def release(self) -> None:
        """Let every `held` answer go."""
        self._loop.call_soon_threadsafe(self.released.set)

    def wait_for_calls(self, count: int, timeout_s: float = PATIENCE_S) -> None:
        """Return when `count` requests have arrived."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.calls) >= count, timeout_s), len(self.calls)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        self.closing, self.released = asyncio.Event(), asyncio.Event()
        listener = socket.create_server(("127.0.0.1", 0))
        server = await asyncio.start_server(self._take, sock=listener, ssl=self._tls)
        self.port = listener.getsockname()[1]
        self._listening.set()
        await self.closing.wait()
        # WORKAROUND: asyncio of Python 3.11 forgets the socket of a connection that it accepts while its
        # server closes. So accept no more, let what was accepted become a connection, and only then close.
        self._loop.remove_reader(listener)
        await rounds(5)
        server.close()
        at_work = dict(self._tasks)
        for task, writer in at_work.items():
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*at_work, return_exceptions=True)
        await rounds(3)  # and every socket is closed, none left to the garbage collector

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks[task] = writer
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:])}
            body = await reader.readexactly(int(headers["content-length"]))
            with self._arrived:
                self.calls.append(Call(head[0], headers, body))
                self._arrived.notify_all()
            await self.answer(self, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the caller gave up, as several tests want it to
        finally:
            writer.close()
            self._tasks.pop(task)

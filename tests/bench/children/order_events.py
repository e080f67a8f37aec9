"""An order stream on loopback that sends when told to, and notes when.

Speaks what the broker speaks (authorization, listening, trade_updates). Reads JSON lines: the first has an
`order` as the broker lists it, each later one how many events to `send`; prints its `port`, and after the
last event the `sent` moments, by the order's id and filled quantity.
"""

import asyncio
import json
import random
import sys
import time
from typing import Any

from aiohttp import WSMsgType, web

PAUSES_S = (0.02, 0.08)
FILLS = 4  # events about one order after it is new
QTY = 100


class OrderStream:
    """Serves one client at a time."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._order = order
        self._listener: web.WebSocketResponse | None = None

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Answer what is asked, until the client goes."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                continue
            action = json.loads(message.data)["action"]
            if action == "listen":
                await socket.send_json({"stream": "listening", "data": {"streams": ["trade_updates"]}})
                self._listener = socket
            else:
                status = {"status": "authorized", "action": action}
                await socket.send_json({"stream": "authorization", "data": status})
        return socket

    async def send(self, count: int) -> dict[str, int]:
        """Send events one by one; returns their moments."""
        if self._listener is None:
            raise RuntimeError("nobody listens")
        chance = random.Random(1)
        sent: dict[str, int] = {}
        for number in range(count):
            place, fills = divmod(number, 1 + FILLS)
            frame = json.dumps({"stream": "trade_updates", "data": self._event(place, fills)})
            sent[f"bench-{place}/{fills}"] = time.monotonic_ns()
            await self._listener.send_str(frame)
            await asyncio.sleep(chance.uniform(*PAUSES_S))
        return sent

    def _event(self, place: int, fills: int) -> dict[str, Any]:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        order = {
            **self._order,
            "id": f"bench-{place}",
            "client_order_id": f"bench-{place}",
            "qty": str(QTY),
            "filled_qty": str(fills),
            "filled_avg_price": "1.00" if fills else None,
            "status": "partially_filled" if fills else "new",
            "created_at": now,
            "updated_at": now,
            "submitted_at": now,
        }
        if not fills:
            return {"event": "new", "timestamp": now, "order": order}
        fill = {"execution_id": f"bench-{place}-{fills}", "price": "1.00", "qty": "1", "position_qty": "1"}
        return {"event": "partial_fill", "timestamp": now, "order": order, **fill}


async def serve() -> None:
    """Serve until the input ends."""
    loop = asyncio.get_running_loop()
    stream = OrderStream(json.loads(sys.stdin.readline())["order"])
    application = web.Application()
    application.router.add_get("/stream", stream.serve)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    _say(port=runner.addresses[0][1])
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        _say(sent=await stream.send(json.loads(line)["send"]))
    await runner.cleanup()


def _say(**line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve())

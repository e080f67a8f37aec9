"""The rival of the watchlist: the broker's own SDK takes the same flood, and draws nothing."""

import asyncio
import json
import logging
import sys
import time
from typing import Any

from alpaca.data.live import StockDataStream
from alpaca.data.models import Quote

_SAMPLE = 50  # one quote of so many is asked for its age


class Counter:
    """Counts quotes and trades, and notes how old each quote is when it arrives in the handler."""

    def __init__(self) -> None:
        self.messages = 0
        self.began = asyncio.Event()
        self.latencies_ms: list[float] = []

    async def take_quote(self, quote: Quote | dict[str, Any]) -> None:
        self.messages += 1
        self.began.set()
        if self.messages % _SAMPLE == 0 and isinstance(quote, Quote):
            self.latencies_ms.append((time.time() - quote.timestamp.timestamp()) * 1000)

    async def take_trade(self, _trade: object) -> None:
        self.messages += 1


async def measure(order: dict[str, Any]) -> dict[str, Any]:
    """Run the stream for as long as ordered."""
    counter = Counter()
    stream = StockDataStream("key", "secret", url_override=order["url"])
    stream.subscribe_quotes(counter.take_quote, *order["symbols"])
    stream.subscribe_trades(counter.take_trade, *order["symbols"])
    running = asyncio.create_task(stream._run_forever())
    await counter.began.wait()
    await asyncio.sleep(1.0)  # what it reads in its first moments says nothing
    counter.latencies_ms.clear()
    before, started = counter.messages, time.monotonic()
    await asyncio.sleep(order["seconds"])
    per_second = (counter.messages - before) / (time.monotonic() - started)
    running.cancel()
    return {"per_second": per_second, "latencies_ms": counter.latencies_ms}


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    answer = asyncio.run(measure(json.loads(sys.stdin.readline())))
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()

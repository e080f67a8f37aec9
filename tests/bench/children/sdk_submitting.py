"""The rival of `submitting`: the broker's own SDK places the same orders, without a journal."""

import json
import random
import sys
import threading
import time

from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, TimeInForce
from alpaca.trading.requests import LimitOrderRequest


def main() -> None:
    """Place as many orders as each line says, and print how long each took and their processor time."""
    order = json.loads(sys.stdin.readline())
    client = TradingClient(oauth_token=order["token"], paper=True, url_override=order["trading_url"])
    client.get_account()  # connected, as the other is
    chance, pause = random.Random(1), threading.Event()
    _say({"ready": True})
    for line in sys.stdin:
        waits, cpu_ns = [], time.process_time_ns()
        for _ in range(json.loads(line)["go"]):
            pause.wait(chance.uniform(0.02, 0.08))
            request = LimitOrderRequest(
                symbol="AAPL", qty=1, side=OrderSide.BUY, time_in_force=TimeInForce.DAY, limit_price=1.0
            )
            asked_ns = time.monotonic_ns()
            client.submit_order(request)
            waits.append(time.monotonic_ns() - asked_ns)
        _say({"waits": waits, "cpu": time.process_time_ns() - cpu_ns})


def _say(answer: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

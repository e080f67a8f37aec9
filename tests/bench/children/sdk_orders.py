"""The rival of the ticket: the broker's own SDK submits the same orders, without a journal."""

import json
import random
import sys
import threading
import time

from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, TimeInForce
from alpaca.trading.requests import LimitOrderRequest


def main() -> None:
    """Submit the ordered number of orders, and print the moments of the calls."""
    order = json.loads(sys.stdin.readline())
    client = TradingClient(oauth_token=order["token"], paper=True, url_override=order["trading_url"])
    client.get_account()  # connected, as the trading program is when somebody clicks
    chance = random.Random(1)
    called, pause = [], threading.Event()
    for _ in range(order["orders"]):
        request = LimitOrderRequest(
            symbol="AAPL", qty=1, side=OrderSide.BUY, time_in_force=TimeInForce.DAY, limit_price=1.0
        )
        called.append(time.monotonic_ns())
        client.submit_order(request)
        pause.wait(chance.uniform(0.02, 0.08))
    sys.stdout.write(json.dumps({"called": called}) + "\n")


if __name__ == "__main__":
    main()

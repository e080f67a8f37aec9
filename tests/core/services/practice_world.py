"""A whole session of ours with the real practice broker, which runs as a process of its own."""

from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path
from typing import Any

from core.domain.environment import Environment
from core.domain.grant import Grant
from core.domain.profile import Endpoints
from core.domain.secret import Secret
from core.domain.trading_block import TradingBlock
from core.net.lanes import Lane
from core.services.clock import SystemClock
from core.services.flatten import FlattenReport
from core.services.frame_clock import FrameClock
from core.services.session import Session, SessionParts
from core.services.settings import Settings
from tests.core.builders import account, profile
from tests.practice.program import PracticeProgram

PATIENCE_MS = 20_000


class World:
    """A broker, a session of ours with it, and what the session reported."""

    def __init__(self, folder: Path, stack: ExitStack, *arguments: str, **changes: Any) -> None:
        """`arguments` are the broker's; `changes` are entries of the profile."""
        self.broker = stack.enter_context(
            PracticeProgram(
                folder / "broker.log", "--auto-approve", "--fresh", "--rate-limit", "0", *arguments
            )
        )
        line, disk, frames = self.broker.line, Lane("disk"), FrameClock()
        self.settings = settings = Settings(folder / "settings.toml", disk)
        self.frames = frames
        settings.change(watchlist=("AAPL",))
        paper = Endpoints(trading_url=line["trading_url"]["paper"], stream_url=line["stream_url"]["paper"])
        known = profile(
            endpoints={Environment.PAPER: paper},
            data_url=line["data_url"],
            data_stream_url=line["data_stream_url"],
            coin_stream_url=f"{line['data_stream_url']}/v1beta3/crypto/us",
            option_stream_url=f"{line['data_stream_url']}/v1beta1/opra",
        )
        grant = Grant(token=Secret(self.broker.token()), scopes=frozenset({"trading", "data"}))
        found = self.broker.call("GET", "/v2/account").json()
        parts = SessionParts(
            settings=settings, frames=frames, clock=SystemClock(), data_dir=folder, user_agent="test"
        )
        self.session = Session(
            replace(known, **changes),
            Environment.PAPER,
            grant,
            replace(account(), id=found["id"], number=found["account_number"]),
            parts,
        )
        self.reports: list[FlattenReport] = []
        self.session.flatten.finished.connect(self.reports.append)
        for end in (frames._timer.stop, disk.stop, settings.flush, self.session.stop):
            stack.callback(end)
        self.session.start()

    def begin(self, qtbot: Any) -> "World":
        qtbot.waitUntil(lambda: self.session.orders.trading_block is TradingBlock.NONE, timeout=PATIENCE_MS)
        return self

    def hold(self, symbol: str, qty: str, **terms: str) -> None:
        """Another program of the trader's buys or sells."""
        side = "sell" if qty.startswith("-") else "buy"
        placed = self.broker.order(symbol=symbol, side=side, qty=qty.removeprefix("-"), **terms)
        self.broker.settled(placed["id"], "filled")

    def read(self, qtbot: Any, symbol: str) -> D:
        with qtbot.waitSignal(self.session.positions.changed, timeout=PATIENCE_MS):
            self.session.positions.refresh()
        qtbot.waitUntil(lambda: symbol in self.session.positions.positions, timeout=PATIENCE_MS)
        return self.session.positions.positions[symbol].qty

    def listed(self, path: str) -> list[dict[str, Any]]:
        return list(self.broker.call("GET", path).json())

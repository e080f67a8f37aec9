"""What the one-letter codes of market data mean."""

from collections.abc import Mapping

from aiohttp import web

from practice.server.answers import json_answer
from practice.server.market_data.desk import DataDesk
from practice.server.reading import BadValue

STOCK_EXCHANGES: Mapping[str, str] = {
    "A": "NYSE American (AMEX)",
    "B": "NASDAQ OMX BX",
    "C": "National Stock Exchange",
    "D": "FINRA ADF",
    "E": "Market Independent",
    "H": "MIAX",
    "I": "International Securities Exchange",
    "J": "Cboe EDGA",
    "K": "Cboe EDGX",
    "L": "Long Term Stock Exchange",
    "M": "Chicago Stock Exchange",
    "N": "New York Stock Exchange",
    "P": "NYSE Arca",
    "Q": "NASDAQ OMX",
    "S": "NASDAQ Small Cap",
    "T": "NASDAQ Int",
    "U": "Members Exchange",
    "V": "IEX",
    "W": "CBOE",
    "X": "NASDAQ OMX PSX",
    "Y": "Cboe BYX",
    "Z": "Cboe BZX",
}
OPTION_EXCHANGES: Mapping[str, str] = {
    "A": "AMEX - NYSE American",
    "B": "BOX - Boston Options Exchange",
    "C": "CBOE - Cboe Options Exchange",
    "D": "EMERALD - Miami International Stock Exchange",
    "E": "EDGX - Cboe EDGX Options Exchange",
    "H": "GEMX - ISE Gemini",
    "I": "ISE - International Securities Exchange",
    "J": "MRX - ISE Mercury",
    "M": "MIAX - Miami International Stock Exchange",
    "N": "NYSE - NYSE Arca",
    "O": "OPRA - Options Price Reporting Authority",
    "P": "PEARL - Miami International Stock Exchange",
    "Q": "NASD - NASDAQ Options",
    "S": "SAPPHIRE - Miami International Stock Exchange",
    "T": "BX - NASDAQ OMX BX",
    "W": "C2 - Cboe C2 Options Exchange",
    "X": "PHLX - NASDAQ OMX PHLX",
    "Z": "BATS - Cboe BZX Options Exchange",
}
_REGULAR = {"A": " ", "B": " ", "C": "@"}  # a regular trade's code, by tape
_STOCK_TRADES: Mapping[str, str] = {
    "4": "Derivatively Priced",
    "5": "Market Center Reopening Trade",
    "6": "Market Center Closing Trade",
    "7": "Qualified Contingent Trade",
    "F": "Intermarket Sweep",
    "I": "Odd Lot Trade",
    "M": "Market Center Official Close",
    "O": "Market Center Opening Trade",
    "Q": "Market Center Official Open",
    "T": "Form T",
    "U": "Extended Trading Hours (Sold Out of Sequence)",
    "X": "Cross Trade",
    "Z": "Sold (Out of Sequence)",
}
_STOCK_QUOTES: Mapping[str, str] = {
    "A": "Slow Quote Offer Side",
    "B": "Slow Quote Bid Side",
    "C": "Closing Quote",
    "H": "Slow Quote Bid and Offer Sides",
    "L": "Closed Quote",
    "N": "Non Firm Quote",
    "O": "Opening Quote Automated",
    "R": "Regular Two Sided Open",
    "U": "Slow Quote on the Bid and Offer Sides due to an LRP or GQ",
}
_OPTION_TRADES: Mapping[str, str] = {
    "A": "Canceled Not Last And Not Opening",
    "B": "Reported Late and Out Of Sequence",
    "C": "Last Reported And Canceled",
    "I": "Auto Execution",
    "J": "Reopening Trade",
    "S": "Intermarket Sweep Order",
    "a": "Single Leg Auction Non ISO",
    "f": "Multi Leg auto-electronic trade",
    "g": "Multi Leg Auction",
}
_OPTION_QUOTES: Mapping[str, str] = {
    " ": "Regular",
    "A": "Eligible for Automatic Execution",
    "B": "Bid contains Customer Trading Interest",
    "C": "Both Bid and Offer contain Customer Trading Interest",
    "F": "Non-Firm",
    "H": "Trading Halted",
    "I": "No Data",
    "O": "Offer contains Customer Trading Interest",
    "R": "Rotation",
    "X": "Bid side firm; Ask side not firm",
    "Y": "Ask side firm; Bid side not firm",
}


class MetaRoutes:
    """The code tables of the data host."""

    def __init__(self, desk: DataDesk) -> None:
        self._desk = desk

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Register the routes under a prefix."""
        add = app.router.add_get
        add(f"{prefix}/v2/stocks/meta/exchanges", self.stock_exchanges)
        add(f"{prefix}/v2/stocks/meta/conditions/{{ticktype}}", self.stock_conditions)
        add(f"{prefix}/v1beta1/options/meta/exchanges", self.option_exchanges)
        add(f"{prefix}/v1beta1/options/meta/conditions/{{ticktype}}", self.option_conditions)

    async def stock_exchanges(self, request: web.Request) -> web.Response:
        self._desk.enter(request)
        return json_answer(STOCK_EXCHANGES)

    async def option_exchanges(self, request: web.Request) -> web.Response:
        self._desk.enter(request)
        return json_answer(OPTION_EXCHANGES)

    async def stock_conditions(self, request: web.Request) -> web.Response:
        self._desk.enter(request)
        tape = request.query.get("tape") or ""
        if tape not in _REGULAR:
            raise BadValue(f"invalid tape: {tape[:10]}" if tape else "tape is required")
        trades = {_REGULAR[tape]: "Regular Sale", **_STOCK_TRADES}
        return json_answer(trades if _is_of_trades(request) else _STOCK_QUOTES)

    async def option_conditions(self, request: web.Request) -> web.Response:
        self._desk.enter(request)
        return json_answer(_OPTION_TRADES if _is_of_trades(request) else _OPTION_QUOTES)


def _is_of_trades(request: web.Request) -> bool:
    kind = request.match_info["ticktype"]
    if kind not in {"trade", "quote"}:
        raise BadValue(f"invalid ticktype: {kind[:20]}")
    return kind == "trade"

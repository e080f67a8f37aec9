"""Market data as it is written, to REST and to the streams."""

from itertools import islice
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice.engine.clock import SECOND
from practice.engine.hours import AlwaysOpen, Timetable
from practice.engine.instruments import listed_instruments
from practice.engine.market import Market
from practice.engine.tape import Quote
from practice.server.tape_wire import packed_timestamp, quote_fields, report_message, trade_fields
from practice.server.wire import timestamp

INSTRUMENTS = listed_instruments()
MARKET = Market(7, Timetable(AlwaysOpen()))
START = 1_796_056_500 * SECOND


@pytest.mark.parametrize("packed", [False, True], ids=["json", "msgpack"])
@pytest.mark.parametrize(
    ("symbol", "by_night"),
    [("AAPL", False), ("AAPL", True), ("NIOBF", False), ("BTC/USD", False), ("option", False)],
)
def test_streams_and_rest_say_the_same_of_every_print(symbol: str, by_night: bool, packed: bool) -> None:
    if symbol == "option":
        chain = MARKET.chain(INSTRUMENTS, INSTRUMENTS["SPY"], START)
        instrument = chain[len(chain) // 2]
    else:
        instrument = MARKET.by_night(INSTRUMENTS[symbol]) if by_night else INSTRUMENTS[symbol]
    stamp: Any = packed_timestamp if packed else timestamp
    decode: Any = msgspec.msgpack.decode if packed else msgspec.json.decode
    encode: Any = msgspec.msgpack.encode if packed else msgspec.json.encode
    for tick in islice(MARKET.prints(instrument, START, START + 600 * SECOND), 60):
        fields = (
            quote_fields(instrument, tick, stamp)
            if isinstance(tick, Quote)
            else trade_fields(instrument, tick, stamp)
        )
        told = decode(report_message(instrument, tick, packed=packed))
        if by_night:
            assert told["z"] == "N"
        kind = "q" if isinstance(tick, Quote) else "t"
        assert told == decode(encode({"T": kind, "S": instrument.symbol, **fields}))
        assert list(told)[:2] == ["T", "S"]


@given(st.integers(-(10**18), 2**66 * SECOND // 64))
def test_a_packed_timestamp_is_the_standard_extension(instant: int) -> None:
    stamp = packed_timestamp(instant)
    assert stamp.code == -1
    data, (seconds, nanoseconds) = bytes(stamp.data), divmod(instant, SECOND)
    if len(data) == 8:
        whole = int.from_bytes(data, "big")
        assert (whole & (1 << 34) - 1, whole >> 34) == (seconds, nanoseconds)
    else:
        assert len(data) == 12
        assert not 0 <= seconds < 1 << 34
        assert int.from_bytes(data[:4], "big") == nanoseconds
        assert int.from_bytes(data[4:], "big", signed=True) == seconds

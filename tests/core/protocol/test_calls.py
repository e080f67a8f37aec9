"""The calls of the trading and data hosts, and how their answers are read."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.market import Source
from core.domain.order import OrderStatus
from core.protocol.call import Host
from core.protocol.data_messages import nanoseconds
from core.protocol.market_data import read_snapshots
from core.protocol.trading import (
    cancel_order,
    list_orders,
    look_up_order,
    page_orders,
    place_order,
    read_account,
    read_asset,
    read_clock,
    read_market_day,
    read_order,
    read_positions,
    replace_order,
)
from core.protocol.wire import decimal, moment
from tests.core.golden import answer, golden


@pytest.mark.parametrize(
    ("call", "method", "path", "query"),
    [
        (read_account(), "GET", "/v2/account", ()),
        (read_positions(), "GET", "/v2/positions", ()),
        (
            list_orders("all"),
            "GET",
            "/v2/orders",
            (("status", "all"), ("limit", "500"), ("nested", "true"), ("direction", "desc")),
        ),
        (look_up_order("bw-1"), "GET", "/v2/orders:by_client_order_id", (("client_order_id", "bw-1"),)),
        (read_order("o-1"), "GET", "/v2/orders/o-1", (("nested", "true"),)),
        (place_order(b"{}"), "POST", "/v2/orders", ()),
        (replace_order("o-1", b"{}"), "PATCH", "/v2/orders/o-1", ()),
        (cancel_order("o-1"), "DELETE", "/v2/orders/o-1", ()),
        (read_asset("BTC/USD"), "GET", "/v2/assets/BTC%2FUSD", ()),
        (read_clock(), "GET", "/v2/clock", ()),
        (
            read_market_day(date(2026, 11, 27)),
            "GET",
            "/v2/calendar",
            (("start", "2026-11-27"), ("end", "2026-11-27")),
        ),
    ],
)
def test_a_call_is_spelled_as_documented(call, method, path, query):
    assert (call.host, call.method, call.path, call.query) == (Host.TRADING, method, path, query)
    assert call.changes is (method != "GET")


@pytest.mark.parametrize(
    "hostile", ["../positions", "x/../../orders", "a?status=open", "a#b", "a b", "\u00fc"]
)
def test_an_id_stays_inside_its_segment_of_the_path(hostile):
    for call in (
        cancel_order(hostile),
        replace_order(hostile, b""),
        read_order(hostile),
        read_asset(hostile),
    ):
        last = call.path.rsplit("/", 1)[1]
        assert not set(last) & set("/?# ")
        assert last.isascii()


@pytest.mark.parametrize("hostile", ["", ".", ".."])
def test_an_order_that_no_path_could_name_is_none(hostile):
    """A cancel of "." would be read as one of /v2/orders/, which is everything."""
    with pytest.raises(ValueError, match="without an id"):
        read_order("o-1").read(answer({**golden("order"), "id": hostile}))


def test_a_body_leaves_byte_for_byte():
    body = b'{"qty":"10",  "symbol":"AAPL"}'
    assert place_order(body).body is body


def test_orders_are_read_with_their_legs():
    (order,) = list_orders("open").read(answer([golden("order_bracket")]))
    assert [leg.status for leg in order.legs] == [OrderStatus.HELD, OrderStatus.HELD]
    assert order.legs[1].stop_price == Decimal(184)


def test_a_cancel_needs_no_answer_body():
    assert cancel_order("o").read(answer(b"", 204)) is None


@pytest.mark.parametrize(
    ("call", "body"),
    [
        (read_account(), b"<html>"),
        (read_account(), {"id": "a"}),
        (read_account(), b""),
        (read_positions(), {"positions": []}),
        (list_orders("open"), {"orders": []}),
        (list_orders("open"), b'[{"id":"o"},{"id":"p"'),
        (page_orders(), [{"id": "o", "filled_qty": "many"}]),
        (place_order(b""), {}),
        (place_order(b""), {"id": ""}),
        (place_order(b""), b'{"id":"o","qty":"1'),
        (place_order(b""), b""),
        (place_order(b""), {"id": "o", "filled_qty": "many"}),
        (place_order(b""), {"id": "o", "filled_qty": "NaN"}),
        (place_order(b""), {"id": "o", "filled_qty": " "}),
        (place_order(b""), {"id": "o", "filled_qty": True}),
        (place_order(b""), {"id": "o", "filled_qty": "9" * 400}),
        (place_order(b""), b'{"id":"o","filled_qty":' + b"9" * 400 + b"}"),
        (place_order(b""), {"id": "o", "qty": "1e99"}),
        (place_order(b""), {"id": "o", "legs": [{"id": "l", "filled_qty": "many"}]}),
        (look_up_order("x"), []),
        (read_clock(), {"timestamp": "noon", "is_open": True}),
        (read_snapshots(["A"], "iex"), b"[]"),
    ],
)
def test_an_answer_that_cannot_be_used_is_a_value_error(call, body):
    with pytest.raises(ValueError, match=r"."):
        call.read(answer(body))


BAD_ORDERS = [
    ({"id": "bad", "filled_qty": "many"}, "bad"),
    ({"id": "bad", "legs": [{"id": "leg", "qty": "9" * 400}]}, "bad"),
    ({"id": "bad", "symbol": 7, "status": []}, "bad"),
    ({"id": ".."}, ""),
    ({"id": 7}, ""),
    ({"id": "x" * 5000, "qty": "many"}, ""),
    ({"id": "a\nb", "qty": "many"}, ""),
    ({}, ""),
    (None, ""),
    ("order", ""),
    ([], ""),
]


@pytest.mark.expects_log("on a page of the past could not be read")
@pytest.mark.parametrize(("bad", "name"), BAD_ORDERS)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_row_that_cannot_be_read_hides_no_other(bad, name, place):
    rows = [golden("order") | {"id": "a"}, golden("order") | {"id": "b"}]
    rows.insert(place, bad)
    listed = list_orders("open").read(answer(rows))
    assert [order.id for order in listed] == ["a", "b"]
    assert (listed.unreadable, listed.count) == ((name,), 3)
    assert listed.last_name == ("b" if place < 2 or not name else name)
    assert [order.id for order in page_orders().read(answer(rows))] == ["a", "b"]


@pytest.mark.parametrize(
    ("bad", "name"), [({"symbol": "A", "qty": "many"}, "A"), ({"symbol": "A", "qty": None}, "A"), ({}, "")]
)
def test_a_position_that_cannot_be_read_hides_no_other(bad, name):
    listed = read_positions().read(answer([bad, golden("position")]))
    assert ([held.symbol for held in listed], listed.unreadable) == (["AAPL"], (name,))


@given(st.lists(st.sampled_from([bad for bad, _ in BAD_ORDERS]) | st.just(golden("order")), max_size=8))
def test_every_row_of_a_list_is_read_or_counted(rows):
    listed = list_orders("open").read(answer(rows))
    assert listed.count == len(rows)
    assert len(listed.rows) == rows.count(golden("order"))


@pytest.mark.parametrize(
    ("side", "qty", "expected"), [("long", "10", "10"), ("short", "-10", "-10"), ("short", "10", "-10")]
)
def test_a_short_position_is_negative_however_it_is_spelled(side, qty, expected):
    (position,) = read_positions().read(answer([{**golden("position"), "side": side, "qty": qty}]))
    assert position.qty == Decimal(expected)


def test_fields_the_broker_leaves_out_are_none():
    account = read_account().read(answer({"id": "a", "account_number": "1", "status": "ACTIVE"}))
    assert (account.equity, account.options_level, account.shorting_enabled) == (None, None, True)
    assert account.can_trade
    order = look_up_order("x").read(answer({"id": "o"}))
    assert (order.qty, order.filled_qty, order.status) == (None, Decimal(0), OrderStatus.UNRECOGNISED)
    assert order.is_open
    order = look_up_order("x").read(answer({"id": "o", "qty": "", "filled_qty": None}))
    assert (order.qty, order.filled_qty) == (None, Decimal(0))


def test_snapshots_leave_unknown_and_empty_symbols_out_of_the_prices():
    tickers = {
        ticker.symbol: ticker for ticker in read_snapshots([], "iex").read(answer(golden("snapshots")))
    }
    assert set(tickers) == {"AAPL", "EMPTY"}
    aapl = tickers["AAPL"]
    assert aapl.quote is not None
    assert aapl.trade is not None
    assert (aapl.quote.bid, aapl.quote.ask, aapl.trade.price) == (189.4, 189.42, 189.41)
    assert (aapl.previous_close, aapl.source) == (188.9, Source.REST)
    assert tickers["EMPTY"].last is None


def test_snapshots_are_asked_for_on_the_named_feed():
    call = read_snapshots(["NVDA", "AAPL"], "iex")
    assert (call.host, call.query) == (Host.DATA, (("symbols", "AAPL,NVDA"), ("feed", "iex")))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.1", "0.1"),
        (0.1, "0.1"),
        (10, "10"),
        (1e-9, "1e-9"),
        (None, None),
        ("", None),
        (True, None),
        ("NaN", None),
        (float("inf"), None),
        ("1e99", None),
    ],
)
def test_a_number_of_the_wire_is_exact_or_none(value, expected):
    assert decimal(value) == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T15:04:05Z", "2026-11-20T15:04:05+00:00"),
        ("2026-11-20T15:04:05.123456789Z", "2026-11-20T15:04:05.123457+00:00"),
        ("2026-11-20T10:04:05.5-05:00", "2026-11-20T15:04:05.500000+00:00"),
        ("2026-11-20T15:04:05", None),
        ("2026-11-20", None),
        ("0001-01-01T00:00:00+05:00", None),
        ("9999-12-31T23:59:59-05:00", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_a_moment_of_the_wire_is_utc_or_none(text, expected):
    read = moment(text)
    assert (None if read is None else read.isoformat()) == expected


@given(st.text(max_size=40) | st.datetimes().map(lambda at: at.isoformat() + "+14:00"))
def test_no_text_whatever_makes_a_time_raise(text):
    read = moment(text)
    assert read is None or read.utcoffset() is not None
    assert nanoseconds(text) is not None


HALF_DAY = {"date": "2026-11-27", "open": "09:30", "close": "13:00", "session_open": "0400"}


@pytest.mark.parametrize(
    ("rows", "ends"),
    [
        ([HALF_DAY | {"session_close": "1700"}], datetime(2026, 11, 27, 22, tzinfo=UTC)),
        ([HALF_DAY | {"session_close": "17:00", "new": 1}], datetime(2026, 11, 27, 22, tzinfo=UTC)),
        ([HALF_DAY | {"session_close": "soon"}], datetime(2026, 11, 28, 1, tzinfo=UTC)),
        ([HALF_DAY], datetime(2026, 11, 28, 1, tzinfo=UTC)),
        ([HALF_DAY | {"date": "2026-11-26"}], None),
        ([], None),
    ],
)
def test_a_day_of_the_calendar_says_until_when_shares_trade(rows, ends):
    day = date(2026, 11, 27)
    found = read_market_day(day).read(answer(rows))
    assert (found.day, found.session_ends) == (day, ends)

"""One connection's worth of order updates, without a socket."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.domain.connection import RefusalReason
from core.domain.order import OrderStatus
from core.protocol.order_stream import OrderStreamSession, Phase
from tests.core.golden import TOKEN, golden

WIRE = golden("order_stream")
SERVER = WIRE["server"]


def said(session: OrderStreamSession) -> list[Any]:
    out, session.to_send = session.to_send, []
    return [json.loads(message) for message in out]


def live_session() -> OrderStreamSession:
    session = OrderStreamSession(TOKEN)
    session.receive(json.dumps(SERVER["authorized"]))
    session.receive(json.dumps(SERVER["listening"]))
    said(session)
    return session


def an_update(**changes: object) -> str:
    return json.dumps({"stream": "trade_updates", "data": {**SERVER["update"]["data"], **changes}})


def an_order(**changes: object) -> dict[str, object]:
    return {**SERVER["update"]["data"]["order"], **changes}


@pytest.mark.parametrize("spell", [json.dumps, lambda value: json.dumps(value).encode()])
def test_the_handshake_follows_the_documents_in_text_and_in_binary(spell):
    session = OrderStreamSession(TOKEN)
    assert said(session) == [WIRE["client"]["authenticate"]]
    session.receive(spell(SERVER["authorized"]))
    assert said(session) == [WIRE["client"]["listen"]]
    phases = [session.phase]
    session.receive(spell(SERVER["listening"]))
    assert [*phases, session.phase] == [Phase.LISTENING, Phase.LIVE]
    (event,) = session.receive(spell(SERVER["update"]))
    assert event.event == "partial_fill"
    assert said(session) == []


def test_an_update_becomes_an_event_with_exact_numbers():
    (event,) = live_session().receive(json.dumps(SERVER["update"]))
    assert (event.price, event.qty, event.position_qty) == (Decimal("189.4"), Decimal(4), Decimal(4))
    assert event.execution_id == "c3c0a1de-0000-4000-8000-00000000e001"
    assert event.is_fill
    assert event.order.status is OrderStatus.PARTIALLY_FILLED
    assert event.order.filled_qty == Decimal(4)
    assert event.at is not None
    assert event.at.isoformat() == "2026-11-20T15:04:06.412346+00:00"


def test_the_documented_sample_that_lacks_most_of_the_order_is_enough():
    data = {"event": "new", "order": {"id": "o-1", "status": "new"}}
    (event,) = live_session().receive(json.dumps({"stream": "trade_updates", "data": data}))
    assert (event.order.id, event.order.client_order_id, event.order.qty) == ("o-1", "", None)
    assert event.at is None


@pytest.mark.parametrize("name", ["unauthorized", "listen_unauthorized"])
def test_unauthorized_ends_the_conversation_for_good(name):
    session = OrderStreamSession(TOKEN)
    session.receive(json.dumps(SERVER[name]))
    assert (session.phase, session.refusal) == (Phase.OVER, RefusalReason.TOKEN_REFUSED)
    said(session)
    session.receive(json.dumps(SERVER["authorized"]))
    session.receive(an_update())
    assert (session.phase, said(session)) == (Phase.OVER, [])


def test_a_token_withdrawn_while_live_ends_the_conversation():
    session = live_session()
    session.receive(json.dumps(SERVER["unauthorized"]))
    assert (session.phase, session.refusal) == (Phase.OVER, RefusalReason.TOKEN_REFUSED)


def test_an_acknowledgement_without_our_stream_is_no_life():
    session = OrderStreamSession(TOKEN)
    session.receive(json.dumps(SERVER["authorized"]))
    session.receive(json.dumps({"stream": "listening", "data": {"streams": []}}))
    assert (session.phase, session.refusal) == (Phase.OVER, RefusalReason.SCOPE_MISSING)


def test_an_error_ends_the_connection_but_not_the_hope():
    session = live_session()
    session.receive(json.dumps(SERVER["error"]))
    assert (session.phase, session.refusal) == (Phase.OVER, RefusalReason.SERVER_ERROR)


def test_updates_before_the_authorization_are_not_believed():
    session = OrderStreamSession(TOKEN)
    assert session.receive(an_update()) == []
    assert session.phase is Phase.AUTHENTICATING


def test_updates_between_listen_and_its_acknowledgement_are_not_lost():
    session = OrderStreamSession(TOKEN)
    session.receive(json.dumps(SERVER["authorized"]))
    assert len(session.receive(an_update())) == 1


@pytest.mark.parametrize("name", ["restated", "trade_bust", "order_cancel_rejected", "a_newer_word", ""])
def test_an_event_of_any_name_is_passed_on(name):
    (event,) = live_session().receive(an_update(event=name))
    assert event.event == name
    assert not event.is_fill


def test_the_legs_of_a_multi_leg_order_bring_an_execution_each():
    legs = [
        {"execution_id": "e-1", "order_id": "leg-1", "symbol": "A", "qty": "1", "price": "2.5", "new": 1},
        {"execution_id": "e-2", "order_id": "leg-2", "symbol": "B", "qty": "1", "price": None},
        {"execution_id": "e-3"},
    ]
    nested = an_order(legs=[{**an_order(), "id": "leg-1", "side": "sell", "legs": None}])
    frame = an_update(event="fill", legs=legs, order=nested, execution_id=None, price=None, qty=None)
    (event,) = live_session().receive(frame)
    (fill,) = event.fills
    assert (fill.execution_id, fill.order_id, fill.side, fill.price) == (
        "e-1",
        "leg-1",
        "sell",
        Decimal("2.5"),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"price": None, "qty": None, "position_qty": None},
        {"timestamp": None, "at": None, "execution_id": None},
        {"legs": [{"order_id": "x"}], "position_qtys": {"A": "1"}},
        {"order": an_order(status="a_newer_status", type="iceberg", side=None, time_in_force="gtd")},
        {"order": an_order(legs=[an_order(id="leg", type="", order_type="")])},
        {"order": an_order(limit_price=189.4, qty=10, filled_qty=None)},
        {"order": an_order(updated_at="0001-01-01T00:00:00+05:00", submitted_at="yesterday", filled_at="")},
        {"order": an_order(limit_price="NaN", stop_price="1e999", notional="ten")},
    ],
)
def test_null_new_and_odd_values_do_not_cost_the_event(changes):
    session = live_session()
    (event,) = session.receive(an_update(**changes))
    assert event.order.id
    assert session.unreadable == 0


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        "",
        "[]",
        "null",
        "{",
        b"\xff\xfe",
        "[" * 100_000,
        json.dumps({"stream": "trade_updates"}),
        json.dumps({"stream": "trade_updates", "data": None}),
        json.dumps({"stream": "trade_updates", "data": {"event": "fill"}}),
        json.dumps({"stream": "trade_updates", "data": {"event": "fill", "order": {}}}),
        json.dumps({"stream": "trade_updates", "data": {"event": "fill", "order": {"id": ""}}}),
        json.dumps({"stream": "trade_updates", "data": {"event": 7, "order": {"id": "x"}}}),
        an_update(order={"id": "x", "filled_qty": "many"}),
        an_update(qty="9" * 400),
        an_update(legs=[{"order_id": "x", "qty": "NaN", "price": "1"}]),
        json.dumps({"stream": "trade_updates", "data": {"event": "new", "order": {"id": "x", "legs": 1}}}),
        '{"stream":"trade_updates","data":' + '{"order":{"legs":[' * 30_000,
    ],
)
def test_an_update_that_cannot_be_read_is_counted_so_that_the_orders_are_read_again(frame):
    session = live_session()
    assert session.receive(frame) == []
    assert session.unreadable == 1
    assert session.phase is Phase.LIVE
    assert session.receive(an_update())


def test_streams_and_fields_of_later_years_are_ignored():
    session = live_session()
    assert session.receive(json.dumps({"stream": "account_updates", "data": {"x": 1}, "more": []})) == []
    assert session.unreadable == 0


@given(st.binary(max_size=300) | st.text(max_size=300))
@example('{"stream":"trade_updates","data":{"event":"new","order":{"id":"x","qty":' + "9" * 5000 + "}}}")
def test_no_bytes_or_text_whatever_make_a_session_raise(frame):
    for session in (OrderStreamSession(TOKEN), live_session()):
        session.receive(frame)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=6,
)
ORDERS = st.fixed_dictionaries(
    {"id": st.text(max_size=4)},
    optional=dict.fromkeys(["qty", "status", "updated_at", "legs", "filled_qty", "extended_hours"], VALUES),
)


@given(ORDERS, st.dictionaries(st.sampled_from(["event", "at", "price", "qty", "execution_id"]), VALUES))
def test_no_update_whatever_makes_a_session_raise(order, rest):
    session = live_session()
    session.receive(json.dumps({"stream": "trade_updates", "data": {"event": "new", **rest, "order": order}}))
    assert session.phase is Phase.LIVE

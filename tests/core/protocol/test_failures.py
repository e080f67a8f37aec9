"""What refusals mean: the rows of protocol page section 1.4, for reads and for what changes orders."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import (
    AlreadyOver,
    AlreadyThere,
    AppError,
    BadAnswer,
    NotCovered,
    NotFound,
    NotPermitted,
    OrderRefused,
    OutcomeUnknown,
    Overloaded,
    SignInExpired,
)
from core.protocol.failures import MAX_FOREIGN_TEXT, broker_failure, broker_words, foreign_text
from core.protocol.trading import cancel_order, place_order, read_account
from tests.core.golden import answer

PLACE, READ = place_order(b"{}"), read_account()


def envelope(message: str, code: int | None = None, **extra: object) -> bytes:
    return json.dumps({**({} if code is None else {"code": code}), "message": message, **extra}).encode()


HTML = b"<html><head><title>403 Forbidden</title></head><body><center>nginx</center></body></html>"
# Status, body, what it is to an order, what it is to a read.
ROWS = [
    (400, envelope("request body format is invalid", 40010000), OrderRefused, NotPermitted),
    (400, envelope("invalid symbol: BTCUSD does not match ^[A-Z]+x?/[A-Z]+$"), OrderRefused, NotPermitted),
    (401, envelope("request is not authorized", 40110000), SignInExpired, SignInExpired),
    (401, envelope("access key verification failed", 40110000), SignInExpired, SignInExpired),
    (401, envelope("unauthorized.") + b"\n", SignInExpired, SignInExpired),
    (401, b"", SignInExpired, SignInExpired),
    (401, HTML, SignInExpired, SignInExpired),
    (401, envelope("token is not authorized for this scope", 40110000), NotCovered, NotCovered),
    (401, envelope("Failed to authorize current action", 40110000), NotCovered, NotCovered),
    (403, envelope("insufficient buying power", 40310000, buying_power="1"), OrderRefused, NotCovered),
    (
        403,
        envelope("insufficient qty available for order (requested: 9, available: 0)", 40310000),
        OrderRefused,
        NotCovered,
    ),
    (
        403,
        envelope("potential wash trade detected. use complex orders", 40310000),
        OrderRefused,
        NotCovered,
    ),
    (403, envelope("cost basis must be >= minimal amount of order 10", 40310000), OrderRefused, NotCovered),
    (403, envelope("account is blocked", 40310000), OrderRefused, NotCovered),
    (403, envelope("pattern day trading protection", 40310100), OrderRefused, NotCovered),
    (403, envelope("forbidden."), OrderRefused, NotCovered),
    (
        403,
        envelope("subscription does not permit querying recent SIP data", 42210000),
        OrderRefused,
        NotCovered,
    ),
    (403, HTML, OutcomeUnknown, BadAnswer),
    (404, envelope("order not found for x", 40410000), NotFound, NotFound),
    (404, HTML, OutcomeUnknown, BadAnswer),
    (422, envelope("qty must be integer", 40010001), OrderRefused, NotPermitted),
    (422, envelope("client_order_id must be unique", 42210000), AlreadyThere, NotPermitted),
    (422, envelope("client_order_id must be unique", 40010001), AlreadyThere, NotPermitted),
    (422, envelope("Client_Order_ID must be unique", 40010001), AlreadyThere, NotPermitted),
    (422, envelope('asset "X" not found', 42210000), OrderRefused, NotPermitted),
    (422, envelope('order is already in "filled" state', 42210000), AlreadyOver, NotPermitted),
    (422, envelope("unable to open new notional orders"), OrderRefused, NotPermitted),
    # However it is said: what passes for a refusal here is an order believed dead that is alive.
    (422, envelope("client_order_id already exists", 42210000), AlreadyThere, NotPermitted),
    (422, envelope("this client order id is already used"), AlreadyThere, NotPermitted),
    (422, envelope("duplicate client_order_id"), AlreadyThere, NotPermitted),
    (422, envelope("client_order_id must be no more than 128 characters"), OrderRefused, NotPermitted),
    (409, envelope("conflict"), OutcomeUnknown, BadAnswer),
    (422, envelope('order is already in "pending_replace" state'), OrderRefused, NotPermitted),
    (422, envelope(" \u200b "), OutcomeUnknown, BadAnswer),
    (422, b'{"message":"no","why":' + b"[" * 100_000, OutcomeUnknown, BadAnswer),
    (422, b"", OutcomeUnknown, BadAnswer),
    (429, envelope("rate limit exceeded", 42910000), Overloaded, Overloaded),
    (429, HTML, Overloaded, Overloaded),
    (429, b"", Overloaded, Overloaded),
    (500, envelope("internal server error", 50010000), OutcomeUnknown, Overloaded),
    (502, HTML, OutcomeUnknown, Overloaded),
    (503, b"", OutcomeUnknown, Overloaded),
    (504, envelope("timeout"), OutcomeUnknown, Overloaded),
    # From something in between, which may have passed the request on.
    (408, envelope("timeout"), OutcomeUnknown, BadAnswer),
    (499, envelope("client closed request"), OutcomeUnknown, BadAnswer),
    (302, b"", OutcomeUnknown, BadAnswer),
    (304, b"", OutcomeUnknown, BadAnswer),
    (100, b"", OutcomeUnknown, BadAnswer),
    (418, envelope("teapot"), OutcomeUnknown, BadAnswer),
]


@pytest.mark.parametrize(("status", "body", "to_order", "to_read"), ROWS)
def test_a_row_of_the_error_table_means_one_thing_to_an_order_and_one_to_a_read(
    status, body, to_order, to_read
):
    assert type(broker_failure(PLACE, answer(body, status))) is to_order
    assert type(broker_failure(READ, answer(body, status))) is to_read


@given(st.integers(300, 599), st.binary(max_size=200), st.sampled_from([PLACE, cancel_order("x")]))
def test_what_cannot_be_read_never_says_that_nothing_happened(status, body, call):
    error = broker_failure(call, answer(body, status))
    if status not in {401, 429} and broker_words(answer(body, status)) is None:
        assert type(error) is OutcomeUnknown


def test_the_brokers_words_and_its_request_id_reach_the_person():
    body = envelope("insufficient buying power", 40310000)
    error = broker_failure(PLACE, answer(body, 403, x_request_id="r-17"))
    assert error.headline == "The broker refused: insufficient buying power"
    assert error.remedy == "No order was placed or changed (request r-17)."


def test_the_oauth_form_of_an_error_is_read_too():
    error = broker_failure(READ, answer({"error": "invalid_scope"}, 403))
    assert "invalid_scope" in error.headline


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines\tand\x00more", "two lines and more"),
        ("\u202eright to left", "right to left"),
        ("<b>bold</b>", "<b>bold</b>"),
        ("x" * 1000, "x" * MAX_FOREIGN_TEXT),
        ("", ""),
    ],
)
def test_text_from_elsewhere_is_one_short_printable_line(text, shown):
    assert foreign_text(text) == shown


@given(st.text())
def test_no_text_from_elsewhere_gets_past_the_limit_or_hides_anything(text):
    shown = foreign_text(text)
    assert len(shown) <= MAX_FOREIGN_TEXT
    assert shown.isprintable()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 30 ", 30.0),
        ("", None),
        ("-1", None),
        ("\u00b2", None),
        ("9" * 400, None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("1.5", 1.5),
    ],
)
def test_the_broker_may_say_how_long_to_wait_in_seconds(header, seconds):
    error = broker_failure(READ, answer(b"", 429, retry_after=header))
    assert isinstance(error, Overloaded)
    assert error.retry_after_s == seconds


def test_a_detail_for_the_log_holds_no_query_and_no_body():
    error = broker_failure(PLACE, answer(envelope("no"), 403))
    assert isinstance(error, AppError)
    assert error.detail == "POST /v2/orders -> 403 request none"

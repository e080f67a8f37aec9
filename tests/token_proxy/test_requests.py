"""What is served and what is not: routes, headers, bodies, and 300 requests nobody should send."""

import json
import random

import pytest

from tests.token_proxy.program import (
    CLIENT_ID,
    REDIRECT_URI,
    VERIFIER,
    ProxyProgram,
    exchange_fields,
    post_bytes,
)
from tests.token_proxy.upstream import TOKEN, UpstreamDouble


def test_a_code_becomes_a_token_with_one_call(proxy: ProxyProgram, upstream: UpstreamDouble) -> None:
    answer = proxy.post(exchange_fields(code_verifier=VERIFIER))

    assert answer.status == 200
    assert answer.json == TOKEN
    assert len(upstream.calls) == 1


def test_answers_tell_caches_to_forget_and_browsers_and_scanners_nothing(proxy: ProxyProgram) -> None:
    requests = [
        post_bytes(exchange_fields()),
        post_bytes(exchange_fields(code="")),
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n",
        b"NOT HTTP\r\n\r\n",
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 9000,
    ]
    for request in requests:
        answer = proxy.send(request)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["server"] == "token-proxy"
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["connection"] == "close"
        assert not [
            name for name in answer.headers if name.startswith("access-control") or name == "set-cookie"
        ]


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("GET /healthz", 200),
        ("HEAD /healthz", 200),
        ("POST /healthz", 405),
        ("GET /healthz?verbose=1", 404),
        ("GET /healthz/", 404),
        ("GET /exchange", 405),
        ("PUT /exchange", 405),
        ("DELETE /exchange", 405),
        ("OPTIONS /exchange", 405),
        ("TRACE /exchange", 405),
        ("POST /", 404),
        ("POST /exchange/", 404),
        ("POST /Exchange", 404),
        ("POST /%65xchange", 404),
        ("POST //exchange", 404),
        ("POST /x/../exchange", 404),
        ("POST /exchange#x", 404),
        ("POST http://127.0.0.1/exchange", 404),
        ("POST http://evil.example/exchange", 404),
        ("OPTIONS *", 404),
        ("CONNECT evil.example:443", 404),
        ("GET /metrics", 404),
        ("GET /debug", 404),
        ("GET /admin", 404),
        ("GET /.env", 404),
        ("GET /", 404),
    ],
)
def test_there_are_two_routes(
    proxy: ProxyProgram, upstream: UpstreamDouble, request_line: str, status: int
) -> None:
    with proxy.connect() as connection:
        connection.sendall(f"{request_line} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        first_line = connection.makefile("rb").readline()

    assert int(first_line.split(b" ")[1]) == status
    assert upstream.calls == []


def test_health_says_alive_and_no_more(proxy: ProxyProgram) -> None:
    assert proxy.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").body == b'{"status":"alive"}'


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Origin: https://evil.example", 403),
        ("Origin: null", 403),
        ("Origin:", 403),
        ("origin: http://127.0.0.1", 403),
        ("Content-Type: text/plain", 415),
        ("Content-Type: application/x-www-form-urlencoded", 415),
        ("Content-Type: multipart/form-data; boundary=x", 415),
        ("Content-Type: application/json; charset=utf-16", 415),
        ("Content-Type: application/json, text/plain", 415),
        ("Content-Type: text/plain; application/json", 415),
        ("Content-Type: application/jsonp", 415),
        ("Content-Type:", 415),
        ("Content-Encoding: gzip", 415),
        ("Content-Encoding: identity", 415),
        ("Expect: 100-continue", 417),
        ("Expect: something", 417),
        ("Connection: upgrade\r\nUpgrade: websocket", 400),
        ("Upgrade: h2c", 400),
        ("Content-Type: application/json; charset=utf-8", 200),
        ('Content-Type: Application/JSON;charset="UTF-8"', 200),
        ("User-Agent: anything at all", 200),
        ("X-Forwarded-Path: /debug", 200),
        ("X-HTTP-Method-Override: GET", 200),
        ("Host: evil.example", 200),
        ("X-Original-URL: /admin", 200),
        ("Accept: text/html", 200),
        ("Cookie: a=b", 200),
    ],
)
def test_headers_decide_only_whether_a_request_is_served(
    proxy: ProxyProgram, upstream: UpstreamDouble, header: str, status: int
) -> None:
    answer = proxy.post(exchange_fields(), *header.split("\r\n"))

    assert answer.status == status
    assert len(upstream.calls) == (1 if status == 200 else 0)


def test_a_code_in_a_query_is_refused_so_that_nobody_gets_used_to_it(
    proxy: ProxyProgram, upstream: UpstreamDouble
) -> None:
    answer = proxy.post(exchange_fields(), path="/exchange?code=C1")

    assert (answer.status, answer.error) == (400, "invalid_request")
    assert upstream.calls == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "invalid_request"),
        (b"{", "invalid_request"),
        (b"null", "invalid_request"),
        (b"[]", "invalid_request"),
        (b'"C1"', "invalid_request"),
        (b"\xff\xfe{\x00}\x00", "invalid_request"),
        (b"\xef\xbb\xbf{}", "invalid_request"),
        (b"[" * 8000, "invalid_request"),
        (b'{"a":' * 1600, "invalid_request"),
        (b"1" * 8000, "invalid_request"),
        (b'{"code":"C1"}', "invalid_request"),
        (exchange_fields(code=None), "invalid_request"),
        (exchange_fields(redirect_uri=None), "invalid_request"),
        (exchange_fields(client_id=None), "invalid_request"),
        (exchange_fields(grant_type="client_credentials"), "invalid_request"),
        (exchange_fields(client_secret="x"), "invalid_request"),
        (exchange_fields(token_url="https://evil.example"), "invalid_request"),
        (exchange_fields(code=1), "invalid_request"),
        (exchange_fields(code=["C1"]), "invalid_request"),
        (exchange_fields(code={"$ne": ""}), "invalid_request"),
        (exchange_fields(code=""), "invalid_request"),
        (exchange_fields(code="C" * 2049), "invalid_request"),
        (exchange_fields(code="C1\r\nX: y"), "invalid_request"),
        (exchange_fields(code="C1\n"), "invalid_request"),
        (exchange_fields(code="C1\0"), "invalid_request"),
        (exchange_fields(code="C1\x7f"), "invalid_request"),
        (exchange_fields(code="C1\u202e"), "invalid_request"),
        (exchange_fields(code="\ud800"), "invalid_request"),
        (exchange_fields(code="\uff23\uff11"), "invalid_request"),
        (exchange_fields(code_verifier=""), "invalid_request"),
        (exchange_fields(code_verifier="short"), "invalid_request"),
        (exchange_fields(code_verifier="v" * 129), "invalid_request"),
        (exchange_fields(code_verifier="v" * 43 + "&"), "invalid_request"),
        (exchange_fields(code_verifier="v" * 43 + "\n"), "invalid_request"),
        (exchange_fields(client_id=CLIENT_ID.upper()), "unauthorized_client"),
        (exchange_fields(client_id=""), "unauthorized_client"),
        (exchange_fields(client_id=CLIENT_ID + " "), "unauthorized_client"),
        (exchange_fields(redirect_uri=""), "invalid_redirect_uri"),
        (exchange_fields(redirect_uri=REDIRECT_URI + "/"), "invalid_redirect_uri"),
        (exchange_fields(redirect_uri=REDIRECT_URI + "?x"), "invalid_redirect_uri"),
        (exchange_fields(redirect_uri=REDIRECT_URI.upper()), "invalid_redirect_uri"),
        (exchange_fields(redirect_uri=REDIRECT_URI[:-1]), "invalid_redirect_uri"),
        (exchange_fields(redirect_uri="https://evil.example/oauth/callback"), "invalid_redirect_uri"),
    ],
)
def test_a_body_that_is_not_exactly_one_exchange_reaches_nobody(
    proxy: ProxyProgram, upstream: UpstreamDouble, body: object, error: str
) -> None:
    answer = proxy.post(body)

    assert (answer.status, answer.error) == (400, error)
    assert set(answer.json) == {"error", "message"}
    assert upstream.calls == []


def test_a_field_given_twice_is_refused(proxy: ProxyProgram, upstream: UpstreamDouble) -> None:
    once = json.dumps(exchange_fields()).encode()

    answer = proxy.post(once[:-1] + b',"code":"C2"}')

    assert (answer.status, answer.error) == (400, "invalid_request")
    assert upstream.calls == []


def test_a_body_of_eight_kib_is_the_largest(proxy: ProxyProgram, upstream: UpstreamDouble) -> None:
    fields = json.dumps(exchange_fields()).encode()

    assert proxy.post(fields.ljust(8192)).status == 200
    assert proxy.post(fields.ljust(8193)).status == 413
    assert proxy.post(b" " * 1_000_000).status == 413
    assert len(upstream.calls) == 1


def test_headers_of_eight_kib_are_the_largest(proxy: ProxyProgram, upstream: UpstreamDouble) -> None:
    without = len(post_bytes(b"{}", "X-A: ")) - len(b"{}")

    assert proxy.post(b"{}", "X-A: " + "a" * (8192 - without)).status == 400  # read; the body is refused
    assert proxy.post(b"{}", "X-A: " + "a" * (8193 - without)).status == 431
    assert proxy.post(b"{}", *(f"X-{n}: {'a' * 4000}" for n in range(3))).status == 431
    assert proxy.post(b"{}", *(f"X-{n}: {'a' * 8000}" for n in range(200))).status == 431
    assert proxy.post(b"{}", *(f"X-{n}: a" for n in range(200))).status == 400
    assert upstream.calls == []


def test_three_hundred_mutated_requests_reach_nobody_and_harm_nobody(
    proxy: ProxyProgram, upstream: UpstreamDouble
) -> None:
    chance = random.Random(20)
    right = post_bytes(exchange_fields(client_id="somebody else's", code_verifier=VERIFIER))
    for _ in range(300):
        request = bytearray(right)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(request))
            match chance.randrange(4):
                case 0:
                    request[place] = chance.randrange(256)
                case 1:
                    del request[place : place + chance.randint(1, 20)]
                case 2:
                    request[place:place] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 20)))
                case _:
                    request[place:place] = right[place : place + chance.randint(1, 60)]
        with proxy.connect() as connection:
            connection.sendall(request)
            connection.shutdown(1)  # a request that lost its end must not wait for the deadline
            line = connection.makefile("rb").readline()
        assert not line or 400 <= int(line.split(b" ")[1]) < 500

    assert upstream.calls == []
    assert proxy.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").status == 200

"""The one call to the broker: its bytes, its number, and what every kind of answer comes to."""

import json
import ssl
from pathlib import Path

import psutil
import pytest

from tests.token_proxy import upstream as told
from tests.token_proxy.certificate import self_signed
from tests.token_proxy.program import (
    CLIENT_ID,
    CLIENT_SECRET,
    REDIRECT_URI,
    VERIFIER,
    ProxyProgram,
    exchange_fields,
    settings,
)
from tests.token_proxy.upstream import TOKEN, Answer, UpstreamDouble

MIB = 1024 * 1024


def test_the_form_is_the_one_of_the_protocol_page_byte_for_byte(
    proxy: ProxyProgram, upstream: UpstreamDouble
) -> None:
    proxy.post(exchange_fields(code="6e1b0b3c-8d1f-4a53-b2c6-3f1f2f0c9a77"))
    proxy.post(exchange_fields(code="C1", code_verifier=VERIFIER))

    first, second = upstream.calls
    assert first.request_line == "POST /oauth/token HTTP/1.1"
    assert first.headers["content-type"] == "application/x-www-form-urlencoded"
    assert first.body == (
        b"grant_type=authorization_code"
        b"&code=6e1b0b3c-8d1f-4a53-b2c6-3f1f2f0c9a77"
        b"&client_id=0f0ec1e47d1d4b0e9d3c3f1e5a7b9c11"
        b"&client_secret=9b74c9897bac770ffc029102a200c5de1a2b3c4d"
        b"&redirect_uri=https%3A%2F%2Fbellwether.invalid%2Foauth%2Fcallback"
    )
    assert second.body.endswith(b"%2Fcallback&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")


@pytest.mark.parametrize(
    ("code", "encoded"),
    [
        ("C1&client_secret=x", b"C1%26client_secret%3Dx"),
        ("C1&grant_type=client_credentials", b"C1%26grant_type%3Dclient_credentials"),
        ("a/b+c=", b"a%2Fb%2Bc%3D"),
        ("C D", b"C+D"),
        ("%0d%0aX: y", b"%250d%250aX%3A+y"),
        ("C1;code=C2", b"C1%3Bcode%3DC2"),
        ('C1"}', b"C1%22%7D"),
    ],
)
def test_a_code_stays_one_value_of_the_form(
    proxy: ProxyProgram, upstream: UpstreamDouble, code: str, encoded: bytes
) -> None:
    assert proxy.post(exchange_fields(code=code)).status == 200

    fields = upstream.calls[0].body.split(b"&")
    assert fields[1] == b"code=" + encoded
    assert len(fields) == 5


def test_no_header_of_the_call_comes_from_the_caller(proxy: ProxyProgram, upstream: UpstreamDouble) -> None:
    proxy.post(
        exchange_fields(), "X-Custom: mine", "Authorization: Bearer mine", "Cookie: mine", "Accept: mine/*"
    )

    headers = upstream.calls[0].headers
    assert set(headers) == {
        "host",
        "accept",
        "accept-encoding",
        "content-type",
        "user-agent",
        "content-length",
        "connection",
    }
    assert "mine" not in str(headers)
    assert headers["host"] == f"127.0.0.1:{upstream.port}"


@pytest.mark.parametrize(
    ("extra", "kept"),
    [
        ({}, {}),
        ({"expires_in": 3600}, {"expires_in": 3600}),
        ({"refresh_token": "R1"}, {"refresh_token": "R1"}),
        ({"expires_in": None, "refresh_token": None}, {}),
        ({"client_secret": CLIENT_SECRET, "id_token": "x", "account": {"id": 1}, "error": "none"}, {}),
    ],
)
def test_an_answer_holds_the_listed_fields_and_no_others(
    proxy: ProxyProgram, upstream: UpstreamDouble, extra: dict[str, object], kept: dict[str, object]
) -> None:
    upstream.answer = told.json_answer(200, extra | TOKEN)

    answer = proxy.post(exchange_fields())

    assert answer.body == json.dumps(TOKEN | kept, separators=(",", ":")).encode()
    assert answer.headers["cache-control"] == "no-store"


ECHO = {"error_description": f"secret {CLIENT_SECRET} for code C1", "detail": "<script>"}
HTML = b"<html><body>502 Bad Gateway " + CLIENT_SECRET.encode() + b"</body></html>"


@pytest.mark.parametrize(
    ("upstream_says", "status", "error"),
    [
        # What the broker refuses, in its own envelope and in the RFC's form; some answers echo the secret.
        (told.json_answer(401, {"code": 40110000, "message": "invalid_client"}), 502, "server_misconfigured"),
        (told.json_answer(401, {"error": "invalid_client", **ECHO}), 502, "server_misconfigured"),
        (told.json_answer(400, {"code": 40010000, "message": "invalid_grant"}), 400, "invalid_grant"),
        (told.json_answer(401, {"code": 40110000, "message": "invalid_grant\n"}), 400, "invalid_grant"),
        (told.json_answer(400, {"error": "invalid_grant", **ECHO}), 400, "invalid_grant"),
        (told.json_answer(400, {"message": "invalid_request", **ECHO}), 400, "invalid_request"),
        (told.json_answer(400, {"error": "invalid_request"}), 400, "invalid_request"),
        (told.json_answer(400, {"error": "invalid_scope"}), 400, "invalid_request"),
        (told.json_answer(401, {"message": "unauthorized_client"}), 502, "server_misconfigured"),
        (told.json_answer(400, {"error": "unsupported_grant_type"}), 502, "server_misconfigured"),
        (told.json_answer(401, {"message": "unauthorized."}), 502, "server_misconfigured"),
        (told.plain(401, b""), 502, "server_misconfigured"),
        (told.json_answer(400, {"error": "something_new", **ECHO}), 502, "upstream_error"),
        (told.json_answer(400, {"error": ["invalid_grant"]}), 502, "upstream_error"),
        (told.json_answer(400, {"error": "temporarily_unavailable"}), 503, "temporarily_unavailable"),
        (told.plain(403, HTML, "Content-Type: text/html"), 502, "upstream_error"),
        (told.plain(404, HTML, "Content-Type: text/html"), 502, "upstream_error"),
        (told.json_answer(429, {"message": "too many requests"}), 503, "temporarily_unavailable"),
        (told.plain(500, HTML, "Content-Type: text/html"), 503, "temporarily_unavailable"),
        (told.plain(503, b"", "Retry-After: 1"), 503, "temporarily_unavailable"),
        (told.json_answer(500, {"error": "invalid_grant"}), 503, "temporarily_unavailable"),
        # What is not an answer to the question at all.
        (told.plain(200, HTML, "Content-Type: text/html"), 502, "upstream_error"),
        (told.plain(200, b""), 502, "upstream_error"),
        (told.plain(200, b"[" * 16000), 502, "upstream_error"),
        (told.plain(200, b'{"access_token":"T"'), 502, "upstream_error"),
        (told.plain(200, b'\xff{"access_token":"T"}'), 502, "upstream_error"),
        (told.plain(204, b""), 502, "upstream_error"),
        (told.json_answer(201, TOKEN), 502, "upstream_error"),
        (told.json_answer(200, [TOKEN]), 502, "upstream_error"),
        (told.json_answer(200, {"error": "invalid_grant"}), 502, "upstream_error"),
        (told.json_answer(200, TOKEN | {"access_token": 5}), 502, "upstream_error"),
        (told.json_answer(200, TOKEN | {"access_token": ""}), 502, "upstream_error"),
        (told.json_answer(200, TOKEN | {"access_token": "T\r\nX: y"}), 502, "upstream_error"),
        (told.json_answer(200, TOKEN | {"access_token": "T" * 4097}), 502, "upstream_error"),
        (told.json_answer(200, TOKEN | {"token_type": "mac"}), 502, "upstream_error"),
        (told.json_answer(200, TOKEN | {"token_type": None}), 502, "upstream_error"),
        (told.json_answer(200, TOKEN | {"scope": ["trading"]}), 502, "upstream_error"),
        (told.json_answer(200, TOKEN | {"scope": "trading\n"}), 502, "upstream_error"),
        (told.json_answer(200, TOKEN | {"expires_in": "3600"}), 502, "upstream_error"),
        (told.json_answer(200, TOKEN | {"expires_in": True}), 502, "upstream_error"),
        (told.json_answer(200, TOKEN | {"expires_in": -1}), 502, "upstream_error"),
        (told.json_answer(200, TOKEN | {"refresh_token": {}}), 502, "upstream_error"),
        # Redirects, also to where a token waits; broken and dishonest HTTP.
        (told.plain(302, b"", "Location: https://evil.example/oauth/token"), 502, "upstream_error"),
        (told.plain(307, b"", "Location: /oauth/token2"), 502, "upstream_error"),
        (told.plain(308, b"", "Location: //evil.example/"), 502, "upstream_error"),
        (told.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"), 502, "upstream_error"),
        (told.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), 502, "upstream_error"),
        (told.raw(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 100_000 + b"\r\n\r\n"), 502, "upstream_error"),
        (told.raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), 502, "upstream_error"),
        (told.plain(200, b"\x1f\x8b\x08\x00" + b"\0" * 40, "Content-Encoding: gzip"), 502, "upstream_error"),
        (told.plain(200, b" " * 20_000), 502, "upstream_error"),
        (told.endless, 502, "upstream_error"),
        (told.raw(b""), 503, "temporarily_unavailable"),
    ],
)
def test_every_other_answer_comes_to_a_fixed_refusal_after_one_call(
    proxy: ProxyProgram, upstream: UpstreamDouble, upstream_says: Answer, status: int, error: str
) -> None:
    upstream.answer = upstream_says

    answer = proxy.post(exchange_fields())

    assert (answer.status, answer.error) == (status, error)
    assert set(answer.json) == {"error", "message"}
    assert CLIENT_SECRET not in answer.json["message"]
    assert "<" not in answer.json["message"]
    assert len(upstream.calls) == 1
    assert upstream.calls[0].request_line == "POST /oauth/token HTTP/1.1"


def test_a_refused_client_raises_an_alarm(proxy: ProxyProgram, upstream: UpstreamDouble) -> None:
    before = len(proxy.log)
    upstream.answer = told.json_answer(401, {"code": 40110000, "message": "invalid_client"})

    proxy.post(exchange_fields())

    assert " ERROR the broker does not accept this proxy: check client_id" in proxy.log[before:]


def test_ten_mib_from_the_broker_do_not_pile_up(proxy: ProxyProgram, upstream: UpstreamDouble) -> None:
    process = psutil.Process(proxy.process.pid)
    upstream.answer = told.endless
    proxy.post(exchange_fields())
    before = process.memory_info().rss

    for _ in range(10):
        assert proxy.post(exchange_fields()).status == 502

    assert process.memory_info().rss - before < 4 * MIB


def test_a_broker_that_cannot_be_reached_is_a_matter_of_time(
    tmp_path: Path, upstream: UpstreamDouble
) -> None:
    with ProxyProgram(settings("http://127.0.0.1:1/oauth/token"), tmp_path / "log") as program:
        answer = program.post(exchange_fields())

    assert (answer.status, answer.error) == (503, "temporarily_unavailable")


def test_a_broker_is_spoken_to_over_trusted_tls_only(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with UpstreamDouble(tls) as broker:
        with ProxyProgram(settings(broker.url), tmp_path / "log") as program:
            answer = program.post(exchange_fields())
            log = program.log
        assert (answer.status, answer.error) == (502, "upstream_error")
        assert " ERROR no trusted TLS connection to the broker" in log
        assert broker.calls == []

        keys = tmp_path / "keys"
        trusting = {"SSL_CERT_FILE": str(certificate), "SSLKEYLOGFILE": str(keys)}
        with ProxyProgram(settings(broker.url) | trusting, tmp_path / "log") as program:
            assert program.post(exchange_fields()).status == 200
        assert len(broker.calls) == 1
        assert not keys.exists()


def test_the_environment_does_not_steer_the_call(tmp_path: Path, upstream: UpstreamDouble) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    with UpstreamDouble() as other:
        names = ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
        steering = dict.fromkeys(names, other.url)
        variables = settings(upstream.url) | steering | {"NETRC": str(netrc)}
        with ProxyProgram(variables, tmp_path / "log") as program:
            assert program.post(exchange_fields()).status == 200

    assert other.calls == []
    assert len(upstream.calls) == 1
    assert "authorization" not in upstream.calls[0].headers


def test_ids_and_redirects_sent_are_the_configured_ones(
    proxy: ProxyProgram, upstream: UpstreamDouble
) -> None:
    proxy.post(exchange_fields(client_id=CLIENT_ID, redirect_uri=REDIRECT_URI))
    proxy.post(exchange_fields(client_id="another", redirect_uri=REDIRECT_URI))
    proxy.post(exchange_fields(client_id=CLIENT_ID, redirect_uri="https://another.example/"))

    assert len(upstream.calls) == 1

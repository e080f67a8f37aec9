"""A scan of everything the program says, at its most talkative, for planted secrets in every encoding."""

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from tests.token_proxy import upstream as told
from tests.token_proxy.program import CLIENT_ID, ProxyProgram, exchange_fields, post_bytes, settings
from tests.token_proxy.upstream import UpstreamDouble

SECRET = "CANARY-secret-4f6c1d9e/+="  # characters that each encoding shows differently
CODE = "CANARY-code-77aa/+= ok"
VERIFIER = "CANARY-verifier-" + "v" * 43
TOKEN = "CANARY-token-5b1c7c1e/+="
HEADER = "CANARY-header-1234/+="
QUERY = "CANARY-query-5678"
JUNK = "CANARY-junk-9abc"
CANARIES = (SECRET, CODE, VERIFIER, TOKEN, HEADER, QUERY, JUNK)


def encodings(canary: str) -> Iterator[bytes]:
    """Every form in which a canary could hide in a log. base64 is searched at its three possible offsets."""
    data = canary.encode()
    yield data
    yield quote_plus(canary).encode()
    yield data.hex().encode()
    yield data.hex().upper().encode()
    yield canary.encode("utf-16-le")
    yield canary.encode("utf-16-be")
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + data)
        yield whole[4:-4]


@pytest.mark.parametrize("parser", ["0", "1"], ids=["compiled parser", "pure Python parser"])
def test_nothing_secret_is_ever_written(tmp_path: Path, upstream: UpstreamDouble, parser: str) -> None:
    talkative = {"PYTHONASYNCIODEBUG": "1", "PYTHONDEVMODE": "1", "PYTHONWARNINGS": "always"}
    variables = settings(upstream.url, CLIENT_SECRET=SECRET, LOG_LEVEL="debug") | talkative
    if parser == "1":
        variables["AIOHTTP_NO_EXTENSIONS"] = "1"
    fields = exchange_fields(code=CODE, code_verifier=VERIFIER)
    with_secrets = {"access_token": TOKEN, "token_type": "bearer", "scope": "trading", "echo": SECRET}
    answers = [
        told.json_answer(200, with_secrets),
        told.json_answer(200, with_secrets | {"scope": 5}),
        told.json_answer(400, {"error": "invalid_grant", "error_description": f"{CODE} {SECRET} {TOKEN}"}),
        told.json_answer(401, {"message": "invalid_client", "client_secret": SECRET}),
        told.json_answer(400, {"error": f"{SECRET}"}),
        told.plain(302, b"", f"Location: https://evil.example/?{SECRET}", f"Set-Cookie: a={TOKEN}"),
        told.plain(500, f"<html>{SECRET} {CODE}</html>".encode()),
        told.raw(f"HTTP/1.1 200 {TOKEN}\r\nX\0: {SECRET}\r\n\r\n".encode()),
        told.raw(f"{TOKEN} {SECRET}\r\n\r\n".encode()),
        told.raw(f"HTTP/1.1 200 OK\r\nContent-Length: {TOKEN}\r\n\r\n{SECRET}".encode()),
        told.raw(f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{TOKEN}\r\n".encode()),
        told.raw(f"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{TOKEN}".encode()),
    ]
    hostile = [
        post_bytes(fields, f"Authorization: Bearer {HEADER}", f"Cookie: a={HEADER}", f"Origin: {HEADER}"),
        post_bytes(fields, path=f"/exchange?code={QUERY}"),
        post_bytes(fields, path=f"/{QUERY}/{JUNK}"),
        post_bytes(exchange_fields(code=CODE + "\n")),
        post_bytes(exchange_fields(code=CODE, redirect_uri=f"https://{JUNK}.example/")),
        post_bytes(exchange_fields(code=CODE, client_id=JUNK)),
        post_bytes(fields | {JUNK: JUNK}),
        post_bytes(f'{{"code": "{CODE}", {JUNK}'.encode()),
        post_bytes(fields, f"X-A: {HEADER}\0"),
        post_bytes(fields, f"X-A: {HEADER}\x01"),
        post_bytes(fields, f"X\0{JUNK}: {HEADER}"),
        post_bytes(fields, f"{JUNK} {HEADER}"),
        post_bytes(fields, f" folded {HEADER}"),
        post_bytes(fields, f"Content-Length: {JUNK}"),
        post_bytes(fields, f"Transfer-Encoding: {JUNK}"),
        post_bytes(fields, f"Content-Type: {JUNK}"),
        post_bytes(fields, f"X-Forwarded-For: {JUNK}"),
        post_bytes(fields, f"X-A: {HEADER}" + "a" * 9000),
        post_bytes(b" " * 9000 + JUNK.encode()),
        f"{JUNK} {QUERY} {HEADER}\r\n\r\n".encode(),
        f"GET {QUERY}\r\n\r\n".encode(),
        f"{JUNK}\n{HEADER}\n\n".encode(),
    ]
    with ProxyProgram(variables, tmp_path / "log") as program:
        for upstream.answer in answers:
            answer = program.post(fields)
            shown = answer.body.replace(TOKEN.encode(), b"") if answer.status == 200 else answer.body
            assert b"CANARY" not in shown
        upstream.answer = told.json_answer(200, with_secrets)
        for request in hostile:
            assert b"CANARY" not in program.send(request).body.replace(TOKEN.encode(), b"")
        with program.connect() as connection:  # hung up in the middle of a body
            connection.sendall(post_bytes(fields)[:-30])
        assert program.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").status == 200
    log = (tmp_path / "log").read_bytes()

    assert b"DEBUG refused: invalid_request" in log
    assert b"INFO exchanged a code for a token" in log
    assert CLIENT_ID.encode() not in log
    for canary in CANARIES:
        for hidden in encodings(canary):
            assert hidden not in log
    assert b"Traceback" not in log
    assert b"a fault in the proxy" not in log

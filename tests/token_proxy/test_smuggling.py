"""Framings on which two parsers may disagree, sent as raw bytes to both of the HTTP library's parsers."""

import json
from collections.abc import Iterator

import pytest

from tests.token_proxy.program import ProxyProgram, exchange_fields, settings
from tests.token_proxy.upstream import UpstreamDouble

BODY = json.dumps(exchange_fields()).encode()
SIZE = str(len(BODY)).encode()
LINE = b"POST /exchange HTTP/1.1\r\n"
USUAL = b"Host: 127.0.0.1\r\nContent-Type: application/json\r\n"
LENGTH = b"Content-Length: " + SIZE + b"\r\n"
CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
RIGHT = LINE + USUAL + LENGTH + b"\r\n" + BODY


def with_header(line: bytes) -> bytes:
    """A right request with one more header line, sent as it is."""
    return LINE + USUAL + line + LENGTH + b"\r\n" + BODY


def with_length(value: bytes) -> bytes:
    return LINE + USUAL + b"Content-Length:" + value + b"\r\n\r\n" + BODY


def chunked(coding: bytes, body: bytes = CHUNKS) -> bytes:
    return LINE + USUAL + b"Transfer-Encoding:" + coding + b"\r\n\r\n" + body


REFUSED = {
    "two equal lengths": with_header(LENGTH),
    "two different lengths": with_header(b"Content-Length: 0\r\n"),
    "two lengths in one header": with_length(b" " + SIZE + b", " + SIZE),
    "a length with a plus sign": with_length(b" +" + SIZE),
    "a negative length": with_length(b" -1"),
    "a hexadecimal length": with_length(b" 0x40"),
    "two numbers for a length": with_length(b" 1 " + SIZE),
    "a length beyond 64 bits": with_length(b" 99999999999999999999999"),
    "an empty length": with_length(b""),
    "no length at all": LINE + USUAL + b"\r\n" + BODY,
    "a length and chunks": with_header(b"Transfer-Encoding: chunked\r\n"),
    "well-formed chunks": chunked(b" chunked"),
    "chunks in capitals": chunked(b" CHUNKED"),
    "a tab before chunked": chunked(b"\tchunked"),
    "an unknown coding": chunked(b" xchunked"),
    "chunked twice": chunked(b" chunked, chunked"),
    "two coding headers": chunked(b" chunked\r\nTransfer-Encoding: identity"),
    "gzip, then chunked": chunked(b" gzip, chunked"),
    "chunked, then identity": chunked(b" chunked, identity"),
    "a bad chunk size": chunked(b" chunked", b"zz\r\n" + BODY),
    "a chunk size with 0x": chunked(b" chunked", b"0x2\r\n{}\r\n0\r\n\r\n"),
    "a negative chunk size": chunked(b" chunked", b"-2\r\n{}\r\n0\r\n\r\n"),
    "chunk lines ending in LF": chunked(b" chunked", b"2\n{}\n0\n\n"),
    "a space before the colon": with_header(b"Transfer-Encoding : chunked\r\n"),
    "a space before the length's colon": LINE + USUAL + b"Content-Length : 2\r\n\r\n{}",
    "a header folded with a space": with_header(b"X-A: b\r\n c\r\n"),
    "a header folded with a tab": with_header(b"X-A: b\r\n\tc\r\n"),
    "a folded first header": LINE + b" X-A: b\r\n" + USUAL + LENGTH + b"\r\n" + BODY,
    "NUL in a value": with_header(b"X-A: b\0c\r\n"),
    "NUL in a name": with_header(b"X\0A: b\r\n"),
    "NUL in the target": RIGHT.replace(b"/exchange", b"/exchange\0"),
    "a control character in a value": with_header(b"X-A: b\x01c\r\n"),
    "DEL in a value": with_header(b"X-A: b\x7fc\r\n"),
    "a bare CR in a value": with_header(b"X-A: b\rContent-Length: 0\r\n"),
    "a bare CR at the end of the head": LINE + USUAL + LENGTH + b"\r\r\n\r\n" + BODY,
    "a bare LF between headers": with_header(b"X-A: b\nContent-Length: 0\r\n"),
    "LF everywhere": RIGHT.replace(b"\r\n", b"\n"),
    "a header without a colon": with_header(b"garbage\r\n"),
    "a header without a name": with_header(b": b\r\n"),
    "a name that is no token": with_header(b"X(A): b\r\n"),
    "no host": LINE + b"Content-Type: application/json\r\n" + LENGTH + b"\r\n" + BODY,
    "two hosts": with_header(b"Host: evil.example\r\n"),
    "two content types": with_header(b"Content-Type: text/plain\r\n"),
    "HTTP/0.9": b"POST /exchange\r\n\r\n",
    "HTTP/2.0": RIGHT.replace(b"HTTP/1.1", b"HTTP/2.0"),
    "HTTP/1.2": RIGHT.replace(b"HTTP/1.1", b"HTTP/1.2"),
    "http in lower case": RIGHT.replace(b"HTTP/1.1", b"http/1.1"),
    "the HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "two spaces in the request line": RIGHT.replace(b"POST ", b"POST  "),
    "a line end before the request": b"\r\n" + RIGHT,
    "a tab for a space": RIGHT.replace(b"POST ", b"POST\t"),
    "a method that is no token": RIGHT.replace(b"POST ", b"PO(ST "),
    "an empty head": b"\r\n\r\n" + RIGHT,
    "a header of 64 KiB": with_header(b"X-A: " + b"a" * 65536 + b"\r\n"),
}


@pytest.fixture(scope="module", params=["compiled parser", "pure Python parser"])
def either_proxy(
    request: pytest.FixtureRequest, shared_upstream: UpstreamDouble, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ProxyProgram]:
    variables = settings(shared_upstream.url)
    if request.param == "pure Python parser":
        variables["AIOHTTP_NO_EXTENSIONS"] = "1"
    with ProxyProgram(variables, tmp_path_factory.mktemp("either") / "log") as program:
        yield program


@pytest.mark.parametrize("name", REFUSED)
def test_a_doubtful_framing_is_refused(
    either_proxy: ProxyProgram, upstream: UpstreamDouble, name: str
) -> None:
    answer = either_proxy.send(REFUSED[name])

    assert 400 <= answer.status < 500
    assert answer.error == "invalid_request"
    assert upstream.calls == []


def test_the_same_request_without_a_doubt_is_served(
    either_proxy: ProxyProgram, upstream: UpstreamDouble
) -> None:
    assert either_proxy.send(RIGHT).status == 200
    assert either_proxy.send(RIGHT.replace(b"HTTP/1.1", b"HTTP/1.0")).status == 200
    assert len(upstream.calls) == 2


@pytest.mark.parametrize(
    "hidden",
    [RIGHT, RIGHT * 40, b"0\r\n\r\n" + RIGHT, b"\0" * 5000, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"],
    ids=["a request", "forty requests", "after an end of chunks", "garbage", "another route"],
)
def test_nothing_after_the_first_request_is_served(
    either_proxy: ProxyProgram, upstream: UpstreamDouble, hidden: bytes
) -> None:
    answer = either_proxy.send(RIGHT + hidden, to_the_end=True)

    assert answer.status in {200, 400}
    assert len(upstream.calls) <= 1


def test_a_request_that_arrives_byte_by_byte_is_served(
    either_proxy: ProxyProgram, upstream: UpstreamDouble
) -> None:
    with either_proxy.connect() as connection:
        for value in RIGHT:
            connection.send(bytes([value]))
        connection.settimeout(20)
        assert b" 200 " in connection.makefile("rb").readline()

    assert len(upstream.calls) == 1

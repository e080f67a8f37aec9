"""What a connection brings becomes one answer, in whatever pieces; the standard library is the oracle."""

import gc
import http.client
import io
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.net.answer_reader import MAX_HEAD_BYTES, AnswerReader

MOST = 10_000
BODY = b'{"id":"o-1"}'
LENGTH = b"Content-Length: 12\r\n"


def read(raw: bytes, *, ends: bool = False, most: int = MOST) -> AnswerReader:
    reader = AnswerReader(most)
    if not reader.feed(raw):
        assert ends
        reader.end()
    return reader


def chunked(body: bytes, size: int) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


class Socket:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._raw)


def as_the_library_reads(raw: bytes) -> tuple[int, dict[str, str], bytes]:
    response = http.client.HTTPResponse(Socket(raw))  # type: ignore[arg-type]
    response.begin()
    return response.status, {name.lower(): value for name, value in response.headers.items()}, response.read()


NAMES = st.sampled_from(["X-Request-ID", "Retry-After", "X-RateLimit-Limit", "Content-Type", "Date", "X-A"])
VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)


@given(
    status=st.integers(200, 599).filter(lambda status: status not in (204, 304)),
    headers=st.dictionaries(NAMES, VALUES, max_size=5),
    body=st.binary(max_size=400),
    in_chunks=st.booleans(),
    cuts=st.lists(st.integers(1, 40), max_size=30),
)
def test_an_answer_is_the_same_in_whatever_pieces_it_comes(status, headers, body, in_chunks, cuts):
    framing = b"Transfer-Encoding: chunked" if in_chunks else b"Content-Length: %d" % len(body)
    lines = [b"HTTP/1.1 %d Word" % status, framing]
    lines += [f"{name}: {value}".encode() for name, value in headers.items()]
    raw = b"\r\n".join(lines) + b"\r\n\r\n" + (chunked(body, 7) if in_chunks else body)
    reader, rest = AnswerReader(MOST), raw
    for size in [*cuts, len(raw)]:
        piece, rest = rest[:size], rest[size:]
        assert piece
        if reader.feed(piece):
            break
    assert rest == b""
    assert (reader.status, reader.headers, reader.body) == as_the_library_reads(raw)
    assert reader.leaves_connection_usable


USABLE = {
    "kept": (b"HTTP/1.1 200 OK\r\n" + LENGTH + b"\r\n" + BODY, True),
    "closed by the broker": (b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + LENGTH + b"\r\n" + BODY, False),
    "of an older HTTP": (b"HTTP/1.0 200 OK\r\n" + LENGTH + b"\r\n" + BODY, False),
    "more behind it": (b"HTTP/1.1 200 OK\r\n" + LENGTH + b"\r\n" + BODY + b"x", False),
    "another behind it": (b"HTTP/1.1 204 Gone\r\n\r\nHTTP/1.1 200 OK\r\n" + LENGTH + b"\r\n" + BODY, False),
    "nothing, as said": (b"HTTP/1.1 204 Gone\r\n\r\n", True),
    "nothing, but a length": (b"HTTP/1.1 204 Gone\r\n" + LENGTH + b"\r\n", False),
    "nothing, but chunks": (b"HTTP/1.1 304 Same\r\nTransfer-Encoding: chunked\r\n\r\n", False),
    "after an interim one": (
        b"HTTP/1.1 103 Hints\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\n" + LENGTH + b"\r\n" + BODY,
        True,
    ),
}


@pytest.mark.parametrize(("raw", "usable"), USABLE.values(), ids=USABLE.keys())
def test_a_connection_is_kept_only_if_what_comes_next_answers_the_next_request(raw, usable):
    reader = read(raw)
    assert reader.leaves_connection_usable is usable
    assert reader.body in (b"", BODY)
    assert "x" not in reader.headers


def test_what_stands_behind_the_body_is_no_header():
    """Or a word on the limit could be changed there, and a body be taken for a zipped one."""
    answer = AnswerReader(1_000)
    head = b"HTTP/1.1 200 OK\r\nRetry-After: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert answer.feed(head + b"2\r\n{}\r\n0\r\nRetry-After: 7\r\nContent-Encoding: gzip\r\n\r\n")
    assert answer.body == b"{}"
    assert answer.headers == {"retry-after": "5", "transfer-encoding": "chunked"}


def test_of_two_answers_the_first_counts():
    reader = read(b"HTTP/1.1 403 No\r\n" + LENGTH + b"\r\n" + BODY + b"HTTP/1.1 200 OK\r\nX: y\r\n" + LENGTH)
    assert (reader.status, reader.body) == (403, BODY)
    assert "x" not in reader.headers


def test_an_answer_without_a_length_ends_with_its_connection():
    reader = read(b"HTTP/1.1 200 OK\r\n\r\n" + BODY, ends=True)
    assert (reader.status, reader.body, reader.leaves_connection_usable) == (200, BODY, False)


CUT_SHORT = {
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-",
    "less than its length": b"HTTP/1.1 200 OK\r\n" + LENGTH + b"\r\n{",
    "a chunk too few": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    "only hints": b"HTTP/1.1 103 Hints\r\n\r\n",
}


@pytest.mark.parametrize("raw", CUT_SHORT.values(), ids=CUT_SHORT.keys())
def test_an_answer_cut_short_is_none(raw):
    reader = AnswerReader(MOST)
    if raw:
        assert not reader.feed(raw)
    with pytest.raises(ValueError, match="cut short"):
        reader.end()


NONE = {
    "another protocol": b"SSH-2.0-OpenSSH\r\n",
    "something else to be spoken": b"HTTP/1.1 101 Switch\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "something else, unsaid": b"HTTP/1.1 101 Switch\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\n" + LENGTH + b"Content-Length: 3\r\n\r\n",
    "a length and chunks": b"HTTP/1.1 200 OK\r\n" + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n",
    "a line folded": b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
    "an endless head": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * (MAX_HEAD_BYTES // 6),
    "an endless line": b"HTTP/1.1 200 OK\r\nX: " + b"y" * MAX_HEAD_BYTES,
    "too large": b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + b"x" * (MOST + 1),
    "too large in chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    + chunked(b"x" * 20_000, 4_000),
}


@pytest.mark.parametrize("raw", NONE.values(), ids=NONE.keys())
def test_what_is_no_answer_is_refused(raw):
    reader = AnswerReader(MOST)
    with pytest.raises(ValueError, match=r"answer|head"):
        reader.feed(raw)


def test_an_answer_is_given_back_at_once():
    gc.disable()  # nobody should have to look for it
    try:
        gone = weakref.ref(read(USABLE["kept"][0]))
        assert gone() is None
    finally:
        gc.enable()

"""Reads one answer of HTTP/1.1 from the bytes of a connection. No socket, no clock.

What is syntax is judged by llhttp, strictly; what an answer means for its connection is judged here.
"""

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

MAX_HEAD_BYTES = 64 * 1024
_NO_BODY = (204, 304)
_SWITCHING = 101


class AnswerReader:
    """Fed with what a connection brings after one request, until it says that the answer is whole.

    `status`, `headers` (names in lower case; of a repeated one the last) and `body` are the answer's then.
    """

    def __init__(self, max_body_bytes: int) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        # Whether what comes next on the connection can only be the answer to the next request.
        self.leaves_connection_usable = False
        self._parser = HttpResponseParser(self)
        self._max_body_bytes = max_body_bytes
        self._head_bytes = self._body_bytes = 0
        self._pieces: list[bytes] = []
        self._has_head = self._is_whole = self._has_more = False

    @property
    def body(self) -> bytes:
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)

    def feed(self, data: bytes) -> bool:
        """Take what came next and return whether the answer is whole; then it is fed no more.

        Raises ValueError for what is no answer, or one that is too large.
        """
        if not self._has_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            if not self._is_whole or self.status == _SWITCHING:
                raise ValueError("no answer in HTTP/1.1") from error
            self._has_more = True  # behind the answer, and none of it
        if not self._has_head and self._head_bytes > MAX_HEAD_BYTES:
            raise ValueError("a head longer than any the broker gives")
        if self._has_more:
            self.leaves_connection_usable = False
        if self._is_whole:
            del self._parser  # which holds on to this: nobody should have to find the circle
        return self._is_whole

    def end(self) -> None:
        """The connection has ended. Raises ValueError unless that is what ends the answer (RFC 9112, 6.3)."""
        has_end = "content-length" in self.headers or "transfer-encoding" in self.headers
        if not self._is_whole and (not self._has_head or has_end):
            raise ValueError("an answer cut short")

    # What the parser calls.

    def on_message_begin(self) -> None:
        """An answer begins: the first, one after an interim one, or something nobody asked for."""
        self._has_more = self._is_whole

    def on_header(self, name: bytes, value: bytes) -> None:
        """A line of the head; or of the trailer, where it counts for nothing."""
        if not self._has_head and not self._is_whole:
            self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The head is over."""
        if not self._is_whole:
            self.status, self._has_head = self._parser.get_status_code(), True

    def on_body(self, piece: bytes) -> None:
        """A piece of the body. Raises ValueError once it is too large."""
        if self._is_whole:
            return
        self._body_bytes += len(piece)
        if self._body_bytes > self._max_body_bytes:
            raise ValueError("answer larger than any the broker gives")
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        """An answer is over: the one, unless it was an interim one (RFC 9110, 15.2)."""
        if self._is_whole:
            return
        if 100 <= self.status < 200 and self.status != _SWITCHING:  # nobody asked to speak something else
            self.headers, self._has_head = {}, False
            return
        self._is_whole = True
        # A body that should not be there would be read as the answer to the next request.
        promises = self.headers.get("content-length", "0") != "0" or "transfer-encoding" in self.headers
        is_clean = not (self.status in _NO_BODY and promises)
        self.leaves_connection_usable = is_clean and self._parser.should_keep_alive()

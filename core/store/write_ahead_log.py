"""Whether a write-ahead log of SQLite is whole, before SQLite itself reads it.

SQLite takes a log up to the first frame that does not add up, says nothing of what comes after, and writes
over it. For a log that ends in the middle of a record that is right: nobody was told that it is on disk.
But when committed records follow, they were promised to be there: none may be missed or overwritten.
A log that ends exactly where a record does looks like one in which nothing more was recorded: that what is
missing was there is known by its length alone, which the journal keeps.
Format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
"""

import struct
from enum import Enum
from pathlib import Path

_HEADER, _FRAME = 32, 24
_MAGIC, _MAGIC_BIG_ENDIAN = 0x377F0682, 0x377F0683
_PAGES = frozenset(1 << power for power in range(9, 17))
_MASK = 0xFFFFFFFF


class LogState(Enum):
    """What was found."""

    WHOLE = "whole"  # or not there
    CUT_SHORT = "cut_short"  # the last record is not complete; all before it are there
    UNBEGUN = "unbegun"  # not even the first record is complete
    DAMAGED = "damaged"  # records that were complete can no longer be read


def log_state(path: Path) -> LogState:
    """Look at the log at `path`, which no program may be writing. Raises OSError."""
    try:
        log = path.read_bytes()
    except FileNotFoundError:
        return LogState.WHOLE
    if not log:
        return LogState.WHOLE
    if len(log) < _HEADER:
        return LogState.UNBEGUN
    magic, _version, page, _number, *salts, first, second = struct.unpack_from(">8I", log)
    order = ">" if magic == _MAGIC_BIG_ENDIAN else "<"
    if magic not in (_MAGIC, _MAGIC_BIG_ENDIAN) or page not in _PAGES:
        return LogState.DAMAGED
    sums = _added((0, 0), log[:24], order)
    if sums != (first, second):
        return LogState.DAMAGED
    return _frames_state(log, page, order, tuple(salts), sums)


def _frames_state(
    log: bytes, page: int, order: str, salts: tuple[int, ...], sums: tuple[int, int]
) -> LogState:
    place, size = _HEADER, _FRAME + page
    cut_short = LogState.UNBEGUN
    while place < len(log):
        piece = log[place : place + size]
        if len(piece) < 16:
            return cut_short
        theirs = struct.unpack_from(">2I", piece, 8)
        if not _is_of(theirs, salts):
            # Left over from before the log was last begun anew: nothing of this log can follow.
            return LogState.DAMAGED if _ends(log, place, size, salts) else LogState.WHOLE
        if len(piece) < size:
            return cut_short
        sums = _added(_added(sums, piece[:8], order), piece[_FRAME:], order)
        if theirs != salts or sums != struct.unpack_from(">2I", piece, 16):
            # With an end that record may have been complete, and with more at least the others were.
            ends = _ends(log, place, size, salts)
            if ends == 0 and _is_followed(log, place, size, order):
                return LogState.WHOLE  # written before, and rolled back
            return LogState.DAMAGED if ends > 1 else cut_short
        if any(piece[4:8]):  # the frame that ends a record names the pages of the file
            cut_short = LogState.CUT_SHORT
        place += size
    return LogState.WHOLE


def _is_of(theirs: tuple[int, ...], salts: tuple[int, ...]) -> bool:
    """Whether a frame belongs to the log of these salts: both differ in an older one, one if it suffered."""
    return theirs[0] == salts[0] or theirs[1] == salts[1]


def _ends(log: bytes, start: int, size: int, salts: tuple[int, ...]) -> int:
    """How many records of this log end in a frame from `start` on, whether or not it adds up."""
    return sum(
        struct.unpack_from(">I", log, place + 4)[0] != 0
        for place in range(start, len(log) - 15, size)
        if _is_of(struct.unpack_from(">2I", log, place + 8), salts)
    )


def _is_followed(log: bytes, place: int, size: int, order: str) -> bool:
    """Whether the next frame was written after this one, as those of a record are."""
    following = log[place + size : place + 2 * size]
    if len(following) < size:
        return False
    sums = struct.unpack_from(">2I", log, place + 16)
    added = _added(_added((sums[0], sums[1]), following[:8], order), following[_FRAME:], order)
    return added == struct.unpack_from(">2I", following, 16)


def _added(sums: tuple[int, int], part: bytes, order: str) -> tuple[int, int]:
    """The running checksum of the format, over whole pairs of words."""
    first, second = sums
    words = struct.unpack(f"{order}{len(part) // 4}I", part)
    for one, two in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & _MASK
        second = (second + two + first) & _MASK
    return first, second

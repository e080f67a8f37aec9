"""SQLite's write-ahead log as a crash leaves it: the log is longer than what is recorded in it."""

_HEAD, _FRAME_HEAD = 32, 24


def used(log: bytes) -> int:
    """Up to where a log holds what was committed (sqlite.org/fileformat2.html, section 4.1)."""
    salts = log[16:24]
    frame = int.from_bytes(log[8:12], "big") + _FRAME_HEAD
    end = _HEAD
    for at in range(_HEAD, len(log) - frame + 1, frame):
        if log[at + 8 : at + 16] != salts:
            break
        if int.from_bytes(log[at + 4 : at + 8], "big"):  # pages in the file after a commit
            end = at + frame
    return end


def torn(log: bytes, half: bytes) -> bytes:
    """The log when `half` of a record was written behind the last whole one."""
    end = used(log) if log else 0
    return log[:end] + half + log[end + len(half) :]

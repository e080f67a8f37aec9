"""The pipe to the trading process: one line in, one line out. No Qt in here: it is not loaded yet."""

import os

from core.protocol.signin import MAX_LINE_LENGTH, Outcome, SignInLineInvalid, encode_outcome

STDIN = 0
_STDOUT, _STDERR = 1, 2


class AnswerLine:
    """The way back to the parent. Whatever else writes to standard output lands on standard error."""

    def __init__(self) -> None:
        """Take standard output over; call before anything else can write there."""
        self._fd = os.dup(_STDOUT)
        os.dup2(_STDERR, _STDOUT)

    def send(self, outcome: Outcome) -> None:
        """Send the outcome, once; a parent that is gone needs none."""
        if self._fd < 0:
            return
        try:
            os.write(self._fd, encode_outcome(outcome))
        except BrokenPipeError:
            pass
        finally:
            os.close(self._fd)
            self._fd = -1


def read_attempt_line() -> bytes:
    """Wait for the first line on standard input; raises `SignInLineInvalid` if none fits."""
    line = b""
    while b"\n" not in line:
        # One byte less would do for a line that fits; one more shows that it does not.
        piece = os.read(STDIN, MAX_LINE_LENGTH + 1 - len(line))
        line += piece
        if not piece or len(line) > MAX_LINE_LENGTH:
            raise SignInLineInvalid("Standard input ended before a whole line came.")
    return line.partition(b"\n")[0]

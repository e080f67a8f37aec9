"""The pipe to the trading process: one line in, one line out, and its end means the parent is gone."""

import os
import threading

from PySide6.QtCore import QObject, Signal

from core.protocol.signin import MAX_LINE_LENGTH, Outcome, SignInLineInvalid, encode_outcome

_STDIN, _STDOUT, _STDERR = 0, 1, 2


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
        piece = os.read(_STDIN, MAX_LINE_LENGTH + 1 - len(line))
        line += piece
        if not piece or len(line) > MAX_LINE_LENGTH:
            raise SignInLineInvalid("Standard input ended before a whole line came.")
    return line.partition(b"\n")[0]


class ParentWatch(QObject):
    """Says when standard input ends, which is when the trading process has gone."""

    parent_gone = Signal()

    def start(self) -> None:
        """Watch from a thread of its own: a notifier on a pipe does not exist on every system."""
        threading.Thread(target=self._wait, name="parent-watch", daemon=True).start()

    def _wait(self) -> None:
        try:
            while os.read(_STDIN, 4096):
                continue
        except OSError:
            pass  # a pipe that cannot be read is a parent that cannot be heard
        self.parent_gone.emit()

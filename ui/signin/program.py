"""The sign-in process from its first line of input to its one line of output.

Importing this loads nothing of Qt; `run` does, after the environment has been settled.
"""

import os
import signal
import sys

from core.protocol.signin import AttemptLine, Failed, SignInLineInvalid, decode_attempt
from ui.signin import environment
from ui.signin.inherited import clean
from ui.signin.pipe import AnswerLine, read_attempt_line


def run(argv0: str) -> int:
    """Carry out the attempt on standard input; the process should end with the returned code.

    Standard output carries the outcome and nothing else, whatever the engine prints. No QApplication may
    exist yet. Further arguments of the command line never reach Qt: some of them open debugging ports.
    """
    clean(os.environ)
    answer = AnswerLine()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        line = decode_attempt(read_attempt_line())
    except SignInLineInvalid as problem:
        return _fail(answer, Failed("bad_attempt"), str(problem))
    sandboxed = not environment.is_root()
    if not sandboxed and not line.stays_on_this_computer:
        return _fail(
            answer,
            Failed("root_refused"),
            "As root the page would run without its sandbox, so that signing in at a broker on the network "
            "is refused. Start Bellwether as an ordinary user.",
        )
    rules = environment.resolver_rules(line.redirect_uri, line.sign_in_origins)
    environment.configure_engine(os.environ, rules=rules, sandboxed=sandboxed)
    return _show(argv0, line, answer, sandboxed=sandboxed)


def _show(argv0: str, line: AttemptLine, answer: AnswerLine, *, sandboxed: bool) -> int:
    try:
        # Late: the engine reads its environment when it is loaded, and may be missing altogether.
        from ui.signin.session import SignInSession, new_application
    except ImportError as problem:
        return _fail(answer, Failed("engine_missing"), f"The web engine cannot be loaded: {problem}")
    app = new_application(argv0)
    return SignInSession(app, line, answer, sandboxed=sandboxed).carry_out()


def _fail(answer: AnswerLine, outcome: Failed, reason: str) -> int:
    answer.send(outcome)
    sys.stderr.write(f"sign-in window: {reason}\n")
    return 1

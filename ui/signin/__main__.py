"""`python -m ui.signin`: the sign-in window as `main.py --sign-in-window` starts it."""

import sys

from ui.signin.program import run

if __name__ == "__main__":
    sys.exit(run(sys.argv[0]))

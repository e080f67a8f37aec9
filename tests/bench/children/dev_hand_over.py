"""Runs dev.py up to the moment at which it becomes main.py, and prints that moment instead.

Started by path and not as a module of the package, with the interpreter that people use for dev.py.
"""

import importlib.util
import json
import os
import sys
import time
from pathlib import Path
from typing import NoReturn

DEV = Path(__file__).resolve().parents[3] / "dev.py"


def tell(*_arguments: object) -> NoReturn:
    """Stand in for the system call that replaces this program."""
    sys.stdout.write(json.dumps({"handed_over_ns": time.monotonic_ns()}) + "\n")
    sys.exit(0)


def main() -> None:
    """Do what `dev.py run --version` does."""
    spec = importlib.util.spec_from_file_location("dev", DEV)
    if spec is None or spec.loader is None:
        raise ImportError(str(DEV))
    dev = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(dev)
    setattr(os, "execve", tell)  # noqa: B010 - its declared signature is not ours
    setattr(dev, "wait_for", tell)  # noqa: B010 - a module's attribute, unknown to type checkers
    sys.exit(dev.main(["run", "--version"]))


if __name__ == "__main__":
    main()

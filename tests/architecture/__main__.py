"""The checks that no bought tool does, as a program: ``python -m tests.architecture``."""

import sys
from pathlib import Path

from tests.architecture import licences, source, tracked

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Print every finding; return 1 if there is one."""
    found = [*source.findings(ROOT), *tracked.findings(ROOT), *licences.findings(ROOT)]
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

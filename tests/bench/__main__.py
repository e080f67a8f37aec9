"""`python -m tests.bench [NAME ...]`: measure, print one table, exit with 1 if an aim is missed."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.bench import report
from tests.bench.catalogue import BENCHMARKS
from tests.bench.effort import FULL, QUICK
from tests.bench.row import Row


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; ends the program with a usage line on errors."""
    parser = argparse.ArgumentParser(
        prog="dev.py bench", description="Measure Bellwether beside its rivals.", allow_abbrev=False
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"of: {', '.join(BENCHMARKS)}; default: all")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the figures as JSON")
    parser.add_argument("--quick", action="store_true", help="few samples: shows that it works, no more")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - BENCHMARKS.keys():
        parser.error(
            f"no benchmark is called {', '.join(sorted(unknown))}; there are: {', '.join(BENCHMARKS)}"
        )
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the named benchmarks, or all, one after the other."""
    options = parsed(sys.argv[1:] if arguments is None else arguments)
    effort = QUICK if options.quick else FULL
    rows: list[Row] = []
    for name in options.names or BENCHMARKS:
        sys.stderr.write(f"bench: {name} (load {_load()}) ...\n")
        rows += BENCHMARKS[name](effort)
        if options.json is not None:
            report.write(rows, options.json)
    sys.stdout.write(report.table(rows) + "\n")
    return 1 if any(row.holds is False for row in rows) else 0


def _load() -> str:
    """How busy the machine was before: figures of a busy one say little."""
    return f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"


if __name__ == "__main__":
    sys.exit(main())

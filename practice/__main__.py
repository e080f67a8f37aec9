"""`python -m practice`: a practice broker on loopback. Prints one JSON line, then serves."""

import argparse
import asyncio
import logging
import math
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from practice.engine.clock import SECOND
from practice.engine.hours import MARKET_YEARS
from practice.engine.recording import UnreadableRecording
from practice.faults.order import Nonsense
from practice.faults.scenario import BadScenario
from practice.server.grants import UnreadableGrants
from practice.server.reading import BadValue, instant_of
from practice.server.run import serve
from practice.server.scenario_files import named_scenario
from practice.server.settings import Settings
from practice.server.stream_kinds import PLANS

_EARLIEST, _LATEST = (
    int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * SECOND
    for year in (MARKET_YEARS.start, MARKET_YEARS.stop)
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="practice", description=__doc__, allow_abbrev=False)
    parser.add_argument("--port", type=_port, default=0, help="loopback port; 0 picks a free one")
    parser.add_argument("--seed", type=int, default=7, help="the market and all ids follow from it")
    parser.add_argument("--auto-approve", action="store_true", help="consent without a person")
    parser.add_argument("--hours", choices=("always", "exchange"), default="always")
    parser.add_argument("--speed", type=_speed, default=1.0, help="how much faster than real time")
    parser.add_argument("--start", type=_instant, help="when simulated time begins; by default now")
    parser.add_argument("--paused", action="store_true", help="time waits for the control port")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="a recorded day to play")
    parser.add_argument("--fresh", action="store_true", help="begin without positions")
    parser.add_argument("--new-accounts", action="store_true", help="account ids of this start's own")
    parser.add_argument("--rate-limit", type=_count, default=200, help="requests a minute; 0: no limit")
    parser.add_argument("--plan", choices=PLANS, default="basic", help="the user's market-data plan")
    parser.add_argument(
        "--symbol-limit", type=_count, help="streamed symbols instead of the plan's; 0: no limit"
    )
    parser.add_argument(
        "--quote-rate", type=_count, default=0, help="quotes a second to each reader; 0: natural"
    )
    parser.add_argument(
        "--keep-grants", type=Path, help="file for digests of issued tokens, kept across runs"
    )
    parser.add_argument(
        "--scenario",
        action="append",
        default=[],
        metavar="NAME-OR-FILE",
        help="let go wrong what a scenario says; may be repeated",
    )
    parser.add_argument(
        "--rfc-errors", action="store_true", help="token endpoint failures in the form of RFC 6749"
    )
    parser.add_argument("--no-introspection", action="store_true", help="no GET /oauth/token")
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when stdin is closed")
    parser.add_argument("--log-level", default="warning", choices=("debug", "info", "warning", "error"))
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return number


def _port(text: str) -> int:
    number = _count(text)
    if number > 65535:
        raise argparse.ArgumentTypeError("a port is at most 65535")
    return number


def _instant(text: str) -> int:
    try:
        instant = instant_of(text, "time")
    except BadValue as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None
    if instant is None or not _EARLIEST <= instant < _LATEST:
        raise argparse.ArgumentTypeError(f"must lie in the years {MARKET_YEARS[0]} to {MARKET_YEARS[-1]}")
    return instant


def _speed(text: str) -> float:
    number = float(text)
    if not math.isfinite(number) or not 0 < number <= 3600:
        raise argparse.ArgumentTypeError("must lie between 0 and 3600")
    return number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop; return the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=options.log_level.upper(),
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    try:
        scenarios = tuple(named_scenario(one) for one in options.scenario)
    except BadScenario as problem:
        sys.stderr.write(f"practice: cannot start: {problem}\n")
        return 1
    settings = Settings(
        port=options.port,
        seed=options.seed,
        auto_approve=options.auto_approve,
        hours=options.hours,
        speed=options.speed,
        start=options.start,
        paused=options.paused,
        replay=options.replay,
        fresh=options.fresh,
        new_accounts=options.new_accounts,
        rate_limit=options.rate_limit,
        plan=options.plan,
        symbol_limit=options.symbol_limit,
        quote_rate=options.quote_rate,
        keep_grants=options.keep_grants,
        scenarios=scenarios,
        rfc_errors=options.rfc_errors,
        introspection=not options.no_introspection,
    )
    try:
        asyncio.run(serve(settings, exit_with_parent=options.exit_with_parent))
    except (OSError, UnreadableGrants, UnreadableRecording, Nonsense) as problem:
        sys.stderr.write(f"practice: cannot start: {problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

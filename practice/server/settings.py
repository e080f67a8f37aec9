"""What a practice broker is started with."""

from dataclasses import dataclass
from pathlib import Path

from practice.engine.opening import HoursName
from practice.faults.scenario import Scenario
from practice.server.stream_kinds import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The switches of one run. Zero means: no limit."""

    port: int = 0
    seed: int = 7
    auto_approve: bool = False
    hours: HoursName = "always"
    speed: float = 1.0
    start: int | None = None  # nanoseconds since the epoch; now, or where the recording begins
    paused: bool = False
    replay: Path | None = None
    fresh: bool = False
    new_accounts: bool = False
    rate_limit: int = 200
    plan: Plan = "basic"
    symbol_limit: int | None = None  # the plan's
    quote_rate: int = 0
    keep_grants: Path | None = None
    scenarios: tuple[tuple[str, Scenario], ...] = ()
    rfc_errors: bool = False
    introspection: bool = True

"""One look at the clocks, passed in wherever a rule needs the time."""

import msgspec


class Reading(msgspec.Struct, frozen=True):
    """`monotonic_ns` only grows, also during a sleep, and is for ages and waits.

    `wall_ns`, since 1970 UTC, is for what is written down.
    """

    monotonic_ns: int
    wall_ns: int

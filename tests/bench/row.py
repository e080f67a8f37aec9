"""One measured figure, beside its rival, with the aim it is held against."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Bound = Literal["<=", ">="]
_COMPARE: dict[Bound, Callable[[float, float], bool]] = {
    "<=": lambda seen, wanted: seen <= wanted,
    ">=": lambda seen, wanted: seen >= wanted,
}


@dataclass(frozen=True, slots=True)
class Aim:
    """What a figure should reach: the value itself, or its ratio to the rival's."""

    bound: Bound
    wanted: float
    of_ratio: bool = False

    def __str__(self) -> str:
        return f"{'ratio ' if self.of_ratio else ''}{self.bound} {self.wanted:,g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A figure; `rival` says what `rival_value` was measured of, in the same unit and run."""

    name: str
    value: float
    unit: str
    rival: str | None = None
    rival_value: float | None = None
    aim: Aim | None = None

    @property
    def ratio(self) -> float | None:
        """The value as a multiple of the rival's."""
        return self.value / self.rival_value if self.rival_value else None

    @property
    def holds(self) -> bool | None:
        """Whether the aim is reached; None without an aim."""
        if self.aim is None:
            return None
        seen = self.ratio if self.aim.of_ratio else self.value
        return seen is not None and _COMPARE[self.aim.bound](seen, self.aim.wanted)

    def members(self) -> dict[str, str | float | bool | None]:
        """What the JSON file says of this figure."""
        return {
            "name": self.name,
            "value": _rounded(self.value),
            "unit": self.unit,
            "rival": self.rival,
            "rival_value": _rounded(self.rival_value),
            "ratio": _rounded(self.ratio),
            "aim": None if self.aim is None else str(self.aim),
            "holds": self.holds,
        }


def _rounded(value: float | None) -> float | None:
    """Four significant digits: more would be noise."""
    return None if value is None else float(f"{value:.4g}") if abs(value) < 1000 else round(value, 1)


def milliseconds(start_ns: int, end_ns: int) -> float:
    """The time between two moments of the monotonic clock."""
    return (end_ns - start_ns) / 1e6


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least `share` of all don't exceed (nearest rank); needs one sample."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

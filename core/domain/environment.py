"""Paper or live: the one distinction that must never be lost."""

from enum import StrEnum


class Environment(StrEnum):
    """Which of a person's worlds an account belongs to."""

    PAPER = "paper"
    LIVE = "live"


class Coverage(StrEnum):
    """What a connection profile asks the broker for (the `env` parameter of the authorize request)."""

    PAPER = "paper"
    LIVE = "live"
    BOTH = "both"

    @property
    def environments(self) -> tuple[Environment, ...]:
        """The environments to probe after a sign-in, paper first."""
        if self is Coverage.BOTH:
            return (Environment.PAPER, Environment.LIVE)
        return (Environment(self.value),)

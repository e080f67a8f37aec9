"""Every way the brokerage says no, with the broker's status, code and words."""

from collections.abc import Mapping


class Refusal(Exception):
    """A request that breaks a rule. The fields are what the wire carries, `extra` beside code and message."""

    def __init__(
        self, status: int, code: int, message: str, extra: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.extra = dict(extra or {})


def malformed(message: str) -> Refusal:
    """The body cannot be read as what it should be."""
    return Refusal(400, 40010000, message)


def invalid(message: str) -> Refusal:
    """A parameter is missing or impossible in itself."""
    return Refusal(422, 40010001, message)


def unprocessable(message: str) -> Refusal:
    """A well-formed request that the state of things does not allow."""
    return Refusal(422, 42210000, message)


def forbidden(message: str, **extra: object) -> Refusal:
    """A rule of the account stands against it."""
    return Refusal(403, 40310000, message, extra)


def not_found(message: str) -> Refusal:
    """The thing asked for does not exist."""
    return Refusal(404, 40410000, message)

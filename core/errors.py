"""Failures that a person can be told about: what happened, and what to do."""


class AppError(Exception):
    """A failure with a headline for the user and, where there is one, a way out.

    `detail` is for the log only; it never holds a token, a code or an account number.
    """

    request_id = ""  # the broker's id of the request that failed, which its support asks for
    broker_words = ""  # why the broker refused, in nothing but its own words

    def __init__(self, headline: str, remedy: str = "", *, detail: str = "") -> None:
        super().__init__(f"{headline} {detail}".strip())
        self.headline, self.remedy, self.detail = headline, remedy, detail


class Done(AppError):
    """No failure at all: something that was asked for is done, and where its result is."""


class Offline(AppError):
    """The other side could not be reached; trying again later may work. Nothing was accepted."""


class SignInExpired(AppError):
    """The broker no longer accepts the token (HTTP 401); only signing in again helps."""


class SignInFailed(AppError):
    """A sign-in attempt ended without a usable token; a new attempt may work."""


class NotPermitted(AppError):
    """The token does not cover this action: a scope or an environment is missing."""


class NotCovered(NotPermitted):
    """The broker refuses this token the very thing (HTTP 403, or a scope is missing): not worth repeating."""


class OrderRefused(AppError):
    """The broker refused, with its reason; sending the same again will not help."""


class AlreadyOver(OrderRefused):
    """The order has ended already, so that it cannot be cancelled or replaced any more."""


class NotFound(AppError):
    """The broker does not know the thing asked for. For an order this proves nothing about its fate."""


class OutcomeUnknown(AppError):
    """Something was sent and no usable answer came: find out before doing anything else."""


class AlreadyThere(OutcomeUnknown):
    """The broker has an order with this id: look it up, and never send it under another."""


class Overloaded(AppError):
    """The broker asked us to slow down (HTTP 429) or answered 5xx to a read."""

    def __init__(
        self, headline: str, remedy: str = "", *, detail: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(headline, remedy, detail=detail)
        self.retry_after_s = retry_after_s


class BadAnswer(AppError):
    """The other side answered something we cannot read (HTML, truncated JSON, wrong types)."""


class ProfileInvalid(AppError):
    """A connection profile has an error; the headline names file, key and reason."""


class StorageFailed(AppError):
    """A file of ours could not be read or written; the headline names it and what was not done."""


class StorageDamaged(StorageFailed):
    """What a file of ours holds can no longer be believed; trying again will not help."""

"""What a failed request that changes something proves about its intent."""

from core.domain.evidence import Failure, FailureKind
from core.errors import (
    AlreadyOver,
    AlreadyThere,
    AppError,
    NotFound,
    NotPermitted,
    Offline,
    OrderRefused,
    Overloaded,
    SignInExpired,
    StorageFailed,
)

# Only the broker's own words, or a missing connection or journal, prove anything. Whatever is not named here,
# unexpected failures of our own included, proves nothing.
_KINDS: tuple[tuple[type[AppError], FailureKind], ...] = (
    (Offline, FailureKind.NOT_SENT),
    (StorageFailed, FailureKind.NOT_SENT),
    (AlreadyThere, FailureKind.DUPLICATE),
    (AlreadyOver, FailureKind.ALREADY_OVER),
    (OrderRefused, FailureKind.REFUSED),
    (NotFound, FailureKind.REFUSED),
    (NotPermitted, FailureKind.REFUSED),
    (Overloaded, FailureKind.REFUSED),
    (SignInExpired, FailureKind.REFUSED),
)


def failure_of(error: AppError) -> Failure:
    """Translate the error for the order book."""
    kind = next((kind for cls, kind in _KINDS if isinstance(error, cls)), FailureKind.UNKNOWN)
    return Failure(kind=kind, reason=error.broker_words or error.headline, request_id=error.request_id)

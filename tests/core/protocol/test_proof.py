"""What each kind of failure proves about an intent: nothing, unless it is listed here."""

import pytest

from core import errors
from core.domain.evidence import FailureKind
from core.errors import AppError
from core.protocol.failures import broker_failure
from core.protocol.proof import failure_of
from core.protocol.trading import cancel_order, place_order
from tests.core.golden import answer

PROOFS = {
    "Offline": FailureKind.NOT_SENT,
    "StorageFailed": FailureKind.NOT_SENT,
    "StorageDamaged": FailureKind.NOT_SENT,
    "AlreadyThere": FailureKind.DUPLICATE,
    "AlreadyOver": FailureKind.ALREADY_OVER,
    "OrderRefused": FailureKind.REFUSED,
    "NotFound": FailureKind.REFUSED,
    "NotPermitted": FailureKind.REFUSED,
    "NotCovered": FailureKind.REFUSED,
    "Overloaded": FailureKind.REFUSED,
    "SignInExpired": FailureKind.REFUSED,
}
EVERY = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, AppError)]


@pytest.mark.parametrize("kind", EVERY)
def test_every_error_proves_what_is_listed_and_the_rest_nothing(kind):
    assert failure_of(kind("why")).kind is PROOFS.get(kind.__name__, FailureKind.UNKNOWN)


def test_the_brokers_words_and_its_id_of_the_request_are_kept():
    said = answer({"code": 40310000, "message": "insufficient buying power"}, 403, x_request_id="r-1")
    failure = failure_of(broker_failure(place_order(b"{}"), said))
    assert failure.kind is FailureKind.REFUSED
    assert failure.reason == "insufficient buying power"
    assert failure.request_id == "r-1"


@pytest.mark.parametrize("state", ["filled", "canceled", "expired", "replaced", "pending_cancel"])
def test_an_order_that_is_over_is_told_from_a_refusal(state):
    said = answer({"code": 42210000, "message": f'order is already in "{state}" state'}, 422)
    assert failure_of(broker_failure(cancel_order("o-1"), said)).kind is FailureKind.ALREADY_OVER

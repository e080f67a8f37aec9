"""Ids that a Bellwether made are told from those of other programs."""

import uuid

import pytest

from core.domain.client_order_id import PREFIX, is_of_our_form


def test_an_id_as_we_make_them_is_of_our_form():
    assert is_of_our_form(f"{PREFIX}{uuid.uuid4()}")


@pytest.mark.parametrize(
    "other", ["", "bw-", "bw-1", str(uuid.UUID(int=1)), f"bw-{uuid.UUID(int=1)}0", f"bw-{uuid.UUID(int=1)}\n"]
)
def test_any_other_id_is_not(other):
    assert not is_of_our_form(other)

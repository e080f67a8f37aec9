"""Who placed an order, by its id, its parent's and the journal."""

import uuid

import pytest

from core.domain.maker import Maker, maker_of
from tests.core.builders import order

OURS = f"bw-{uuid.UUID(int=7)}"


@pytest.mark.parametrize("is_read", [False, True])
def test_an_order_in_the_journal_is_ours_whatever_its_id_looks_like(is_read):
    assert maker_of(order("o", client_order_id="x"), None, is_own=True, is_journal_read=is_read) is Maker.OURS


@pytest.mark.parametrize("is_read", [False, True])
def test_an_id_that_no_bellwether_makes_is_another_programs_without_asking_the_journal(is_read):
    seen = order("o", client_order_id="bw-like")
    assert maker_of(seen, None, is_own=False, is_journal_read=is_read) is Maker.OTHER


@pytest.mark.parametrize(("is_read", "maker"), [(False, Maker.UNDECIDED), (True, Maker.UNRECORDED)])
def test_an_id_of_our_form_waits_for_the_journal(is_read, maker):
    seen = order("o", client_order_id=OURS)
    assert maker_of(seen, None, is_own=False, is_journal_read=is_read) is maker
    leg = order("leg", client_order_id="of-the-brokers-making", parent_id="o")
    assert maker_of(leg, seen, is_own=False, is_journal_read=is_read) is maker

"""Who placed an order, as far as its id and our journal can tell."""

from enum import StrEnum

from core.domain.client_order_id import is_of_our_form
from core.domain.order import Order


class Maker(StrEnum):
    """Whose order it is."""

    OURS = "ours"  # placed through this journal
    UNDECIDED = "undecided"  # a Bellwether's; whether ours the journal would say, but it was not read
    UNRECORDED = "unrecorded"  # a Bellwether's on another computer, or ours and lost from the journal
    OTHER = "other"  # another program's


def maker_of(order: Order, parent: Order | None, *, is_own: bool, is_journal_read: bool) -> Maker:
    """Tell from the order, and from the one it is a leg of: the broker gives legs ids of its own making.

    `is_own` is what the journal says, if it was read, and true of what was placed since.
    """
    if is_own:
        return Maker.OURS
    if not any(is_of_our_form(one.client_order_id) for one in (order, parent) if one is not None):
        return Maker.OTHER
    return Maker.UNRECORDED if is_journal_read else Maker.UNDECIDED

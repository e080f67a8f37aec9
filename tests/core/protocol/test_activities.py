"""Activities are read whatever the broker adds to them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from core.domain.activity import Activity
from core.protocol.activities import list_activities
from core.protocol.call import Answer

FILL = {
    "id": "20261120143005123::aa0b3f10-0000-4000-8000-00000000b001",
    "activity_type": "FILL",
    "transaction_time": "2026-11-20T14:30:05.123456123Z",
    "type": "partial_fill",
    "price": "189.4",
    "qty": "4",
    "side": "buy",
    "symbol": "AAPL",
    "leaves_qty": "6",
    "cum_qty": "4",
    "order_id": "o-1",
    "order_status": "partially_filled",
}
DIVIDEND = {
    "id": "20261119000000000::b",
    "activity_type": "DIV",
    "activity_sub_type": "CDIV",
    "date": "2026-11-19",
    "net_amount": "12.50",
    "per_share_amount": "0.25",
    "description": "Cash dividend",
    "symbol": "AAPL",
    "qty": "50",
    "status": "executed",
}


def read(*rows: Any) -> tuple[Activity, ...]:
    return list_activities().read(Answer(status=200, headers={}, body=msgspec.json.encode(rows)))


def test_a_fill_is_read_with_exact_figures_and_its_cost():
    (fill,) = read(FILL)
    assert (fill.type, fill.sub_type, fill.side, fill.symbol) == ("FILL", "partial_fill", "buy", "AAPL")
    assert (fill.price, fill.qty, fill.leaves_qty) == (Decimal("189.4"), Decimal(4), Decimal(6))
    assert fill.at == datetime(2026, 11, 20, 14, 30, 5, 123456, tzinfo=UTC)
    assert fill.amount == Decimal("-757.6")
    contract = replace(fill, symbol="AAPL261218C00200000", qty=Decimal(2), price=Decimal("3.26"))
    assert contract.amount == Decimal(-652)


def test_a_dividend_has_its_day_and_its_amount():
    (dividend,) = read(DIVIDEND)
    assert (dividend.when, dividend.amount, dividend.at) == (date(2026, 11, 19), Decimal("12.50"), None)


def test_unknown_types_fields_and_shapes_are_kept_by_what_can_be_read():
    newer, reshaped = read(
        {"id": "3", "activity_type": "MOON", "moon_phase": 7}, {"id": "2", "activity_type": "DIV", "qty": {}}
    )
    assert (newer.type, reshaped.type, reshaped.qty) == ("MOON", "DIV", None)


@pytest.mark.parametrize("row", [{"activity_type": "DIV"}, {"id": ""}, {"id": 5}, 7])
def test_an_entry_that_cannot_be_paged_by_is_an_unreadable_answer(row):
    with pytest.raises((ValueError, msgspec.DecodeError), match=r"id|str|object|Expected"):
        read(row)


def test_the_page_is_asked_for_by_the_last_id_received():
    call = list_activities(page_token="20261119::b", types=("FILL", "DIV"))
    assert dict(call.query) == {
        "direction": "desc",
        "page_size": "100",
        "activity_types": "FILL,DIV",
        "page_token": "20261119::b",
    }

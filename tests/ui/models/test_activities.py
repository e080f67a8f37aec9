"""The activity table: newest first, whatever order pages come in, filtered by type, words and dates."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.activity import Activity
from ui.models.activities import AMOUNT, DETAILS, SIDE, SYMBOL, TIME, TYPE, ActivitiesModel
from ui.models.order_search import parsed_search

FILL = Activity(
    id="3::a",
    type="FILL",
    at=datetime(2026, 11, 20, 14, 30, tzinfo=UTC),
    symbol="AAPL",
    side="buy",
    qty=Decimal(4),
    price=Decimal("189.4"),
    leaves_qty=Decimal(6),
)
DIVIDEND = Activity(
    id="2::b",
    type="DIV",
    day=date(2026, 11, 19),
    symbol="MSFT",
    net_amount=Decimal("12.5"),
    per_share_amount=Decimal("0.25"),
    description="Cash\u202e dividend",
    status="canceled",
)
NEWER_TYPE = Activity(id="1::c", type="MOON_PHASE")


@pytest.fixture
def model(qapp) -> ActivitiesModel:
    return ActivitiesModel()


def ids(model: ActivitiesModel) -> list[object]:
    return [model.key_at(place) for place in range(model.rowCount())]


def test_qt_finds_no_fault_with_it(model, qtmodeltester):
    model.take((FILL, DIVIDEND, NEWER_TYPE))
    qtmodeltester.check(model)


def test_fills_and_bookings_are_shown_in_words_and_figures(model):
    model.take((FILL, DIVIDEND, NEWER_TYPE))
    fill, dividend, newer = (
        [model.cell(place, column).text for column in (TYPE, SYMBOL, SIDE, AMOUNT, DETAILS)]
        for place in range(3)
    )
    assert fill == ["Fill", "AAPL", "Buy", "\u2212757.60", "6 of the order left"]
    assert dividend == [
        "Dividend",
        "MSFT",
        "",
        "\u25b2 +12.50",
        "0.25 a share \u00b7 Cash dividend \u00b7 cancelled",
    ]
    assert newer == ["MOON PHASE", "", "", "\u2014", ""]
    assert model.cell(1, TIME).text == "2026-11-19"


@pytest.mark.parametrize(
    ("entry", "text", "tone"),
    [
        (FILL, "\u2212757.60", "text"),  # a purchase
        (replace(FILL, side="sell_short"), "+757.60", "text"),
        (replace(FILL, side="sell"), "+757.60", "text"),
        (Activity(id="a", type="CSD", net_amount=Decimal(1000)), "+1,000.00", "text"),
        (Activity(id="a", type="OPASN", net_amount=Decimal(-1000)), "\u22121,000.00", "text"),
        (Activity(id="a", type="FEE", net_amount=Decimal("-0.02")), "\u25bc \u22120.02", "down"),
        (Activity(id="a", type="INT", net_amount=Decimal("-4.1")), "\u25bc \u22124.10", "down"),
        (Activity(id="a", type="DIVNRA", net_amount=Decimal("-4.1")), "\u25bc \u22124.10", "down"),
        (DIVIDEND, "\u25b2 +12.50", "up"),
        (NEWER_TYPE, "\u2014", "muted"),
        (replace(NEWER_TYPE, net_amount=Decimal(-1)), "\u22121.00", "text"),
    ],
)
def test_only_gains_and_costs_have_the_colour_and_the_arrow_of_one(model, entry, text, tone):
    model.take((entry,))
    cell = model.cell(0, AMOUNT)
    assert model.cell(0, SIDE).text == {"buy": "Buy", "sell_short": "Sell short", "sell": "Sell"}.get(
        entry.side, ""
    )
    assert (cell.text, cell.tone) == (text, tone)


@given(
    numbers=st.lists(st.integers(0, 40), max_size=40, unique=True),
    page=st.integers(1, 7),
    chosen=st.sampled_from(["", "DIV", "FEE"]),
)
def test_every_entry_is_shown_once_and_newest_first_however_pages_come(qapp, numbers, page, chosen):
    model = ActivitiesModel()
    model.show_only(chosen, parsed_search(""))
    entries = [Activity(id=f"{number:03d}::x", type="DIV" if number % 2 else "FEE") for number in numbers]
    for first in range(0, len(entries), page):
        model.take(entries[first : first + page])
        model.take(entries[first : first + page])  # what comes twice is shown once
    wanted = sorted((entry.id for entry in entries if chosen in ("", entry.type)), reverse=True)
    assert ids(model) == wanted
    assert all(model.place_of(key) == place for place, key in enumerate(wanted))
    assert model.total == len(entries)


def test_an_older_page_is_one_insertion_at_the_end(model, qtbot):
    model.take([Activity(id=f"{n:03d}::x", type="DIV") for n in range(300, 200, -1)])
    with qtbot.waitSignal(model.rowsInserted) as inserted:
        model.take([Activity(id=f"{n:03d}::x", type="DIV") for n in range(200, 100, -1)])
    assert inserted.args[1:] == [100, 199]


@pytest.mark.parametrize(
    ("code", "text", "found"),
    [
        ("DIV", "", ["2::b"]),
        ("", "aapl", ["3::a"]),
        ("", "dividend", ["2::b"]),
        ("", "2026-11-19", ["2::b"]),
        ("", "2026-11", ["3::a", "2::b"]),
        ("FILL", "msft", []),
        ("", "2026-11-20..", ["3::a"]),
    ],
)
def test_filters_by_type_words_and_dates(model, code, text, found):
    model.take((FILL, DIVIDEND, NEWER_TYPE))
    model.show_only(code, parsed_search(text))
    assert ids(model) == found


@pytest.fixture(params=["Pacific/Kiritimati", "Pacific/Auckland", "Pacific/Pago_Pago"])
def far_away(request, monkeypatch) -> Iterator[None]:
    """A computer near the line of dates."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows takes its zone from the system alone")
@pytest.mark.usefixtures("far_away")
def test_what_is_booked_by_the_day_is_found_by_the_day_that_is_shown_wherever_one_is(model):
    model.take((DIVIDEND,))
    assert model.cell(0, TIME).text == "2026-11-19"
    for text, found in {"2026-11-18": [], "2026-11-19": ["2::b"], "2026-11-20": []}.items():
        model.show_only("", parsed_search(text))
        assert ids(model) == found


def test_types_come_with_what_was_read_and_go_with_it(model):
    model.take((FILL, DIVIDEND, NEWER_TYPE))
    assert set(model.types) == {"FILL", "DIV", "MOON_PHASE"}
    model.start_over()
    assert model.types == ()
    assert ids(model) == []

"""Exact numbers: read from text, put on the price grid, spelled for the wire."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.money import (
    MAX_QTY_DECIMALS,
    decimal_from_text,
    is_on_grid,
    on_grid,
    plain,
    step_price,
    tick_for,
)

PRICES = st.decimals("0.0001", "999999", places=4, allow_nan=False)
NUMBERS = st.decimals("-999999999999999", "999999999999999", places=9, allow_nan=False)
MARKET_PRICES = st.floats(0.0001, 500_000, allow_nan=False)

READABLE = [
    ("0", "0"),
    ("189.42", "189.42"),
    ("0.000615847", "0.000615847"),
    (" 12 ", "12"),
    ("1,234", "1234"),
    ("1,234,567.89", "1234567.89"),
    ("-3", "-3"),
    ("\u22123", "-3"),
    ("+4", "4"),
    (".5", "0.5"),
    ("5.", "5"),
    ("1e-05", "0.00001"),
    ("1E+3", "1000"),
    ("999999999999999", "999999999999999"),
]
UNREADABLE = [
    "",
    " ",
    "-",
    ".",
    "abc",
    "1.2.3",
    "1,5",
    "12,34",
    "1,2345",
    ",123",
    "1,,000",
    "1,234,56",
    "1 000",
    "1_000",
    "NaN",
    "sNaN",
    "Infinity",
    "-inf",
    "1e15",
    "1000000000000000",
    "1e-99",
    "1e999",
    "1e9999999",
    "0x10",
    "\u0661\u0662",
    "\uff11",
    "10$",
    "--1",
    "1e",
    "9" * 65,
    "12\n34",
]


@pytest.mark.parametrize(("text", "expected"), READABLE)
def test_text_that_spells_a_number_is_read_exactly(text, expected):
    assert decimal_from_text(text) == Decimal(expected)


@pytest.mark.parametrize("text", UNREADABLE)
def test_text_that_could_be_misread_is_no_number(text):
    assert decimal_from_text(text) is None


@given(st.text(max_size=80))
def test_no_text_makes_the_reader_raise(text):
    number = decimal_from_text(text)
    assert number is None or (
        number.is_finite() and abs(number) < Decimal("1e15") and len(plain(number)) < 64
    )


@given(NUMBERS)
def test_a_number_survives_being_spelled_and_read(number):
    assert decimal_from_text(plain(number)) == number


@given(NUMBERS, st.integers(-3, 12))
def test_a_spelling_has_no_exponent_no_trailing_zero_and_no_negative_zero(number, shift):
    text = plain(number.scaleb(-shift))
    assert set(text) <= set("-0123456789.")
    assert not (("." in text) and text.endswith(("0", ".")))
    assert text != "-0"


@pytest.mark.parametrize(
    ("number", "text"),
    [("1E+3", "1000"), ("100", "100"), ("0.10", "0.1"), ("-0.00", "0"), ("0E-9", "0"), ("-1.50", "-1.5")],
)
def test_spellings_that_go_wrong_easily(number, text):
    assert plain(Decimal(number)) == text


@given(MARKET_PRICES)
def test_a_market_price_lands_on_the_grid_within_half_a_tick(price):
    landed = on_grid(price)
    assert is_on_grid(landed)
    assert abs(landed - Decimal(repr(price))) <= tick_for(Decimal(repr(price))) / 2


@given(PRICES.filter(is_on_grid))
def test_what_is_on_the_grid_stays_where_it_is(price):
    assert on_grid(price) == price
    assert on_grid(float(price)) == price


@pytest.mark.parametrize(
    ("price", "allowed"),
    [
        ("1.00", True),
        ("1.01", True),
        ("1.005", False),
        ("0.9999", True),
        ("0.99995", False),
        ("290.123", False),
        ("290.120", True),
        ("0.0001", True),
        ("0.00005", False),
        ("999999.99", True),
        ("1E+2", True),
    ],
)
def test_the_grid_is_a_cent_from_one_dollar_up_and_a_hundredth_of_a_cent_below(price, allowed):
    assert is_on_grid(Decimal(price)) is allowed


@given(PRICES, st.integers(1, 30))
def test_steps_up_raise_the_price_and_stay_on_the_grid(price, ticks):
    stepped = step_price(price, ticks)
    assert stepped > price - tick_for(price)
    assert is_on_grid(stepped)


@given(PRICES, st.integers(1, 30))
def test_steps_down_never_reach_zero_and_stay_on_the_grid(price, ticks):
    stepped = step_price(price, -ticks)
    assert stepped > 0
    assert is_on_grid(stepped)
    assert stepped <= max(on_grid(price) + tick_for(price), Decimal("0.0001"))


@given(PRICES.filter(is_on_grid), st.integers(1, 20))
def test_a_step_up_is_taken_back_by_a_step_down(price, ticks):
    assert step_price(step_price(price, ticks), -ticks) == price


@pytest.mark.parametrize(
    ("price", "ticks", "expected"),
    [
        ("0.9999", 1, "1.0000"),
        ("1.00", 1, "1.01"),
        ("1.00", -1, "0.9999"),
        ("1.01", -1, "1.00"),
        ("0.0001", -5, "0.0001"),
    ],
)
def test_a_step_crosses_the_dollar_on_the_grid_of_the_side_it_reaches(price, ticks, expected):
    assert step_price(Decimal(price), ticks) == Decimal(expected)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=1e-6, max_value=1e9))
def test_a_float_goes_by_its_shortest_spelling_and_not_by_its_binary_digits(price):
    assert on_grid(price) == on_grid(Decimal(repr(price)))


def test_quantities_have_the_nine_decimals_of_the_wire():
    assert MAX_QTY_DECIMALS == 9
    assert math.isclose(float(plain(Decimal("0.000000001"))), 1e-9)

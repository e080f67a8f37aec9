from hypothesis import given
from hypothesis import strategies as st

from ui.models.column import CellKind, Column
from ui.panels.column_widths import fitted


def columns(*stretches: bool) -> list[Column[object]]:
    return [Column(title="", text=str, stretches=stretch) for stretch in stretches]


def test_what_is_left_over_goes_to_the_column_that_stretches():
    assert fitted(columns(False, True, False), [50, 50, 50], [50, 50, 50], 200) == [50, 100, 50]


def test_without_one_that_stretches_all_but_the_first_share_evenly():
    assert fitted(columns(False, False, False), [50, 50, 50], [50, 50, 50], 171) == [50, 60, 61]


def test_what_is_lacking_comes_from_words_down_to_their_least_first_from_those_that_stretch():
    assert fitted(columns(False, True, False), [50, 50, 50], [30, 30, 50], 130) == [50, 30, 50]
    assert fitted(columns(False, True, False), [50, 50, 50], [30, 30, 50], 115) == [35, 30, 50]


def test_columns_give_way_one_after_the_other_once_no_word_can_be_shorter_and_words_get_what_they_leave():
    table = [
        Column(title="", text=str),
        Column(title="", text=str, stretches=True),
        Column(title="", text=str, gives_way=1),
        Column(title="", text=str, gives_way=2),
    ]
    least = [50, 30, 50, 50]
    assert fitted(table, [50, 50, 50, 50], least, 210) == [50, 60, 50, 50]
    assert fitted(table, [50, 50, 50, 50], least, 180) == [50, 30, 50, 50]
    assert fitted(table, [50, 50, 50, 50], least, 170) == [50, 70, 50, 0]
    assert fitted(table, [50, 50, 50, 50], least, 120) == [50, 70, 0, 0]
    assert fitted(table, [50, 50, 50, 50], least, 90) == [50, 40, 0, 0]


def test_a_contract_s_symbol_stays_whole_while_other_columns_can_give_way_for_it():
    table = [
        Column(title="", text=str, kind=CellKind.SYMBOL),
        Column(title="", text=str),
        Column(title="", text=str, gives_way=1),
    ]
    wanted, least = [164, 50, 50], [60, 50, 50]
    assert fitted(table, wanted, least, 264) == [164, 50, 50]
    assert fitted(table, wanted, least, 263) == [164, 99, 0]
    assert fitted(table, wanted, least, 214) == [164, 50, 0]
    assert fitted(table, wanted, least, 150) == [100, 50, 0]
    assert fitted(table, wanted, least, 90) == [60, 50, 0]


def test_where_nothing_can_give_way_any_more_the_table_is_wider_than_its_room():
    assert fitted(columns(False, True, False), [50, 50, 50], [50, 24, 50], 90) == [50, 24, 50]


@given(
    st.lists(st.tuples(st.integers(24, 200), st.integers(0, 100), st.booleans()), min_size=1, max_size=9),
    st.integers(0, 3000),
)
def test_the_room_is_filled_exactly_whenever_it_can_be(wanted, room):
    least = [floor for floor, _more, _stretches in wanted]
    full = [floor + more for floor, more, _stretches in wanted]
    widths = fitted(columns(*(stretches for *_, stretches in wanted)), full, least, room)
    assert sum(widths) == max(room, sum(least))
    assert all(width >= floor for width, floor in zip(widths, least, strict=True))

from hypothesis import given
from hypothesis import strategies as st

from ui.models.column import Column
from ui.panels.column_widths import fitted


def columns(*stretches: bool) -> list[Column[object]]:
    return [Column(title="", text=str, stretches=stretch) for stretch in stretches]


def test_what_is_left_over_goes_to_the_column_that_stretches():
    assert fitted(columns(False, True, False), [50, 50, 50], 200, 24) == [50, 100, 50]


def test_without_one_that_stretches_all_but_the_first_share_evenly():
    assert fitted(columns(False, False, False), [50, 50, 50], 171, 24) == [50, 60, 61]


def test_what_is_lacking_comes_from_the_column_that_stretches():
    assert fitted(columns(False, True, False), [50, 50, 50], 130, 24) == [50, 30, 50]


def test_columns_give_way_one_after_the_other_before_another_is_squeezed():
    table = [
        Column(title="", text=str),
        Column(title="", text=str, stretches=True),
        Column(title="", text=str, gives_way=1),
        Column(title="", text=str, gives_way=2),
    ]
    assert fitted(table, [50, 50, 50, 50], 210, 24) == [50, 60, 50, 50]
    assert fitted(table, [50, 50, 50, 50], 190, 24) == [50, 90, 50, 0]
    assert fitted(table, [50, 50, 50, 50], 120, 24) == [50, 70, 0, 0]
    assert fitted(table, [50, 50, 50, 50], 80, 24) == [50, 30, 0, 0]


def test_a_column_never_shrinks_below_the_least():
    assert fitted(columns(False, True, False), [50, 50, 50], 90, 24) == [50, 24, 50]


@given(st.lists(st.tuples(st.integers(24, 200), st.booleans()), min_size=1, max_size=9), st.integers(0, 3000))
def test_the_room_is_filled_exactly_whenever_it_can_be(wanted, room):
    needed = [width for width, _ in wanted]
    widths = fitted(columns(*(stretch for _, stretch in wanted)), needed, room, 24)
    least = sum(24 if stretch else width for width, stretch in wanted)
    assert sum(widths) == max(room, least)
    assert all(width >= 24 for width in widths)

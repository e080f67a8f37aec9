"""The table model against Qt's own checker, and against a plain list."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QItemSelectionModel, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from ui.models.column import CellKind, Column, Role
from ui.models.table import TableModel
from ui.theme.colors import Tone


@dataclass
class Item:
    name: str
    price: float | None


def _price_text(item: Item) -> str:
    return "—" if item.price is None else f"{item.price:+.2f}"


def _price_tone(item: Item) -> Tone:
    return "up" if item.price is not None and item.price > 0 else "down"


class Items(TableModel[Item]):
    def make_columns(self):
        return (
            Column(title="Name", text=lambda item: item.name, sort=lambda item: item.name),
            Column(
                title="Price",
                text=_price_text,
                sort=lambda item: item.price,
                kind=CellKind.CHANGE,
                tone=_price_tone,
            ),
        )

    def key_of(self, item: Item) -> str:
        return item.name


@pytest.fixture
def model(qapp) -> Items:
    model = Items()
    model.replace_all([Item("b", 2.0), Item("a", 1.0), Item("c", None), Item("d", -4.0)])
    return model


def shown(model: Items) -> list[str]:
    return [model.row_at(place).name for place in range(model.rowCount())]


def watched(model: Items) -> list[tuple[int, int]]:
    """The ranges of rows that were announced as changed."""
    seen: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda top, bottom, _roles: seen.append((top.row(), bottom.row())))
    return seen


def test_qt_finds_no_fault_with_it(model: Items, qtmodeltester):
    qtmodeltester.check(model)
    model.sort(1)
    qtmodeltester.check(model)


def test_rows_keep_their_own_order_until_sorted(model: Items):
    assert shown(model) == ["b", "a", "c", "d"]
    model.sort(0)
    assert shown(model) == ["a", "b", "c", "d"]
    model.sort(-1)
    assert shown(model) == ["b", "a", "c", "d"]


def test_rows_without_a_sort_key_come_last_in_either_direction(model: Items):
    model.sort(1)
    assert shown(model) == ["d", "a", "b", "c"]
    model.sort(1, Qt.SortOrder.DescendingOrder)
    assert shown(model) == ["b", "a", "d", "c"]


@given(
    st.lists(st.none() | st.integers(-3, 3).map(float) | st.floats(allow_nan=False), max_size=60),
    st.booleans(),
)
def test_rows_that_share_keys_are_sorted_as_a_plain_list_is(prices: list[float | None], is_descending: bool):
    model = Items()
    model.replace_all([Item(str(number), price) for number, price in enumerate(prices)])
    model.sort(1, Qt.SortOrder.DescendingOrder if is_descending else Qt.SortOrder.AscendingOrder)
    numbers = range(len(prices))
    present = [number for number in numbers if prices[number] is not None]
    absent = [number for number in numbers if prices[number] is None]
    expected = sorted(present, key=lambda number: prices[number] or 0.0, reverse=is_descending) + absent
    assert shown(model) == [str(number) for number in expected]


def test_a_batch_reaches_the_views_as_one_change(model: Items):
    seen = watched(model)
    model.put([Item("a", 5.0), Item("d", 6.0)])
    assert seen == [(1, 3)]


def test_a_batch_of_nothing_known_says_nothing(model: Items):
    seen = watched(model)
    model.touch(["nobody"])
    model.drop(["nobody"])
    assert seen == []


def test_a_cell_is_worded_once_per_change(model: Items):
    first = model.cell(0, 1)
    assert model.cell(0, 1) is first
    model.put([Item("b", 3.0)])
    assert model.cell(0, 1).text == "+3.00"


def test_a_narrow_touch_leaves_the_other_cells_as_they_were(model: Items):
    name, price = model.cell(0, 0), model.cell(0, 1)
    model.touch(["b"], columns=(1, 1))
    assert model.cell(0, 0) is name
    assert model.cell(0, 1) is not price


def test_the_selection_stays_with_its_row_when_the_order_changes(model: Items):
    model.sort(1)
    held = QPersistentModelIndex(model.index(1, 0))
    assert held.data() == "a"
    model.put([Item("a", 9.0)])
    assert held.data() == "a"
    assert held.row() == 2


def test_the_selection_survives_rows_that_come_and_go(model: Items):
    selection = QItemSelectionModel(model)
    selection.setCurrentIndex(model.index(3, 0), QItemSelectionModel.SelectionFlag.ClearAndSelect)
    model.replace_all([Item("new", 1.0), Item("d", -4.0), Item("e", 0.0)])
    assert selection.currentIndex().data() == "d"
    assert shown(model) == ["new", "d", "e"]


def test_every_cell_can_be_spoken_with_its_signs(model: Items):
    spoken = [model.index(place, 1).data(Qt.ItemDataRole.AccessibleTextRole) for place in range(4)]
    assert spoken == ["Price plus 2.00", "Price plus 1.00", "Price none", "Price -4.00"]


def test_the_roles_give_key_tone_sort_key_and_side(model: Items):
    index = model.index(3, 1)
    assert index.data(Role.KEY) == "d"
    assert index.data(Role.TONE) == "down"
    assert index.data(Role.SORT) == -4.0
    assert index.data(Qt.ItemDataRole.TextAlignmentRole) & Qt.AlignmentFlag.AlignRight


names = st.sampled_from("abcdefgh")
prices = st.none() | st.floats(-100, 100)
batches = st.lists(
    st.tuples(
        st.sampled_from(["put", "drop", "all", "sort"]), st.lists(st.tuples(names, prices), max_size=8)
    ),
    max_size=12,
)


@given(batches)
def test_whatever_the_batches_it_shows_what_a_plain_list_would(qapp, batches):
    model = Items()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    plain: dict[str, float | None] = {}
    order = Qt.SortOrder.AscendingOrder
    column = -1
    for action, rows in batches:
        items = [Item(name, price) for name, price in rows]
        if action == "put":
            model.put(items)
            plain.update(rows)
        elif action == "drop":
            model.drop([item.name for item in items])
            for name, _ in rows:
                plain.pop(name, None)
        elif action == "all":
            model.replace_all(items)
            plain = dict(rows)
        else:
            column = len(rows) % 3 - 1
            order = Qt.SortOrder.DescendingOrder if len(rows) > 4 else Qt.SortOrder.AscendingOrder
            model.sort(column, order)
        expected = list(plain)
        if column >= 0:
            keyed: list[tuple[Any, str]] = [(name if column == 0 else plain[name], name) for name in expected]
            present = [pair for pair in keyed if pair[0] is not None]
            present.sort(key=lambda pair: pair[0], reverse=order is Qt.SortOrder.DescendingOrder)
            expected = [name for _, name in present] + [name for key, name in keyed if key is None]
        assert shown(model) == expected
        assert [model.place_of(name) for name in expected] == list(range(len(expected)))
    del tester

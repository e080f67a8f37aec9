import pytest

from core.domain.connection import LogLine, StreamName
from ui.models.stream_log import KIND, SUMMARY, StreamLogModel


def lines(first: int, count: int, *, stream: StreamName = StreamName.QUOTES) -> tuple[LogLine, ...]:
    return tuple(
        LogLine(at_ns=i * 1_000_000, stream=stream, kind="quote", symbol=f"S{i % 3}", summary=f"number {i}")
        for i in range(first, first + count)
    )


@pytest.fixture
def model(qapp) -> StreamLogModel:
    return StreamLogModel(capacity=100)


def summaries(model: StreamLogModel) -> list[str]:
    return [model.cell(place, SUMMARY).text for place in range(model.rowCount())]


def test_qt_finds_no_fault_with_it(model: StreamLogModel, qtmodeltester):
    model.take(lines(0, 30))
    qtmodeltester.check(model)


def test_a_frame_of_lines_is_one_insertion(model: StreamLogModel):
    inserted = []
    model.rowsInserted.connect(lambda _parent, first, last: inserted.append((first, last)))
    model.take(lines(0, 30))
    assert inserted == [(0, 29)]


def test_it_never_holds_more_than_its_capacity_and_keeps_the_newest(model: StreamLogModel, qtmodeltester):
    for first in range(0, 1000, 7):
        model.take(lines(first, 7))
        assert model.rowCount() <= 100
    qtmodeltester.check(model)
    assert summaries(model)[-1] == "number 1000"
    assert model.taken == 1001


def test_a_burst_larger_than_the_capacity_shows_its_end(model: StreamLogModel):
    model.take(lines(0, 350))
    assert summaries(model) == [f"number {i}" for i in range(250, 350)]


def test_paused_it_stands_still_counts_and_then_catches_up(model: StreamLogModel):
    model.take(lines(0, 5))
    model.set_paused(True)
    model.take(lines(5, 4))
    assert model.rowCount() == 5
    assert model.unseen == 4
    model.set_paused(False)
    assert summaries(model) == [f"number {i}" for i in range(9)]
    assert model.unseen == 0


def test_a_filter_set_while_paused_does_not_let_new_lines_through(model: StreamLogModel):
    model.take(lines(0, 6))
    model.set_paused(True)
    model.take(lines(6, 6))
    model.set_filter("s1", StreamName)
    assert summaries(model) == ["number 1", "number 4"]
    assert model.unseen == 2
    model.set_paused(False)
    assert summaries(model) == ["number 1", "number 4", "number 7", "number 10"]


def test_the_filter_looks_at_type_symbol_and_summary_in_any_case(model: StreamLogModel):
    model.take(lines(0, 30))
    model.set_filter("NUMBER 7", StreamName)
    assert summaries(model) == ["number 7"]
    model.set_filter("", StreamName)
    assert model.rowCount() == 30


def test_each_stream_can_be_left_out(model: StreamLogModel):
    model.take(lines(0, 3))
    model.take(lines(3, 2, stream=StreamName.ORDERS))
    model.set_filter("", [StreamName.ORDERS])
    assert summaries(model) == ["number 3", "number 4"]


def test_text_from_outside_stays_on_one_plain_line(model: StreamLogModel):
    model.take(
        (LogLine(at_ns=0, stream=StreamName.ORDERS, kind="pending_new\n", symbol="", summary="a\u202eb\nc"),)
    )
    assert model.cell(0, KIND).text == "pending new"
    assert model.cell(0, SUMMARY).text == "a b c"


def test_a_line_is_found_again_by_its_number(model: StreamLogModel):
    model.take(lines(0, 250))
    assert model.place_of(model.key_at(40)) == 40
    assert model.place_of(3) is None


def test_a_line_can_be_copied_as_text(model: StreamLogModel):
    model.take(lines(0, 1))
    assert model.text_of(0).split("\t")[1:] == ["Quotes", "quote", "S0", "number 0"]

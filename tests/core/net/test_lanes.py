"""Lanes: work goes out in order and comes home on the GUI thread, whatever happens to it."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from core.errors import AppError, Offline
from core.net import lanes
from core.net.lanes import Lane
from tests.patience import PATIENCE_S

Maker = Callable[..., Lane]


@pytest.fixture
def lane(qapp) -> Iterator[Maker]:
    made: list[Lane] = []

    def make(threads: int = 1, **options: Any) -> Lane:
        made.append(Lane("test", threads, **options))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def test_one_thread_keeps_the_order_and_results_come_home_on_the_gui_thread(lane, qtbot):
    only = lane()
    ran: list[tuple[int, int]] = []
    home: list[tuple[int, int]] = []
    here = threading.get_ident()

    def work(number: int) -> int:
        ran.append((number, threading.get_ident()))
        return number

    for number in range(100):
        only.submit(partial(work, number), done=lambda result: home.append((result, threading.get_ident())))
    qtbot.waitUntil(lambda: len(home) == 100)
    assert [number for number, _ in ran] == list(range(100))
    assert home == [(number, here) for number in range(100)]
    assert here not in {thread for _, thread in ran}


def test_a_failure_comes_home_as_the_error_it_was(lane, qtbot):
    only = lane()
    home: list[Any] = []

    def fail() -> None:
        raise Offline("gone")

    only.submit(fail, done=home.append, failed=home.append)
    qtbot.waitUntil(lambda: bool(home))
    assert [type(error) for error in home] == [Offline]


def test_an_unexpected_exception_is_reported_and_the_lane_goes_on(lane, qtbot, caplog):
    only = lane()
    home: list[Any] = []

    def fail() -> None:
        raise KeyError("a bug with a secret in its text")

    only.submit(fail, failed=home.append)
    only.submit(lambda: "next", done=home.append)
    qtbot.waitUntil(lambda: len(home) == 2)
    error, result = home
    assert type(error) is AppError
    assert "secret" not in f"{error} {error.detail} {error.remedy}"
    assert result == "next"
    assert "unexpected failure in lane test" in caplog.text


def test_what_is_told_aside_waits_for_a_result_and_precedes_a_failure(lane, qtbot):
    told: list[str] = []
    threads: list[int] = []

    def aside() -> Callable[[], None]:
        threads.append(threading.get_ident())
        return lambda: told.append("aside")

    def fail() -> None:
        raise Offline("gone")

    only = lane(aside=aside)
    only.submit(lambda: "result", done=told.append)
    only.submit(fail, failed=lambda error: told.append(error.headline))
    qtbot.waitUntil(lambda: len(told) == 4)
    assert told == ["result", "aside", "aside", "gone"]
    assert threading.get_ident() not in threads


def test_several_threads_work_at_once(lane, qtbot):
    pool, together = lane(3), threading.Barrier(3)
    home: list[int] = []
    for _ in range(3):
        pool.submit(lambda: together.wait(PATIENCE_S), done=home.append)
    qtbot.waitUntil(lambda: len(home) == 3)
    assert sorted(home) == [0, 1, 2]


def test_what_waits_is_dropped_at_the_stop_and_the_last_errand_runs_after_the_one_under_way(lane, qapp):
    only = lane()
    ran: list[str] = []
    started, release = threading.Event(), threading.Event()

    def slow() -> None:
        started.set()
        release.wait(PATIENCE_S)
        ran.append("slow")

    only.submit(slow, done=lambda _: ran.append("came home"))
    for _ in range(10):
        only.submit(lambda: ran.append("waiting"))
    assert started.wait(PATIENCE_S)
    threading.Timer(0.05, release.set).start()
    assert only.stop(lambda: ran.append("last"))
    only.submit(lambda: ran.append("late"))
    qapp.processEvents()
    assert ran == ["slow", "last"]
    assert only.stop(lambda: ran.append("again"))
    assert ran == ["slow", "last"]


def test_a_result_that_is_on_its_way_home_at_the_stop_does_not_arrive(lane, qapp):
    only = lane()
    home: list[Any] = []
    ran = threading.Event()
    only.submit(ran.set, done=home.append)
    assert ran.wait(PATIENCE_S)
    assert only.stop()
    qapp.processEvents()
    assert home == []


def test_a_thread_that_will_not_end_is_reported_and_not_waited_for(lane, monkeypatch, caplog):
    monkeypatch.setattr(lanes, "JOIN_S", 0.05)
    only, release, started = lane(), threading.Event(), threading.Event()

    def stuck() -> None:
        started.set()
        release.wait(PATIENCE_S)

    only.submit(stuck)
    assert started.wait(PATIENCE_S)
    assert not only.stop()
    assert "did not stop: test-0" in caplog.text
    release.set()


@pytest.mark.expects_log("nobody asked about a failure")
def test_a_failure_nobody_asked_about_is_at_least_logged(lane, qtbot):
    only = lane()
    home: list[Any] = []

    def fail() -> Any:
        raise Offline("gone")

    only.submit(fail)
    only.submit(lambda: 1, done=home.append)
    qtbot.waitUntil(lambda: bool(home))


def test_lanes_do_not_wait_for_one_another(lane, qtbot):
    orders, cancels, release = lane(), lane(), threading.Event()
    home: list[str] = []
    orders.submit(lambda: release.wait(2 * PATIENCE_S), done=lambda _: home.append("order"))
    cancels.submit(lambda: None, done=lambda _: home.append("cancel"))
    qtbot.waitUntil(lambda: home == ["cancel"])
    release.set()
    qtbot.waitUntil(lambda: home == ["cancel", "order"])

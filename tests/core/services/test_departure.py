"""The head start of an order: the screen stands aside until it leaves, and never for long."""

import threading

import pytest

from core.services import departure
from core.services.clock import SystemClock
from core.services.departure import Departure

_FOR_EVER_S = 60.0


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A head start so long that a test which uses it up fails by its time-out."""
    monkeypatch.setattr(departure, "HEAD_START_S", _FOR_EVER_S)


@pytest.mark.usefixtures("patience")
def test_the_screen_stands_aside_until_the_request_leaves():
    order, done = Departure(SystemClock()), []

    def send():
        done.append("left")
        order.written()

    lane = threading.Thread(target=send)
    lane.start()
    order.let_pass(after=None)
    assert done == ["left"]
    lane.join()


@pytest.mark.usefixtures("patience")
def test_a_request_that_fails_before_it_leaves_holds_nobody_up():
    order = Departure(SystemClock())

    def fail():
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        order.of(fail)()
    order.let_pass(after=None)


def test_nobody_waits_for_an_order_that_waits_behind_another(monkeypatch):
    monkeypatch.setattr(
        departure, "HEAD_START_S", -2.0
    )  # whoever began to wait would be told that it is none
    with pytest.raises(ValueError, match="timeout"):
        Departure(SystemClock()).let_pass(after=None)
    Departure(SystemClock()).let_pass(after=Departure(SystemClock()))


def test_a_lane_that_hangs_holds_the_screen_up_for_a_moment_only():
    Departure(SystemClock()).let_pass(after=None)


def test_the_work_itself_is_unchanged():
    assert Departure(SystemClock()).of(lambda: 7)() == 7

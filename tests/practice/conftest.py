"""A practice broker for each module that talks to one over sockets."""

from collections.abc import Iterator

import pytest

from tests.practice.program import PracticeProgram


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeProgram]:
    """One that approves by itself, without limits, shared by a module."""
    log = tmp_path_factory.mktemp("practice") / "log"
    arguments = ("--auto-approve", "--rate-limit", "0", "--plan", "plus", "--symbol-limit", "0")
    with PracticeProgram(log, *arguments) as program:
        yield program


@pytest.fixture
def clean(broker: PracticeProgram) -> PracticeProgram:
    """The module's broker with no working orders and no faults."""
    broker.control("DELETE", "/faults")
    broker.call("DELETE", "/v2/orders")
    return broker

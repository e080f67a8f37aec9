from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.protocol import trading
from core.protocol.call import Timeouts
from core.services import departure
from tests.core.services.desk import Desk
from tests.fakes.broker import Broker


@pytest.fixture
def broker() -> Iterator[Broker]:
    double = Broker()
    yield double
    double.stop()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An order that is not answered soon is unknown: for what hangs, since a slow machine hangs too."""
    monkeypatch.setattr(trading, "_ORDER_TIMEOUTS", Timeouts(connect_s=1.0, read_s=0.2, whole_s=0.5))


@pytest.fixture
def make_desk(
    qapp, broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Desk]]:
    # The clock of these desks runs so fast that an order on a slow machine would wait too long for its turn.
    monkeypatch.setattr(departure, "LONGEST_WAIT_S", 600.0)
    desks: list[Desk] = []

    def make(**options) -> Desk:
        desks.append(Desk(broker, tmp_path, **options))
        return desks[-1]

    yield make
    for desk in desks:
        desk.stop()


@pytest.fixture
def desk(make_desk: Callable[..., Desk], qtbot) -> Desk:
    """A desk that may trade."""
    return make_desk().open(qtbot)

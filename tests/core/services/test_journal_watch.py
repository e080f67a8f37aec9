"""The desk on a journal that is damaged while it runs, or takes some things and not others."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.domain.order import OrderStatus
from core.domain.trading_block import TradingBlock
from core.errors import NotPermitted, StorageDamaged, StorageFailed
from core.store.journal import Journal
from tests.core.builders import after, order
from tests.core.services.desk import buy
from tests.core.services.made_up_desk import World, make_world


@pytest.fixture
def world(qapp, tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path / "paper.sqlite")
    assert made.block is TradingBlock.NONE
    made.blocks.clear()
    yield made
    made.stop()


@pytest.fixture
def told(world: World) -> list[StorageFailed]:
    errors: list[StorageFailed] = []
    world.desk.journal_failed.connect(errors.append)
    return errors


def journal_of(world: World) -> Journal:
    journal = world.sender._journal
    assert journal is not None
    return journal


def placed(world: World) -> str:
    key = world.desk.place(buy()).client_order_id
    world.time.pass_ms(5_000)
    return key


def settle(world: World, key: str) -> None:
    """The broker ends the order, and the desk reads of it."""
    ended = order(
        f"o-{key}", client_order_id=key, status=OrderStatus.EXPIRED, updated_at=after(world.time.now_ms)
    )
    world.books.orders[ended.id] = ended
    world.desk.reconcile()
    world.time.pass_ms(100)


def state_written(world: World, key: str) -> str:
    query = "SELECT state FROM intent WHERE client_order_id = ?"
    return str(journal_of(world)._database.execute(query, (key,)).fetchone()[0])


def test_a_row_damaged_while_running_is_told_once_and_trading_stays_off(world, told):
    """The disk takes all else: a probe once turned trading on again, and that row off, with a notice each."""
    spoilt, sound = placed(world), placed(world)
    journal_of(world)._database.execute(
        "UPDATE intent SET symbol = 'NVDB' WHERE client_order_id = ?", (spoilt,)
    )
    settle(world, spoilt)
    world.time.pass_ms(60_000)
    assert [type(error) for error in told] == [StorageDamaged]
    assert world.blocks == [TradingBlock.JOURNAL_FAILED]
    settle(world, sound)  # what became of the others is written all the same
    world.time.pass_ms(60_000)
    assert state_written(world, sound) == "expired"
    assert len(told) == 1
    assert world.block is TradingBlock.JOURNAL_FAILED
    with pytest.raises(NotPermitted):
        world.desk.place(buy())


def test_damage_that_is_found_while_the_disk_is_full_is_told_too_and_ends_the_trying(
    world, told, monkeypatch
):
    spoilt = placed(world)
    taken = Refusing(world, monkeypatch, "update", "probe")
    settle(world, spoilt)
    assert [type(error) for error in told] == [StorageFailed]
    journal_of(world)._database.execute("UPDATE intent SET symbol = 'NVDB'")
    taken.refuses = False
    world.time.pass_ms(60_000)
    assert [type(error) for error in told] == [StorageFailed, StorageDamaged]
    assert world.blocks == [TradingBlock.JOURNAL_FAILED]


class Refusing:
    """A disk that takes nothing of some kinds of writing until it does."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch, *kinds: str) -> None:
        self.refuses, self.times = True, 0
        journal = journal_of(world)
        for kind in kinds:
            monkeypatch.setattr(journal, kind, self._or_refused(getattr(journal, kind)))

    def _or_refused(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def tried(*arguments: Any, **options: Any) -> Any:
            if self.refuses:
                self.times += 1
                raise StorageFailed("The order journal could not be updated.")
            return write(*arguments, **options)

        return tried


@pytest.mark.parametrize("kinds", [("update",), ("update", "probe")])
def test_what_goes_on_failing_is_told_once_and_nothing_new_is_sent_until_all_is_written(
    world, told, monkeypatch, kinds
):
    """A probe that is written proves nothing about what could not be: trading once opened in between."""
    one, two = placed(world), placed(world)
    taken = Refusing(world, monkeypatch, *kinds)
    settle(world, one)
    settle(world, two)
    world.time.pass_ms(60_000)
    assert taken.times > 10
    assert len(told) == 1
    assert world.blocks == [TradingBlock.JOURNAL_FAILED]
    taken.refuses = False
    world.time.pass_ms(10_000)
    assert world.blocks == [TradingBlock.JOURNAL_FAILED, TradingBlock.NONE]
    assert [state_written(world, key) for key in (one, two)] == ["expired", "expired"]


def test_a_failure_that_comes_back_is_news_again(world, told, monkeypatch):
    keys = [placed(world) for _ in range(2)]
    for number, key in enumerate(keys, 1):
        taken = Refusing(world, monkeypatch, "update")
        settle(world, key)
        assert len(told) == number
        taken.refuses = False
        world.time.pass_ms(10_000)
        assert world.block is TradingBlock.NONE


def test_each_cancel_that_could_not_be_recorded_is_told(world, told, monkeypatch):
    key = placed(world)
    Refusing(world, monkeypatch, "record", "probe")
    for number in (1, 2):
        world.desk.cancel(f"o-{key}")
        world.time.pass_ms(100)
        assert len(told) == number
    assert world.books.count("DELETE") == 0

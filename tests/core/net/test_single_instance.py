"""One program for each data directory."""

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalSocket

from core.net.single_instance import SingleInstance
from tests.patience import PATIENCE_MS

ROOT = Path(__file__).parents[3]

HOLDER = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from core.net.single_instance import SingleInstance
app = QCoreApplication([])
instance = SingleInstance(Path(sys.argv[1]))
print(instance.acquire(), flush=True)
instance.raise_asked.connect(lambda: print("raised", flush=True))
app.exec()
"""


def holder(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], cwd=ROOT, text=True, stdout=subprocess.PIPE
    )


def test_a_second_start_raises_the_first(qtbot, tmp_path):
    first, second = SingleInstance(tmp_path), SingleInstance(tmp_path)
    assert first.acquire()
    assert not second.acquire()
    with qtbot.waitSignal(first.raise_asked):
        assert second.raise_other()
    first.release()
    assert second.acquire()
    second.release()


def test_another_data_directory_is_another_program(qapp, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = SingleInstance(tmp_path / "a"), SingleInstance(tmp_path / "b")
    assert first.acquire()
    assert second.acquire()
    assert not SingleInstance(tmp_path / "c").raise_other()
    first.release()
    second.release()


@pytest.mark.parametrize("said", [b"", b"raise\n", b"x" * 100_000])
def test_whatever_is_said_to_it_means_one_thing(qtbot, tmp_path, said):
    first = SingleInstance(tmp_path)
    assert first.acquire()
    with qtbot.waitSignal(first.raise_asked):
        socket = QLocalSocket()
        socket.connectToServer(first._name)
        assert socket.waitForConnected(PATIENCE_MS)
        socket.write(said)
        socket.flush()
    socket.abort()
    first.release()


def test_a_program_in_another_process_is_raised_and_a_killed_one_is_replaced(qapp, tmp_path):
    with holder(tmp_path) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        mine = SingleInstance(tmp_path)
        assert not mine.acquire()
        assert mine.raise_other()
        assert other.stdout.readline() == "raised\n"
        other.kill()
    assert mine.acquire()
    mine.release()

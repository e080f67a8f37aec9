"""The redirect table replayed through the real engine: every verdict, and not a byte to another name."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.ui.signin.broker import BROKER, BrokerDouble
from tests.ui.signin.certificates import Certificate
from tests.ui.signin.conftest import REPOSITORY, environment_in
from tests.ui.signin.rows import DONE, ROWS, script


@dataclass
class Replay:
    results: list[dict[str, Any]]
    broker: BrokerDouble
    programs_started: list[str]


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    return replayed(tmp_path_factory, "as-shipped")


def replayed(tmp_path_factory: pytest.TempPathFactory, mode: str) -> Replay:
    folder = tmp_path_factory.mktemp("replay")
    tools = folder / "tools"
    tools.mkdir()
    environment = environment_in(folder)
    started = folder / "started"
    for name in ("xdg-open", "gio", "kde-open", "x-www-browser"):
        (tools / name).write_text(f"#!/bin/sh\necho {name} >> {started}\n")
        (tools / name).chmod(0o755)
    certificate = Certificate.make(folder, BROKER)
    with BrokerDouble.serving({BROKER: certificate}) as broker:
        landed = script(DONE)
        for index, row in enumerate(ROWS):
            pages = {"start": row.page, "landed": landed} | row.more
            broker.pages |= {f"/row/{index}/{name}": page for name, page in pages.items()}
        broker.pages["/landed"] = landed
        child = subprocess.run(
            [sys.executable, "-m", "tests.ui.signin.replay", str(broker.port), certificate.key_hash, mode],
            cwd=REPOSITORY,
            env=environment | {"PATH": f"{tools}{os.pathsep}{environment['PATH']}"},
            capture_output=True,
            timeout=150,
            check=False,
        )
        assert child.returncode == 0, child.stderr.decode()[-3000:]
        started_text = started.read_text().split() if started.exists() else []
        return Replay(json.loads(child.stdout.splitlines()[-1]), broker, started_text)


@pytest.mark.parametrize("index", range(len(ROWS)), ids=[f"{row.number}-{row.what}"[:60] for row in ROWS])
def test_the_engine_gives_the_verdict_of_the_table(replay: Replay, index: int) -> None:
    row, result = ROWS[index], replay.results[index]
    if row.expect == "silent":
        # Stopped by the engine or refused by the page, as long as nothing came of it.
        assert all(event.startswith("refused") for event in result["events"])
        assert result["done"]
    elif row.expect in ("dropped", "loaded"):
        assert result["events"] == []
        assert result["done"]
        assert (result["dropped"] > 0) == (row.expect == "dropped")
    else:
        assert result["events"] == [row.expect]


def test_no_byte_went_to_any_name_but_the_brokers(replay: Replay) -> None:
    assert replay.broker.names_greeted == {BROKER}
    assert {request.host for request in replay.broker.requests} == {BROKER}


def test_the_interceptor_alone_lets_no_request_through(tmp_path_factory: pytest.TempPathFactory) -> None:
    replay = replayed(tmp_path_factory, "interceptor-only")
    assert all(result["dropped"] > 0 for result in replay.results)
    assert {request.host for request in replay.broker.requests} == {BROKER}


def test_the_password_form_was_posted_to_the_broker_and_to_nobody_else(replay: Replay) -> None:
    posts = [request for request in replay.broker.requests if b"hunter2" in request.body]
    assert [request.path.rpartition("/")[2] for request in posts] == ["login"]


def test_a_prompt_for_a_password_is_not_asked_again_and_again(replay: Replay) -> None:
    index = next(i for i, row in enumerate(ROWS) if row.what == "a 401 with Basic")
    assert len([path for path in replay.broker.paths() if path == f"/row/{index}/start"]) <= 2


def test_no_program_was_started(replay: Replay) -> None:
    assert replay.programs_started == []


def test_nothing_was_downloaded(replay: Replay, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = Path(tmp_path_factory.getbasetemp())
    assert list(folder.rglob("x.bin*")) == []

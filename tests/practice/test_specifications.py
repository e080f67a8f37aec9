"""Requests drawn from the broker's OpenAPI files: none makes the server fail; good answers fit them."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from tests.practice.conformance import unknown_problems
from tests.practice.deviations import is_served
from tests.practice.openapi import (
    DATA,
    FOLDER,
    TRADING,
    needs_files,
    operations,
    response_schema,
    specification,
)
from tests.practice.program import PracticeProgram

pytestmark = needs_files

_ORDINARY, _LONG = 3, 60
_MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
OPERATIONS = [(file, *one) for file in (TRADING, DATA) for one in operations(file) if is_served(one[1])]
FILES: dict[str, Any] = (
    {}
    if FOLDER is None
    else {name: schemathesis.openapi.from_dict(specification(name)) for name in (TRADING, DATA)}
)


def ask(program: PracticeProgram, file: str, method: str, path: str, count: int) -> None:
    """Send as many requests of each mode, and judge every answer."""
    operation = FILES[file][path][method.upper()]
    base = program.line["trading_url"]["paper"] if file == TRADING else program.line["data_url"]
    for mode in _MODES:

        @settings(
            max_examples=count,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode))
        def one(case: Any) -> None:
            # The credentials are ours: without them every answer would be the same refusal.
            answer = case.call(base_url=base, headers=program.keys, session=program.http, timeout=20)
            judge(file, method, path, answer)

        one()


def judge(file: str, method: str, path: str, answer: Any) -> None:
    """An answer is no failure of the server, and is what the files or the protocol page say."""
    assert answer.status_code < 500, (answer.status_code, answer.text)
    kind = answer.headers.get("content-type", [""])[0]
    if answer.status_code >= 400:
        assert "message" in answer.json(), answer.text
    elif kind.startswith("application/json"):
        schema = response_schema(file, method, path, answer.status_code)
        assert schema is not None
        assert unknown_problems(file, method, path, schema, answer.json()) == []


@pytest.fixture(autouse=True)
def _still_serving(broker: PracticeProgram) -> Any:
    yield
    assert broker.call("GET", "/v2/clock").status_code == 200
    assert "Traceback" not in broker.log, broker.log


@pytest.mark.parametrize(("file", "method", "path"), OPERATIONS)
def test_no_request_of_an_operation_makes_the_server_fail(
    clean: PracticeProgram, file: str, method: str, path: str
) -> None:
    ask(clean, file, method, path, _ORDINARY)


@pytest.mark.long
@pytest.mark.parametrize(("file", "method", "path"), OPERATIONS)
def test_no_request_of_many_makes_the_server_fail(
    clean: PracticeProgram, file: str, method: str, path: str
) -> None:
    ask(clean, file, method, path, _LONG)

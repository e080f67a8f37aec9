"""Every threat to orders has tests, and docs/order-safety.md names tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "order-safety.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (O\d+): .*\n((?:(?!## ).*\n)*)", PAGE, re.MULTILINE))
NAMED = {
    threat: re.findall(r"^- `([^`:]+)::([^`:]+)`$", text, re.MULTILINE) for threat, text in SECTIONS.items()
}


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    return frozenset(one.name for one in tree.body if isinstance(one, ast.FunctionDef))


def test_every_threat_of_the_model_has_its_section():
    assert list(SECTIONS) == [f"O{number}" for number in range(1, 16)]
    assert sum(map(len, NAMED.values())) == len(re.findall(r"^- ", PAGE, re.MULTILINE))


@pytest.mark.parametrize("threat", SECTIONS)
def test_the_named_tests_exist(threat: str):
    assert NAMED[threat]
    assert [f"{file}::{name}" for file, name in NAMED[threat] if name not in names_in(file)] == []

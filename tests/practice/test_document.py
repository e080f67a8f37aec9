"""docs/practice.md says what there is."""

import re
from argparse import ArgumentParser

from practice.__main__ import _parser
from practice.faults.kinds import KINDS
from practice.server.scenario_files import shipped_names, shipped_scenario
from tests.practice.deviations import DEVIATIONS
from tests.practice.program import ROOT, PracticeProgram

DOCUMENT = (ROOT / "docs" / "practice.md").read_text("utf-8")


def rows(section: str) -> list[list[str]]:
    """The cells of every table in a section."""
    text = DOCUMENT.partition(f"## {section}\n")[2].partition("\n## ")[0]
    lines = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in cells] for cells in lines]


def test_every_difference_has_its_reason_and_those_that_checks_allow_for_are_told() -> None:
    told = {cells[0]: cells[1] for cells in rows("Where it differs from the real broker")}
    assert all(told.values())
    for deviation in DEVIATIONS:
        assert told[deviation.what] == deviation.reason


def test_every_kind_of_fault_is_in_the_table_with_its_options() -> None:
    described = {cells[0].strip("`"): cells for cells in rows("Faults")}
    assert described.keys() >= KINDS.keys()
    for kind in KINDS.values():
        assert re.findall(r"`(\w+)`", described[kind.name][1]) == sorted(kind.takes)


def test_every_scenario_is_in_the_table() -> None:
    described = {cells[0].strip("`"): cells[-1] for cells in rows("Scenarios")}
    for name in shipped_names():
        assert described[name] == shipped_scenario(name).description


def test_every_call_of_the_control_port_is_in_the_table(broker: PracticeProgram) -> None:
    described = " ".join(cells[0] for cells in rows("The control port"))
    for call, meaning in broker.control("GET", "/").items():
        method, _, path = call.partition(" ")
        assert meaning, call
        assert path.replace("{number}", "N") in described, call
        assert method in described


def test_every_switch_is_in_the_table() -> None:
    parser: ArgumentParser = _parser()
    switches = {option for action in parser._actions for option in action.option_strings}
    described = " ".join(cells[0] for cells in rows("Switches"))
    assert [one for one in switches - {"-h", "--help"} if f"`{one}" not in described] == []

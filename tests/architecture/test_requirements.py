"""The pinned sets agree with each other, carry hashes, and may be shipped."""

import re
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from tests.architecture.licences import findings, is_permissive, licence_of, shipped_packages

ROOT = Path(__file__).resolve().parents[2]
SETS = ("app", "proxy", "dev")
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


def text_of(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


def test_every_shipped_package_may_be_shipped_and_is_in_the_notices() -> None:
    assert [str(finding) for finding in findings(ROOT)] == []


@pytest.mark.parametrize("name", SETS)
def test_every_package_is_pinned_with_hashes(name: str) -> None:
    entries = re.split(r"\n(?=[a-z0-9])", text_of(name).split("\n\n", 1)[-1])
    packages = [entry for entry in entries if entry and not entry.startswith("#")]
    assert packages
    assert [
        entry.split()[0] for entry in packages if "==" not in entry or "--hash=sha256:" not in entry
    ] == []


@pytest.mark.parametrize("name", ["app", "proxy"])
def test_what_is_shipped_is_what_is_tested(name: str) -> None:
    tested = dict(PIN.findall(text_of("dev")))
    assert {package: pin for package, pin in PIN.findall(text_of(name)) if tested.get(package) != pin} == {}


def test_qt_stays_on_the_release_that_python_3_11_can_use() -> None:
    pins = dict(PIN.findall(text_of("app")))
    assert pins["pyside6-essentials"].startswith("6.11.")
    assert pins["pyside6-essentials"] == pins["pyside6-addons"] == pins["shiboken6"]


def test_the_sdk_and_what_it_drags_along_are_not_shipped() -> None:
    shipped = {requirement.name for requirement in shipped_packages(ROOT)}
    assert shipped & {"alpaca-py", "pandas", "numpy", "pydantic", "pyinstaller"} == set()


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("MIT", True),
        ("Apache-2.0 OR BSD-3-Clause", True),
        ("GPL-3.0-only OR MIT", True),
        ("Apache-2.0 AND MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only", False),
        ("Proprietary", False),
        ("", False),
    ],
)
def test_a_licence_expression_is_read_as_it_is_meant(expression: str, answer: bool) -> None:
    assert is_permissive(expression) is answer


def test_a_vague_licence_field_gives_way_to_the_classifiers(tmp_path: Path) -> None:
    folder = tmp_path / "some-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: some\nVersion: 1\nLicense: Dual License\n"
        "Classifier: License :: OSI Approved :: BSD License\n"
        "Classifier: License :: OSI Approved :: Apache Software License\n"
    )
    assert licence_of(PathDistribution(folder)) == "BSD License AND Apache Software License"

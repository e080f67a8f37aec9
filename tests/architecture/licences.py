"""Every package we ship has a licence that lets us, read from the installed package itself."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

PERMISSIVE = frozenset(
    {
        "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0",
        # as older packages write the same
        "Apache 2.0", "Apache License 2.0", "Apache Software License", "BSD License", "MIT License",
        "Mozilla Public License 2.0 (MPL 2.0)", "Python Software Foundation License",
    }
)  # fmt: skip

_QT = "LGPL-3.0-only: Qt's libraries stay separate files in the package, which a person may exchange"
EXCEPTIONS = {
    "pyside6-addons": _QT,
    "pyside6-essentials": _QT,
    "pyside6-qtads": "LGPL-2.1-or-later: a separate library file like Qt's own",
    "shiboken6": _QT,
    "pywin32-ctypes": "BSD-3-Clause, read by hand: it installs on Windows alone",
}
SHIPPED = ("app.txt", "proxy.txt")


@dataclass(frozen=True, slots=True)
class Finding:
    """A package whose licence is not known to be good."""

    package: str
    why: str

    def __str__(self) -> str:
        return f"requirements: {self.package}: {self.why}"


def shipped_packages(root: Path) -> list[Requirement]:
    """Return what the app and the proxy are made of, with the conditions under which each is installed."""
    lines = [line for name in SHIPPED for line in (root / "requirements" / name).read_text().splitlines()]
    pinned = {line.rstrip(" \\") for line in lines if re.match(r"[a-z0-9-]+==", line)}
    return [Requirement(line) for line in sorted(pinned)]


def is_permissive(expression: str) -> bool:
    """Say whether a licence expression grants us what we need: any side of OR, every side of AND."""
    expression = expression.strip()
    if expression in PERMISSIVE:
        return True
    if " OR " in expression:
        return any(is_permissive(side.strip("() ")) for side in expression.split(" OR "))
    if " AND " in expression:
        return all(is_permissive(side.strip("() ")) for side in expression.split(" AND "))
    return False


def licence_of(package: Distribution) -> str:
    """Return what the package says of its licence, in the most exact of the three ways of saying it."""
    exact, vague, classifiers = (
        [str(value) for value in package.metadata.get_all(field) or []]
        for field in ("License-Expression", "License", "Classifier")
    )
    said = "".join(exact[:1] or vague[:1])
    classified = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License :: ")]
    return said if is_permissive(said) or not classified else " AND ".join(classified)


def findings(root: Path) -> Iterable[Finding]:
    """Return the shipped packages that may not be, and those that the notices forget."""
    notices = (root / "THIRD-PARTY.md").read_text(encoding="utf-8")
    for requirement in shipped_packages(root):
        if f"| {requirement.name} |" not in notices:
            yield Finding(requirement.name, "THIRD-PARTY.md has no line about it")
        if requirement.name in EXCEPTIONS or (requirement.marker and not requirement.marker.evaluate()):
            continue
        try:
            licence = licence_of(distribution(requirement.name))
        except PackageNotFoundError:
            yield Finding(
                requirement.name, "is pinned but not installed: run `python3 dev.py lint` with your own .venv"
            )
            continue
        if not is_permissive(licence):
            yield Finding(requirement.name, f"licence {licence[:80]!r} is not known to allow shipping it")

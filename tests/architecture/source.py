"""Reads Python source as a tree and says what in it breaks the rules."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.rules import BANS, OURS, QT_ALLOWED, Ban, Kind, is_within

_DIRECTIVE = re.compile(r"%.", re.DOTALL)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One place that breaks a rule."""

    module: str
    line: int
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.what}: {self.why}"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something a source file does, with the line it does it on."""

    kind: Kind
    what: str
    line: int


def module_name(path: Path, root: Path) -> str:
    """Return the dotted name under which `path` is imported from `root`."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the dotted name and the text of every module of ours and of the tests."""
    files = [root / "main.py"] if (root / "main.py").exists() else []
    for package in (*OURS[1:], "tests"):
        files += sorted((root / package).rglob("*.py"))
    for path in files:
        yield module_name(path, root), path.read_text(encoding="utf-8")


def facts(tree: ast.AST, late: bool = False) -> Iterator[Fact]:
    """Yield what a syntax tree imports, calls, names and derives from."""
    for node in ast.iter_child_nodes(tree):
        yield from _facts_of(node, late)
        yield from facts(node, late or isinstance(node, FUNCTIONS))


def _facts_of(node: ast.AST, late: bool) -> Iterator[Fact]:
    match node:
        case ast.Import(names=names):
            for alias in names:
                yield from _imported(alias.name, node.lineno, late)
        case ast.ImportFrom(module=str(module), names=names):
            for alias in names:
                yield from _imported(f"{module}.{alias.name}", node.lineno, late)
                yield Fact(Kind.NAME, alias.name, node.lineno)
        case ast.Call(func=function, args=arguments):
            yield Fact(Kind.CALL, _dotted(function), node.lineno)
            if _dotted(function).endswith(".strftime"):
                yield from _directives(arguments)
        case ast.FormattedValue(format_spec=ast.JoinedStr(values=spec)):
            yield from _directives(spec)
        case ast.ClassDef(name=name, bases=bases):
            yield Fact(Kind.NAME, name, node.lineno)
            for base in bases:
                yield Fact(Kind.BASE, _dotted(base), node.lineno)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield Fact(Kind.NAME, name, node.lineno)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            yield Fact(Kind.NAME, name, node.lineno)
        case ast.arg(arg=name):
            yield Fact(Kind.NAME, name, node.lineno)
        case ast.keyword(arg=str(name)):
            yield Fact(Kind.NAME, name, node.value.lineno)


def _imported(name: str, line: int, late: bool) -> Iterator[Fact]:
    yield Fact(Kind.IMPORT, name, line)
    yield Fact(Kind.CALL, name, line)  # `from time import sleep` hides the call it is imported for
    if late:
        yield Fact(Kind.LATE, name, line)


def _directives(nodes: Iterable[ast.expr]) -> Iterator[Fact]:
    for node in nodes:
        match node:
            case ast.Constant(value=str(text)):
                for directive in _DIRECTIVE.findall(text):
                    yield Fact(Kind.FORMAT, directive, node.lineno)


def _dotted(node: ast.AST) -> str:
    """Return `a.b.c` for such an expression; what comes before a call or an index is left out: `.exec`."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{_dotted(value)}.{name}"
    return ""


def breaks(fact: Fact, ban: Ban) -> bool:
    """Say whether this is what the ban forbids, wherever it stands."""
    if fact.kind is not ban.kind:
        return False
    match ban.kind:
        case Kind.IMPORT | Kind.LATE:
            return any(is_within(fact.what, name) for name in ban.what)
        case Kind.CALL | Kind.BASE:
            return any(f".{fact.what}".endswith(f".{name.removeprefix('.')}") for name in ban.what)
        case Kind.NAME | Kind.FORMAT:
            return fact.what in ban.what


def findings_in(module: str, text: str) -> list[Finding]:
    """Return everything in one module that breaks a rule."""
    found: set[Finding] = set()
    bans = [ban for ban in BANS if ban.holds_in(module)]
    qt_allowed = _qt_allowed_in(module)
    for fact in facts(ast.parse(text)):
        found |= {
            Finding(module, fact.line, f"{fact.kind} {fact.what}", ban.why)
            for ban in bans
            if breaks(fact, ban)
        }
        if fact.kind is Kind.IMPORT and qt_allowed is not None and not _is_allowed(fact.what, qt_allowed):
            allowed = ", ".join(sorted(qt_allowed)) or "none"
            found.add(
                Finding(module, fact.line, f"import {fact.what}", f"Qt modules allowed here: {allowed}")
            )
    return sorted(found)


def findings(root: Path) -> Iterable[Finding]:
    """Return everything under `root` that breaks a rule."""
    return [finding for module, text in sources(root) for finding in findings_in(module, text)]


def _qt_allowed_in(module: str) -> frozenset[str] | None:
    matching = [part for part in QT_ALLOWED if is_within(module, part)]
    return QT_ALLOWED[max(matching, key=len)] if matching else None


def _is_allowed(imported: str, qt_allowed: frozenset[str]) -> bool:
    package, _, rest = imported.partition(".")
    if package in {"shiboken6", "PySide6QtAds"}:
        return False
    return package != "PySide6" or rest.partition(".")[0] in qt_allowed

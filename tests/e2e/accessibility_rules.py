"""What must hold for everything on screen, so that it can be used by ear and by hand."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tests.e2e.accessibility import Node, Seen, look
from tests.e2e.application import ROOT

# What one of these must offer to be of use without a mouse: an action, or an interface.
_USES: dict[str, frozenset[str]] = {
    "push button": frozenset({"Press"}),
    "check box": frozenset({"Toggle", "Press"}),
    "radio button": frozenset({"Toggle", "Press"}),
    "page tab": frozenset({"Press"}),
    "combo box": frozenset({"ShowMenu"}),
    "text": frozenset({"EditableText"}),
    "table": frozenset({"Table"}),
    "list": frozenset({"Table", "Selection"}),
}
# What takes the keyboard now and then without being a control: figures to copy, and the panels themselves.
_MAY_TAKE_THE_KEYBOARD = frozenset({"label", "panel", "filler", "page tab list", "list item"})
_ICONS = {file.stem for file in (ROOT / "resources").rglob("*.svg")}
_INTERNAL = re.compile(r"\.(svg|png|py)\b|::|^Q[A-Z]\w+$|^[a-z]+[A-Z]\w+$|_|^%\d|\{\w*\}")


def faults(*tops: Node) -> list[str]:
    """Everything that is wrong with what is on screen below `tops`, in words."""
    seen = [one for one in look(*tops) if not _is_page(one)]
    controls = [one for one in seen if one.role in _USES]
    assert controls, "nothing to use on the whole screen"
    return [
        *(fault for one in controls for fault in _faults_of(one)),
        *_unknown(seen),
        *_look_alikes(controls),
    ]


def _is_page(one: Seen) -> bool:
    """Whether it is of the broker's page, which is the broker's work, or the engine's surface for it."""
    if one.role == "filler" and one.parent is not None and one.parent.role == "application":
        return True
    return any(part.role == "web document" for part in (one, *one.ancestors()))


def _faults_of(control: Seen) -> Iterator[str]:
    name = control.name
    if control.role == "combo box":  # Qt says the value in its place, and points to the label
        name = control.node.label
    if not name.strip():
        yield f"{control} in {place_of(control)} has no name"
    elif name in _ICONS or _INTERNAL.search(name):
        yield f"{control} goes by a name for programmers"
    elif name != name.strip():
        yield f"{control} has blanks around its name"
    if "sensitive" in control.states and not _USES[control.role] & {
        *control.node.interfaces,
        *control.node.actions,
    }:
        yield f"{control} offers none of {sorted(_USES[control.role])}"


def _unknown(seen: Iterable[Seen]) -> Iterator[str]:
    """Something custom that takes the keyboard must be one of the known kinds, or at least say what it is."""
    for one in seen:
        if "focusable" in one.states and one.role not in _USES:
            if one.role not in _MAY_TAKE_THE_KEYBOARD:
                yield f"{one} takes the keyboard, and nobody knows what it is"
            elif not one.name:
                yield f"a {one.role} in {place_of(one)} takes the keyboard without a name"


def _look_alikes(controls: Sequence[Seen]) -> Iterator[str]:
    count = Counter((place_of(one), one.role, one.name) for one in controls if one.role != "combo box")
    for (place, role, name), times in count.items():
        if times > 1:
            yield f"{times} of {role} {name!r} in {place}"


def place_of(one: Seen) -> str:
    """The nearest thing around it that has a name: a panel, a dialog, a group."""
    return next((above.name for above in one.ancestors() if above.name), "the program")

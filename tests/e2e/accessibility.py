"""What a screen reader gets of a program, and what it can do with it: the tree over AT-SPI.

These are the plain D-Bus calls that a screen reader makes to the accessibility bus of a session. Nothing of
Qt or of ours is involved, so that what is found here is what any other program would find.
"""

import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from tests.ui.signin.process import wait_for

_PREFIX = "org.a11y.atspi."
_PROPERTIES = "org.freedesktop.DBus.Properties"
_REGISTRY = f"{_PREFIX}Registry"
_ROOT = "/org/a11y/atspi/accessible/root"
_NOBODY = "/org/a11y/atspi/null"
_PATIENCE_S = 20.0
_LABELLED_BY = 2
# AT-SPI's states in the order of their bits.
_STATES = (
    *("invalid", "active", "armed", "busy", "checked", "collapsed", "defunct", "editable", "enabled"),
    *("expandable", "expanded", "focusable", "focused", "has-tooltip", "horizontal", "iconified", "modal"),
    *("multi-line", "multiselectable", "opaque", "pressed", "resizable", "selectable", "selected"),
    *("sensitive", "showing", "single-line", "stale", "transient", "vertical", "visible"),
    *("manages-descendants", "indeterminate", "required", "truncated", "animated", "invalid-entry"),
    *("supports-autocompletion", "selectable-text", "default", "visited", "checkable", "has-popup"),
    "read-only",
)


# The numbers of the roles that are asked for.
_ROLES = {
    "check box": 7,
    "combo box": 11,
    "dialog": 16,
    "frame": 23,
    "label": 29,
    "list": 31,
    "list item": 32,
    "page tab": 37,
    "page tab list": 38,
    "panel": 39,
    "progress bar": 42,
    "push button": 43,
    "radio button": 44,
    "table": 55,
    "text": 61,
    "heading": 83,
}
_ALL, _ANY, _IN_THE_ORDER_OF_THE_TREE, _EVERY_ONE = 1, 2, 1, 0
# What has no children, or, as tables do, more than one would ask for.
_WITHOUT_CHILDREN = frozenset(
    {"table", "label", "push button", "check box", "radio button", "page tab", "progress bar", "scroll bar"}
)


class Call(NamedTuple):
    """One call to an object of a program on the bus."""

    owner: str
    path: str
    interface: str
    member: str
    signature: str | None = None
    body: tuple[Any, ...] = ()


class Refused(Exception):
    """The program answered with an error: the object is gone, or cannot do that."""


class AccessibilityBus:
    """The accessibility bus of one session."""

    def __init__(self, connection: DBusConnection) -> None:
        self._connection = connection
        self._listeners: list[Events] = []

    @classmethod
    @contextlib.contextmanager
    def of_session(cls, session_bus: str) -> Iterator[Self]:
        """Join the accessibility bus that goes with the session bus of that address."""
        with contextlib.closing(open_dbus_connection(session_bus)) as session:
            launcher = DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus")
            reply = session.send_and_get_reply(new_method_call(launcher, "GetAddress"), timeout=_PATIENCE_S)
        with contextlib.closing(open_dbus_connection(reply.body[0])) as connection:
            yield cls(connection)

    def applications(self) -> list["Node"]:
        """The programs that have joined, oldest first."""
        return Node(self, _REGISTRY, _ROOT).children

    def call(self, *calls: Call) -> list[Any]:
        """Make calls all at once and return their answers in order; an answer may be a `Refused`."""
        awaited: dict[int, int] = {}
        for place, call in enumerate(calls):
            address = DBusAddress(call.path, call.owner, call.interface)
            serial = next(self._connection.outgoing_serial)
            self._connection.send(
                new_method_call(address, call.member, call.signature, call.body), serial=serial
            )
            awaited[serial] = place
        answers: list[Any] = [None] * len(calls)
        while awaited:
            message = self._receive(_PATIENCE_S)
            answered = awaited.pop(message.header.fields.get(HeaderFields.reply_serial, -1), None)
            if answered is None:
                continue
            if message.header.message_type is MessageType.error:
                answers[answered] = Refused(calls[answered], message.body)
            else:
                answers[answered] = message.body[0] if message.body else None
        return answers

    @contextlib.contextmanager
    def hear(self, event: str) -> Iterator["Events"]:
        """Listen to events such as `object:announcement` or `object:state-changed:focused`."""
        _, kind, detail = f"{event}:".split(":")[:3]
        member = "".join(part.title() for part in kind.split("-"))
        rule = f"type='signal',interface='{_PREFIX}Event.Object',member='{member}'"
        events = Events(self, member, detail)

        def ask(matching: str, registering: str) -> None:
            daemon, registry = "org.freedesktop.DBus", "/org/a11y/atspi/registry"
            self.call(
                Call(daemon, "/org/freedesktop/DBus", daemon, matching, "s", (rule,)),
                Call(_REGISTRY, registry, _REGISTRY, registering, "s", (event,)),
            )

        self._listeners.append(events)
        ask("AddMatch", "RegisterEvent")
        # The programs hear of it from the registry. Whoever answers this has heard of it before.
        self.call(*(program._call("Accessible", "GetRoleName") for program in self.applications()))
        try:
            yield events
        finally:
            ask("RemoveMatch", "DeregisterEvent")
            self._listeners.remove(events)

    def listen(self, timeout_s: float) -> None:
        """Wait that long for something to be told, and take everything that was."""
        with contextlib.suppress(TimeoutError):
            self._receive(timeout_s)
            while True:
                self._receive(0)

    def _receive(self, timeout_s: float) -> Message:
        message = self._connection.receive(timeout=timeout_s)
        for events in self._listeners:
            events.take(message)
        return message


@dataclass(frozen=True)
class Event:
    """Something that the program told assistive technology by itself."""

    source: "Node"
    value: int
    content: Any


class Events:
    """The events of one kind, from the moment on when somebody began to listen."""

    def __init__(self, bus: AccessibilityBus, member: str, detail: str) -> None:
        self._bus, self._member, self._detail = bus, member, detail
        self._heard: deque[Event] = deque()

    def take(self, message: Message) -> None:
        """Keep a message that is such an event."""
        fields = message.header.fields
        is_signal = message.header.message_type is MessageType.signal
        if is_signal and fields[HeaderFields.member] == self._member:
            detail, value, _, (_, content), *_ = message.body
            source = Node(self._bus, fields[HeaderFields.sender], fields[HeaderFields.path])
            if self._detail in ("", detail):
                self._heard.append(Event(source, value, content))

    def forget(self) -> None:
        """Drop what was heard so far."""
        self._bus.listen(0)
        self._heard.clear()

    def wait(self, matches: Callable[[Event], bool], what: str, timeout_s: float = _PATIENCE_S) -> Event:
        """The first event that matches, heard already or still to come; those before it are dropped."""

        def heard() -> Event | None:
            self._bus.listen(0.1)
            while self._heard:
                event = self._heard.popleft()
                if matches(event):
                    return event
            return None

        found: Event = wait_for(heard, what, timeout_s)
        return found


@dataclass(frozen=True)
class Node:
    """One object of the tree. Every look asks the program anew."""

    bus: AccessibilityBus
    owner: str
    path: str

    def __repr__(self) -> str:
        return f"Node({self.path})"

    # ---- what it is ---------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return str(self._property("Accessible", "Name"))

    @property
    def description(self) -> str:
        return str(self._property("Accessible", "Description"))

    @property
    def role(self) -> str:
        return str(self._ask("Accessible", "GetRoleName"))

    @property
    def states(self) -> frozenset[str]:
        return _states(self._ask("Accessible", "GetState"))

    @property
    def interfaces(self) -> frozenset[str]:
        return frozenset(name.removeprefix(_PREFIX) for name in self._ask("Accessible", "GetInterfaces"))

    @property
    def children(self) -> list["Node"]:
        return self._nodes(self._ask("Accessible", "GetChildren"))

    @property
    def parent(self) -> "Node":
        return self._nodes([self._property("Accessible", "Parent")])[0]

    def ancestors(self) -> Iterator["Node"]:
        """From the nearest one outwards, up to the program."""
        above = self.parent
        while above.path != _ROOT:
            yield above
            above = above.parent

    def on_screen(self, role: str) -> "list[Seen]":
        """Everything below that has this role and is on screen."""
        states, roles = _bits([_STATES.index("showing")], 2), _bits([_ROLES[role]], 4)
        rule: Any = (states, _ALL, {}, _ALL, roles, _ANY, [], _ALL, False)
        order = (_IN_THE_ORDER_OF_THE_TREE, _EVERY_ONE, True)
        found = self._nodes(self._ask("Collection", "GetMatches", "(aiia{ss}iaiiasib)uib", rule, *order))
        return list(_seen(self.bus, [(node, None) for node in dict.fromkeys(found)]))

    @property
    def label(self) -> str:
        """The name of what labels it, for controls whose own name is their value."""
        for kind, targets in self._ask("Accessible", "GetRelationSet"):
            if kind == _LABELLED_BY:
                return " ".join(node.name for node in self._nodes(targets))
        return ""

    # ---- what can be done with it -------------------------------------------------------------------

    @property
    def actions(self) -> list[str]:
        count = self._property("Action", "NActions")
        return [str(self._ask("Action", "GetName", "i", place)) for place in range(count)]

    def act(self, action: str) -> None:
        """Do one of its actions; AssertionError when it does not offer that one."""
        offered = self.actions
        assert action in offered, f"{self.role} {self.name!r} offers {offered}"
        self._ask("Action", "DoAction", "i", offered.index(action))

    @property
    def text(self) -> str:
        return str(self._ask("Text", "GetText", "ii", 0, -1))

    def write(self, text: str) -> None:
        """Put `text` in place of what stands there."""
        assert self._ask("EditableText", "SetTextContents", "s", text), f"{self.name!r} takes no text"

    def focus(self) -> None:
        """Give it the keyboard."""
        assert self._ask("Component", "GrabFocus"), f"{self.name!r} takes no keyboard"

    # ---- tables -------------------------------------------------------------------------------------

    @property
    def rows(self) -> int:
        return int(self._property("Table", "NRows"))

    @property
    def columns(self) -> int:
        return int(self._property("Table", "NColumns"))

    def headers(self) -> list["Node"]:
        """What heads the columns."""
        return self._nodes(
            [self._ask("Table", "GetColumnHeader", "i", column) for column in range(self.columns)]
        )

    def cell(self, row: int, column: int) -> "Node":
        return self._nodes([self._ask("Table", "GetAccessibleAt", "ii", row, column)])[0]

    def row_texts(self, row: int) -> list[str]:
        """What a row says, cell by cell."""
        columns = range(self.columns)
        cells = self._nodes(
            self._all([self._call("Table", "GetAccessibleAt", "ii", row, column) for column in columns])
        )
        return [str(value) for _, value in self._all([cell._property_call("Name") for cell in cells])]

    def texts(self) -> list[list[str]]:
        """What every row says."""
        return [self.row_texts(row) for row in range(self.rows)]

    def is_row_selected(self, row: int) -> bool:
        return bool(self._ask("Table", "IsRowSelected", "i", row))

    def select_row(self, row: int) -> None:
        assert self._ask("Table", "AddRowSelection", "i", row), f"row {row} of {self.name!r} stays as it is"

    # ---- inside -------------------------------------------------------------------------------------

    def _call(self, interface: str, member: str, signature: str | None = None, *body: Any) -> Call:
        return Call(self.owner, self.path, _PREFIX + interface, member, signature, body)

    def _property_call(self, name: str, interface: str = "Accessible") -> Call:
        return Call(self.owner, self.path, _PROPERTIES, "Get", "ss", (_PREFIX + interface, name))

    def _ask(self, interface: str, member: str, signature: str | None = None, *body: Any) -> Any:
        return self._all([self._call(interface, member, signature, *body)])[0]

    def _property(self, interface: str, name: str) -> Any:
        return self._all([self._property_call(name, interface)])[0][1]

    def _all(self, calls: Sequence[Call]) -> list[Any]:
        answers = self.bus.call(*calls)
        for answer in answers:
            if isinstance(answer, Refused):
                raise answer
        return answers

    def _nodes(self, references: Sequence[tuple[str, str]]) -> list["Node"]:
        return [Node(self.bus, owner, path) for owner, path in references if path != _NOBODY]


def _bits(places: Sequence[int], words: int) -> list[int]:
    """A set of bits as D-Bus takes it: words of 32 bits, signed."""
    number = sum(1 << place for place in places)
    return [
        int.from_bytes((number >> 32 * word & 0xFFFFFFFF).to_bytes(4), signed=True) for word in range(words)
    ]


def _states(words: Sequence[int]) -> frozenset[str]:
    bits = words[0] | words[1] << 32
    return frozenset(name for place, name in enumerate(_STATES) if bits >> place & 1)


@dataclass(frozen=True)
class Seen:
    """An object of the tree as it was at one moment."""

    node: Node
    role: str
    name: str
    states: frozenset[str]
    parent: "Seen | None"

    def __str__(self) -> str:
        return f"{self.role} {self.name!r}"

    def ancestors(self) -> Iterator["Seen"]:
        """From the nearest one outwards."""
        above = self.parent
        while above is not None:
            yield above
            above = above.parent


def look(*tops: Node) -> list[Seen]:
    """Everything on screen below `tops`, outer objects first. Cells are left to the tables' own calls.

    What hangs in the tree twice, as the page of a web engine does, is taken where it is deepest.
    """
    found: dict[Node, Seen] = {}
    level: list[tuple[Node, Seen | None]] = [(top, None) for top in tops]
    while level:
        bus = level[0][0].bus
        shown = [seen for seen in _seen(bus, level) if seen.role == "application" or "showing" in seen.states]
        found |= {seen.node: seen for seen in shown}
        outer = [seen for seen in shown if seen.role not in _WITHOUT_CHILDREN]
        answers = bus.call(*(seen.node._call("Accessible", "GetChildren") for seen in outer))
        level = [
            (child, seen)
            for seen, children in zip(outer, answers, strict=True)
            if not isinstance(children, Refused)
            for child in seen.node._nodes(children)
        ]
    return list(found.values())


def _seen(bus: AccessibilityBus, level: Sequence[tuple[Node, Seen | None]]) -> Iterator[Seen]:
    calls = [
        call
        for node, _ in level
        for call in (
            node._call("Accessible", "GetRoleName"),
            node._property_call("Name"),
            node._call("Accessible", "GetState"),
        )
    ]
    answers = iter(bus.call(*calls))
    for (node, parent), role, name, states in zip(level, answers, answers, answers, strict=True):
        if not any(isinstance(answer, Refused) for answer in (role, name, states)):
            yield Seen(node, role, name[1], _states(states), parent)

"""Type a symbol or a command: the field in the top bar and the list that drops from it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, QStringListModel, Qt, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QLineEdit, QListView, QVBoxLayout, QWidget

from ui.controls.announce import announce
from ui.theme.theme import Theme

FIELD_WIDTH_PX = 420
_LIST_MAX = 9
_ITEM_PX = 28
_HINT_PAD_PX = 6


@dataclass(frozen=True, slots=True)
class Command:
    """Something the palette can do: `title` is what is shown and searched."""

    title: str
    run: Callable[[], object]
    shortcut: str = ""

    def matches(self, words: Sequence[str]) -> bool:
        """Whether every typed word begins some word of the title."""
        titled = self.title.casefold().split()
        return all(any(part.startswith(word) for part in titled) for word in words)


def looks_like_symbol(text: str) -> bool:
    """Whether the typed text may be a ticker: one word of at most 12 letters, digits, dots and slashes."""
    return 0 < len(text) <= 12 and all(c.isascii() and (c.isalnum() or c in "./-") for c in text)


class CommandField(QLineEdit):
    """A line edit whose list offers symbols first, then commands; Enter takes the highlighted line.

    `commands` and `symbols` are asked at every keystroke, so that what is offered is what is possible now.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._commands: Callable[[], Iterable[Command]] = tuple
        self._for_symbol: Callable[[str], Iterable[Command]] = lambda _symbol: ()
        self._symbols: Callable[[], Iterable[str]] = tuple
        self._offered: list[Command] = []
        self.setPlaceholderText(self.tr("Type a symbol or a command"))
        self.setAccessibleName(self.tr("Command field"))
        self.setMaxLength(80)
        self.setMinimumWidth(180)
        self.setMaximumWidth(FIELD_WIDTH_PX)
        self._drop = _DropList(theme, self)
        self._drop.list.selectionModel().currentChanged.connect(self._say_highlighted)
        self.textEdited.connect(self._offer)
        self._drop.list.clicked.connect(self._take_clicked)

    def offer_from(
        self,
        commands: Callable[[], Iterable[Command]],
        symbols: Callable[[], Iterable[str]],
        for_symbol: Callable[[str], Iterable[Command]],
    ) -> None:
        """Where the list comes from: commands, symbols known by now, and what can be done with a symbol."""
        self._commands, self._symbols, self._for_symbol = commands, symbols, for_symbol

    @property
    def offered(self) -> tuple[Command, ...]:
        """What the list shows."""
        return tuple(self._offered)

    @Slot()
    def begin(self) -> None:
        """Take the keyboard and show every command."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()
        self._offer()

    @Slot()
    def _offer(self) -> None:
        text = self.text().strip()
        self._offered = [*self._symbol_commands(text), *self._matching(text)]
        self._drop.show_lines([self._line(command) for command in self._offered], self)

    def _symbol_commands(self, text: str) -> list[Command]:
        if not looks_like_symbol(text):
            return []
        typed = text.upper()
        known = [symbol for symbol in self._symbols() if symbol.startswith(typed)]
        first = known[0] if known and typed not in known and text.islower() and len(typed) > 1 else typed
        found = list(self._for_symbol(first))
        for symbol in [s for s in known if s != first][:3]:
            found += list(self._for_symbol(symbol))[:1]
        return found

    def _matching(self, text: str) -> list[Command]:
        words = text.casefold().split()
        return [command for command in self._commands() if command.matches(words)]

    def _line(self, command: Command) -> str:
        return f"{command.title}   ({command.shortcut})" if command.shortcut else command.title

    @Slot()
    def _say_highlighted(self) -> None:
        """The keyboard stays in the field, so a screen reader hears of the list only this way."""
        announce(self, str(self._drop.list.currentIndex().data() or ""))

    @Slot(object)
    def _take_clicked(self, _index: object) -> None:
        self._take()

    def _take(self) -> None:
        place = self._drop.list.currentIndex().row()
        if not 0 <= place < len(self._offered):
            return
        command = self._offered[place]
        self.leave()
        command.run()

    def leave(self) -> None:
        """Empty the field and give the keyboard back."""
        self.clear()
        self._drop.hide()
        self.clearFocus()

    def sizeHint(self) -> QSize:
        return QSize(FIELD_WIDTH_PX, super().sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.text():
            return
        colors = self._theme.colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._theme.fonts.small)
        hint = self.tr("Ctrl K")
        width = painter.fontMetrics().horizontalAdvance(hint) + 2 * _HINT_PAD_PX
        box = QRect(self.width() - width - 8, (self.height() - 18) // 2, width, 18)
        painter.setPen(QPen(colors.line, 1))
        painter.setBrush(colors.panel)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(colors.muted)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, hint)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Escape:
                self.leave()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                if not event.isAutoRepeat():
                    self._take()
            case Qt.Key.Key_Down if not self._drop.isVisible():
                self._offer()
            case Qt.Key.Key_Down | Qt.Key.Key_Up:
                self._drop.move_by(1 if event.key() == Qt.Key.Key_Down else -1)
            case _:
                super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._drop.hide()


class _DropList(QFrame):
    """The list under the field: a child of the window, so that it needs no window of its own."""

    def __init__(self, theme: Theme, field: QLineEdit) -> None:
        super().__init__(field)
        self._theme = theme
        self.list = QListView(self)
        self.list.setObjectName("paletteList")
        self.list.setAccessibleName(self.tr("Commands"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self._lines = QStringListModel(self)
        self.list.setModel(self._lines)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self.list)
        self.hide()

    def show_lines(self, lines: list[str], field: QWidget) -> None:
        """Show `lines` under `field`, the first one highlighted."""
        self._lines.setStringList(lines)
        if not lines:
            self.hide()
            return
        window = field.window()
        if self.parent() is not window:
            self.setParent(window)
            window.installEventFilter(self)
        corner = field.mapTo(window, QPoint(0, field.height() + 4))
        height = min(len(lines), _LIST_MAX) * _ITEM_PX + 10
        self.setGeometry(QRect(corner.x(), corner.y(), field.width(), height))
        self.list.setCurrentIndex(self._lines.index(0))
        self.show()
        self.raise_()

    def move_by(self, step: int) -> None:
        """Move the highlight, round at the ends."""
        count = self._lines.rowCount()
        if count:
            place = (self.list.currentIndex().row() + step) % count
            self.list.setCurrentIndex(self._lines.index(place))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.colors.line, 1))
        painter.setBrush(self._theme.colors.raised)
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 6, 6)
        painter.end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize:
            self.hide()
        return super().eventFilter(watched, event)
